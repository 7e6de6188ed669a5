from datetime import UTC, datetime

from pipeline.metering.summary import FAILED
from pipeline.model import Status
from pipeline.ports import Ledger
from pipeline.ports.ledger import Acknowledgement, Attention, Block, ColumnTypes, VerifyProgress
from tests.contracts.ledger.builders import a_file, a_ref, done


def test_a_source_is_confirmed_with_its_settings(ledger: Ledger):
    """A source whose settings changed is a new one until it is confirmed again."""
    for _ in range(2):
        ledger.files.confirm_source("receipts", "hash-1")

    assert ledger.files.source_confirmed("receipts", "hash-1")
    assert not ledger.files.source_confirmed("receipts", "hash-2")
    assert not ledger.files.source_confirmed("inbox", "hash-1")


def test_column_types_are_those_saved_last(ledger: Ledger):
    """Column types come back with the settings they were saved under; None before that."""
    before = ledger.files.column_types("receipts")

    ledger.files.save_column_types("receipts", ColumnTypes("hash-1", {"Total": "TEXT"}))
    ledger.files.save_column_types("receipts", ColumnTypes("hash-2", {"Total": "NUMBER"}))

    assert before is None
    assert ledger.files.column_types("receipts") == ColumnTypes("hash-2", {"Total": "NUMBER"})
    assert ledger.files.column_types("inbox") is None


def test_a_source_is_caught_up_once_a_run_has_said_so(ledger: Ledger):
    """A source has a backlog until a whole run of it has ended, and never again."""
    before = ledger.files.is_caught_up("receipts")

    for run_id in ("run-1", "run-2"):
        ledger.files.record_caught_up("receipts", run_id)

    assert not before
    assert ledger.files.is_caught_up("receipts")
    assert not ledger.files.is_caught_up("inbox")


def test_what_is_known_of_a_source_is_kept_together(ledger: Ledger):
    """Saving one thing about a source leaves the others as they are."""
    ledger.files.save_column_types("receipts", ColumnTypes("hash-1", {"Total": "TEXT"}))
    ledger.files.save_stopped("receipts", ["a column is missing"])
    ledger.files.record_caught_up("receipts", "run-1")

    ledger.files.keep_alarm("receipts", "grew", "5")

    assert ledger.files.last_alarm("receipts", "grew") == "5"
    assert ledger.files.stopped() == {"receipts": ["a column is missing"]}
    assert ledger.files.column_types("receipts") == ColumnTypes("hash-1", {"Total": "TEXT"})
    assert ledger.files.is_caught_up("receipts")


def test_a_verification_goes_on_where_it_stopped(ledger: Ledger):
    """How far a verification has come is kept until it has ended, for these sources alone."""
    progress = VerifyProgress(("receipts",), "inbox", ("Docs", "7", "Scan"))
    ledger.files.save_verify_progress(["receipts", "inbox"], VerifyProgress(("receipts",)))
    ledger.files.save_verify_progress(["receipts", "inbox"], progress)

    kept = ledger.files.verify_progress(["receipts", "inbox"])
    other = ledger.files.verify_progress(["inbox"])
    ledger.files.save_verify_progress(["receipts", "inbox"], None)

    assert (kept, other) == (progress, None)
    assert ledger.files.verify_progress(["receipts", "inbox"]) is None


def test_a_verification_that_reads_has_its_own_progress(ledger: Ledger):
    """A comparison that reads the originals does not go on where one stopped that did not read them."""
    plain, reading = VerifyProgress(("receipts",)), VerifyProgress((), "receipts", ("Docs", "7"))
    ledger.files.save_verify_progress(["receipts"], plain)
    before = ledger.files.verify_progress(["receipts"], reads=True)
    ledger.files.save_verify_progress(["receipts"], reading, reads=True)
    ledger.files.save_verify_progress(["receipts"], None)

    assert before is None
    assert ledger.files.verify_progress(["receipts"]) is None
    assert ledger.files.verify_progress(["receipts"], reads=True) == reading


def test_a_block_stays_until_it_is_removed(ledger: Ledger):
    """A blocked table says why and by which run; another one is not blocked."""
    ledger.effects.block("Receipts", Block("2 rows were matched", "run-1"))

    blocked = ledger.effects.blocked("Receipts")
    other = ledger.effects.blocked("Docs")
    ledger.effects.unblock("Receipts")
    ledger.effects.unblock("Docs")

    assert (blocked, other) == (Block("2 rows were matched", "run-1"), None)
    assert ledger.effects.blocked("Receipts") is None


def test_why_a_source_does_not_run_is_kept_until_it_runs(ledger: Ledger):
    """What stopped a source is known by name, and forgotten when nothing stops it any more."""
    ledger.files.save_stopped("receipts", ["'Receipts' has no column 'Total'."])
    ledger.files.save_stopped("inbox", ["PK_ID is not unique."])
    ledger.files.save_stopped("inbox", [])

    assert ledger.files.stopped() == {"receipts": ["'Receipts' has no column 'Total'."]}


def test_an_alarm_keeps_its_cause(ledger: Ledger):
    """What an alarm was last about is kept for each source and alarm."""
    before = ledger.files.last_alarm("receipts", "grew")

    for cause in ("3", "5"):
        ledger.files.keep_alarm("receipts", "grew", cause)
    ledger.files.keep_alarm("receipts", "many failed", "digest")

    assert (before, ledger.files.last_alarm("receipts", "grew")) == ("", "5")
    assert ledger.files.last_alarm("receipts", "many failed") == "digest"
    assert ledger.files.last_alarm("inbox", "grew") == ""


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
