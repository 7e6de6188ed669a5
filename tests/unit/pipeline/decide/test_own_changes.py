from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from pipeline.decide.own_changes import (
    ReportedChange,
    is_dated_by,
    is_own_change,
    own_renames,
    unprocessed,
)
from pipeline.model import (
    Column,
    Effect,
    EffectKind,
    EffectState,
    FileRef,
    Outcome,
    Place,
    RecordRef,
    Status,
    Value,
)
from pipeline.ports import FileState
from tests.fakes.ledger import MemoryLedger

RECORD = RecordRef("Receipts", "1")
COLUMNS = {
    name: Column(name, kind) for name, kind in {"DocType": "STRING", "Total": "CURRENCY"}.items()
}
OLD = FileRef(
    "receipts", Place.ATTACHMENT, "Receipts", "Scan", RECORD, "scan.pdf", 10, "2026-03-01"
)
NEW = replace(OLD, name="receipt.pdf", listed_date="2026-03-02")
MOVED = FileRef(
    "docs",
    Place.FILE,
    "Docs",
    "File",
    RecordRef("Docs", "1"),
    "a.pdf",
    10,
    "2026-03-01",
    "/In/a.pdf",
)


@pytest.fixture
def ledger() -> MemoryLedger:
    """A ledger that has finished a receipt, written its columns and renamed its file."""
    made = MemoryLedger()
    made.files.seen([OLD], "run-1")
    values = {"DocType": "receipt", "Total": 12.5}
    write(
        made,
        Effect(EffectKind.UPDATE_COLUMNS, OLD.version, "Receipts", "1", before={}, after=values),
    )
    rename = Effect(
        EffectKind.RENAME_ATTACHMENT, OLD.version, "Receipts", "1", {"name": "scan.pdf"}, {"name": "receipt.pdf"},
        field="Scan",
    )  # fmt: skip
    write(made, rename)
    made.files.finish(Outcome(OLD, Status.DONE), "run-1")
    return made


def write(ledger: MemoryLedger, effect: Effect, state: EffectState = EffectState.VERIFIED) -> None:
    """Let an effect stand in the ledger."""
    ledger.effects.settle(ledger.effects.intend(effect, "run-1"), state)


def same_bytes(_ref: FileRef, _state: FileState) -> bool:
    """Find the bytes that were archived in every place."""
    return True


def left_to_do(ledger: MemoryLedger, ref: FileRef) -> set[str]:
    """Say what a listing leaves to do, where the bytes are those that were archived."""
    return unprocessed([ref], ledger=ledger, settle=same_bytes)


@pytest.mark.parametrize(
    "values", [{"DocType": "receipt"}, {"Total": "12.5", "DocType": "receipt "}, {}]
)
def test_what_we_wrote_is_our_own(ledger: MemoryLedger, values: dict[str, Value]):
    """Values that this program put there last are no unprocessed, however the webhook spells them."""
    named = replace(NEW, listed_date="")

    assert is_own_change(ReportedChange(RECORD, values, (named,)), ledger=ledger, columns=COLUMNS)


@pytest.mark.parametrize(
    "change",
    [
        ReportedChange(RECORD, {"DocType": "invoice"}),
        ReportedChange(RECORD, {"DocType": "receipt", "Total": 13.0}),
        ReportedChange(RECORD, {"DocType": None}),
        ReportedChange(RECORD, {"Note": "receipt"}),
        ReportedChange(RecordRef("Receipts", "2"), {"DocType": "receipt"}),
        ReportedChange(RECORD, {}, (replace(NEW, size_bytes=11),)),
        ReportedChange(RECORD, {}, (replace(NEW, name="other.pdf"),)),
        ReportedChange(RECORD, {}, (replace(NEW, field="Other"),)),
    ],
)
def test_anything_else_needs_work(ledger: MemoryLedger, change: ReportedChange):
    """Another value, column, record, name, size or field was somebody else's doing."""
    assert not is_own_change(change, ledger=ledger, columns=COLUMNS)


def test_a_value_that_an_undo_put_back_is_an_own_change(ledger: MemoryLedger):
    """Undoing a run raises a webhook, too, and that needs no processing either."""
    back = Effect(
        EffectKind.UPDATE_COLUMNS,
        OLD.version,
        "Receipts",
        "1",
        {"Total": 12.5},
        {"Total": 99.0},
        undoes=1,
    )
    write(ledger, back)

    assert is_own_change(ReportedChange(RECORD, {"Total": 99.0}), ledger=ledger, columns=COLUMNS)


def test_an_effect_that_never_took_is_no_excuse(ledger: MemoryLedger):
    """A value of an abandoned write was put there by somebody else."""
    effect = Effect(
        EffectKind.UPDATE_COLUMNS, OLD.version, "Receipts", "1", before={}, after={"Total": 1.0}
    )
    write(ledger, effect, EffectState.ABANDONED)

    assert not is_own_change(ReportedChange(RECORD, {"Total": 1.0}), ledger=ledger, columns=COLUMNS)


def test_a_renamed_file_is_recognized_in_a_listing_once(ledger: MemoryLedger):
    """The version our rename left is finished; a later file of the same name and size is unprocessed."""
    later = replace(NEW, listed_date="2026-04-01")

    first, second = left_to_do(ledger, NEW), left_to_do(ledger, later)

    assert first == set()
    assert second == {later.version}
    assert ledger.files.finished([NEW.version]) == {NEW.version}


