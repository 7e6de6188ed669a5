from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console, RenderableType

from flows.app.not_planned import not_planned
from flows.app.plan import PlanReport
from flows.app.run_report import Report
from flows.app.sync.run import SyncResult
from flows.cli.show.plan import show_plan, suggestion_lines, write_lines
from flows.cli.show.state import decision_lines, show_status
from flows.cli.show.sync import show_result
from flows.terminal.tables import table_of
from pipeline.metering.budget import Allowance
from pipeline.metering.summary import Summary
from pipeline.model import Basis, FileRef, Outcome, Place, RecordRef, Stage, Status, Suggestion
from pipeline.model.sync import ChangeKind, Side, SyncEffect
from pipeline.plans.plan_file import PlanFile, PlannedRecord, PlanOwner
from pipeline.ports import FileState, RunState, Usage
from pipeline.steps.write_back import Cost
from pipeline.sync.report import SyncReport

RUN = "20261124-105019-b985"
LONG = "order-confirmation-of-the-seventeenth-of-april.pdf"
AT = datetime(2026, 11, 24, tzinfo=UTC)
OWNER = PlanOwner("https://abc.caspio.com", "profile", {}, RUN, "")
REF = FileRef(
    "receipts",
    Place.ATTACHMENT,
    "Receipts",
    "Scan",
    RecordRef("Receipts", "7"),
    "protected.pdf",
    9,
    "",
)


def printed(shown: RenderableType, *, columns: int) -> str:
    """Return what a terminal of this width shows."""
    console = Console(file=StringIO(), width=columns)
    console.print(shown)
    file = console.file
    assert isinstance(file, StringIO)
    return file.getvalue()


@pytest.mark.parametrize(("made", "said"), [(2, "orders: 2 changes;"), (0, "orders: no rows;")])
def test_an_undo_of_a_sync_counts_its_changes(
    made: int, said: str, capsys: pytest.CaptureFixture[str]
):
    """It compares no rows, and does not say that there are none where it wrote some."""
    report = SyncReport("orders", RUN, planned_only=False)
    for number in range(made):
        report.add(
            SyncEffect("orders", str(number), "", Side.MIRROR, ChangeKind.INSERT, {}, {"a": 1})
        )

    show_result(SyncResult(report, report.as_json(calls={})))

    assert said in capsys.readouterr().out


def test_a_plan_shows_the_limit_beside_the_confidence():
    """A value to be written says how certain it is, and how certain it must be; never rounded up."""
    record = PlannedRecord(
        source="receipts",
        record=RecordRef("Receipts", "7"),
        files=(),
        before={},
        after={"Total": 12.5},
        basis={"Total": Basis(0.9977, "the label", write_at=0.99)},
        suggestions=(Suggestion("Date", None, "2026-01-31", "it says so", 0.9499),),
        problems=(),
        cost=Cost(),
    )

    assert "0.99 ≥ 0.99 the label" in write_lines(record).plain
    assert "0.94 it says so" in suggestion_lines(record).plain


@pytest.mark.parametrize("columns", [80, 120])
def test_a_table_cuts_nothing_off(columns: int):
    """A long name goes on in the next line, where others leave it no room."""
    table = table_of("Name", "Why")
    table.add_row(LONG, "a reason that takes room " * 10)

    shown = printed(table, columns=columns)

    assert "…" not in shown
    assert LONG in "".join(
        line.split("│")[1].strip() for line in shown.splitlines() if line.startswith("│")
    )


