from dataclasses import replace

import pytest

from pipeline.model import EffectKind, Overwrite, SourceSpec, Status, Value
from pipeline.model.review import Decider, ReviewReason, ReviewState
from pipeline.source_run.checks import refuse_source
from pipeline.steps.write_back.review_table import REVIEW_COLUMNS
from tests.unit.pipeline.world import RECEIPTS, World

GOOD = "doc_type=receipt\ntotal=12.50"
SPEC = replace(RECEIPTS, review="Suggestions")


@pytest.fixture
def world(world: World) -> World:
    """An account with a review table and a receipt whose total a user has typed."""
    kinds = {name: min(types).replace("/", "_") for name, types in REVIEW_COLUMNS.items()}
    world.caspio.table("Suggestions", **kinds)
    world.receipt("1", GOOD, Total=99.0)
    return world


def rows(world: World) -> list[dict[str, Value]]:
    """Return the review table's rows."""
    return list(world.caspio.tables["Suggestions"].values())


def decide(world: World, decision: str, edited: str = "") -> None:
    """Decide on the only suggestion, as a user does."""
    (row,) = rows(world)
    row["Decision"], row["EditedValue"] = decision, edited


def again(world: World, text: str, spec: SourceSpec = SPEC) -> None:
    """Replace the receipt's file, and run."""
    stored = world.caspio.attachments["Receipts", "Scan", "1"]
    stored.data, stored.date = text.encode(), f"{stored.date}+"
    world.run(spec)


def test_a_suggestion_gets_one_row(world: World):
    """What was left to a user is in the review table: record, column, both values, how sure and why."""
    world.run(SPEC)

    (row,) = rows(world)
    assert (row["SourceName"], row["RecordTable"], row["RecordID"], row["ColumnName"]) == (
        "receipts", "Receipts", "1", "Total",
    )  # fmt: skip
    assert (row["Suggestion"], row["CurrentValue"], row["Confidence"], row["State"]) == (
        "12.5",
        "99.0",
        0.99,
        "open",
    )
    assert "already holds a value" in str(row["Reason"])


def test_without_a_review_table_the_ledger_has_the_suggestion(world: World):
    """A source without a review table keeps its suggestions for the web page, at no call; what is settled is withdrawn."""
    spec = replace(SPEC, review=None)
    world.run(spec)
    (kept,) = world.ledger.effects.review_items("receipts")
    again(world, "doc_type=receipt\ntotal=99", spec)
    (settled,) = world.ledger.effects.review_items("receipts")

    assert (kept.state, kept.row, kept.suggestion.suggested) == (ReviewState.OPEN, "", 12.5)
    assert settled.state is ReviewState.WITHDRAWN
    assert rows(world) == []


def test_a_review_table_that_is_added_later_gets_the_rows(world: World):
    """A suggestion that the ledger has already gets its row with the next run that makes it again."""
    world.run(replace(SPEC, review=None))
    again(world, GOOD + "0")

    assert [row["Suggestion"] for row in rows(world)] == ["12.5"]


def test_the_same_suggestion_costs_nothing_again(world: World):
    """Found again as it was, a suggestion makes neither a second row nor a call."""
    world.run(SPEC)
    world.caspio.calls.clear()

    again(world, GOOD + "0")

    assert len(rows(world)) == 1
    assert {"insert", "update", "find"}.isdisjoint(world.caspio.calls)


def test_planning_writes_no_row(world: World):
    """A run that only plans leaves the review table alone."""
    world.run(SPEC, plan_only=True)

    assert rows(world) == []


def test_another_finding_rewrites_the_row(world: World):
    """A suggestion that changes changes its row."""
    world.run(SPEC)

    again(world, "doc_type=receipt\ntotal=13")

    assert [row["Suggestion"] for row in rows(world)] == ["13.0"]


def test_what_is_settled_is_withdrawn(world: World):
    """Where nothing is suggested any more, the row says so."""
    world.run(SPEC)

    again(world, "doc_type=receipt\ntotal=99")

    assert [row["State"] for row in rows(world)] == ["withdrawn"]


