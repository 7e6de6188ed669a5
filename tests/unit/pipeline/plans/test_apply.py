from dataclasses import replace

from pipeline.model import Outcome, Plan, SourceSpec, Status
from pipeline.plans.apply import apply_record, due_records
from pipeline.plans.plan_file import PlannedRecord, planned_record
from pipeline.source_run.recovery import recover_all
from pipeline.source_run.worker_pool import act_on_each
from pipeline.steps.write_back import Cost
from tests.unit.pipeline.world import RECEIPTS, World, named

GOOD = "doc_type=receipt\ntotal=12.50"


def plan(world: World, spec: SourceSpec = RECEIPTS) -> list[PlannedRecord]:
    """Plan a source."""
    made: list[PlannedRecord] = []

    def keep(plan: Plan, documents: object) -> None:
        made.append(planned_record(plan, documents, cost=Cost()))  # type: ignore[arg-type]  # a list of documents

    world.run(spec, plan_only=True, on_plan=keep)
    return made


def apply(world: World, planned: list[PlannedRecord], spec: SourceSpec = RECEIPTS) -> list[Outcome]:
    """Carry out what was planned."""
    run = world.source_run(spec)
    outcomes: list[Outcome] = []
    recover_all(run)
    act_on_each(
        due_records(planned, run),
        run,
        act=lambda due, fresh: apply_record(due, run, fresh=fresh),
        observe=outcomes.append,
        threads=1,
    )
    return outcomes


def test_an_edit_in_the_last_moment_is_a_conflict(world: World):
    """An edit between the look and the write is met by the guard; nothing is planned again and nothing written."""
    world.receipt("1", GOOD)
    planned = plan(world)

    def edit(call: str) -> None:
        if call == "update":
            world.caspio.tables["Receipts"]["1"]["Total"] = 77.0

    world.caspio.before_call = edit
    (outcome,) = apply(world, planned)

    assert outcome.status is Status.CONFLICT
    assert "Total was empty and is 77.00" in outcome.reason
    assert world.record("1")["DocType"] == ""
    assert world.caspio.calls.count("update") == 1


def test_a_lost_answer_is_settled_and_the_plan_goes_on(world: World):
    """A write whose answer is lost is found by looking, and the name is given all the same."""
    spec = named(RECEIPTS, "{{ doc_type }}")
    world.receipt("1", GOOD)
    planned = plan(world, spec)
    world.caspio.lose_answers = {"update", "rename"}

    (outcome,) = apply(world, planned, spec)

    assert (outcome.status, outcome.new_name) == (Status.DONE, "receipt.txt")
    assert (world.caspio.calls.count("update"), world.caspio.calls.count("rename")) == (1, 1)


def test_what_a_reader_finds_later_is_not_written(world: World):
    """A plan is carried out as it was reviewed, whatever a newer reader would find."""
    world.receipt("1", GOOD)
    planned = plan(world)
    world.reader.version, world.reader.confidence = "2", 0.6

    apply(world, planned)

    assert world.record("1")["Total"] == 12.5
    assert world.reader.reads == 1


def test_a_plan_the_ledger_knows_nothing_of_is_refused(world: World):
    """Without the reading it was made from, a record's plan is a conflict that says what to do."""
    world.receipt("1", GOOD)
    (planned,) = plan(world)
    stranger = replace(planned, files=(replace(planned.files[0], sha256="cd" * 32),))

    (outcome,) = apply(world, [stranger])

    assert outcome.status is Status.CONFLICT
    assert "plan it again" in outcome.reason
    assert world.record("1")["Total"] is None


def test_a_deleted_record_is_a_conflict(world: World):
    """A record that is gone is refused with a sentence."""
    world.receipt("1", GOOD)
    planned = plan(world)
    del world.caspio.tables["Receipts"]["1"]
    world.caspio.attachments.clear()

    (outcome,) = apply(world, planned)

    assert outcome.status is Status.CONFLICT
    assert "deleted" in outcome.reason


def test_a_conflict_is_tried_again_once_the_record_is_as_it_was(world: World):
    """The same plan applied again writes what was refused, once nothing has moved any more."""
    world.receipt("1", GOOD)
    planned = plan(world)
    world.caspio.tables["Receipts"]["1"]["Total"] = 5.0
    (refused,) = apply(world, planned)
    world.caspio.tables["Receipts"]["1"]["Total"] = None

    (done,) = apply(world, planned)

    assert (refused.status, done.status) == (Status.CONFLICT, Status.DONE)
    assert world.record("1")["Total"] == 12.5
