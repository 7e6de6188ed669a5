from contextlib import suppress
from datetime import UTC, datetime
from functools import partial

import pytest

from flows.app.verify import verify
from pipeline.errors import BudgetExhausted
from pipeline.source_run.selection import Selection
from tests.crash.cells import COLUMNS, document
from tests.fakes.reader import FakeReader
from tests.integration.pipeline.accounts import Source
from tests.integration.pipeline.conftest import MakeWorkspace
from tests.integration.pipeline.workspace import Workspace, cli

pytestmark = pytest.mark.integration

FILES = {f"scan{number}.txt": document(number) for number in range(1, 41)}
PRIORITIES = "monthly_calls = 200\nreserve = 0.1\npriorities = { new = 0.05, backfill = 0.4, reprocess = 0.5 }"


@pytest.fixture
def workspace(make_workspace: MakeWorkspace) -> Workspace:
    """Forty receipts and 200 calls a month, of which a backfill may use 100 and reprocessing 80."""
    made = make_workspace(Source(rename="", columns=COLUMNS), files=FILES, caspio=PRIORITIES)
    made.reader = FakeReader()
    return made


def used(workspace: Workspace) -> int:
    """Return the calls the ledger has counted this month."""
    with workspace.context() as context:
        return context.ports.ledger.usage.this_month(context.settings.caspio.account).calls


def test_every_call_is_counted(workspace: Workspace):
    """What the ledger counts is what the account saw, tokens and repetitions included."""
    workspace.emulator.control.fault(
        {"kind": "status", "operation": "ListTableRecords", "status": 503}
    )

    workspace.run(limit=5)

    assert used(workspace) == workspace.calls()


def test_a_backlog_waits_for_the_next_month(make_workspace: MakeWorkspace):
    """A first run stops at what its priority leaves to others, nothing half done, and goes on when the month is over."""
    workspace = make_workspace(
        Source(rename="", columns=COLUMNS), files=FILES, caspio=PRIORITIES.replace("200", "70")
    )
    workspace.reader = FakeReader()
    with pytest.raises(BudgetExhausted, match="backfill work stops at 35"):
        workspace.run()
    begun = [status for status in workspace.statuses().values() if status != "none"]
    counted = workspace.calls()

    for month in range(4, 9):
        workspace.clock.set(datetime(2026, month, 1, tzinfo=UTC))
        with suppress(BudgetExhausted):
            workspace.run()

    assert set(begun) == {"done"}
    assert counted <= 70 * 0.9
    assert set(workspace.statuses().values()) == {"done"}
    assert workspace.unsettled() == 0


def test_once_a_source_is_caught_up_its_files_come_before_a_backlog(workspace: Workspace):
    """New files may use what a backfill had to leave."""
    workspace.run()
    with workspace.context() as context:
        context.ports.ledger.usage.spend(
            context.settings.caspio.account, "other", calls=70, size_bytes=0
        )

    workspace.run()

    assert used(workspace) > 100


def test_reprocessing_costs_no_download(make_workspace: MakeWorkspace):
    """Documents are read again from the archive: Caspio is asked for the records only."""
    workspace = make_workspace(Source(rename="", columns=COLUMNS), files=FILES)
    workspace.reader = FakeReader()
    workspace.run()
    workspace.forget_calls()

    report = workspace.run(selection=Selection(), yes=True)

    assert report.document["documents"]["done"] == 40
    assert (workspace.downloads(), workspace.writes()) == (0, [])
    assert workspace.calls() <= 6


def test_reprocessing_stops_before_new_files_have_to(workspace: Workspace):
    """The least urgent priority stops first, with exit code 3 at the command line."""
    workspace.run()
    with workspace.context() as context:
        context.ports.ledger.usage.spend(
            context.settings.caspio.account, "new", calls=10, size_bytes=0
        )

    with pytest.raises(BudgetExhausted, match="reprocess work stops at 80"):
        workspace.run(selection=Selection(), yes=True)
    workspace.run()


def test_status_shows_what_is_left(workspace: Workspace):
    """The calls used and what every kind of work may still use are shown."""
    workspace.run()

    shown = cli(workspace.config, "status")

    assert "Caspio calls used this month" in shown.stdout
    assert "webhook 180" in " ".join(shown.stdout.split())


def spend(workspace: Workspace, calls: int) -> None:
    """Use calls of the month for something else."""
    with workspace.context() as context:
        account = context.settings.caspio.account
        context.ports.ledger.usage.spend(account, "other", calls=calls, size_bytes=0)


def test_what_is_refused_for_lack_of_calls_makes_none(workspace: Workspace):
    """Beyond the budget no run, plan or comparison asks Caspio for anything, not even to check its source."""
    spend(workspace, 200)

    def compare() -> None:
        with workspace.context() as context:
            verify(context)

    for work in (
        workspace.run,
        partial(workspace.run, selection=Selection()),
        partial(workspace.run, records=["1"]),
        workspace.plan,
        compare,
    ):
        with pytest.raises(BudgetExhausted):
            work()

    assert workspace.calls() == 0


def test_what_a_webhook_reports_may_use_calls_that_others_have_to_leave(workspace: Workspace):
    """When new work has to stop, the records of a message are still worked on."""
    workspace.run()
    record = workspace.emulator.control.dump()["attachments"]["Uploads"][0]["pk"]
    spend(workspace, 175 - used(workspace))

    report = workspace.run(records=[str(record)])

    assert report.document["documents"]["unchanged"] == 1
