from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings, strategies as st

from infra.emulator import Emulator
from pipeline.adapters.caspio.client import CaspioClient
from pipeline.adapters.caspio.client.where.literals import is_sendable_character
from pipeline.adapters.caspio.target import CaspioRecordTarget
from pipeline.errors import RejectFile
from pipeline.model import RecordRef
from tests.fakes.clock import FakeClock
from tests.integration.adapters.caspio.conftest import TEXT_FIELDS
from tests.integration.pipeline.accounts import write_account
from tests.support.properties import examples

pytestmark = pytest.mark.integration

ONE = RecordRef("Docs", "1")
PIECES = st.sampled_from(
    [
        "'", "''", '"', "[", "]", "]]", ";", "--", "/*", "*/", "%", "_",
        "\\", "\x00", "\n", "\r", "\t", "😀", "\u202e", " ", "OR 1=1", "' OR '1'='1",
        "'; DROP TABLE Docs; --", "PK_ID", "N'",
        "{", "}", "@x", "NULL", "%27", "+", "é",
        "e\u0301",
    ]
)  # fmt: skip
TEXTS = st.one_of(
    st.lists(PIECES, max_size=8).map("".join),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=60),
)


@pytest.fixture(scope="module")
def account(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Emulator, CaspioRecordTarget]]:
    """An account with a table of three rows, for all examples."""
    folder: Path = tmp_path_factory.mktemp("where")
    records = [{"PK_ID": pk, "Company": "Acme"} for pk in (1, 2, 3)]
    tables = {"tables": {"Docs": {"fields": TEXT_FIELDS, "records": records}}}
    with ExitStack() as stack:
        emulator = stack.enter_context(Emulator(seed=write_account(folder / "seed", tables, {})))
        client = CaspioClient(
            url=emulator.url,
            client_id="id",
            client_secret="secret",
            clock=FakeClock(),
            rate="1000000/1s",
        )
        stack.callback(client.close)
        yield emulator, CaspioRecordTarget(client)


@settings(max_examples=examples(60), suppress_health_check=list(HealthCheck))
@given(value=TEXTS)
@example(value="' OR 1=1 --")
@example(value="'; DELETE FROM Docs; --")
@example(value="]' OR PK_ID > 0 OR '[")
@example(value="100%_[a-z]")
@example(value="a\x00b")
@example(value="\x00'")
@example(value=" \x1f")
@example(value="😀' --")
@example(value="\x08🎈eleven more")
@example(value="\x01" * 13)
def test_no_value_changes_which_rows_a_write_meets(
    account: tuple[Emulator, CaspioRecordTarget], value: str
):
    """A guarded write meets its record alone, and only as it was read, whatever is beside it."""
    emulator, target = account
    storable = "".join(c for c in value if c <= "\uffff")  # no record holds others
    for pk in (1, 2, 3):
        emulator.control.edit("Docs", pk, {"Notes": storable, "Company": "Acme"})
    seen = target.read(ONE, ["Notes"])
    assert seen is not None

    try:
        met = target.update(ONE, guard=seen, values={"Company": "ours"}).affected
    except RejectFile:
        # Nothing was sent: no guard can hold a text of nothing but control characters.
        assert not any(is_sendable_character(character) for character in storable.rstrip(" "))
        return
    emulator.control.edit("Docs", 1, {"Notes": "changed since"})
    try:
        missed = target.update(ONE, guard={"Notes": value}, values={"Company": "lost"}).affected
    except RejectFile:
        missed = 0  # said to be unspeakable, and nothing was sent

    rows = emulator.control.dump()["tables"]["Docs"]
    assert (met, missed) == (1, 0)
    assert [row["Company"] for row in rows] == ["ours", "Acme", "Acme"]


@settings(max_examples=examples(30), suppress_health_check=list(HealthCheck))
@given(value=TEXTS)
@example(value="' OR 1=1 --")
@example(value="a\x00b")
def test_no_value_deletes_or_finds_another_row(
    account: tuple[Emulator, CaspioRecordTarget], value: str
):
    """Looking a value up, or deleting under it, never meets a row that does not hold it."""
    emulator, target = account
    for pk in (1, 2, 3):
        emulator.control.edit("Docs", pk, {"Notes": "another", "Company": "Acme"})
    if value.rstrip() == "another":
        return

    try:
        found = list(target.find("Docs", "Notes", value))
        found += target.rows("Docs", ["Notes"], equal={"Notes": value}, filled="Company")
        deleted = target.delete(ONE, guard={"Notes": value}).affected
    except RejectFile:
        return  # said to be unspeakable, and nothing was sent

    assert (found, deleted) == ([], 0)
    assert len(emulator.control.dump()["tables"]["Docs"]) == 3
