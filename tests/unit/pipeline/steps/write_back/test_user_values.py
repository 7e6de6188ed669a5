from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from pipeline.errors import BudgetExhausted, RefusedByCaspio, RejectFile, ServiceUnavailable
from pipeline.model import (
    Column,
    ConfidenceLimits,
    Effect,
    EffectKind,
    IndexTable,
    Outcome,
    Overwrite,
    RecordRef,
    SourceSpec,
    Status,
    Value,
)
from pipeline.model.review import ReviewState
from pipeline.ports import Updated
from pipeline.source_run.selection import Selection, selected_records
from pipeline.source_run.worker_pool import process_all
from pipeline.steps.write_back.review_table import REVIEW_COLUMNS
from tests.fakes.caspio import Attachment, FakeCaspio
from tests.unit.pipeline.plans.test_apply import apply, plan
from tests.unit.pipeline.world import RECEIPTS, World, named, undo

GOOD = "doc_type=receipt\ntotal=12.50"
MAIL = SourceSpec(
    "mail", folder="/Mail", columns={"DocType": "doc_type"}, index=IndexTable("MailIndex", "Path")
)

PAPERS = SourceSpec("contracts", table="Contracts", columns={}, rename="{{ doc_type }}")


class Folding(FakeCaspio):
    """Caspio's condition as SQL Server compares it: capital letters or small ones are the same."""

    def update(self, record: RecordRef, *, guard: Mapping[str, Value], **what: Any) -> Updated:
        """Update where texts meet the guard in whatever case."""
        row = self.tables[record.container][record.pk]
        met = {n: row[n] for n, v in guard.items() if str(row[n]).casefold() == str(v).casefold()}
        return super().update(record, guard={**guard, **met}, **what)


class Shouting(FakeCaspio):
    """A table with a rule that writes its classes in capitals."""

    def update(self, record: RecordRef, *, values: Mapping[str, Value], **what: Any) -> Updated:
        """Update, and let the rule change what was written."""
        shouted = {
            name: str(value).upper() if name == "DocType" and value else value
            for name, value in values.items()
        }
        return super().update(record, values=shouted, **what)


def reprocess(world: World, spec: SourceSpec) -> list[Outcome]:
    """Read everything again."""
    run = world.source_run(spec, reread=True)
    outcomes: list[Outcome] = []
    process_all(selected_records(run, Selection()), run, observe=outcomes.append, threads=1)
    return outcomes


@pytest.mark.parametrize(
    ("kind", "value"),
    [("FILE", "/Mail/reply.pdf"), ("ATTACHMENT", "reply.pdf"), ("LIST-STRING", "a")],
)
def test_an_index_row_with_a_users_file_is_not_deleted(world: World, kind: str, value: str):
    """An inserted row stays where somebody has put a file or list items into it, which no column of ours can hold."""
    world.caspio.columns_of["MailIndex"]["Reply"] = Column("Reply", kind)
    world.caspio.files["/Mail/one.txt"] = GOOD.encode()
    world.run(MAIL)
    (row,) = world.caspio.tables["MailIndex"].values()
    if kind == "ATTACHMENT":
        world.caspio.attachments["MailIndex", "Reply", "1"] = Attachment(value, b"a reply")
    row["Reply"] = value

    outcomes = undo(world, MAIL, "run-1")

    assert list(world.caspio.tables["MailIndex"].values()) == [row]
    assert "Reply" in outcomes[0].reason


@pytest.mark.parametrize("policy", [Overwrite.EMPTY, Overwrite.OURS])
def test_a_checkbox_that_a_user_cleared_stays_clear(world: World, policy: Overwrite):
    """No is what an empty YES/NO column holds, but not where we had set Yes: that No is a user's."""
    world.caspio.columns_of["Receipts"]["IsTotal"] = Column("IsTotal", "YES/NO")
    spec = replace(RECEIPTS, columns={"IsTotal": "total"}, overwrite=policy)
    world.receipt("1", "doc_type=receipt\ntotal=1", IsTotal=False)
    world.run(spec)
    assert world.record("1")["IsTotal"] is True
    world.caspio.tables["Receipts"]["1"]["IsTotal"] = False

    (outcome,) = reprocess(world, spec)

    assert world.record("1")["IsTotal"] is False
    assert "a user cleared" in outcome.suggestions[0].reason


def test_a_refused_decision_stops_no_run(world: World):
    """A decision that Caspio refuses is reported as failed and tried again; the run goes on."""
    kinds = {name: min(types).replace("/", "_") for name, types in REVIEW_COLUMNS.items()}
    world.caspio.table("Suggestions", **kinds)
    spec = replace(RECEIPTS, review="Suggestions")
    world.receipt("1", GOOD, Total=99.0)
    world.run(spec)
    (row,) = world.caspio.tables["Suggestions"].values()
    row["Decision"] = "accept"
    world.receipt("2", "doc_type=receipt\ntotal=3")

    def refuse(call: str) -> None:
        if call == "update":
            world.caspio.before_call = lambda _: None
            raise RefusedByCaspio("a rule of the table", status=400)

    world.caspio.before_call = refuse
    outcomes = world.run(spec)

    assert world.record("2")["Total"] == 3
    assert [o.status for o in outcomes if o.ref.record and o.ref.record.pk == "1"] == [
        Status.FAILED
    ]