def test_an_accepted_suggestion_is_written(world: World):
    """The next run writes what was accepted, and says so in row, ledger and report."""
    world.run(SPEC)
    decide(world, " Accept ")

    (outcome,) = world.run(SPEC)

    assert world.record("1")["Total"] == 12.5
    assert (outcome.status, outcome.written) == (Status.DONE, {"Total": 12.5})
    (row,) = rows(world)
    assert row["State"] == "accepted"
    assert row["DecidedAt"]
    assert [effect.kind for effect in world.ledger.effects.find(record=("Receipts", "1"))][
        -1
    ] is EffectKind.APPLY_DECISION


def test_an_edited_value_is_written_in_the_columns_type(world: World):
    """What a user typed instead is made a value of the column's type."""
    world.run(SPEC)
    decide(world, "edit", "14.25")

    world.run(SPEC)

    assert world.record("1")["Total"] == 14.25


def test_a_decided_value_is_the_users(world: World):
    """What was accepted is not written over later, not even where our own values may be."""
    spec = replace(SPEC, overwrite=Overwrite.OURS)
    world.run(spec)
    decide(world, "accept")
    world.run(spec)

    again(world, "doc_type=receipt\ntotal=77", spec)

    assert world.record("1")["Total"] == 12.5


def test_a_rejected_suggestion_is_not_made_again(world: World):
    """Once rejected it comes neither in the table nor in the report, until something else is found."""
    world.run(SPEC)
    decide(world, "reject")
    world.run(SPEC)
    stored = world.caspio.attachments["Receipts", "Scan", "1"]
    stored.date = "2026-05-05"

    (outcome,) = world.run(SPEC)
    state = rows(world)[0]["State"]
    again(world, "doc_type=receipt\ntotal=13")

    assert outcome.suggestions == ()
    assert state == "rejected"
    assert [(row["State"], row["Suggestion"], row["Decision"]) for row in rows(world)] == [
        ("open", "13.0", "")
    ]


def test_a_rejected_text_is_not_made_again_in_another_case(world: World):
    """What was rejected as "Northwind" is not suggested as "NORTHWIND"."""
    spec = replace(SPEC, columns={"Note": "company"})
    world.receipt("1", "company=Northwind", Note="Acme")
    world.run(spec)
    decide(world, "reject")
    world.run(spec)

    stored = world.caspio.attachments["Receipts", "Scan", "1"]
    stored.data, stored.date = b"company=NORTHWIND", "2026-05-05"
    (outcome,) = world.run(spec)

    assert outcome.suggestions == ()


def test_a_decision_on_a_record_that_moved_is_not_carried_out(world: World):
    """Where the value a user decided on is no longer there, nothing is written and the row says what moved."""
    world.run(SPEC)
    decide(world, "accept")
    world.caspio.tables["Receipts"]["1"]["Total"] = 50.0

    (outcome,) = world.run(SPEC)

    assert world.record("1")["Total"] == 50.0
    assert outcome.status is Status.CONFLICT
    assert "Total was 99.00 and is 50.00" in str(rows(world)[0]["Note"])


def test_a_change_of_case_alone_is_a_change(world: World):
    """A user's new spelling is not written over, though Caspio's WHERE takes it for the old one."""
    world.receipt("1", "doc_type=receipt", DocType="Slip")
    world.run(SPEC)
    decide(world, "accept")
    world.caspio.tables["Receipts"]["1"]["DocType"] = "SLIP"

    (outcome,) = world.run(SPEC)

    assert world.record("1")["DocType"] == "SLIP"
    assert outcome.status is Status.CONFLICT


@pytest.mark.parametrize(("decision", "edited"), [("maybe", ""), ("edit", "a lot"), ("edit", "")])
def test_a_decision_that_cannot_be_carried_out_says_why_once(
    world: World, decision: str, edited: str
):
    """An unknown decision or an unfit value is reported in the row, and not again in each run."""
    world.run(SPEC)
    decide(world, decision, edited)

    (outcome,) = world.run(SPEC)

    assert outcome.status is Status.CONFLICT
    assert rows(world)[0]["Note"]
    assert world.record("1")["Total"] == 99.0
    assert world.run(SPEC) == []


