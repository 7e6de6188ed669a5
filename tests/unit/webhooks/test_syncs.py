"""Messages about the records of a sync: which events ask for them, and what is kept of them."""

from dataclasses import replace

import pytest

from flows.webhooks.desired_events import desired_events
from pipeline.model import Column, SourceSpec
from pipeline.model.messages import ReportedRecord
from pipeline.model.sync import Direction, Side, SyncSpec
from pipeline.webhooks.incoming import parse, route
from tests.unit.webhooks.conftest import body

SYNC = SyncSpec(
    name="papers",
    container="Papers",
    mirror_table="papers",
    columns={"PK_ID": "id", "Title": "title", "Number": "number", "Note": "note"},
    keys=("PK_ID",),
)
SOURCE = SourceSpec(name="papers", table="papers")
COLUMNS = {
    name: Column(name, kind)
    for name, kind in {
        "Scan": "ATTACHMENT", "Title": "STRING", "Number": "AUTONUMBER", "Note": "TEXT", "Other": "STRING",
    }.items()
}  # fmt: skip
TYPES = {"Title": "STRING", "Number": "AUTONUMBER"}


def test_a_table_of_a_source_and_a_sync_has_one_event_of_each_kind():
    """Fields of both are watched; messages carry columns of both, but no long texts."""
    (table,) = desired_events([SOURCE], lambda _: COLUMNS, [SYNC]).tables

    insert, update = table.events(["DataPages"])

    assert (insert.fields, update.fields) == ((), ("Scan", "Title", "Note"))
    assert update.payload_fields == ("Scan", "Title", "Number")
    assert table.carried == {"papers": {"Scan": "ATTACHMENT"}, "sync:papers": TYPES}


def test_deletions_are_asked_for_where_a_sync_carries_them_over():
    """Otherwise a deleted record would be a message for nothing."""
    deleting = replace(SYNC, delete_from=frozenset({Side.MIRROR}))

    (table,) = desired_events([], lambda _: COLUMNS, [deleting]).tables

    kinds = [event.type for event in table.events([])]
    assert kinds == ["table.recordInsert", "table.recordUpdate", "table.recordDelete"]


def test_any_column_may_decide_whether_a_view_shows_a_record():
    """The table behind a view is watched as a whole."""
    view = replace(SYNC, is_view=True, webhook_table="Papers")

    (table,) = desired_events([], lambda _: COLUMNS, [view]).tables

    assert table.fields == ("Scan", "Title", "Note", "Other")


@pytest.mark.parametrize(
    ("sync", "why"),
    [
        (replace(SYNC, is_view=True), "webhook_table"),
        (replace(SYNC, direction=Direction.PUSH), "only pushes"),
    ],
)
def test_what_messages_cannot_serve_is_left_to_the_schedule(sync: SyncSpec, why: str):
    """A view without its table, and a sync that carries nothing over."""
    desired = desired_events([], lambda _: COLUMNS, [sync])

    assert desired.tables == ()
    assert why in desired.skipped["sync:papers"]


def test_a_source_without_files_does_not_take_the_syncs_events():
    """A table that only its sync can use is watched, and the source is named as left out."""
    columns = {name: column for name, column in COLUMNS.items() if name != "Scan"}

    desired = desired_events([SOURCE], lambda _: columns, [SYNC])

    assert [list(table.carried) for table in desired.tables] == [["sync:papers"]]
    assert "no field for its files" in desired.skipped["papers"]


def _routed(data: bytes, types: dict[str, dict[str, str]]) -> dict[str, tuple[ReportedRecord, ...]]:
    found = route(parse(data), [SOURCE], "a", types=types, syncs=[SYNC])
    return {message.source: message.records for message in found}


def test_a_message_reaches_the_source_and_the_sync_each_with_its_columns():
    """What a sync needs is not kept for a source, and the other way round."""
    types = {"papers": {"Scan": "ATTACHMENT"}, "sync:papers": TYPES}
    row = {"PK_ID": 7, "Scan": "a.pdf", "Title": "x", "Number": 1}

    found = _routed(body("PAPERS", row), types)

    assert found == {
        "papers": (ReportedRecord("7", {"Scan": "a.pdf"}),),
        "sync:papers": (ReportedRecord("7", {"Title": "x", "Number": 1}),),
    }


def test_columns_that_nobody_knows_leave_no_values():
    """A payload that somebody has changed says nothing for sure."""
    found = _routed(body("Papers", {"PK_ID": 7, "Title": "x", "Else": 1}), {"sync:papers": TYPES})

    assert found["sync:papers"] == (ReportedRecord("7"),)


def test_a_deleted_record_is_kept_for_the_sync_alone():
    """Its values are not: the ledger has what was known."""
    types = {"papers": {"Scan": "ATTACHMENT"}, "sync:papers": TYPES}
    row = {"PK_ID": 7, "Title": "x"}

    found = _routed(body("Papers", row, eventType="table.recordDelete"), types)

    assert found == {"papers": (), "sync:papers": (ReportedRecord("7"),)}
