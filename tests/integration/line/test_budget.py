from contextlib import suppress
from datetime import UTC, datetime

import pytest

from pipeline.errors import BudgetExhausted
from pipeline.source_run.selection import Selection
from tests.crash.cells import COLUMNS, document
from tests.fakes.reader import FakeReader
from tests.integration.line.accounts import Line, Source, cli
from tests.integration.line.conftest import MakeLine

pytestmark = pytest.mark.integration

FILES = {f"scan{number}.txt": document(number) for number in range(1, 41)}
PRIORITIES = (
    "monthly_calls = 200\nreserve = 0.1\npriorities = { new = 0, backfill = 0.4, reprocess = 0.5 }"
)


@pytest.fixture
def line(make_line: MakeLine) -> Line:
    """Forty receipts and 200 calls a month, of which a backfill may use 100 and reprocessing 80."""
    made = make_line(Source(rename="", columns=COLUMNS), files=FILES, caspio=PRIORITIES)
    made.reader = FakeReader()
    return made


def used(line: Line) -> int:
    """Return the calls the ledger has counted this month."""
    with line.context() as context:
        return context.ports.ledger.usage.this_month(context.settings.caspio.account).calls


def test_every_call_is_counted(line: Line):
    """What the ledger counts is what the account saw, tokens and repetitions included."""
    line.emulator.control.fault({"kind": "status", "operation": "ListTableRecords", "status": 503})

    line.run(limit=5)

    assert used(line) == line.calls()


def test_a_backlog_waits_for_the_next_month(make_line: MakeLine):
    """A first run stops at what its priority leaves to others, nothing half done, and goes on when the month is over."""
    line = make_line(
        Source(rename="", columns=COLUMNS), files=FILES, caspio=PRIORITIES.replace("200", "70")
    )
    line.reader = FakeReader()
    with pytest.raises(BudgetExhausted, match="backfill work stops at 35"):
        line.run()
    begun = [status for status in line.statuses().values() if status != "none"]
    counted = line.calls()

    for month in range(4, 9):
        line.clock.set(datetime(2026, month, 1, tzinfo=UTC))
        with suppress(BudgetExhausted):
            line.run()

    assert set(begun) == {"done"}
    assert counted <= 70 * 0.9
    assert set(line.statuses().values()) == {"done"}
    assert line.unsettled() == 0


def test_once_a_source_is_caught_up_its_files_come_before_a_backlog(line: Line):
    """New files may use what a backfill had to leave."""
    line.run()
    with line.context() as context:
        context.ports.ledger.usage.spend(
            context.settings.caspio.account, "other", calls=70, size_bytes=0
        )

    line.run()

    assert used(line) > 100


def test_reprocessing_costs_no_download(make_line: MakeLine):
    """Documents are read again from the archive: Caspio is asked for the records only."""
    line = make_line(Source(rename="", columns=COLUMNS), files=FILES)
    line.reader = FakeReader()
    line.run()
    line.forget_calls()

    report = line.run(selection=Selection(), yes=True)

    assert report.document["documents"]["done"] == 40
    assert (line.downloads(), line.writes()) == (0, [])
    assert line.calls() <= 6


def test_reprocessing_stops_before_new_files_have_to(line: Line):
    """The least urgent priority stops first, with exit code 3 at the command line."""
    line.run()
    with line.context() as context:
        context.ports.ledger.usage.spend(
            context.settings.caspio.account, "new", calls=10, size_bytes=0
        )

    with pytest.raises(BudgetExhausted, match="reprocess work stops at 80"):
        line.run(selection=Selection(), yes=True)
    line.run()


def test_status_shows_what_is_left(line: Line):
    """The calls used and what every kind of work may still use are shown."""
    line.run()

    shown = cli(line.config, "status")

    assert "Caspio calls used this month" in shown.stdout
    assert "webhook 180" in " ".join(shown.stdout.split())
