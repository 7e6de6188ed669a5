"""Which records `undo` changes when some are named."""

import pytest

from flows.app.changes import changed_by, require_undo
from flows.app.review.desk import REVIEW_RUN
from pipeline.errors import BadSettings
from pipeline.model import SourceSpec
from tests.unit.pipeline.world import RECEIPTS, World, undo

CONTRACTS = SourceSpec("contracts", table="Contracts", columns={"Kind": "doc_type"})


def wrote_in_both(world: World) -> None:
    """Have a run that wrote receipts 5 and 6, and contracts 6 and 7."""
    for pk in ("5", "6"):
        world.receipt(pk, "doc_type=receipt")
    for pk in ("6", "7"):
        world.caspio.files[f"/In/{pk}.txt"] = b"doc_type=contract"
        world.caspio.row("Contracts", pk, Document=f"/In/{pk}.txt")
    world.run(RECEIPTS)
    world.runs = 0
    world.run(CONTRACTS)


def test_records_of_two_sources_are_undone_together(world: World):
    """Each of the names is a record of one source only, so no source has to be named."""
    wrote_in_both(world)

    found = changed_by(world.ledger, "run-1", sources=[], records=["5", "7"])

    keys = {name: [one.key for one in group] for name, group in found.items()}
    assert keys == {"receipts": ["5"], "contracts": ["7"]}


def test_a_name_that_two_sources_have_is_refused_by_name(world: World):
    """The sentence names that record, and no other; with a source it is taken."""
    wrote_in_both(world)

    with pytest.raises(BadSettings) as refused:
        changed_by(world.ledger, "run-1", sources=[], records=["5", "6"])
    one = changed_by(world.ledger, "run-1", sources=["contracts"], records=["6"])

    assert [problem.partition(":")[0] for problem in refused.value.problems] == [
        "Several sources have a record '6'"
    ]
    assert list(one) == ["contracts"]


def test_what_users_decided_is_undone_in_the_review_alone(world: World):
    """Neither the command nor an agent undoes a run of decisions, whatever else it changed."""
    world.ledger.usage.start_run("run-1", REVIEW_RUN)
    wrote_in_both(world)

    with pytest.raises(BadSettings, match="decided in the review"):
        changed_by(world.ledger, "run-1", sources=[], records=[])


def test_only_an_undo_is_redone(world: World):
    """Its effects say that it is one, also in a rebuilt ledger; the run itself is refused with the undo's id."""
    world.receipt("5", "doc_type=receipt")
    world.run(RECEIPTS)
    undo(world, RECEIPTS, "run-1")

    require_undo(world.ledger, "run-2")
    with pytest.raises(BadSettings, match=r"no undo, .* undone by run 'run-2': name that one"):
        require_undo(world.ledger, "run-1")
