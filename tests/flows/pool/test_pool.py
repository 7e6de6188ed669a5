import json
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from flows.prefect.deployments.priorities import KINDS
from infra.emulator import Emulator
from tests.flows.conftest import Prefect
from tests.flows.pooled import ENDED, Account, wait_for
from tests.integration.pipeline.accounts import (
    Source,
    receipt,
    uploads,
    write_account,
    write_settings,
)
from tests.integration.pipeline.workspace import cli, cli_command

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[3]
POOL = "pool-of-the-tests"
FILES = {f"upload{n}.txt": receipt(n, day=7) for n in range(1, 25)}
SLOW = {"kind": "latency", "operation": "UpdateTableRecords", "times": 0, "seconds": 5.0}
# Four records at once on every machine: with SLOW, the files last for half a minute.
ONE_READER = "[processing]\nworkers = 1"


@pytest.fixture(scope="module")
def account(prefect_server: Prefect, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    """An account whose flows are deployed on a pool, on a schedule that hardly ever comes by itself."""
    folder = tmp_path_factory.mktemp("pool")
    prefect_server.environment["PREFECT_WORKER_QUERY_SECONDS"] = "1"
    with Emulator(seed=write_account(folder / "seed", uploads(FILES), FILES)) as emulator:
        source = Source(name="pooled", more='schedule = "0 0 1 * *"')
        config = write_settings(folder, emulator.url, source, more=ONE_READER)
        done = cli(config, "deploy", "--pool", POOL, **prefect_server.environment)
        assert done.returncode == 0, done.stderr
        yield Account(prefect_server, emulator, config, POOL, "pooled")


def test_sources_are_deployed_on_a_pool_with_a_queue_per_priority(account: Account):
    """Each deployment is in its priority's queue, has version, schedule and limit; queues are taken in the priorities' order."""
    found = account.deployments()
    queues = account.server.ask("POST", f"/work_pools/{POOL}/queues/filter", {})

    assert {name: one["work_queue_name"] for name, one in found.items()} == {
        "ingest-pooled@pooled": "new",
        "backfill-pooled@pooled": "backfill",
        "reprocess-pooled@pooled": "reprocess",
        "ingest-record-pooled@pooled": "webhook",
        "acknowledge-pooled@pooled": "new",
    }
    priorities = {
        queue["name"]: queue["priority"] for queue in queues if queue["name"] != "default"
    }
    assert sorted(priorities, key=lambda name: priorities[name]) == [
        "webhook",
        "new",
        "backfill",
        "reprocess",
        "learn",
    ]
    schedule = found["ingest-pooled@pooled"]["schedules"][0]["schedule"]
    assert (schedule["cron"], schedule["timezone"]) == ("0 0 1 * *", "Europe/Berlin")
    assert found["ingest-pooled@pooled"]["version"]
    assert {one["concurrency_options"]["collision_strategy"] for one in found.values()} == {
        "ENQUEUE"
    }


def test_the_server_plans_the_runs_of_a_schedule(account: Account):
    """What is due next is known to the server, for whoever works then; `make production-test` waits until one comes."""
    deployment = account.deployments()["ingest-pooled@pooled"]["id"]

    def planned() -> list[dict[str, Any]]:
        runs = account.server.find("flow_runs", deployments={"id": {"any_": [deployment]}})
        return [run for run in runs if run["auto_scheduled"]]

    wait_for(planned)

    assert planned()[0]["work_queue_name"] == "new"


def test_doctor_says_what_a_pool_lacks(account: Account):
    """Without a worker doctor says so and what to do; the rest of the pool is fine."""
    done = cli(account.config, "doctor", "--json", **account.server.environment)

    checks = {check["check"]: check for check in json.loads(done.stdout)}
    failed = {name for name, check in checks.items() if not check["ok"]}
    # Other tests may have installed the rule, or have left runs that are due.
    assert failed - {"lost runs", "due runs"} == {f"work pool {POOL}"}, done.stdout
    assert "caspio-ingest worker --pool" in checks[f"work pool {POOL}"]["remedy"]
    assert "0 0 1 * * Europe/Berlin" in checks["deployment ingest-pooled@pooled"]["detail"]
    assert checks[f"queues of {POOL}"]["detail"] == "webhook, new, backfill, reprocess, learn"


def test_serve_refuses_what_is_in_a_pool(account: Account):
    """It names the deployment and the pool and says what to do, since both would take its runs."""
    done = cli(account.config, "serve", **account.server.environment)

    assert done.returncode == 2
    assert f"is in work pool '{POOL}'" in " ".join(done.stderr.split())


@dataclass(frozen=True)
class Stopped:
    """How a worker ended that was asked to stop, and the states of its runs then: begun, only starting, waiting."""

    code: int
    begun: dict[str, Any]
    starting: dict[str, Any]
    waiting: dict[str, Any]
    writes: list[str]


@pytest.fixture(scope="module")
def stopped(account: Account) -> Stopped:
    """A worker that is asked to stop while a run writes, another only starts, and a third waits for the first."""
    account.emulator.control.fault(SLOW)
    with account.worker() as worker:
        begun = account.start("ingest-pooled@pooled")
        wait_for(lambda: len(account.writes()) > 1)
        waiting = account.start("ingest-pooled@pooled")
        starting = account.start("reprocess-pooled@pooled")
        wait_for(lambda: account.state(waiting)["name"] == "AwaitingConcurrencySlot")
        wait_for(lambda: account.state(starting)["type"] == "PENDING")
        worker.send_signal(signal.SIGTERM)
        code = worker.wait(120)
    account.emulator.control.clear_faults()
    states = (account.state(run) for run in (begun, starting, waiting))
    return Stopped(code, *states, account.writes())


def test_a_worker_asked_to_stop_finishes_what_is_in_progress(account: Account, stopped: Stopped):
    """Its runs end as Stopped, also one that was only starting; nothing is written twice, and the overlapping run waits."""
    said = (account.config.parent / "worker.log").read_text(errors="replace")

    assert stopped.code == 0
    for state in (stopped.begun, stopped.starting):
        assert (state["type"], state["name"]) == ("CANCELLED", "Stopped")
        assert "waits as a new run" in state["message"]
    assert stopped.waiting["name"] in {"AwaitingConcurrencySlot", "Late"}
    assert "Traceback" not in said
    assert 0 < len(stopped.writes) < len(FILES)
    assert max(Counter(stopped.writes).values()) == 1


@pytest.mark.full
def test_requests_are_done_in_turn_and_a_schedule_is_skipped(account: Account, stopped: Stopped):
    """What users asked for ends green, one run of a deployment after the other, also what a stopped worker left; what only the schedule asked for meanwhile is no run."""
    assert stopped.code == 0
    ids = {name: one["id"] for name, one in account.deployments().items()}
    ingest, reprocess = ids["ingest-pooled@pooled"], ids["reprocess-pooled@pooled"]
    requested = _open_runs(account)

    with account.worker():
        wait_for(lambda: _is_taken(account, ingest))
        overdue = account.server.overdue(ingest, runs=3)
        wait_for(lambda: not _open_runs(account))

    ended = {run["id"]: run for run in _runs(account)}
    done = [ended[run["id"]] for run in requested]
    first, second = _times(done, ingest)
    assert len(_times(done, reprocess)) == 1
    assert {run["state"]["name"] for run in done} == {"Completed"}
    assert {run["state"]["name"] for run in ended.values()} == {"Completed", "Stopped"}
    assert first[1] <= second[0]
    assert (len(overdue), ended.keys() & set(overdue)) == (3, set())
    assert _changed(account) == {str(pk): 1 for pk in range(1, len(FILES) + 1)}


def _changed(account: Account) -> Counter[str]:
    """Return how often each record was changed.

    Calls are more: `reprocess` may plan while `ingest` writes, and Caspio refuses what it plans.
    """
    statement = "SELECT pk FROM effects WHERE kind = 'update_columns' AND state = 'verified'"
    with closing(sqlite3.connect(account.config.parent / "ledger.db")) as ledger:
        return Counter(pk for (pk,) in ledger.execute(statement))


def _is_taken(account: Account, deployment: str) -> bool:
    """Say whether a worker starts a run of the deployment."""
    runs = [run for run in _open_runs(account) if run["deployment_id"] == deployment]
    return any(run["state"]["type"] == "PENDING" for run in runs)


def _times(runs: list[dict[str, Any]], deployment: str) -> list[tuple[str, str]]:
    """Return when the runs of a deployment began and ended, in order."""
    found = [run for run in runs if run["deployment_id"] == deployment]
    return sorted((run["start_time"], run["end_time"]) for run in found)


def _runs(account: Account) -> list[dict[str, Any]]:
    """Return the runs of the account that are due."""
    ids = [one["id"] for one in account.deployments().values()]
    found = account.server.find("flow_runs", deployments={"id": {"any_": ids}})
    return [run for run in found if run["expected_start_time"] < datetime.now(UTC).isoformat()]


def _open_runs(account: Account) -> list[dict[str, Any]]:
    return [run for run in _runs(account) if run["state"]["type"] not in ENDED]


@pytest.mark.full
def test_settings_files_do_not_register_over_each_other(account: Account, tmp_path: Path):
    """Other settings have deployments of their own; under the name of these they are refused, with what to do."""
    there = {one["id"]: one["updated"] for one in account.deployments("settings:pooled").values()}
    other = write_settings(tmp_path, account.emulator.url, Source(name="others"))
    same = write_settings(tmp_path / "same", account.emulator.url, Source(name="others"))
    same.write_text(same.read_text().replace('name = "others"', 'name = "pooled"', 1))

    beside = cli(other, "deploy", "--pool", POOL, **account.server.environment)
    over = cli(same, "deploy", "--pool", POOL, **account.server.environment)

    assert beside.returncode == 0, beside.stderr
    assert {"verify@others", "undo@others", "apply-plan@others"} <= set(
        account.deployments("settings:others")
    )
    assert over.returncode == 2
    assert "serve.name" in over.stderr
    assert {
        one["id"]: one["updated"] for one in account.deployments("settings:pooled").values()
    } == there


def _reported(deployment: dict[str, Any]) -> dict[str, Any]:
    """Return what is registered, without what differs from one deploying to the next."""
    kept = (
        "name",
        "version",
        "tags",
        "parameters",
        "concurrency_options",
        "work_queue_name",
        "entrypoint",
        "parameter_openapi_schema",
        "enforce_parameter_schema",
    )
    schedules = [
        (one["schedule"]["cron"], one["schedule"]["timezone"]) for one in deployment["schedules"]
    ]
    # `prefect deploy` does not know the ledger.
    tags = [tag for tag in deployment["tags"] if not tag.startswith("installation:")]
    return {key: deployment[key] for key in kept} | {
        "tags": tags,
        "schedules": schedules,
        "pull": deployment["pull_steps"] or [],
    }


@pytest.mark.full
def test_prefect_deploy_registers_what_deploy_registers(account: Account):
    """infra/prefect.yaml and `caspio-ingest deploy` leave the same deployments and forms, but for descriptions."""
    settings = {
        "DEPLOY_SOURCE": "pooled", "DEPLOY_SOURCES": "pooled", "DEPLOY_NAME": "pooled", "DEPLOY_POOL": POOL,
        "DEPLOY_SCHEDULE": "0 0 1 * *", "DEPLOY_TIMEZONE": "Europe/Berlin", "DEPLOY_IMAGE": "",
        "DEPLOY_VERSION": version("caspio-ingest"), "DEPLOY_CONFIG": str(account.config),
    }  # fmt: skip
    before = {name: _reported(one) for name, one in account.deployments("settings:pooled").items()}

    prefect = [sys.executable, "-m", "prefect", "--no-prompt"]

    done = subprocess.run(
        [*prefect, "deploy", "--all", "--prefect-file", ROOT / "infra/prefect.yaml"],
        check=False, env=account.server.environment | settings, capture_output=True, text=True, timeout=300,
    )  # fmt: skip

    after = {name: _reported(one) for name, one in account.deployments("settings:pooled").items()}
    assert set(before) == {
        f"{kind}-pooled@pooled" if reported.per_source else f"{kind}@pooled"
        for kind, reported in KINDS.items()
    }
    assert done.returncode == 0, done.stdout + done.stderr
    assert after == before


@pytest.mark.full
def test_serve_asked_to_stop_finishes_what_is_in_progress(prefect_server: Prefect, tmp_path: Path):
    """It passes SIGTERM on to its run, waits for it, and ends; the run is Stopped, and its schedule is paused."""
    with Emulator(seed=write_account(tmp_path / "seed", uploads(FILES), FILES)) as emulator:
        source = Source(name="drained", more='schedule = "0 0 1 * *"')
        config = write_settings(tmp_path, emulator.url, source, more=ONE_READER)
        account = Account(prefect_server, emulator, config, "", "drained")
        emulator.control.fault(SLOW)
        with (tmp_path / "serve.log").open("wb") as log:
            served = subprocess.Popen(
                cli_command(config, "serve"), env=prefect_server.environment, stdout=log, stderr=log
            )
        try:
            wait_for(lambda: "ingest-drained@drained" in account.deployments())
            run = account.start("ingest-drained@drained")
            wait_for(lambda: len(account.writes()) > 1)
            served.send_signal(signal.SIGTERM)
            served.wait(120)
        finally:
            served.kill()
            served.wait()

        state = account.state(run)
        assert (state["type"], state["name"]) == ("CANCELLED", "Stopped")
        assert 0 < len(account.writes()) < len(FILES)
        assert account.deployments()["ingest-drained@drained"]["paused"]
