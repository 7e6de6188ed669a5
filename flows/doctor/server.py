"""Check what runs need in production: Prefect's server, its rule for lost runs, pools, queues.

Only what the server reports: it knows neither how many of its processes there are, nor on which
hosts workers run.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import partial
from importlib.metadata import version
from typing import Any
from urllib.parse import urlsplit

from flows.doctor.check import Check, attempt
from flows.prefect.deployments.ownership import DeploymentOwner, leftovers, refusals, registered
from flows.prefect.deployments.priorities import (
    KINDS,
    all_names,
    deployment_name,
    queue_name,
    settings_name,
)
from flows.prefect.names import HEARTBEATS_MISSED, LOST_RUNS
from flows.prefect.requests.late_runs import late_runs
from flows.prefect.server import Server
from pipeline.errors import BadSettings, raise_problems
from pipeline.metering.budget import Priority
from pipeline.settings import Settings
from pipeline.wording import counted

_LOCAL = {"127.0.0.1", "localhost", "::1", "0.0.0.0"}  # noqa: S104 - compared, not listened at
_MEMORY_BROKER = "prefect.server.utilities.messaging.memory"
_WITH_AUTOMATIONS = (
    "Run `caspio-ingest deploy --pool NAME --with-automations`, or `serve --with-automations`."
)


def examine_server(
    settings: Settings, server: Server | None, owner: DeploymentOwner
) -> Iterator[Check]:
    """Yield the checks; none without a server, since commands then run directly."""
    if server is None:
        return
    remedy = "Check PREFECT_API_URL and PREFECT_API_AUTH_STRING."
    reached = attempt("prefect server", partial(server_version, server), remedy)
    yield reached
    if not reached.ok:
        return
    remedy = "Set PREFECT_SERVER_API_AUTH_STRING where the server runs."
    yield attempt("prefect access", partial(access, server), remedy)
    remedy = f"Set PREFECT_SERVER_UI_API_URL={server.api} where the server runs."
    yield attempt("prefect ui", partial(ui_address, server), remedy)
    yield attempt("prefect services", partial(services, server), "See the server's log.")
    if settings.caspio.block or settings.archive.block:
        # The server reports no such setting: it reads the variable directly.
        detail = (
            "settings come from Prefect blocks. Set PREFECT_SERVER_ENCRYPTION_KEY where the server "
            "runs; otherwise the key is stored in the same database as the blocks"
        )
        yield Check("prefect encryption", ok=True, detail=detail)
    lost = partial(lost_runs_rule, server, settings.serve.heartbeat_s)
    yield attempt("lost runs", lost, _WITH_AUTOMATIONS)
    yield from deployed(server, settings, owner)


def server_version(server: Server) -> str:
    """Check that the server is not older than this program's Prefect."""
    theirs, ours = str(server.ask("GET", "/admin/version")), version("prefect")
    # Prefect supports clients that are older than their server, not newer ones.
    major_minor = [[int(part) for part in text.split(".")[:2]] for text in (theirs, ours)]
    if major_minor[0] < major_minor[1]:
        raise BadSettings(
            [f"The server is Prefect {theirs}, this program uses {ours}. Upgrade the server first."]
        )
    return f"{server.api}: Prefect {theirs}"


def access(server: Server) -> str:
    """Check that the server requires a password, unless its address is this machine's."""
    if server.requires_password():
        return "requires a password"
    if urlsplit(server.api).hostname in _LOCAL:
        return "requires no password; its address is this machine's own"
    raise BadSettings(
        [
            (
                "The server requires no password. "
                "Whoever reaches it can start runs and read their reports."
            )
        ]
    )