def test_what_a_dead_run_left_in_a_column_that_is_gone_stops_no_run(world: World):
    """An open effect on a column that exists no more is given up, and the run goes on."""
    world.receipt("1", GOOD)
    world.run(RECEIPTS)
    version = world.ledger.effects.find(record=("Receipts", "1"))[0].version
    effect = Effect(
        EffectKind.UPDATE_COLUMNS,
        version=version,
        container="Receipts",
        pk="1",
        before={},
        after={"Old": "x"},
    )
    world.ledger.effects.intend(effect, "dead")
    world.receipt("2", GOOD)

    world.run(RECEIPTS)

    assert world.record("2")["DocType"] == "receipt"
    assert world.ledger.effects.open() == []


@pytest.mark.parametrize("error", [RefusedByCaspio("no", status=400), RejectFile("too long")])
def test_what_cannot_be_looked_at_stops_no_run(world: World, error: Exception):
    """What Caspio will not show of an open effect stays open, and the run goes on."""
    world.receipt("1", GOOD)
    world.run(RECEIPTS)
    done = world.ledger.effects.find(record=("Receipts", "1"))[0]
    world.ledger.effects.intend(replace(done, id=0), "dead")
    world.receipt("2", GOOD)

    def refuse(call: str) -> None:
        if call == "read":
            world.caspio.before_call = lambda _: None
            raise error

    world.caspio.before_call = refuse
    world.run(RECEIPTS)

    assert world.record("2")["DocType"] == "receipt"


def test_a_rule_that_changes_one_column_takes_nothing_else_from_undo(world: World):
    """Where a rule of the table changed one of the values just written, the others can be undone, and it received."""
    world.receipt("1", GOOD)

    world.caspio = Shouting(
        columns_of=world.caspio.columns_of,
        tables=world.caspio.tables,
        attachments=world.caspio.attachments,
    )
    (outcome,) = world.run(RECEIPTS)
    assert outcome.status is Status.PARTIAL
    world.run(RECEIPTS)

    (undone,) = undo(world, RECEIPTS, "run-1")

    assert world.record("1")["Total"] is None
    assert "DocType holds RECEIPT now" in undone.reason


def test_rows_go_on_pointing_at_what_a_user_put_in_a_files_place(world: World):
    """A file replaced while it is being renamed keeps its rows: none is led to the copy of the bytes it had."""
    world.caspio.files["/In/a.txt"] = GOOD.encode()
    world.caspio.row("Contracts", "1", Document="/In/a.txt")

    def replace_file(call: str) -> None:
        if call == "put":
            world.caspio.files["/In/a.txt"] = b"a user's new version"

    world.caspio.before_call = replace_file
    world.run(PAPERS)

    stored = world.caspio.tables["Contracts"]["1"]["Document"]
    assert world.caspio.files[stored] == b"a user's new version"


def test_a_file_put_in_place_of_the_one_that_was_read_keeps_its_name(world: World):
    """An attachment replaced between reading and renaming keeps the name a user gave it, until it is read itself."""
    spec = named(RECEIPTS, "{{ doc_type }}")
    world.receipt("1", GOOD)

    def swap(call: str) -> None:
        if call == "update":
            stored = world.caspio.attachments["Receipts", "Scan", "1"]
            stored.name, stored.data, stored.date = "contract.txt", b"something else", "2026-05-05"

    world.caspio.before_call = swap
    world.run(spec)

    assert world.caspio.attachments["Receipts", "Scan", "1"].name == "contract.txt"


def test_a_listing_that_fails_after_a_rename_stops_no_run(world: World):
    """What a rename left is recognized by a later listing where the first cannot be had, and not read again."""
    spec = named(RECEIPTS, "{{ doc_type }}")
    world.receipt("1", GOOD)

    def fail(call: str) -> None:
        if call == "list some":
            world.caspio.before_call = lambda _: None
            raise ServiceUnavailable("retries are used up")

    world.caspio.before_call = fail
    (outcome,) = world.run(spec)

    assert (outcome.status, outcome.new_name) == (Status.DONE, "receipt.txt")
    assert world.run(spec) == []
    assert world.caspio.calls.count("download") == 1


def test_a_planned_row_that_was_deleted_is_not_inserted_again(world: World):
    """A plan for an index row is no plan for another: where a user deleted the row, nothing is written."""
    world.caspio.files["/Mail/one.txt"] = GOOD.encode()
    world.caspio.row("MailIndex", "1", Path="/Mail/one.txt")
    planned = plan(world, MAIL)
    del world.caspio.tables["MailIndex"]["1"]

    (outcome,) = apply(world, planned, MAIL)

    assert world.caspio.tables["MailIndex"] == {}
    assert outcome.status is Status.CONFLICT


