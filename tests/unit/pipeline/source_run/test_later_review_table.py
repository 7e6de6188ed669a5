from dataclasses import replace

import pytest

from pipeline.model import SourceSpec, Value
from pipeline.model.review import ReviewState
from pipeline.source_run.recovery import fill_review_table
from pipeline.steps.write_back.review_table import REVIEW_COLUMNS
from tests.unit.pipeline.world import RECEIPTS, World

WITH_REVIEW = replace(RECEIPTS, review="Suggestions")


@pytest.fixture
def world(world: World) -> World:
    """Three receipts in which users had typed a total, processed before there was a review table."""
    types = {name: min(types) for name, types in REVIEW_COLUMNS.items()}
    world.caspio.table("Suggestions", **types)
    for pk in ("1", "2", "3"):
        world.receipt(pk, "doc_type=receipt\ntotal=12.50", Total=99.0)
    world.run()
    world.caspio.calls.clear()
    return world


def fill(world: World, spec: SourceSpec = WITH_REVIEW, *, plan_only: bool = False) -> int:
    """Fill the review table of a source; return how many rows were added."""
    return len(list(fill_review_table(world.source_run(spec, plan_only=plan_only))))


def rows(world: World) -> dict[str, dict[str, Value]]:
    """Return the rows of the review table by record."""
    return {str(row["RecordID"]): dict(row) for row in world.caspio.tables["Suggestions"].values()}


def test_a_table_that_is_added_later_is_filled_from_the_ledger(world: World):
    """Each open suggestion of an earlier run gets a row, and no document is fetched or read."""
    reads = world.reader.reads

    added = fill(world)

    assert added == 3
    assert rows(world).keys() == {"1", "2", "3"}
    assert (rows(world)["1"]["Suggestion"], rows(world)["1"]["State"]) == ("12.5", "open")
    assert world.reader.reads == reads
    assert "open" not in world.caspio.calls


def test_a_table_is_filled_once(world: World):
    """Where every suggestion has its row, no call is made."""
    fill(world)
    world.caspio.calls.clear()

    assert fill(world) == 0
    assert world.caspio.calls == []


def test_an_interrupted_filling_is_completed(world: World):
    """What an interrupted run has added is not added again; the rest follows."""
    next(fill_review_table(world.source_run(WITH_REVIEW)))

    assert fill(world) == 2
    assert len(world.caspio.tables["Suggestions"]) == 3


def test_what_users_have_settled_gets_no_row(world: World):
    """A suggestion that was rejected on the page is not shown again in the table."""
    items = {item.record.pk: item for item in world.ledger.effects.review_items("receipts")}
    rejected = replace(items["2"], state=ReviewState.REJECTED)
    world.ledger.effects.save_review_item(rejected, "run-1")

    fill(world)

    assert rows(world).keys() == {"1", "3"}


def test_a_column_that_is_not_mapped_any_more_gets_no_row(world: World):
    """The columns of today decide."""
    assert fill(world, replace(WITH_REVIEW, columns={"DocType": "doc_type"})) == 0


def test_planning_fills_nothing(world: World):
    """A run that only plans writes no row, and leaves the filling to the first that writes."""
    assert fill(world, plan_only=True) == 0
    assert fill(world) == 3


def test_a_decision_on_such_a_row_is_carried_out(world: World):
    """A row that was added later is decided like any other."""
    fill(world)
    for row in world.caspio.tables["Suggestions"].values():
        row["Decision"] = "accept"

    world.run(WITH_REVIEW)

    assert world.record("1")["Total"] == 12.5
