import json
from dataclasses import replace

import pytest

from pipeline.model import Overwrite, SourceSpec, Status
from tests.unit.pipeline.world import RECEIPTS, World

GOOD = "doc_type=receipt\ntotal=12.50"
COLUMNS = {
    "Total": "total",
    "Sha": "sha256",
    "At": "processed_at",
    "Run": "run_id",
    "All": "provenance",
}
SPEC = SourceSpec("receipts", table="Receipts", columns=COLUMNS)


@pytest.fixture
def world(world: World) -> World:
    """Receipts with columns for where their values come from."""
    world.caspio.table(
        "Receipts",
        Total="CURRENCY",
        Sha="STRING",
        At="DATE_TIME",
        Run="STRING",
        All="TEXT",
        Scan="ATTACHMENT",
    )
    world.receipt("1", GOOD)
    return world


def test_a_record_says_where_its_values_come_from(world: World):
    """Digest, time and run stand in their columns, and all of it as JSON in one."""
    (outcome,) = world.run(SPEC)

    row = world.record("1")
    whole = json.loads(str(row["All"]))
    assert (row["Sha"], row["At"], row["Run"]) == (outcome.sha256, "2026-03-14T09:00:00", "run-1")
    assert whole == {
        "sha256": outcome.sha256,
        "archive_address": f"memory:originals/sha256/{row['Sha'][:2]}/{row['Sha'][2:4]}/{row['Sha']}",  # type: ignore[index]  # text
        "status": "done",
        "confidence": "0.99",
        "processed_at": "2026-03-14T09:00:00",
        "run_id": "run-1",
    }


def _again(world: World, text: str = GOOD) -> None:
    world.clock.advance(3600)
    stored = world.caspio.attachments["Receipts", "Scan", "1"]
    stored.data, stored.date = text.encode(), f"{stored.date}+"
    world.run(SPEC)


def test_a_new_time_and_run_are_no_reason_to_write(world: World):
    """Worked on again with the same result, a record is not written."""
    world.run(SPEC)
    world.caspio.calls.clear()

    _again(world)

    assert "update" not in world.caspio.calls


def test_time_and_run_are_written_beside_a_change(world: World):
    """When something else is written, time and run are brought up to date with it, under every policy."""
    world.run(SPEC)
    world.caspio.tables["Receipts"]["1"]["Total"] = None

    _again(world)

    row = world.record("1")
    assert (row["Total"], row["At"], row["Run"]) == (12.5, "2026-03-14T10:00:00", "run-2")


def test_another_document_brings_its_provenance_up_to_date(world: World):
    """A replaced file's digest takes the place of the one we wrote, though the policy is to fill empty columns only."""
    world.run(SPEC)
    before = world.record("1")["Sha"]

    _again(world, "doc_type=receipt\ntotal=12.50\ncurrency=EUR")

    assert world.record("1")["Sha"] != before
    assert json.loads(str(world.record("1")["All"]))["sha256"] == world.record("1")["Sha"]


def test_a_users_text_in_a_provenance_column_stays(world: World):
    """What somebody else put there is not ours to bring up to date."""
    world.caspio.tables["Receipts"]["1"].update(Sha="mine", Run="mine", All="mine")

    world.run(SPEC)
    _again(world, "doc_type=receipt\ntotal=12.50\ncurrency=EUR")

    row = world.record("1")
    assert (row["Sha"], row["Run"], row["All"]) == ("mine", "mine", "mine")


def test_provenance_that_does_not_fit_is_reported(world: World):
    """JSON is never cut: a column that is too short is reported."""
    spec = replace(SPEC, columns={"Run": "provenance"})

    (outcome,) = world.run(spec)

    assert outcome.status is Status.PARTIAL
    assert "map it to a TEXT column" in outcome.reason
    assert world.record("1")["Run"] == ""


def test_a_record_that_is_rewritten_over_and_over_is_left_alone(world: World):
    """After so many runs that changed a record, further ones are a conflict with a reason, until the window is over."""
    spec = replace(
        RECEIPTS,
        columns={"Total": "total"},
        overwrite=Overwrite.ALWAYS,
        max_writes=2,
        max_writes_window_s=60,
    )
    outcomes = []
    for number in range(4):
        stored = world.caspio.attachments["Receipts", "Scan", "1"]
        stored.data, stored.date = f"total={number + 1}".encode(), f"{stored.date}+"
        if number == 3:
            world.clock.advance(61)
        outcomes += world.run(spec)

    assert [outcome.status for outcome in outcomes] == [
        Status.DONE,
        Status.DONE,
        Status.CONFLICT,
        Status.DONE,
    ]
    assert "was changed by 2 runs" in outcomes[2].reason
    assert world.record("1")["Total"] == 4.0
