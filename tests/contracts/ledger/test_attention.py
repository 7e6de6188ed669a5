from datetime import UTC, datetime

from pipeline.metering.summary import FAILED
from pipeline.model import Status
from pipeline.ports import Ledger
from pipeline.ports.ledger import Acknowledgement, Attention
from tests.contracts.ledger.builders import a_file, a_ref, done

BY_ANN = Acknowledgement("ann", "a blank page", datetime(2026, 3, 1, 14, 5, tzinfo=UTC))


def _finished(ledger: Ledger, pk: str, status: Status, *, size_bytes: int = 10) -> str:
    ref = a_ref(pk, size_bytes=size_bytes)
    ledger.files.seen([ref], "run-1")
    ledger.files.finish(done(ref, status=status, reason="why"), "run-1")
    return ref.version


def test_what_needs_a_user_is_listed_and_counted(ledger: Ledger):
    """Only the latest version at a place counts, of a source or of some of its records."""
    _finished(ledger, "1", Status.REJECTED)
    repaired = _finished(ledger, "2", Status.FAILED)
    _finished(ledger, "2", Status.DONE, size_bytes=11)
    _finished(ledger, "3", Status.PARTIAL)
    conflict = _finished(ledger, "4", Status.CONFLICT)

    listed = [state.version for state in ledger.files.attention(FAILED, source="receipts")]

    assert conflict in listed
    assert repaired not in listed
    assert ledger.files.count_attention(FAILED, source="receipts") == Attention(open=2)
    assert ledger.files.count_attention(FAILED, source="receipts", keys=["4", "3"]) == Attention(
        open=1
    )
    assert ledger.files.count_attention(FAILED, source="inbox") == Attention()


def test_a_file_without_a_record_is_counted_by_its_path(ledger: Ledger):
    """Files of the Files area have no record to be named by."""
    ref = a_file("/In/a.pdf")
    ledger.files.seen([ref], "run-1")
    ledger.files.finish(done(ref, status=Status.REJECTED), "run-1")

    counted = ledger.files.count_attention(FAILED, source="inbox", keys=["/In/a.pdf"])

    assert counted == Attention(open=1)


def test_an_acknowledgement_holds_until_the_file_changes(ledger: Ledger):
    """Who, when and why is kept with the version; another file at its place is open again, and it can be withdrawn."""
    version = _finished(ledger, "1", Status.REJECTED)

    ledger.files.acknowledge([version], BY_ANN)
    known = ledger.files.count_attention(FAILED, source="receipts")
    state = ledger.files.state(version)
    _finished(ledger, "1", Status.REJECTED, size_bytes=11)
    replaced = ledger.files.count_attention(FAILED, source="receipts")

    assert known == Attention(acknowledged=1)
    assert state is not None
    assert state.acknowledged == BY_ANN
    assert replaced == Attention(open=1)


def test_an_acknowledgement_can_be_withdrawn(ledger: Ledger):
    """The document needs a user again."""
    version = _finished(ledger, "1", Status.REJECTED)
    ledger.files.acknowledge([version], BY_ANN)

    ledger.files.acknowledge([version], None)

    assert ledger.files.count_attention(FAILED, source="receipts") == Attention(open=1)


def test_a_file_that_is_gone_needs_nobody(ledger: Ledger):
    """It counts no more; if a listing shows it again, it is worked on again."""
    version = _finished(ledger, "1", Status.REJECTED)

    ledger.files.gone([version])

    assert ledger.files.count_attention(FAILED, source="receipts") == Attention()
    assert ledger.files.finished([version]) == set()
    ledger.files.seen([a_ref("1")], "run-2")
    assert ledger.files.count_attention(FAILED, source="receipts") == Attention(open=1)
