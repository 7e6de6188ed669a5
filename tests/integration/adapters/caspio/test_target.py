import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings, strategies as st

from infra.emulator import Emulator
from pipeline.adapters.caspio.client import CaspioClient, where
from pipeline.adapters.caspio.client.where.literals import is_sendable_character
from pipeline.adapters.caspio.target import CaspioRecordTarget
from pipeline.errors import (
    BadSettings,
    EffectInDoubt,
    FileGone,
    RefusedByCaspio,
    RejectFile,
    ServiceUnavailable,
)
from pipeline.model import RecordRef, Value
from tests.support.properties import examples

from .conftest import TEXT_FIELDS, Connect, Start

pytestmark = pytest.mark.integration

COLUMNS = [field["Name"] for field in TEXT_FIELDS]
ONE = RecordRef("Docs", "1")
DATA = {"a.pdf": b"A" * 10}
LOOK = "/v3/tables/{tableName}/attachments/{attachmentFieldName}/fileInfo"


@pytest.fixture
def emulator(start: Start) -> Emulator:
    """Start an account with two records, one attachment and one file that both tables name."""
    fields = [
        *TEXT_FIELDS,
        {"Name": "Scan", "Type": "ATTACHMENT"},
        {"Name": "Path", "Type": "FILE"},
    ]
    records = [
        {"PK_ID": 1, "Company": "Acme", "Scan": "a.pdf", "Path": "/In/a.pdf"},
        {"PK_ID": 2, "Company": "Acme", "Path": "/In/A.pdf"},
    ]
    other = {
        "fields": [{"Name": "Doc", "Type": "FILE"}],
        "records": [{"PK_ID": 8, "Doc": "/In/a.pdf"}],
    }
    return start(
        {
            "tables": {"Docs": {"fields": fields, "records": records}, "Other": other},
            "views": {"V": {"table": "Docs", "where": "PK_ID < 5"}},
            "files": {"/In/a.pdf": "a.pdf"},
        },
        DATA,
    )


@pytest.fixture
def client(emulator: Emulator, connect: Connect) -> CaspioClient:
    """Connect to the account."""
    return connect(emulator)


@pytest.fixture
def target(client: CaspioClient) -> CaspioRecordTarget:
    """Make a target of the account."""
    return CaspioRecordTarget(client)


def row(emulator: Emulator, pk: int) -> Mapping[str, Any]:
    """Return a record as the account holds it."""
    found: Mapping[str, Any] = next(
        r for r in emulator.control.dump()["tables"]["Docs"] if r["PK_ID"] == pk
    )
    return found


@pytest.mark.parametrize("record", [ONE, RecordRef("V", "1", is_view=True)])
def test_state_that_was_read_can_be_guarded(target: CaspioRecordTarget, record: RecordRef) -> None:
    """A guard of what was read meets the record, and the answer shows what was written."""
    values: dict[str, Value] = {
        "Company": "O'Neil & Söhne; --",
        "Notes": "line\n" * 300,
        "Total": 12.34,
        "Count": 7,
        "Paid": True,
        "Day": "2024-02-29T00:00:00",
    }
    before = target.read(record, COLUMNS)
    assert before is not None

    first = target.update(record, guard=before, values=values, columns=COLUMNS)
    second = target.update(record, guard=values, values=before, columns=COLUMNS)

    assert (first.affected, first.row) == (1, values)
    assert second.affected == 1


@pytest.mark.parametrize(
    "guard",
    [
        {"Company": "Other"},
        {"Company": None},
        {"Company": ""},
        {"Notes": "x"},
        {"Total": 0.5},
        {"Day": "2024-01-01T00:00:00"},
    ],
)
def test_changed_record_is_not_written(
    target: CaspioRecordTarget, emulator: Emulator, guard: dict[str, Value]
) -> None:
    """A record that no longer holds the guard's value is left alone, and the answer says so."""
    answer = target.update(ONE, guard=guard, values={"Notes": "ours"})

    assert answer.affected == 0
    assert row(emulator, 1)["Notes"] == ""


