"""A day in short: schedules every minute, a reject, a killed host, three requests at once; what the UI shows of it.

`python -m tests.production.day --minutes 30 --pictures FOLDER` plays it, takes pictures of Prefect's UI, and ends with 1
where a row or an event is not deserved. `make production-test` checks the same after its own few minutes.
"""

import argparse
import base64
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil

from flows.prefect.names import LOST_RUNS
from tests.flows.pooled import Account, wait_for
from tests.production.conftest import AUTH, profile
from tests.support.browser import Page, browser
from tests.support.processes import kill_tree

REPROCESS = "reprocess-receipts@receipts"
SLOW_LISTING = {
    "kind": "latency",
    "operation": "ListTableRecords",
    "contains": "/Uploads/",
    "times": 0,
    "seconds": 5.0,
}
_SHOWN = {
    "dashboard": "Active Work Pools",
    "runs": "ingest clock",
    "events": "Event Feed",
    "automations": LOST_RUNS,
    "deployments": "ingest-clock",
}
"""The pages that pictures are taken of, and what each says once it is there."""

_PAGE = 200
_LATE_S = 90.0
"""A worker takes a run within seconds, and within a minute on a busy machine."""

Workers = dict[str, "subprocess.Popen[bytes]"]
Run = dict[str, Any]


def worker_of(run: str, workers: Workers) -> str:
    """Say which worker has a run: the one whose child's environment names it."""
    for name, worker in workers.items():
        for child in psutil.Process(worker.pid).children(recursive=True):
            if child.environ().get("PREFECT__FLOW_RUN_ID") == run:
                return name
    raise AssertionError("no worker has it")


def kill_with_its_runs(account: Account, workers: Workers, run: str) -> set[str]:
    """Kill the worker that has a run, and return that and all others that it had, also those only starting."""
    doomed = worker_of(run, workers)
    elsewhere = {
        child.environ().get("PREFECT__FLOW_RUN_ID")
        for name, worker in workers.items()
        if name != doomed and worker.poll() is None
        for child in psutil.Process(worker.pid).children(recursive=True)
    }
    kill_tree(workers[doomed])
    active = {"state": {"type": {"any_": ["RUNNING", "PENDING"]}}}
    found = account.server.find("flow_runs", flow_runs=active)
    return {run, *(one["id"] for one in found)} - elsewhere


def three_requests(account: Account) -> list[Run]:
    """Ask for three records of one source at once; return the states in which the runs ended."""
    requests = [account.start(REPROCESS, records=[pk]) for pk in ("1", "2", "3")]
    return [account.ended(request, within_s=400) for request in requests]


def lose_a_request(account: Account, workers: Workers) -> set[str]:
    """Kill the worker that has a user's request, in the middle of it; return the runs it had."""
    account.emulator.control.fault(SLOW_LISTING)
    run = account.start(REPROCESS)
    wait_for(lambda: account.state(run)["type"] == "RUNNING")
    time.sleep(2)  # into the slow listing, wherever exactly
    lost = kill_with_its_runs(account, workers, run)
    account.emulator.control.clear_faults()
    return lost


def all_runs(account: Account) -> Iterator[Run]:
    """Yield every flow run."""
    offset = 0
    while page := account.server.find("flow_runs", limit=_PAGE, offset=offset, sort="ID_DESC"):
        yield from page
        offset += len(page)


