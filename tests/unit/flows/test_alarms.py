from flows.prefect.ui.alarms import compare_quarantine
from pipeline.model import FileRef, Outcome, Place, RecordRef, Status
from tests.fakes.ledger import MemoryLedger


def _finished(
    ledger: MemoryLedger, number: int, status: Status, *, source: str = "receipts"
) -> None:
    ref = FileRef(
        source,
        Place.ATTACHMENT,
        "Receipts",
        "Scan",
        RecordRef("Receipts", str(number)),
        "a.pdf",
        9,
        "",
    )
    ledger.files.seen([ref], "run")
    ledger.files.finish(Outcome(ref, status), "run")


def test_a_quarantine_is_compared_with_the_last_run():
    """What needs a user is counted source by source against what the run before left."""
    ledger = MemoryLedger()
    _finished(ledger, 1, Status.REJECTED)
    _finished(ledger, 2, Status.DONE)
    _finished(ledger, 3, Status.REJECTED, source="other")
    first = compare_quarantine(ledger, "receipts", run_id="run 1")
    _finished(ledger, 4, Status.CONFLICT)

    second = compare_quarantine(ledger, "receipts", run_id="run 2")

    assert (first, second) == ((0, 1), (1, 2))
    assert compare_quarantine(ledger, "receipts", run_id="run 3") == (2, 2)


def test_a_quarantine_that_was_emptied_may_grow_again():
    """Where people have dealt with everything, one new document is reported again."""
    ledger = MemoryLedger()
    _finished(ledger, 1, Status.REJECTED)
    compare_quarantine(ledger, "receipts", run_id="run 1")
    _finished(ledger, 1, Status.DONE)

    assert compare_quarantine(ledger, "receipts", run_id="run 2") == (1, 0)
    _finished(ledger, 2, Status.FAILED)
    assert compare_quarantine(ledger, "receipts", run_id="run 3") == (0, 1)