def test_only_the_named_record_is_written(target: CaspioRecordTarget, emulator: Emulator) -> None:
    """Another record in the same state stays as it is."""
    target.update(ONE, guard={"Company": "Acme"}, values={"Notes": "ours"})

    assert (row(emulator, 1)["Notes"], row(emulator, 2)["Notes"]) == ("ours", "")


@settings(max_examples=examples(40), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    value=st.text(st.characters(exclude_categories=["Cs"]), max_size=300)
    | st.floats(-1e9, 1e9)
    | st.none()
)
def test_no_value_changes_which_rows_are_met(client: CaspioClient, value: Value) -> None:
    """Whatever a guard holds, no other record is ever met by it, and no value breaks the clause."""
    assume(any(map(is_sendable_character, str(value).rstrip(" ") or " ")))  # see `where.holds`
    columns = {column.name: column for column in client.tables.fields("Docs")}
    name = "Total" if isinstance(value, float) else "Notes"

    clause = where.guard("1", columns, {name: value}, is_view=False, room=1800)

    assert {record.pk for record in client.tables.records("Docs", condition=clause)} <= {"1"}


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("Notes", "x" * 5000),
        ("Notes", " both ends  "),
        ("Notes", "a\nb\tc"),
        ("Notes", "50% [x]_'" * 40),
        ("Notes", "全角" * 200),
        ("Notes", " " * 120),
        ("Total", 0.1),
        ("Total", 1e-07),
        ("Total", -3.3333333333333335),
        ("Total", 123456789012.34),
        ("Day", "2024-02-29T23:59:59.123"),
        ("Paid", True),
    ],
)
def test_what_a_user_stored_is_met_by_its_guard(
    target: CaspioRecordTarget, emulator: Emulator, column: str, value: Value
) -> None:
    """A value read from a record makes a guard that it meets, however long or odd it is."""
    emulator.control.edit("Docs", 1, {column: value})

    answer = target.update(
        ONE, guard=target.read(ONE, COLUMNS) or {"Count": -1}, values={"Count": 5}
    )

    assert answer.affected == 1


def test_answer_that_was_lost_is_in_doubt_and_not_repeated(
    target: CaspioRecordTarget, emulator: Emulator
) -> None:
    """A write whose answer is lost is made once and reported as in doubt."""
    emulator.control.fault({"kind": "lost", "operation": "UpdateTableRecords"})

    with pytest.raises(EffectInDoubt, match="record 1"):
        target.update(ONE, guard={}, values={"Notes": "ours"})

    assert row(emulator, 1)["Notes"] == "ours"
    assert emulator.control.calls()["PUT /v3/tables/{tableName}/records"] == 1


@pytest.mark.parametrize("status", [429, 400])
def test_throttled_write_is_sent_again(
    target: CaspioRecordTarget, emulator: Emulator, status: int
) -> None:
    """A write refused for the number of calls was not processed and is repeated."""
    emulator.control.fault(
        {"kind": "rate_limited", "operation": "UpdateTableRecords", "status": status}
    )

    assert target.update(ONE, guard={}, values={"Notes": "ours"}).affected == 1


@pytest.mark.parametrize("kind", ["cut", "reset", "lost", "expired_token"])
def test_read_survives(target: CaspioRecordTarget, emulator: Emulator, kind: str) -> None:
    """A read whose answer is cut, lost or refused for its token is simply asked for again."""
    target.read(ONE, ["Company"])
    emulator.control.fault({"kind": kind, "operation": "ListTableRecords", "declared": False})

    assert target.read(ONE, ["Company"]) == {"Company": "Acme"}


def test_outage_that_lasts_is_unavailable(target: CaspioRecordTarget, emulator: Emulator) -> None:
    """Repeating ends, and the error says that a later run may succeed."""
    emulator.control.fault(
        {"kind": "status", "status": 503, "times": 0, "operation": "ListTableRecords"}
    )

    with pytest.raises(ServiceUnavailable, match="failed 6 times"):
        target.read(ONE, ["Company"])