def test_runs_can_be_copied_from_the_status(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    """At 80 columns each run's id, which `undo` takes, is on one line; lost ones are explained."""
    monkeypatch.setenv("COLUMNS", "80")
    counts = {"done": 20, "partial": 1, "conflict": 2, "rejected": 3}
    run = RunState(
        RUN, "reprocess", datetime(2026, 11, 24, tzinfo=UTC), None, "lost", counts, {"GET": 180}
    )

    show_status(
        {},
        [run],
        [],
        used=Usage(0, 0, {}),
        allowance=Allowance(),
        unsettled=0,
        workers=[],
        stopped={},
    )

    shown = capsys.readouterr().out
    assert RUN in shown
    assert "process of a lost run died" in shown


def test_a_status_of_nothing_says_what_to_do(capsys: pytest.CaptureFixture[str]):
    """Before the first run there is no table without rows, but the command that is next."""
    show_status(
        {},
        [],
        [],
        used=Usage(0, 0, {}),
        allowance=Allowance(),
        unsettled=0,
        workers=[],
        stopped={},
    )

    shown = capsys.readouterr().out
    assert "caspio-ingest run" in shown
    assert "Latest runs" not in shown


def test_settings_with_syncs_alone_are_not_led_to_run_sources(capsys: pytest.CaptureFixture[str]):
    """`run` would find nothing to do: what the settings have is named."""
    show_status(
        {},
        [],
        [],
        used=Usage(0, 0, {}),
        allowance=Allowance(),
        unsettled=0,
        workers=[],
        stopped={},
        only_syncs=["orders", "customers"],
    )

    shown = " ".join(capsys.readouterr().out.split())
    assert "`caspio-ingest sync run orders`, `caspio-ingest sync run customers`" in shown
    assert "caspio-ingest run" not in shown


def test_what_was_done_in_part_is_not_said_to_need_a_user(capsys: pytest.CaptureFixture[str]):
    """Only what makes a run red is under that heading, as in the counts of a run."""
    problems = [
        FileState("v", REF, Stage.FINISHED, None, None, Outcome(REF, status, "so"), 1, RUN, AT, "n")
        for status in (Status.PARTIAL, Status.REJECTED)
    ]

    show_status(
        {},
        [],
        problems,
        used=Usage(0, 0, {}),
        allowance=Allowance(),
        unsettled=0,
        workers=[],
        stopped={},
    )

    needs, _, in_part = capsys.readouterr().out.partition("Done in part")
    assert ("rejected" in needs, "partial" in needs) == (True, False)
    assert ("rejected" in in_part, "partial" in in_part) == (False, True)


def test_a_plan_names_what_is_not_in_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    """A file that could not be read is shown beside the plan, with its record and the reason."""
    monkeypatch.setenv("COLUMNS", "120")
    outcomes = (
        Outcome(REF, Status.REJECTED, "encrypted"),
        Outcome(REF, Status.DONE, new_name="planned.pdf"),
    )
    document = {
        "documents": {"done": 1, "rejected": 1},
        "values": {"planned": 2},
        "needs_a_user": 1,
        "acknowledged": 0,
    }
    report = Report(document, 1, 1, outcomes)
    summary = Summary(RUN)
    for outcome in outcomes:
        summary.add(outcome)
    plan = PlanFile(Path("plan.json"), OWNER, "0" * 64, 0, Cost(0))

    show_plan(PlanReport(report, plan, (), not_planned(summary, limit=None)))

    said = capsys.readouterr().out
    assert said.startswith("1 done · 1 rejected\nvalues: 2 to be written\nplan 000")
    assert (
        "There is nothing to apply.\n1 document needs a user; see `caspio-ingest status`." in said
    )
    assert all(
        word in said for word in ("Not in the plan", "Receipts 7", "protected.pdf", "encrypted")
    )
    assert "planned.pdf" not in said


def test_a_decision_names_the_review_table_only_if_it_has_a_row():
    """A source without a review table has decisions on the web page; no table is named then."""
    item = {"column": "Total", "current": 1, "suggested": 2, "state": "open"}
    life = {"review": [{**item, "row": ""}, {**item, "row": "5"}], "learned": []}

    assert [text for _, text in decision_lines(life)] == [
        "Total: 2 for 1 is open",
        "Total: 2 for 1 is open (row 5 of the review table)",
    ]
