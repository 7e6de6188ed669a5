from dataclasses import replace

import pytest

from pipeline.model import Outcome, SourceSpec, Status
from pipeline.source_run.selection import Selection, forecast, selected_records
from pipeline.source_run.worker_pool import process_all
from tests.unit.pipeline.world import RECEIPTS, World, named

GOOD = "doc_type=receipt\ntotal=12.50\ndate=2026-03-01"
BY_TYPE = named(RECEIPTS, "{{ doc_type }}")
BY_DATE = named(RECEIPTS, "{{ date }} {{ doc_type }}")
WITH_TEXT = replace(RECEIPTS, columns={"Note": "text"})


@pytest.fixture
def world(world: World) -> World:
    """An account with two receipts, named by their type already."""
    world.receipt("1", GOOD)
    world.receipt("2", GOOD + "\ncurrency=EUR")
    world.run(BY_TYPE)
    world.run(BY_TYPE)  # a listing shows what the renames left
    return world


def stale(world: World, spec: SourceSpec) -> list[Outcome]:
    """Reprocess what is stale."""
    run = world.source_run(spec, reread=True, reuse_readings=True)
    outcomes: list[Outcome] = []
    process_all(
        selected_records(run, Selection(stale=True)), run, observe=outcomes.append, threads=1
    )
    return outcomes


def forecast_of(world: World, spec: SourceSpec) -> tuple[int, int]:
    """Return how many records are stale, and how many of their files would be read again."""
    run = world.source_run(spec, reread=True, reuse_readings=True)
    seen = list(forecast(run, Selection(stale=True)))
    return len(seen), sum(again for _, again in seen)


def test_nothing_is_stale_as_long_as_nothing_changed(world: World):
    """Read and planned as it would be now, no file is taken up."""
    assert forecast_of(world, BY_TYPE) == (0, 0)
    assert stale(world, BY_TYPE) == []


def test_another_name_template_renames_and_reads_nothing(world: World):
    """Files whose names alone are decided otherwise get new names; nothing is read, downloaded or fetched."""
    reads, forecast_before = world.reader.reads, forecast_of(world, BY_DATE)
    world.caspio.calls.clear()

    outcomes = stale(world, BY_DATE)

    assert forecast_before == (2, 0)
    assert [outcome.new_name for outcome in outcomes] == ["2026-03-01 receipt.txt"] * 2
    assert world.reader.reads == reads
    assert {"download", "update"}.isdisjoint(world.caspio.calls)
    assert forecast_of(world, BY_DATE) == (0, 0)


def test_another_reader_reads_again_from_the_archive(world: World):
    """Under another fingerprint of the reader everything is read again, and downloaded no more."""
    world.reader.version = "2"
    reads, forecast_before = world.reader.reads, forecast_of(world, BY_TYPE)
    world.caspio.calls.clear()

    outcomes = stale(world, BY_TYPE)

    assert forecast_before == (2, 2)
    assert len(outcomes) == 2
    assert world.reader.reads == reads + 2
    assert "download" not in world.caspio.calls


def test_a_text_is_written_though_its_document_was_read_before(world: World):
    """What is read and planned first, and a duplicate, give their text to the record: it comes from the archive."""
    world.receipt("3", GOOD, name="copy.txt")
    reads = world.reader.reads

    world.run(WITH_TEXT, plan_only=True)
    outcomes = world.run(WITH_TEXT)

    assert [outcome.status for outcome in outcomes] == [Status.DONE]
    assert world.record("3")["Note"] == GOOD
    assert world.reader.reads == reads


def test_a_text_that_the_archive_lacks_is_read_again(world: World):
    """Where no text is archived, the document is read again for it."""
    world.receipt("3", GOOD, name="copy.txt")
    for key in [key for key in world.archive.objects if key.endswith("/text.txt")]:
        del world.archive.objects[key]

    world.run(WITH_TEXT)

    assert world.record("3")["Note"] == GOOD