def test_a_decision_made_while_we_write_is_kept(world: World):
    """A row that a user decides on at this moment is not rewritten under their hands."""
    world.run(SPEC)

    def decide_now(call: str) -> None:
        if call == "update":
            rows(world)[0]["Decision"] = "reject"

    stored = world.caspio.attachments["Receipts", "Scan", "1"]
    stored.data, stored.date = b"doc_type=receipt\ntotal=13", "2026-05-05"
    world.caspio.before_call = decide_now
    world.run(SPEC)

    assert [(row["Decision"], row["Suggestion"]) for row in rows(world)] == [("reject", "12.5")]


def test_a_lost_answer_makes_no_second_row(world: World):
    """A row whose insert was answered by nothing is found by its key."""
    world.caspio.lose_answers = {"insert"}

    world.run(SPEC)

    assert len(rows(world)) == 1
    assert not world.ledger.effects.open()


def test_a_stranger_s_text_is_data_in_the_review_table(world: World):
    """What a document says enters the review table as plain text."""
    world.caspio.tables["Receipts"]["1"].update(Total=None, DocType="typed")
    world.caspio.attachments[
        "Receipts", "Scan", "1"
    ].data = "doc_type==1+1<script>x</script>\U0001f600".encode()

    world.run(SPEC)

    assert [row["Suggestion"] for row in rows(world)] == ["1+1 x \ufffd"]


def test_an_unfit_review_table_is_refused(world: World):
    """A review table that lacks columns, or has them in another type, is reported column by column."""
    world.caspio.columns_of["Suggestions"].pop("Decision")
    column = world.caspio.columns_of["Suggestions"]["Confidence"]
    world.caspio.columns_of["Suggestions"]["Confidence"] = replace(column, type="STRING")

    problems = refuse_source(SPEC, world.caspio)

    assert len(problems) == 2
    assert any("no column 'Decision'" in problem for problem in problems)
    assert any("'Confidence'" in problem for problem in problems)


def test_the_ledger_shows_what_became_of_a_suggestion(world: World):
    """Accepted, a suggestion is so in the ledger too."""
    world.run(SPEC)
    decide(world, "accept")
    world.run(SPEC)

    (item,) = world.ledger.effects.review_items("receipts")
    assert (item.state, item.decided_by) == (ReviewState.ACCEPTED, Decider.USER)


def test_a_plan_leaves_alone_what_somebody_else_has_asked(world: World):
    """A doubt about a typed value waits until a user decides; a run that suggests nothing for its column keeps it."""
    spec = replace(SPEC, review=None)
    world.run(spec)
    (asked,) = world.ledger.effects.review_items("receipts")
    left = replace(asked.suggestion, column="DocType", current="typed", suggested="receipt")
    doubt = replace(asked, suggestion=left, given=ReviewReason.DOUBT)
    world.ledger.effects.save_review_item(doubt, "learn-1")
    again(world, "doc_type=receipt\ntotal=99", spec)

    states = {
        item.suggestion.column: item.state for item in world.ledger.effects.review_items("receipts")
    }
    assert states == {"DocType": ReviewState.OPEN, "Total": ReviewState.WITHDRAWN}


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("total=12.50\nnet=900", 12.5),
        ("net=-900\ntax=18", 900.0),
        ("total=1e999\nnet=5", 5.0),
        ("total=a lot", None),
        ("note=5", None),
    ],
)
def test_a_suggestion_says_how_much_money_is_at_stake(
    world: World, text: str, amount: float | None
):
    """The total counts, or else the largest other amount; what is no number does not."""
    world.receipt("1", f"doc_type=receipt\n{text}", Total=99.0, DocType="typed")
    world.run(replace(SPEC, review=None))

    amounts = {item.amount for item in world.ledger.effects.review_items("receipts")}
    assert amounts == {amount}
