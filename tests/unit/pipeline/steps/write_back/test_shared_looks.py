from pipeline.looks import LOOK_S, attachments_in
from pipeline.model import EffectKind, EffectState, Outcome
from pipeline.record import new_records, process_record
from tests.unit.pipeline.world import RECEIPTS, World, named

GOOD = "doc_type=receipt\ntotal=12.50"
SECOND = GOOD.replace("12.50", "99.50")  # as many bytes
SPEC = named(RECEIPTS, "{{ doc_type }} {{ total }}")


def run_together(world: World) -> dict[str, Outcome]:
    """Run all records, whose renames share looks; return their outcomes by PK_ID."""
    run = world.source_run(SPEC)
    works = list(new_records(run, on_unchanged=lambda _: None))
    run.looks.expect(attachments_in(ref for work in works for ref in work.files))
    outcomes = [one for work in works for one in process_record(work, run)]
    return {one.ref.record.pk: one for one in outcomes if one.ref.record}


def test_renames_share_a_look(world: World):
    """Records that are renamed one after the other cost one look, not one each."""
    for pk in ("1", "2", "3"):
        world.receipt(pk, GOOD.replace("12.50", f"{pk}.50"))

    outcomes = run_together(world)

    assert [one.new_name for one in outcomes.values()] == [
        f"receipt {pk}.50.txt" for pk in ("1", "2", "3")
    ]
    assert world.caspio.calls.count("attachment names") == 1
    assert world.caspio.calls.count("attachment name") == 0


def test_a_file_that_was_replaced_before_the_look_keeps_its_name(world: World):
    """The shared look sees what a lone one would see."""
    world.receipt("1", GOOD)
    world.receipt("2", GOOD)

    def replace_file(call: str) -> None:
        if call == "attachment names":
            world.caspio.attachments["Receipts", "Scan", "2"].name = "new.txt"

    world.caspio.before_call = replace_file
    outcomes = run_together(world)

    assert "renamed or replaced meanwhile" in outcomes["2"].reason
    assert world.caspio.attachments["Receipts", "Scan", "2"].name == "new.txt"


def test_a_rename_that_would_leave_too_late_is_looked_at_again(world: World):
    """A user's file that takes the place of the one that was read is never renamed by a look of long ago."""
    world.receipt("1", GOOD)
    world.receipt("2", GOOD)
    waited: list[str] = []

    def wait_for_a_permit(call: str) -> None:
        if call == "rename" and not waited:
            waited.append(call)
            world.clock.advance(LOOK_S + 0.1)
            kept = world.caspio.attachments["Receipts", "Scan", "1"]
            kept.data, kept.date = SECOND.encode(), "2026-03-14T09:01:00"

    world.caspio.before_call = wait_for_a_permit
    outcomes = run_together(world)

    assert "renamed or replaced meanwhile" in outcomes["1"].reason
    assert outcomes["2"].new_name == "receipt 12.50.txt"
    effects = world.ledger.effects.find(record=("Receipts", "1"))
    renames = [one.state for one in effects if one.kind is EffectKind.RENAME_ATTACHMENT]
    assert renames == [EffectState.ABANDONED]


def test_a_second_try_never_uses_a_shared_look(world: World):
    """A record that changed right before its rename is looked at alone before it is tried again."""
    world.receipt("1", GOOD)
    world.receipt("2", GOOD)

    def type_value(call: str) -> None:
        if call == "rename":
            world.caspio.before_call = lambda _: None
            world.caspio.tables["Receipts"]["1"]["DocType"] = "typed"

    world.caspio.before_call = type_value
    outcomes = run_together(world)

    assert outcomes["1"].new_name == "receipt 12.50.txt"
    assert world.caspio.calls.count("attachment name") == 1
