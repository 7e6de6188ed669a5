import logging

import pytest

from flows.prefect.ui.events import MOST_DOCUMENTS
from flows.prefect.ui.problems import Problems
from pipeline.model import FileRef, Outcome, Place, RecordRef, Status


def outcome(number: int, status: Status, reason: str = "why") -> Outcome:
    """Return what became of one attachment."""
    ref = FileRef(
        "receipts",
        Place.ATTACHMENT,
        "Receipts",
        "Scan",
        RecordRef("Receipts", str(number)),
        "a.pdf",
        9,
        "",
    )
    return Outcome(ref, status, reason)


def test_logs_and_events_are_bounded(caplog: pytest.LogCaptureFixture):
    """A thousand problems are a line and an event each up to a number, then one line that says where the rest is."""
    reported: list[Outcome] = []
    problems = Problems(logging.getLogger("run"), reported.append)

    for number in range(1_000):
        problems.report(outcome(number, Status.REJECTED))

    assert len(reported) == MOST_DOCUMENTS
    assert len(caplog.records) == MOST_DOCUMENTS + 1
    assert "caspio-ingest status" in caplog.records[-1].message


def test_what_needs_nobody_is_not_logged(caplog: pytest.LogCaptureFixture):
    """A document that is done is a number in its batch's line and no line of its own."""
    reported: list[Outcome] = []

    Problems(logging.getLogger("run"), reported.append).report(outcome(1, Status.DONE))

    assert (reported, caplog.records) == ([], [])


def test_a_problem_is_one_line(caplog: pytest.LogCaptureFixture):
    """A reason of many lines is one line in the log, with the record in it."""
    Problems(logging.getLogger("run"), lambda _: None).report(
        outcome(7, Status.FAILED, "first\nsecond")
    )

    assert [(r.levelname, r.message) for r in caplog.records] == [
        ("ERROR", "failed: a.pdf (Receipts 7): first second")
    ]