def ui_address(server: Server) -> str:
    """Check that the UI in a browser calls this server: `--port` alone does not let it know."""
    called = server.api_of_ui()
    if called is None:
        return "the server has none"
    ours, theirs = urlsplit(server.api), urlsplit(called)
    # An address that is not the machine's own was set on purpose, such as that of a proxy.
    is_wrong_port = ours.port != theirs.port
    if theirs.hostname in _LOCAL and (is_wrong_port or ours.hostname not in _LOCAL):
        raise BadSettings([f"The UI calls {called}, and the server answers at {server.api}."])
    return f"calls {called}"


def services(server: Server) -> str:
    """Describe where the server keeps its messages, and what it deletes; both fit some set-ups."""
    reported = server.ask("GET", "/admin/settings").get("server", {})
    broker = reported.get("events", {}).get("messaging_broker")
    messages = f"messages by {broker}"
    if broker == _MEMORY_BROKER:
        messages = "messages in memory, for one server process"
    vacuum = reported.get("services", {}).get("db_vacuum", {}).get("enabled")
    deletes_runs = "flow_runs" in vacuum if isinstance(vacuum, list) else bool(vacuum)
    if deletes_runs:
        return f"{messages}; old events and runs are deleted"
    variable = "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED=events,flow_runs"
    return f"{messages}; old events are deleted, old runs never: set {variable}"


def lost_runs_rule(server: Server, heartbeat_s: int) -> str:
    """Check the automation that marks runs whose process died."""
    names = {"automations": {"name": {"any_": [LOST_RUNS]}}}
    rules = server.ask("POST", "/automations/filter", names)
    if not rules:
        raise BadSettings(
            [
                (
                    "No rule marks runs whose process died. They block their source until a "
                    "worker, `serve` or the next run finds them, which takes minutes."
                )
            ]
        )
    if not rules[0]["enabled"]:
        raise BadSettings([f"The automation {LOST_RUNS!r} is switched off."])
    within_s = float(rules[0]["trigger"]["within"])
    # A shorter time would mark healthy runs between two heartbeats as lost.
    if within_s < HEARTBEATS_MISSED * heartbeat_s:
        raise BadSettings(
            [
                (
                    f"A run is marked as lost after {within_s:.0f} s, "
                    f"but sends a heartbeat only every {heartbeat_s} s."
                )
            ]
        )
    return f"marked after {within_s:.0f} s without a heartbeat"


def deployed(server: Server, settings: Settings, owner: DeploymentOwner) -> Iterator[Check]:
    """Check each source's schedule, and the workers that carry it out."""
    names = [deployment_name("ingest", settings, source) for source in settings.specs()]
    conditions = {"deployments": {"name": {"any_": names}}}
    found = {one["name"]: one for one in server.ask("POST", "/deployments/filter", conditions)}
    remedy = "Run `caspio-ingest deploy --pool NAME`, or `caspio-ingest serve` on a single host."
    if names and not found:
        # One cause, said once: nobody has deployed these settings here.
        why = (
            "The server has no deployment of these sources: nothing runs them on a schedule. "
            "`caspio-ingest demo` leaves it so: it runs each source once."
        )
        yield Check("deployments", ok=False, detail=why, remedy=remedy)
        names = []
    for name in names:
        yield attempt(f"deployment {name}", partial(schedule, found.get(name), name), remedy)
    owned = partial(strangers, server, owner, all_names(settings))
    # What to do differs for each problem, and each says it.
    yield attempt("owner of deployments", owned, "")
    remedy = "Start `caspio-ingest worker --pool NAME`, or `caspio-ingest serve`."
    yield attempt("due runs", partial(due_runs, server, settings), remedy)
    for pool in sorted({one["work_pool_name"] for one in found.values() if one["work_pool_name"]}):
        yield from pool_checks(server, pool, settings)


def strangers(server: Server, owner: DeploymentOwner, names: Collection[str]) -> str:
    """Check that these names are registered by this owner, and that nothing else of it is."""
    found = list(registered(server))
    problems = refusals(found, owner, names)
    left = [deployment["name"] for deployment in leftovers(found, owner, names)]
    if left:
        problems.append(
            f"The settings have no source for {', '.join(left)}. `caspio-ingest deploy --pool "
            "NAME` or `serve` removes them."
        )
    raise_problems(problems)
    return "all are these settings' own"


