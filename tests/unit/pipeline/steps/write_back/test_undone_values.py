from dataclasses import replace

import pytest

from pipeline.model import EffectState, SourceSpec, Status
from pipeline.plans.undo import effects_by_record, undo_record, with_listing
from tests.unit.pipeline.world import RECEIPTS, World, named, undo

GOOD = "doc_type=receipt\ntotal=12.50"


def reprocessed(world: World, spec: SourceSpec) -> str:
    """Process the receipt once more, as `reprocess` does; return its id, and keep what it did."""
    work = world.caspio.records(spec, ["1"])
    run = world.source_run(spec, reread=True)
    world.process(work, run)
    return run.run_id


def test_what_was_undone_is_not_written_again(world: World):
    """Values and names stay undone, also where the record is reprocessed under another template."""
    spec = named(RECEIPTS, "{{ doc_type }}")
    world.receipt("1", GOOD)
    world.run(spec)
    undo(world, spec, "run-1")

    reprocessed(world, spec)
    reprocessed(world, named(RECEIPTS, "{{ doc_type }} "))

    assert (world.record("1")["DocType"], world.record("1")["Total"]) == ("", None)
    assert world.caspio.attachments["Receipts", "Scan", "1"].name == "scan.txt"


def test_an_undo_that_is_undone_writes_it_again(world: World):
    """Then values and name are ours as before, and are kept up to date."""
    spec = named(RECEIPTS, "{{ doc_type }}")
    world.receipt("1", GOOD)
    world.run(spec)
    undo(world, spec, "run-1")

    undo(world, spec, "run-2")
    reprocessed(world, spec)

    assert (world.record("1")["DocType"], world.record("1")["Total"]) == ("receipt", 12.5)
    assert world.caspio.attachments["Receipts", "Scan", "1"].name == "receipt.txt"


def test_what_was_done_in_part_is_so_after_an_undo_and_its_undo(world: World):
    """The undo itself is complete; the file is shown as before, for its own reason alone."""
    spec = named(RECEIPTS, "{{ doc_type }} {{ company }}")
    world.receipt("1", GOOD)
    (read,) = world.run(spec)
    world.caspio.tables["Receipts"]["1"]["Total"] = 99.0
    (left,) = undo(world, spec, "run-1")
    kept = next(iter(world.ledger.files.states())).outcome
    world.caspio.tables["Receipts"]["1"]["Total"] = 12.5

    (undone,) = undo(world, spec, "run-1")
    (redone,) = undo(world, spec, "run-2")

    assert (read.status, left.status) == (Status.PARTIAL, Status.PARTIAL)
    assert kept is not None
    assert kept.reason == f"{read.reason}; {left.reason}"
    assert [one.status for one in (undone, redone)] == [Status.DONE, Status.DONE]
    (state,) = world.ledger.files.states()
    assert state.outcome is not None
    assert (state.outcome.status, state.outcome.reason) == (Status.PARTIAL, read.reason)


@pytest.mark.parametrize("words", ["left alone: page 2", "see the record's first file"])
def test_the_words_of_an_undo_in_the_reason_of_a_run_are_kept(world: World, words: str):
    """What an undo says is known by its field, not by its words: a run may say the same."""
    spec = named(RECEIPTS, "{{ doc_type }}")
    world.receipt("1", GOOD)
    (read,) = world.run(spec)
    own = f"page 1 is too dark; {words}"
    (listed,) = world.ledger.files.states()
    partly = replace(read, ref=listed.ref, status=Status.PARTIAL, reason=own)
    world.ledger.files.finish(partly, "run-1")

    undo(world, spec, "run-1")
    undo(world, spec, "run-2")

    (state,) = world.ledger.files.states()
    assert state.outcome is not None
    assert (state.outcome.status, state.outcome.reason) == (Status.PARTIAL, own)


def test_what_was_open_when_a_record_was_leased_is_undone(world: World):
    """A worker dies while the undo lists records: what it left is settled with the lease, and put back."""
    world.receipt("1", GOOD)
    world.run()
    run = world.source_run(RECEIPTS)
    (effect,) = world.ledger.effects.find()
    found = effects_by_record([replace(effect, state=EffectState.INTENT)], world.ledger)
    ((_, listed),) = with_listing(found["receipts"], run)

    undo_record(listed, run)

    assert world.record("1")["Total"] is None


def test_what_cannot_be_settled_is_said(world: World):
    """An undo that knows nothing of a change that was left open is not done."""
    world.receipt("1", GOOD)
    world.run()
    (effect,) = world.ledger.effects.find()
    world.ledger.effects.settle(effect, EffectState.INTENT)
    run = world.source_run(RECEIPTS)
    found = effects_by_record(world.ledger.effects.find(), world.ledger)
    ((_, listed),) = with_listing(found["receipts"], run)

    (outcome,) = undo_record(listed, run)

    assert outcome.status is Status.PARTIAL
    assert "undo it once more" in outcome.reason


def test_another_value_than_the_undone_one_is_written(world: World):
    """What is read now, from another file, was never undone."""
    world.receipt("1", GOOD)
    world.run()
    undo(world, RECEIPTS, "run-1")
    stored = world.caspio.attachments["Receipts", "Scan", "1"]
    stored.data, stored.date = b"doc_type=receipt\ntotal=99", "2026-03-03T00:00:00"

    (outcome,) = world.run()

    assert outcome.written == {"Total": 99.0}
    assert [suggestion.column for suggestion in outcome.suggestions] == ["DocType"]
    assert "undone" in outcome.suggestions[0].reason
