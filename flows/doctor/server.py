"""Examine what runs go through in production: Prefect's server, its rule for lost runs, pools, queues and workers.

Only what the server tells: how many of its processes there are, or on which hosts workers run, it does not.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from typing import Any
from urllib.parse import urlsplit

import httpx

from flows.doctor.check import Check, attempt
from flows.prefect.deployments.priorities import KINDS, deployment_name
from pipeline.errors import BadSettings
from pipeline.metering.budget import Priority
from pipeline.settings import Settings, environment

_TIMEOUT_S = 10.0
_LOST_RUNS = "caspio-ingest: mark lost runs"
_LOCAL = {"127.0.0.1", "localhost", "::1"}
_MEMORY = "prefect.server.utilities.messaging.memory"
_WITH_AUTOMATIONS = (
    "Run `caspio-ingest deploy --pool NAME --with-automations`, or `serve --with-automations`."
)


@dataclass(frozen=True, slots=True)
class Server:
    """Prefect's server as its REST API shows it."""

    api: str
    auth: tuple[str, str] | None

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """Make a call; BadSettings with what the server said."""
        try:
            reply = httpx.request(
                method, self.api + path, json=body, auth=self.auth, timeout=_TIMEOUT_S
            )
        except httpx.HTTPError as error:
            raise BadSettings([f"{self.api} cannot be reached: {error}."]) from error
        if reply.status_code == httpx.codes.UNAUTHORIZED:
            raise BadSettings(
                [f"{self.api} asks for a password that PREFECT_API_AUTH_STRING does not give."]
            )
        if reply.is_error:
            raise BadSettings([f"{self.api}{path} answers {reply.status_code}."])
        return reply.json()

    def asks_for_password(self) -> bool:
        """Say whether it answers nobody who gives none."""
        reply = httpx.get(f"{self.api}/admin/version", timeout=_TIMEOUT_S)
        return reply.status_code == httpx.codes.UNAUTHORIZED


def examine_server(settings: Settings) -> Iterator[Check]:
    """Yield the checks; none where no server is named, since the commands then run directly."""
    api = environment("PREFECT_API_URL")
    if api is None:
        return
    user, _, password = (environment("PREFECT_API_AUTH_STRING") or "").partition(":")
    server = Server(api.rstrip("/"), (user, password) if user else None)
    reached = attempt(
        "prefect server",
        lambda: _version(server),
        "Check PREFECT_API_URL, PREFECT_API_AUTH_STRING.",
    )
    yield reached
    if not reached.ok:
        return
    yield attempt(
        "prefect access",
        lambda: _access(server),
        "Set PREFECT_SERVER_API_AUTH_STRING where it runs.",
    )
    yield attempt("prefect services", lambda: _services(server), "Look at the server's log.")
    yield attempt(
        "lost runs", lambda: _lost_runs(server, settings.serve.heartbeat_s), _WITH_AUTOMATIONS
    )
    yield from _deployed(server, settings)


def _version(server: Server) -> str:
    theirs, ours = str(server.ask("GET", "/admin/version")), version("prefect")
    if [int(part) for part in theirs.split(".")[:2]] < [int(part) for part in ours.split(".")[:2]]:
        raise BadSettings(
            [
                f"The server is Prefect {theirs} and this program uses {ours}: upgrade the server first."
            ]
        )
    return f"{server.api}: Prefect {theirs}"


def _access(server: Server) -> str:
    if server.asks_for_password():
        return "asks for a password"
    if urlsplit(server.api).hostname in _LOCAL:
        return "asks for no password; its address is this machine's own"
    raise BadSettings(
        [
            "The server asks for no password: whoever reaches it can start runs and read their reports."
        ]
    )


def _services(server: Server) -> str:
    """Tell what the server keeps its messages in and what it clears away; both are well for some."""
    told = server.ask("GET", "/admin/settings").get("server", {})
    broker = told.get("events", {}).get("messaging_broker")
    vacuum = told.get("services", {}).get("db_vacuum", {}).get("enabled")
    kept = (
        "messages in memory: for one server process"
        if broker == _MEMORY
        else f"messages by {broker}"
    )
    cleared = "flow_runs" in vacuum if isinstance(vacuum, list) else bool(vacuum)
    left = (
        ""
        if cleared
        else ", never old runs: set PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED=events,flow_runs"
    )
    return f"{kept}; clears away old events{' and runs' if cleared else left}"