def test_an_undo_that_deletes_a_row_leaves_no_suggestion_for_it(world: World):
    """Without its row nobody can decide about a value."""
    world.caspio.columns_of["MailIndex"]["Total"] = Column("Total", "CURRENCY")
    limits = {"Total": ConfidenceLimits(write_at=1.0, suggest_at=0.5)}
    columns = {"DocType": "doc_type", "Total": "total"}
    spec = replace(MAIL, columns=columns, column_limits=limits)
    world.caspio.files["/Mail/one.txt"] = GOOD.encode()
    world.run(spec)
    before = [item.state for item in world.ledger.effects.review_items("mail")]
    undo(world, spec, "run-1")

    assert before == [ReviewState.OPEN]
    assert world.caspio.tables["MailIndex"] == {}
    after = [item.state for item in world.ledger.effects.review_items("mail")]
    assert after == [ReviewState.WITHDRAWN]


def test_a_new_row_keeps_the_path_of_its_file(world: World):
    """A value that was planned for the column of the paths, before settings refused that, is left out."""
    world.caspio.files["/Mail/one.txt"] = GOOD.encode()
    world.run(replace(MAIL, columns={"Path": "doc_type", "DocType": "doc_type"}))

    (row,) = world.caspio.tables["MailIndex"].values()
    assert (row["Path"], row["DocType"]) == ("/Mail/one.txt", "receipt")


def test_a_correction_of_capitals_alone_is_a_users(world: World):
    """A text corrected between reading and writing is not written over where the correction is of its case alone."""
    spec = replace(RECEIPTS, overwrite=Overwrite.OURS)
    old = world.caspio
    world.caspio = Folding(
        columns_of=old.columns_of, tables=old.tables, attachments=old.attachments
    )
    world.receipt("1", "doc_type=receipt")
    world.run(spec)
    world.receipt("1", "doc_type=invoice", DocType="receipt", name="fresh.txt")

    def correct(call: str) -> None:
        if call == "download":
            world.caspio.tables["Receipts"]["1"]["DocType"] = "Receipt"

    world.caspio.before_call = correct
    (outcome,) = world.run(spec)

    assert world.record("1")["DocType"] == "Receipt"
    assert [left.suggested for left in outcome.suggestions] == ["invoice"]


@pytest.mark.parametrize("typed", ["receipt\n", "receipt\t", "receipt\r\n", "receipt\u00a0", "\n"])
@pytest.mark.parametrize("when", ["before", "download", "update"])
def test_white_space_at_the_end_is_a_users(world: World, typed: str, when: str):
    """A line end or a tab that somebody adds to our value makes it theirs, whenever that happens."""
    spec = replace(RECEIPTS, overwrite=Overwrite.OURS)
    world.receipt("1", "doc_type=receipt")
    world.run(spec)
    world.receipt("1", "doc_type=invoice", DocType="receipt", name="fresh.txt")

    def edit(call: str) -> None:
        if call == when:
            world.caspio.tables["Receipts"]["1"]["DocType"] = typed
            world.caspio.before_call = lambda _: None

    if when == "before":
        edit(when)
    world.caspio.before_call = edit
    (outcome,) = world.run(spec)

    assert world.record("1")["DocType"] == typed
    assert [left.suggested for left in outcome.suggestions] == ["invoice"]


@pytest.mark.parametrize("old", ["receipt", "receipt " + "x" * 5_000])
def test_overwriting_a_text_takes_one_read_and_one_write(world: World, old: str):
    """What a guard cannot see costs one read before the write, for a short text as for a long one, and none after it."""
    spec = replace(RECEIPTS, overwrite=Overwrite.ALWAYS, rename=None)
    world.receipt("1", "doc_type=invoice", DocType=old)
    calls: list[str] = []
    world.caspio.before_call = calls.append

    world.run(spec)

    assert world.record("1")["DocType"] == "invoice"
    assert [call for call in calls if call in {"read", "update"}] == ["read", "update"]


def test_planning_finishes_no_move(world: World):
    """A move that a stopped run left half-done waits for a run that may write: planning changes nothing at Caspio."""
    world.caspio.files["/In/a.txt"] = GOOD.encode()
    world.caspio.row("Contracts", "1", Document="/In/a.txt")

    def stop(call: str) -> None:
        if call == "delete":
            world.caspio.before_call = lambda _: None
            raise BudgetExhausted("the month's calls are used up")

    world.caspio.before_call = stop
    with pytest.raises(BudgetExhausted):
        world.run(PAPERS)
    world.caspio.calls.clear()

    world.run(PAPERS, plan_only=True)
    assert {"update", "put", "delete"}.isdisjoint(world.caspio.calls)

    world.run(PAPERS)
    assert list(world.caspio.files) == ["/In/receipt.txt"]
    assert world.ledger.effects.open() == []


def test_a_write_that_cannot_be_sent_leaves_nothing_open(world: World):
    """A write that is refused before it is sent is given up in the ledger."""
    world.receipt("1", GOOD)

    def refuse(call: str) -> None:
        if call == "update":
            raise RejectFile("the condition for a safe write is too long")

    world.caspio.before_call = refuse
    (outcome,) = world.run()

    assert outcome.status is Status.REJECTED
    assert world.ledger.effects.open() == []
