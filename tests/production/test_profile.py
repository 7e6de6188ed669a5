"""The production profile, its processes started as they are on a host. `make production-test`; it takes minutes."""

import json
import signal
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from flows.prefect.names import LOST_RUNS
from tests.flows.pooled import Account, wait_for
from tests.integration.pipeline.workspace import cli
from tests.production.conftest import FILES
from tests.production.day import (
    Workers,
    acknowledge,
    kill_with_its_runs,
    three_requests,
    undeserved,
    worker_of,
)

pytestmark = [pytest.mark.bench, pytest.mark.integration, pytest.mark.timeout(1200)]

SLOW = {
    "kind": "latency",
    "operation": "UpdateTableRecords",
    "contains": "/Uploads/",
    "times": 0,
    "seconds": 5.0,
}


_KILLED: set[str] = set()
"""The runs that a killed worker had, from the test that killed it."""


@pytest.fixture(scope="module")
def workers(account: Account) -> Iterator[Workers]:
    """Two workers."""
    with account.worker("one") as one, account.worker("two") as two:
        yield {"one": one, "two": two}


def _writes(account: Account) -> Counter[str]:
    """Count the writes each record of the table met."""
    calls = account.emulator.control.call_log()
    updates = [
        call
        for call in calls
        if call["operation"] == SLOW["operation"] and "/Uploads/" in call["path"]
    ]
    return Counter(call["query"].partition(")")[0] for call in updates)


def test_a_schedule_fires(account: Account, workers: Workers):
    """Without anybody asking, a source's run comes at its time and is carried out by a worker."""
    assert workers

    def scheduled() -> list[str]:
        runs = account.server.find("flow_runs", flow_runs={"name": {"any_": ["ingest clock"]}})
        return [
            run["id"]
            for run in runs
            if run["auto_scheduled"] and run["state"]["type"] == "COMPLETED"
        ]

    wait_for(scheduled, within_s=300)

    rows = account.emulator.control.dump()["tables"]["Other"]
    assert [row["DocType"] for row in rows] == ["receipt"] * 4


def test_doctor_is_content(account: Account, workers: Workers):
    """It finds the profile whole: password, Redis, rule for lost runs, queues, workers, shared ledger, archive."""
    assert workers
    wait_for(lambda: len(_online(account)) == 2)

    done = cli(account.config, "doctor", "--json", **account.server.environment)

    checks = {check["check"]: check for check in json.loads(done.stdout)}
    assert {name: check["detail"] for name, check in checks.items() if not check["ok"]} == {}
    assert "prefect_redis" in checks["prefect services"]["detail"]
    assert checks["prefect access"]["detail"] == "requires a password"
    assert checks["shared ledger"]["detail"].startswith("PostgreSQL")


def _online(account: Account) -> list[str]:
    found = account.server.ask("POST", f"/work_pools/{account.pool}/workers/filter", {})
    return [worker["name"] for worker in found if worker["status"] == "ONLINE"]


def test_a_killed_workers_run_is_marked_and_the_other_does_the_rest(
    account: Account, workers: Workers
):
    """Killed with all its processes: its run ends as Crashed, by the rule or the next run, which finishes elsewhere."""
    account.emulator.control.fault(SLOW)
    lost = account.start("ingest-receipts@receipts")
    wait_for(lambda: len(_writes(account)) > 1)

    _KILLED.update(kill_with_its_runs(account, workers, lost))
    marked = account.ended(lost, within_s=400)
    account.emulator.control.clear_faults()
    after = account.ended(account.start("ingest-receipts@receipts"), within_s=400)

    assert marked["type"] == "CRASHED"
    assert after["type"] == "COMPLETED", after
    assert len(_writes(account)) == len(FILES)
    rows = account.emulator.control.dump()["tables"]["Uploads"]
    assert {row["DocType"] for row in rows} == {"receipt"}


def test_the_rule_for_lost_runs_fires_for_killed_runs_only(account: Account, workers: Workers):
    """Among minutes of scheduled runs it acted on no run but those of the killed worker, and no action failed."""
    assert workers
    wait_for(lambda: len(_long_ended(account)) >= 4, within_s=600)
    (rule,) = account.server.find("automations", automations={"name": {"any_": [LOST_RUNS]}})

    acted = _events(account, "prefect.automation.action.triggered", str(rule["id"]))
    failed = _events(account, "prefect.automation.action.failed", str(rule["id"]))

    targets = {
        one["prefect.resource.id"].removeprefix("prefect.flow-run.")
        for event in acted
        for one in event["related"]
        if one["prefect.resource.id"].startswith("prefect.flow-run.")
    }
    crashed = account.server.find("flow_runs", flow_runs={"state": {"type": {"any_": ["CRASHED"]}}})
    # The next run of the source may have marked them first, since the ledger knows them as lost.
    assert targets <= {run["id"] for run in crashed} != set()
    assert failed == []


def _long_ended(account: Account) -> list[dict[str, Any]]:
    """Return the scheduled runs that ended well, and for which the rule would have fired since."""
    before = (datetime.now(UTC) - timedelta(seconds=120)).isoformat()
    ended = {"state": {"type": {"any_": ["COMPLETED"]}}, "end_time": {"before_": before}}
    found = account.server.find(
        "flow_runs", flow_runs={"name": {"any_": ["ingest clock"]}, **ended}
    )
    return [run for run in found if run["auto_scheduled"]]


def _events(account: Account, event: str, rule: str) -> list[dict[str, Any]]:
    conditions = {
        "event": {"name": [event]},
        "any_resource": {"id": [f"prefect.automation.{rule}"]},
    }
    found = account.server.ask("POST", "/events/filter", {"filter": conditions})["events"]
    return list(found)


def test_requests_at_once_are_all_done(account: Account, workers: Workers):
    """Three of one deployment within a second: none is cancelled, each does what it was asked for."""
    assert workers

    states = three_requests(account)

    assert [(state["type"], state["message"]) for state in states] == [("COMPLETED", "1 done")] * 3


def test_no_row_of_the_ui_is_undeserved(account: Account, workers: Workers):
    """After a reject, a killed host and a wait: red until the reject is acknowledged, nothing gray, no action failed."""
    assert workers
    red_until = acknowledge(account)
    wait_for(lambda: _green_since(account, red_until), within_s=300)

    assert undeserved(account, killed=_KILLED, red_until=red_until) == []


def _green_since(account: Account, moment: datetime) -> bool:
    begun = {
        "start_time": {"after_": moment.isoformat()},
        "state": {"type": {"any_": ["COMPLETED"]}},
    }
    names = {"name": {"any_": ["ingest rejects"]}}
    return bool(account.server.find("flow_runs", flow_runs={**names, **begun}))


def test_the_worker_that_is_left_stops_in_good_order(account: Account, workers: Workers):
    """Asked to stop with a run in progress, it ends by itself, and the run says so."""
    account.emulator.control.fault(
        {**SLOW, "operation": "ListTableRecords", "contains": "/Uploads/", "seconds": 2.0}
    )
    run = account.start("reprocess-receipts@receipts")
    wait_for(lambda: account.state(run)["type"] == "RUNNING")
    worker = workers[worker_of(run, {n: w for n, w in workers.items() if w.poll() is None})]

    wait_for(lambda: account.server.artifacts(run))  # its own handler is installed by then
    worker.send_signal(signal.SIGTERM)
    code = worker.wait(300)
    account.emulator.control.clear_faults()

    assert (account.state(run)["name"], code) == ("Stopped", 0)