def _lost_runs(server: Server, heartbeat_s: int) -> str:
    rules = server.ask(
        "POST", "/automations/filter", {"automations": {"name": {"any_": [_LOST_RUNS]}}}
    )
    if not rules:
        raise BadSettings(
            [
                "No rule marks runs whose process died: they stay Running for ever and block their source."
            ]
        )
    if not rules[0]["enabled"]:
        raise BadSettings([f"The automation {_LOST_RUNS!r} is switched off."])
    within_s = float(rules[0]["trigger"]["within"])
    if within_s < 3 * heartbeat_s:
        raise BadSettings(
            [
                f"A run is taken for lost after {within_s:.0f} s, and gives a sign of life every {heartbeat_s} s only."
            ]
        )
    return f"marked after {within_s:.0f} s without a sign of life"


def _deployed(server: Server, settings: Settings) -> Iterator[Check]:
    """Look for each source's schedule, and for workers that carry it out."""
    names = [deployment_name("ingest", settings, source) for source in settings.specs()]
    conditions = {"deployments": {"name": {"any_": names}}}
    found = {one["name"]: one for one in server.ask("POST", "/deployments/filter", conditions)}
    remedy = (
        "Run `caspio-ingest deploy --pool NAME`, or `caspio-ingest serve` where one host is enough."
    )
    for name in names:
        yield attempt(f"deployment {name}", partial(_scheduled, found.get(name), name), remedy)
    for pool in sorted({one["work_pool_name"] for one in found.values() if one["work_pool_name"]}):
        yield from _pool(server, pool, settings)


def _scheduled(deployment: Mapping[str, Any] | None, name: str) -> str:
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


def _pool(server: Server, pool: str, settings: Settings) -> Iterator[Check]:
    workers = [
        one["name"]
        for one in server.ask("POST", f"/work_pools/{pool}/workers/filter", {})
        if one["status"] == "ONLINE"
    ]
    start = f"Run `caspio-ingest worker --pool {pool}` on each machine."
    yield attempt(f"work pool {pool}", lambda: _workers(server, pool, workers), start)
    queues = server.ask("POST", f"/work_pools/{pool}/queues/filter", {})
    again = f"Run `caspio-ingest deploy --pool {pool}`, and resume queues in Prefect's UI."
    yield attempt(f"queues of {pool}", lambda: _queues(queues), again)
    if len(workers) > 1:
        move = "Use PostgreSQL, unless all workers run on one machine."
        yield attempt("shared ledger", lambda: _shared(settings.ledger.url, len(workers)), move)


def _workers(server: Server, pool: str, workers: Sequence[str]) -> str:
    if server.ask("GET", f"/work_pools/{pool}")["is_paused"]:
        raise BadSettings(["The pool is paused: resume it in Prefect's UI."])
    if not workers:
        raise BadSettings(["No worker is online: what is due waits."])
    return f"{len(workers)} workers online"


def _queues(queues: Sequence[Mapping[str, Any]]) -> str:
    there = {queue["name"]: queue for queue in queues}
    wanted = [
        priority.value
        for priority in Priority
        if any(kind.priority is priority for kind in KINDS.values())
    ]
    missing = [name for name in wanted if name not in there]
    paused = [name for name in wanted if name in there and there[name]["is_paused"]]
    if missing or paused:
        raise BadSettings(
            [f"{name} is missing" for name in missing] + [f"{name} is paused" for name in paused]
        )
    return ", ".join(sorted(wanted, key=lambda name: int(there[name]["priority"])))


def _shared(url: str, workers: int) -> str:
    if not url.startswith("postgresql"):
        raise BadSettings(
            [f"{workers} workers share a ledger in SQLite, which lies on one machine."]
        )
    return f"PostgreSQL, for {workers} workers"