def due_runs(server: Server, settings: Settings) -> str:
    """Check that no run waits for a worker."""
    late = late_runs(server, settings_name(settings))
    if late is not None:
        raise BadSettings([late.text])
    return "none waits for a worker"


def schedule(deployment: Mapping[str, Any] | None, name: str) -> str:
    """Check that a deployment is of this version and has a schedule that is not paused."""
    if deployment is None:
        raise BadSettings(
            [f"The server has no deployment {name!r}: nothing runs it on its schedule."]
        )
    ours = version("caspio-ingest")
    if deployment["version"] != ours:
        raise BadSettings([f"It was deployed by version {deployment['version']}, this is {ours}."])
    schedules = [one["schedule"] for one in deployment["schedules"] if one["active"]]
    if deployment["paused"] or not schedules:
        raise BadSettings(["Its schedule is paused."])
    crons = ", ".join(f"{one.get('cron')} {one.get('timezone')}" for one in schedules)
    return f"{crons}, {deployment['work_pool_name'] or 'served'}"


def pool_checks(server: Server, pool: str, settings: Settings) -> Iterator[Check]:
    """Check a pool's workers and queues, and that several workers share a ledger."""
    listed = server.ask("POST", f"/work_pools/{pool}/workers/filter", {})
    workers = [worker["name"] for worker in listed if worker["status"] == "ONLINE"]
    remedy = f"Run `caspio-ingest worker --pool {pool}` on each machine."
    yield attempt(f"work pool {pool}", partial(workers_online, server, pool, workers), remedy)
    listed_queues = server.ask("POST", f"/work_pools/{pool}/queues/filter", {})
    remedy = f"Run `caspio-ingest deploy --pool {pool}`, and resume queues in Prefect's UI."
    yield attempt(f"queues of {pool}", partial(queues, listed_queues, settings), remedy)
    # A single worker may keep its ledger in a file beside it.
    if len(workers) > 1:
        remedy = "Use PostgreSQL, unless all workers run on one machine."
        shared = partial(shared_ledger, settings.ledger.url, len(workers))
        yield attempt("shared ledger", shared, remedy)


def workers_online(server: Server, pool: str, workers: Sequence[str]) -> str:
    """Check that a pool is not paused and has a worker."""
    if server.ask("GET", f"/work_pools/{pool}")["is_paused"]:
        raise BadSettings(["The pool is paused. Resume it in Prefect's UI."])
    if not workers:
        raise BadSettings(["No worker is online. Scheduled runs wait."])
    return f"{counted(len(workers), 'worker')} online"


def queues(listed: Sequence[Mapping[str, Any]], settings: Settings) -> str:
    """Check that there is a queue for each priority, and that none is paused."""
    by_name = {queue["name"]: queue for queue in listed}
    used = {kind.priority for kind in KINDS.values()}
    problems = []
    for priority in Priority:
        name = queue_name(priority, settings)
        queue = by_name.get(name)
        if priority not in used:
            continue
        if queue is None:
            problems.append(f"{name} is missing")
        elif queue["is_paused"]:
            problems.append(f"{name} is paused")
    raise_problems(problems)
    names = [queue_name(priority, settings) for priority in Priority if priority in used]
    return ", ".join(sorted(names, key=lambda name: int(by_name[name]["priority"])))


def shared_ledger(url: str, workers: int) -> str:
    """Check that several workers share a ledger that can be reached from several machines."""
    if not url.startswith("postgresql"):
        sharing = counted(workers, "worker", "shares/share")
        raise BadSettings([f"{sharing} a SQLite ledger, a file on one machine."])
    return f"PostgreSQL, for {counted(workers, 'worker')}"