def undeserved(
    account: Account, *, killed: Collection[str], red_until: datetime, stopped: Collection[str] = ()
) -> list[str]:
    """Return the rows that are not as they should be, and the actions that failed.

    Gray is deserved by nothing here, except by runs that were `stopped` with their worker; red by the source with a
    reject until it was acknowledged; orange by the runs that were `killed` with theirs.
    """
    wrong: list[str] = []
    for run in all_runs(account):
        state = run["state"]
        begun = run["start_time"] or run["expected_start_time"]
        is_late = datetime.now(UTC) - datetime.fromisoformat(
            run["expected_start_time"]
        ) > timedelta(seconds=_LATE_S)
        deserved = {
            "COMPLETED": True,
            "FAILED": run["name"].endswith("rejects") and datetime.fromisoformat(begun) < red_until,
            "CRASHED": run["id"] in killed,
            "CANCELLED": run["id"] in stopped,
            "SCHEDULED": state["name"] == "AwaitingConcurrencySlot" or not is_late,
        }.get(state["type"], True)
        if not deserved:
            wrong.append(f"{run['name']}: {state['name']}, {state['message']}, {begun}")
    return wrong + [f"failed action: {event}" for event in failed_actions(account)]


def failed_actions(account: Account) -> list[str]:
    """Return what automations could not do, from the event feed."""
    names = {"event": {"name": ["prefect.automation.action.failed"]}}
    found = account.server.ask("POST", "/events/filter", {"filter": names})["events"]
    return [json.dumps(event["payload"]) for event in found]


def acknowledge(account: Account) -> datetime:
    """Acknowledge the reject by the form of its source, as a user does; return when that was done."""
    rejects = replace(account, source="rejects")
    form = rejects.start("acknowledge-rejects@receipts", by="an operator", note="an empty scan")
    assert rejects.ended(form, within_s=400)["type"] == "COMPLETED"
    return datetime.now(UTC)


def live(account: Account, *, minutes: float, stack: ExitStack) -> tuple[set[str], datetime]:
    """Let a day pass with all that happens in it; return the killed runs, and until when red was deserved."""
    workers = {name: stack.enter_context(account.worker(name)) for name in ("one", "two")}
    ends = time.monotonic() + minutes * 60
    first = account.start("ingest-receipts@receipts")
    account.ended(first, within_s=400)
    lost = lose_a_request(account, workers)
    living = {name: worker for name, worker in workers.items() if worker.poll() is None}
    assert len(living) == 1
    stack.enter_context(account.worker("three"))
    for state in three_requests(account):
        assert state["type"] == "COMPLETED", state
    wait_for(lambda: any(run["name"].endswith("rejects") and run["state"]["type"] == "FAILED"
                         for run in all_runs(account)), within_s=300)  # fmt: skip
    red_until = acknowledge(account)
    while time.monotonic() < ends:
        time.sleep(5)
    return lost, red_until


def look(account: Account, page: Page, folder: Path) -> None:
    """Take pictures of the dashboard, the runs and the events, as an operator sees them."""
    ui = account.server.api.removesuffix("/api") + "/v2"
    page.open(ui)
    password = base64.b64encode(":".join(AUTH).encode()).decode()
    page.run(f"localStorage.setItem('prefect-password', {json.dumps(password)})")
    for name, shown in _SHOWN.items():
        page.open(f"{ui}/{name}")
        # Every row of half an hour with two schedules, so that each can be looked at.
        page.size(1400, 9400 if name == "runs" else 1300)
        # A busy machine shows an empty page for so long that it looks settled.
        page.see(shown, timeout_s=120)
        page.settle()
        page.picture(folder / f"{name}.png")


def main() -> int:
    """Play a day, take pictures of it, and print what is not deserved."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--pictures", type=Path, required=True)
    options = parser.parse_args()
    options.pictures.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="day-") as name, ExitStack() as stack:
        account = stack.enter_context(profile(Path(name)))
        killed, red_until = live(account, minutes=options.minutes, stack=stack)
        wrong = undeserved(account, killed=killed, red_until=red_until)
        states = Counter(f"{run['name']}: {run['state']['name']}" for run in all_runs(account))
        report = "\n".join([*(f"{times} {what}" for what, times in sorted(states.items())), *wrong])
        (options.pictures / "report.txt").write_text(report + "\n", encoding="utf-8")
        with browser() as page:
            look(account, page, options.pictures)
    print(report)  # noqa: T201 - a command's output
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