def test_documented_refusal_with_500_is_a_refusal(target: CaspioRecordTarget) -> None:
    """Caspio answers 500 to text it cannot keep; that is no outage and nothing is in doubt."""
    with pytest.raises(RefusedByCaspio) as caught:
        target.update(ONE, guard={}, values={"Notes": "\U0001f600"})

    assert caught.value.code == "AlterReadOnlyData"


def test_unknown_column_never_reaches_caspio(
    target: CaspioRecordTarget, emulator: Emulator
) -> None:
    """Names are checked against the schema before a clause is made of them."""
    with pytest.raises(BadSettings, match="'Company'"):
        target.update(ONE, guard={"Compny": "x"}, values={"Notes": "ours"})

    assert "PUT /v3/tables/{tableName}/records" not in emulator.control.calls()


def test_record_that_is_gone_is_none(target: CaspioRecordTarget) -> None:
    """Reading a record that is not there is an answer, not an error."""
    assert target.read(RecordRef("Docs", "99"), ["Company"]) is None


@pytest.mark.parametrize("filename", ["base", "with-extension"])
@pytest.mark.parametrize("rename", ["base", "strip-same", "full"])
@pytest.mark.parametrize("is_view", [False, True])
def test_attachment_is_renamed_and_keeps_its_extension(
    start: Start,
    connect: Connect,
    filename: str,
    rename: str,
    is_view: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    """One record's attachment gets the new base name, however the account lists names."""
    fields = [{"Name": "Scan", "Type": "ATTACHMENT"}, {"Name": "Company", "Type": "STRING"}]
    records = [{"PK_ID": n, "Scan": "a.pdf", "Company": "x"} for n in (1, 2)]
    made = {
        "tables": {"Docs": {"fields": fields, "records": records}},
        "views": {"V": {"table": "Docs"}},
    }
    target = CaspioRecordTarget(
        connect(start(made, DATA, fileinfo_filename=filename, rename_filename=rename))
    )
    one, two = (RecordRef("V" if is_view else "Docs", pk, is_view) for pk in "12")

    stale = target.rename_attachment(one, "Scan", base_name="new 1.5", guard={"Company": "y"})
    done = target.rename_attachment(one, "Scan", base_name="new 1.5", guard={"Company": "x"})

    assert (stale.affected, done.affected) == (0, 1)
    assert (attached_name(target, one), attached_name(target, two)) == (
        "new 1.5.pdf",
        "a.pdf",
    )
    assert target.rename_attachment(two, "Scan", base_name="other", guard={}).affected == 1
    assert attached_name(target, two) == "other.pdf"


def test_record_without_an_attachment_has_no_name(target: CaspioRecordTarget) -> None:
    """No file is None, and renaming it meets nothing."""
    two = RecordRef("Docs", "2")

    assert target.attachment(two, "Scan") is None
    assert target.rename_attachment(two, "Scan", base_name="x", guard={}).affected == 0


def test_a_first_rename_that_cannot_be_looked_at_is_in_doubt(
    target: CaspioRecordTarget, emulator: Emulator
) -> None:
    """The name was sent, so an error of the look after it is no proof that nothing has changed."""
    emulator.control.fault(
        {"kind": "rate_limited", "method": "GET", "template": LOOK, "after": 1, "retry_after": 7200}
    )

    with pytest.raises(EffectInDoubt):
        target.rename_attachment(ONE, "Scan", base_name="new", guard={})

    assert attached_name(target, ONE) == "new.pdf"


def test_file_is_added_once_and_never_overwritten(
    target: CaspioRecordTarget, tmp_path: Path
) -> None:
    """A taken name, in whatever case, is False, and the file that has it stays."""
    new = tmp_path / "new"
    new.write_bytes(b"N" * 300_000)

    answers = [
        target.put_file(path, new, media_type="application/pdf")
        for path in ("/In/n.pdf", "/In/a.pdf")
    ]

    assert answers == [True, False]
    assert target.file_sha256("/In/n.pdf") == hashlib.sha256(b"N" * 300_000).hexdigest()
    assert target.file_sha256("/In/a.pdf") == hashlib.sha256(DATA["a.pdf"]).hexdigest()


def test_folder_made_meanwhile_is_found(
    target: CaspioRecordTarget, emulator: Emulator, tmp_path: Path
) -> None:
    """A folder that is missing is refused with a way out, and found once somebody made it."""
    new = tmp_path / "new"
    new.write_bytes(b"N")
    with pytest.raises(RejectFile, match="Create it in Caspio"):
        target.put_file("/Late/n.pdf", new, media_type="application/pdf")

    emulator.control.make_folder("/Late")

    assert target.put_file("/Late/n.pdf", new, media_type="application/pdf")


def test_every_row_that_names_a_file_is_found(target: CaspioRecordTarget) -> None:
    """All tables and rows count, and paths that differ in case alone are one."""
    found = {(one.table, one.field, one.pk) for one in target.referrers(["/In/a.pdf"])["/In/a.pdf"]}

    assert found == {("Docs", "Path", "1"), ("Docs", "Path", "2"), ("Other", "Doc", "8")}


def test_deleted_file_is_gone(target: CaspioRecordTarget) -> None:
    """A file is deleted once; then it is gone for every question."""
    target.delete_file("/In/a.pdf")

    assert target.file("/In/a.pdf") is None
    with pytest.raises(FileGone):
        target.delete_file("/In/a.pdf")
    with pytest.raises(FileGone):
        target.file_sha256("/In/a.pdf")


def test_inserted_row_is_found_again(target: CaspioRecordTarget) -> None:
    """An insert answers with the PK_ID under which the row can be found by a value."""
    pk = target.insert("Docs", {"Company": "N'ew"})

    assert list(target.find("Docs", "Company", "N'ew")) == [pk]


def test_calls_are_counted_as_the_account_counts_them(
    target: CaspioRecordTarget, client: CaspioClient, emulator: Emulator
) -> None:
    """The client's count and the account's agree call by call."""
    target.referrers(["/In/a.pdf"])
    target.update(ONE, guard={"Company": "Acme"}, values={"Notes": "ours"})

    assert dict(client.calls) == emulator.control.calls()


def test_answer_without_its_row_leaves_the_row_open(start: Start, connect: Connect) -> None:
    """Where an update answers without the record it met, the count stays and the row is None."""
    made = {"tables": {"Docs": {"fields": TEXT_FIELDS, "records": [{"PK_ID": 1}]}}}
    target = CaspioRecordTarget(connect(start(made, empty_result_after_put=True)))

    answer = target.update(ONE, guard={"Company": ""}, values={"Notes": "ours"})

    assert (answer.affected, answer.row) == (1, None)


def test_row_is_deleted_only_as_it_was(target: CaspioRecordTarget, emulator: Emulator) -> None:
    """A row is deleted under its guard, and another in the same state stays."""
    refused = target.delete(ONE, guard={"Company": "Other"})
    there = [record["PK_ID"] for record in emulator.control.dump()["tables"]["Docs"]]

    answer = target.delete(ONE, guard={"Company": "Acme"})

    assert (refused.affected, answer.affected) == (0, 1)
    assert [record["PK_ID"] for record in emulator.control.dump()["tables"]["Docs"]] == there[1:]


def test_rows_are_found_by_several_columns(target: CaspioRecordTarget) -> None:
    """Rows come by PK_ID where every column matches and the filled one is not empty."""
    target.update(ONE, guard={}, values={"Notes": "N'ote"})

    found = target.rows("Docs", ["Notes"], equal={"Company": "Acme"}, filled="Notes")

    assert found == {"1": {"Notes": "N'ote"}}


def attached_name(target: CaspioRecordTarget, record: RecordRef) -> str:
    """Return the full name of a record's scan."""
    shown = target.attachment(record, "Scan")
    assert shown is not None
    return shown.name