def test_another_row_that_points_at_a_moved_file_is_not_treated_as_ours(ledger: MemoryLedger):
    """Where two rows name a file, moving it finishes the one that was worked on and not the other."""
    ledger.files.seen([MOVED], "run-1")
    paths = ({"path": "/In/a.pdf"}, {"path": "/In/b.pdf", "sha256": "00"})
    write(ledger, Effect(EffectKind.PUT_FILE, MOVED.version, "Docs", "1", *paths))
    ours = replace(MOVED, name="b.pdf", path="/In/b.pdf")
    other = replace(ours, record=RecordRef("Docs", "2"))

    assert own_renames([ours, other], ledger=ledger, settle=same_bytes) == {
        ours.version: MOVED.version
    }


def test_what_was_moved_is_known_by_its_bytes(ledger: MemoryLedger):
    """A file that a user put under the old path since is not what we moved to the new one."""
    second = replace(MOVED, listed_date="2026-03-05")
    for ref, sha256 in ((MOVED, "00"), (second, "11")):
        ledger.files.seen([ref], "run-1")
        ledger.files.archived(ref.version, sha256=sha256, size_bytes=10, media_type="text/plain")
    paths = ({"path": "/In/a.pdf"}, {"path": "/In/b.pdf", "sha256": "00"})
    write(ledger, Effect(EffectKind.PUT_FILE, MOVED.version, "Docs", "1", *paths))
    ours = replace(MOVED, name="b.pdf", path="/In/b.pdf", listed_date="2026-03-06")

    assert own_renames([ours], ledger=ledger, settle=same_bytes) == {ours.version: MOVED.version}


def test_another_row_of_a_moved_file_is_recognized_on_its_own(ledger: MemoryLedger):
    """A second record with the same file is recognized by its own version, also in a later listing."""
    second = replace(MOVED, record=RecordRef("Docs", "2"))
    ledger.files.seen([MOVED, second], "run-1")
    paths = ({"path": "/In/a.pdf"}, {"path": "/In/b.pdf", "sha256": "00"})
    write(ledger, Effect(EffectKind.PUT_FILE, MOVED.version, "Docs", "1", *paths))
    for ref in (MOVED, second):
        ledger.files.finish(Outcome(ref, Status.DONE), "run-1")
    here = [
        replace(ref, name="b.pdf", path="/In/b.pdf", listed_date="2026-03-02")
        for ref in (MOVED, second)
    ]

    assert [left_to_do(ledger, ref) for ref in here] == [set(), set()]
    assert left_to_do(ledger, replace(here[1], listed_date="2026-04-01")) != set()


AT = datetime(2026, 3, 2, 10, 0, 0, tzinfo=UTC)
RENAME = Effect(
    EffectKind.RENAME_ATTACHMENT,
    OLD.version,
    "Receipts",
    "1",
    {"name": "scan.pdf"},
    {"name": "receipt.pdf"},
    at=AT,
    applied_at=AT + timedelta(seconds=3),
)


@pytest.mark.parametrize(
    "date",
    [
        "2026-03-01",  # a rename that leaves the date
        "2026-03-02T10:00:00",
        "2026-03-02T10:00:02.997Z",
        "2026-03-02T05:00:01",  # New York
        "2026-03-02T15:30:01",  # Kolkata
        "2026-03-02T23:45:00",  # Chatham, in summer
        "3/2/2026 5:00:02 AM",
    ],
)
def test_a_date_of_our_rename_is_ours_in_any_zone(date: str):
    """The date that a file had, or one between intent and answer, is explained by a rename."""
    assert is_dated_by(RENAME, OLD, replace(NEW, listed_date=date))


@pytest.mark.parametrize(
    "date",
    [
        "",
        "yesterday",
        "2026-03-02T10:00:04",
        "2026-03-02T09:59:55",
        "2026-03-02T10:07:00",
        "2026-03-03T10:00:00",
        "2026-03-02T05:10:01",
        "3/2/2026 5:04:00 AM",
    ],
)
def test_any_other_date_leaves_doubt(ledger: MemoryLedger, date: str):
    """A file that was put there at another moment may have our name and size: its bytes decide."""
    now = replace(NEW, listed_date=date)

    assert not is_dated_by(RENAME, OLD, now)
    assert own_renames([now], ledger=ledger, settle=lambda *_: False) == {}
    assert own_renames([now], ledger=ledger, settle=same_bytes) == {now.version: OLD.version}


def test_a_move_that_a_later_run_finished_leaves_doubt():
    """Between its intent and its end any date fits in some zone."""
    finished = replace(RENAME, applied_at=AT + timedelta(minutes=15))

    assert not is_dated_by(finished, OLD, replace(NEW, listed_date="2026-03-02T10:00:01"))


def test_a_file_created_since_leaves_doubt():
    """A replacement that is renamed has the date of the rename, and is created at another moment."""
    before = replace(OLD, created="2026-02-01")
    now = replace(NEW, created="2026-03-02T10:00:00", listed_date="2026-03-02T10:00:01")

    assert is_dated_by(RENAME, before, replace(now, created="2026-02-01"))
    assert not is_dated_by(RENAME, before, now)
