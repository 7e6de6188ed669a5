"""A command that ran several flows prints one report."""

import pytest

from flows.app.run_report import Report
from flows.cli.show.report import show_report
from flows.prefect.run_as_flow import merge
from pipeline.metering.summary import Summary
from pipeline.model import FileRef, Outcome, Place, RecordRef, Status, ValueCounts

REF = FileRef(
    "receipts", Place.ATTACHMENT, "Receipts", "Scan", RecordRef("Receipts", "7"), "a.pdf", 9, ""
)


def report(run: str, *, written: int) -> Report:
    """Return the report of a flow run that wrote so many values."""
    summary = Summary(run)
    summary.add(Outcome(REF, Status.DONE, values=ValueCounts(written=written)))
    return Report.of(summary, summary.as_json(calls={"GET": 2}, seconds=1.0))


def test_the_report_of_several_flow_runs_has_every_member_of_one():
    """What one run reports is reported of several: no member gets lost, and counts are added up."""
    one, two = report("one", written=3), report("two", written=4)

    merged = merge([one, two])

    assert merged.document.keys() == one.document.keys()
    assert merged.document["values"]["written"] == 7
    assert merged.document["run_id"] == "one two"


def test_the_report_of_several_flow_runs_is_printed(capsys: pytest.CaptureFixture[str]):
    """On a terminal it looks as that of one run."""
    show_report(merge([report("one", written=3), report("two", written=4)]))

    assert "2 done\nvalues: 7 written\nrun one two" in capsys.readouterr().out
