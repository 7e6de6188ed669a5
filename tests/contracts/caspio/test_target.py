"""What every RecordTarget promises."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipeline.errors import EffectInDoubt, FileGone
from pipeline.model import RecordRef, SourceSpec, Value
from pipeline.ports.target import RecordTarget, Referrer, ShownFile
from tests.contracts.caspio.accounts import PAPERS, Account

ONE, TWO, GONE = (RecordRef("Papers", pk) for pk in ("1", "2", "99"))


@pytest.fixture
def upload(tmp_path: Path) -> Path:
    """A file to put into the Files area."""
    path = tmp_path / "upload"
    path.write_bytes(b"new")
    return path


def test_the_schema_has_each_column_with_its_type(account: Account):
    """Columns come by name; PK_ID is not one of them."""
    columns = account.target.columns("Papers", is_view=False)

    assert {name: column.type for name, column in columns.items()} == PAPERS


def test_named_columns_are_read(account: Account):
    """A record comes with the named columns as they are now."""
    account.edit("Papers", "1", Total=99)

    assert account.target.read(ONE, ["DocType", "Total"]) == {"DocType": "receipt", "Total": 99}


@pytest.mark.parametrize("columns", [["DocType"], []])
def test_a_record_that_is_gone_reads_as_none(columns: list[str], account: Account):
    """Without a record there is nothing to read; without columns a record reads as empty."""
    assert account.target.read(GONE, columns) is None
    assert account.target.read(ONE, []) == {}


def test_a_write_meets_the_record_it_was_planned_against(account: Account):
    """A guarded write counts one row, returns what was written and requested, and stays."""
    before = account.target.read(ONE, ["DocType", "Total", "Note", "Paid", "Day"])
    assert before is not None

    written = account.target.update(
        ONE, guard=before, values={"Total": 13.25, "Paid": True}, columns=["DocType"]
    )

    assert written.affected == 1
    assert written.row == {"DocType": "receipt", "Total": 13.25, "Paid": True}
    assert account.target.read(ONE, ["Total", "Paid"]) == {"Total": 13.25, "Paid": True}


@pytest.mark.parametrize(
    "guard",
    [
        {"DocType": "other"},
        {"DocType": ""},
        {"DocType": None},
        {"Total": 12.0},
        {"Total": None},
        {"Paid": True},
        {"Day": "2026-01-01T00:00:00"},
    ],
)
def test_a_record_that_changed_is_not_written(guard: dict[str, Value], account: Account):
    """Where a guard column has another value, no row is met and nothing changes."""
    written = account.target.update(ONE, guard=guard, values={"Note": "ours"})

    assert written.affected == 0
    assert account.target.read(ONE, ["Note"]) == {"Note": "first"}


def test_a_guard_ignores_the_case_of_texts(account: Account):
    """SQL Server compares without regard to case: who minds must look before the write."""
    written = account.target.update(ONE, guard={"DocType": "RECEIPT"}, values={"Note": "ours"})

    assert written.affected == 1


LONG = "".join(f"line {number} of a note\n" for number in range(50))
VERY_LONG = "".join(f"line {number} of a long note\n" for number in range(500))


@pytest.mark.parametrize("place", [0, 150, 500, -2])
def test_a_guard_holds_all_of_a_text(place: int, account: Account):
    """One character changed anywhere in a text of a thousand characters makes the guard meet no row."""
    account.edit("Papers", "1", Note=LONG)
    edited = list(LONG)
    edited[place] = "#"
    unchanged = account.target.update(ONE, guard={"Note": LONG}, values={"Total": 1})
    account.edit("Papers", "1", Note="".join(edited))

    written = account.target.update(ONE, guard={"Note": LONG}, values={"Total": 2})

    assert (unchanged.affected, written.affected) == (1, 0)


@pytest.mark.parametrize("place", [0, -2])
def test_a_guard_holds_beginning_and_end_of_any_text(place: int, account: Account):
    """A text for which an address has no room is guarded by its length and slices, its end among them."""
    account.edit("Papers", "1", Note=VERY_LONG)
    edited = list(VERY_LONG)
    edited[place] = "#"
    unchanged = account.target.update(ONE, guard={"Note": VERY_LONG}, values={"Total": 1})
    account.edit("Papers", "1", Note="".join(edited))

    written = account.target.update(ONE, guard={"Note": VERY_LONG}, values={"Total": 2})

    assert (unchanged.affected, written.affected) == (1, 0)


@pytest.mark.parametrize("typed", ["receipt\n", "receipt\t", "receipt\u00a0"])
def test_a_guard_sees_white_space_other_than_blanks(typed: str, account: Account):
    """SQL Server ignores blanks at the end of a text, and nothing else."""
    account.edit("Papers", "1", DocType=typed)

    written = account.target.update(ONE, guard={"DocType": "receipt"}, values={"Note": "ours"})

    assert written.affected == 0


def test_a_record_that_is_gone_is_not_written(account: Account):
    """A write to a record that was deleted meets no row."""
    assert account.target.update(GONE, guard={}, values={"Note": "ours"}).affected == 0


def test_an_attachment_is_shown_as_it_is_listed(account: Account):
    """Name, size, date and extension are those of the listing; None where there is no file."""
    shown = account.target.attachment(ONE, "Scan")
    (listed,) = (
        ref
        for work in account.source.records(SourceSpec("papers", table="Papers"), [ONE.pk])
        for ref in work.files
        if ref.field == "Scan"
    )

    assert shown is not None
    assert shown == ShownFile(listed.name, listed.size_bytes, listed.listed_date, "txt")
    assert attached_name(account.target, ONE) == "one.txt"
    assert account.target.attachment(TWO, "Scan") is None
    assert account.target.attachment(GONE, "Scan") is None


def test_a_few_attachments_are_shown_in_one_call(account: Account):
    """Each as it is shown alone; a record without a file, or that is gone, is left out."""
    shown = account.target.attachments_of([ONE, TWO, GONE], "Scan")

    assert shown == {ONE: account.target.attachment(ONE, "Scan")}


def test_an_attachment_is_renamed_and_keeps_its_extension(account: Account):
    """The base name changes under the guard, the extension stays."""
    renamed = account.target.rename_attachment(
        ONE, "Scan", base_name="receipt 12.50", guard={"DocType": "receipt"}
    )

    assert renamed.affected == 1
    assert attached_name(account.target, ONE) == "receipt 12.50.txt"


def test_an_attachment_of_a_changed_record_keeps_its_name(account: Account):
    """A rename is guarded like a write."""
    renamed = account.target.rename_attachment(
        ONE, "Scan", base_name="other", guard={"DocType": "changed"}
    )

    assert renamed.affected == 0
    assert attached_name(account.target, ONE) == "one.txt"


def test_files_are_found_and_digested(account: Account):
    """A file of the Files area exists under its path, and has the digest of its bytes."""
    assert account.target.file("/In/two.txt") is not None
    assert account.target.file("/In/none.txt") is None
    assert account.target.file_sha256("/In/two.txt") == hashlib.sha256(b"two").hexdigest()
    with pytest.raises(FileGone):
        account.target.file_sha256("/In/none.txt")


def test_a_file_is_added_and_never_overwritten(account: Account, upload: Path):
    """A new name is taken, one that is taken is refused and keeps its bytes."""
    assert account.target.put_file("/In/new.txt", upload, media_type="text/plain")
    assert not account.target.put_file("/In/two.txt", upload, media_type="text/plain")

    assert account.target.file_sha256("/In/new.txt") == hashlib.sha256(b"new").hexdigest()
    assert account.target.file_sha256("/In/two.txt") == hashlib.sha256(b"two").hexdigest()


def test_a_file_is_deleted_once(account: Account):
    """What is deleted is gone, and deleting it again says so."""
    account.target.delete_file("/In/three.txt")

    assert "/In/three.txt" not in account.paths()
    with pytest.raises(FileGone):
        account.target.delete_file("/In/three.txt")


def test_every_row_that_names_a_path_is_found(account: Account):
    """FILE fields of all tables are searched; a text column that has the path is no FILE field."""
    referrers = account.target.referrers(["/In/two.txt", "/In/three.txt"])

    assert sorted(referrers["/In/two.txt"], key=lambda one: one.table) == [
        Referrer("Others", "Doc", "8"),
        Referrer("Papers", "File", "2"),
    ]
    assert list(referrers["/In/three.txt"]) == []
    assert sorted(account.target.tables_with_files()) == ["Others", "Papers"]


def test_rows_are_found_by_a_value(account: Account):
    """Rows with a value in a column come by PK_ID."""
    assert list(account.target.find("Index", "Path", "/In/three.txt")) == ["5"]
    assert list(account.target.find("Index", "Path", "/In/none.txt")) == []


def test_rows_are_found_by_values_and_a_filled_column(account: Account):
    """Rows that have these values, and something in another column, come with the named columns."""
    account.edit("Papers", "2", Note="decided")
    account.edit("Papers", "3", DocType="invoice")

    found = account.target.rows(
        "Papers", ["DocType", "Note"], equal={"DocType": "invoice"}, filled="Note"
    )

    assert found == {"2": {"DocType": "invoice", "Note": "decided"}}


def test_an_inserted_row_has_a_key(account: Account):
    """A new row can be read under the PK_ID that was returned."""
    pk = account.target.insert("Index", {"Path": "/In/two.txt", "DocType": "invoice"})

    assert account.target.read(RecordRef("Index", pk), ["Path", "DocType"]) == {
        "Path": "/In/two.txt",
        "DocType": "invoice",
    }


def test_a_row_is_deleted_under_a_guard(account: Account):
    """A row is deleted only as it was planned against."""
    row = RecordRef("Index", "5")

    assert account.target.delete(row, guard={"DocType": "other"}).affected == 0
    assert account.row("Index", "5") is not None
    assert account.target.delete(row, guard={"DocType": "memo"}).affected == 1
    assert account.row("Index", "5") is None


def _update(account: Account, _: Path) -> None:
    account.target.update(ONE, guard={}, values={"Note": "ours"})


def _rename(account: Account, _: Path) -> None:
    account.target.rename_attachment(ONE, "Scan", base_name="ours", guard={})


def _insert(account: Account, _: Path) -> None:
    account.target.insert("Index", {"Path": "/In/ours.txt"})


def _delete_row(account: Account, _: Path) -> None:
    account.target.delete(RecordRef("Index", "5"), guard={})


def _put(account: Account, upload: Path) -> None:
    account.target.put_file("/In/ours.txt", upload, media_type="text/plain")


def _delete(account: Account, _: Path) -> None:
    account.target.delete_file("/In/three.txt")


@dataclass(frozen=True)
class LostWrite:
    """A write whose answer gets lost, and how to see that it took effect."""

    name: str
    act: Callable[[Account, Path], None]
    look: Callable[[Account], object]
    expected: object


LOST = [
    LostWrite("update", _update, lambda a: a.target.read(ONE, ["Note"]), {"Note": "ours"}),
    LostWrite("rename", _rename, lambda a: attached_name(a.target, ONE), "ours.txt"),
    LostWrite("insert", _insert, lambda a: len(a.target.find("Index", "Path", "/In/ours.txt")), 1),
    LostWrite("delete row", _delete_row, lambda a: a.row("Index", "5"), None),
    LostWrite("put", _put, lambda a: a.target.file("/In/ours.txt") is not None, expected=True),
    LostWrite(
        "delete", _delete, lambda a: a.target.file("/In/three.txt") is not None, expected=False
    ),
]


@pytest.mark.parametrize("lost", LOST, ids=lambda lost: lost.name)
def test_a_write_whose_answer_is_lost_is_in_doubt_and_made_once(
    lost: LostWrite, account: Account, upload: Path
):
    """The write raises EffectInDoubt, is not repeated, and looking shows that it took effect."""
    account.lose_next_answer(lost.name)

    with pytest.raises(EffectInDoubt):
        lost.act(account, upload)

    assert lost.look(account) == lost.expected


def attached_name(target: RecordTarget, record: RecordRef) -> str:
    """Return the full name of a record's scan."""
    shown = target.attachment(record, "Scan")
    assert shown is not None
    return shown.name
