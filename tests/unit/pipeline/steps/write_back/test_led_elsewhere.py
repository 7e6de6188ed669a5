"""A move whose rows somebody leads elsewhere while it is under way."""

from dataclasses import replace

import pytest

from pipeline.model import EffectKind, EffectState, SourceSpec, Status
from tests.unit.pipeline.world import World

CONTRACTS = SourceSpec(
    "contracts", table="Contracts", columns={"Kind": "doc_type"}, rename="{{ doc_type }}"
)


class Killed(BaseException):
    """The run dies here."""


@pytest.mark.parametrize("fills_in", [False, True])
@pytest.mark.parametrize("is_old_gone", [False, True])
def test_a_copy_that_no_row_was_led_to_is_taken_back(
    world: World, *, is_old_gone: bool, fills_in: bool
):
    """A row that somebody leads elsewhere meanwhile stays there, and no file is left that no row names."""
    world.caspio.files |= {"/Inbox/x.txt": b"doc_type=contract", "/Inbox/theirs.txt": b"total=1"}
    world.caspio.row("Contracts", "1", Document="/Inbox/x.txt")

    def lead_elsewhere(call: str) -> None:
        if call == "update":
            world.caspio.before_call = lambda _: None
            row = world.caspio.tables["Contracts"]["1"]
            row["Document"] = "/Inbox/theirs.txt"
            if fills_in:
                row["Kind"] = "contract"
            if is_old_gone:
                del world.caspio.files["/Inbox/x.txt"]

    world.caspio.before_call = lead_elsewhere
    (outcome,) = world.run(CONTRACTS)

    left = set() if is_old_gone else {"/Inbox/x.txt"}
    assert set(world.caspio.files) == {"/Inbox/theirs.txt"} | left
    row = world.caspio.tables["Contracts"]["1"]
    assert row["Document"] == "/Inbox/theirs.txt"
    assert row["Kind"] == ("contract" if fills_in else "")
    assert outcome.status is Status.CONFLICT
    assert "the record names another file now" in outcome.reason
    assert not world.ledger.effects.open()


@pytest.mark.parametrize("fills_in", [False, True])
def test_no_value_is_written_to_a_record_that_names_another_file(world: World, *, fills_in: bool):
    """What was read from a file is not written where a user has put another one, with no rename either."""
    world.caspio.files |= {"/Inbox/x.txt": b"doc_type=contract", "/Inbox/theirs.txt": b"total=1"}
    world.caspio.row("Contracts", "1", Document="/Inbox/x.txt")

    def lead_elsewhere(call: str) -> None:
        if call == "update":
            world.caspio.before_call = lambda _: None
            row = world.caspio.tables["Contracts"]["1"]
            row["Document"] = "/Inbox/theirs.txt"
            if fills_in:
                row["Kind"] = "letter"

    world.caspio.before_call = lead_elsewhere
    (outcome,) = world.run(replace(CONTRACTS, rename=None))

    assert world.caspio.tables["Contracts"]["1"]["Kind"] == ("letter" if fills_in else "")
    assert outcome.status is Status.CONFLICT
    assert outcome.reason == "the record names another file now"
    assert not world.ledger.effects.open()


def test_a_record_led_to_the_copy_by_another_s_move_is_written(world: World):
    """Of two records with one file, both get their values: a move of ours has led the second."""
    world.caspio.files["/Inbox/x.txt"] = b"doc_type=contract"
    for pk in ("1", "2"):
        world.caspio.row("Contracts", pk, Document="/Inbox/x.txt")

    world.run(CONTRACTS)

    rows = world.caspio.tables["Contracts"].values()
    assert {(row["Document"], row["Kind"]) for row in rows} == {("/Inbox/contract.txt", "contract")}
    assert world.run(CONTRACTS) == []


def test_a_copy_that_a_row_names_is_kept(world: World):
    """An update that looks refused, since somebody led the row to the copy first, takes no copy away."""
    world.caspio.files["/Inbox/x.txt"] = b"doc_type=contract"
    world.caspio.row("Contracts", "1", Document="/Inbox/x.txt")

    def lead_to_the_copy(call: str) -> None:
        if call == "update":
            world.caspio.before_call = lambda _: None
            world.caspio.tables["Contracts"]["1"] |= {
                "Document": "/Inbox/contract.txt",
                "Kind": "contract",
            }

    world.caspio.before_call = lead_to_the_copy
    world.run(CONTRACTS)

    assert set(world.caspio.files) == {"/Inbox/contract.txt"}
    effects = world.ledger.effects.find(record=("Contracts", "1"))
    states = {effect.kind: effect.state for effect in effects}
    assert states[EffectKind.DELETE_FILE] is EffectState.VERIFIED
    assert world.run(CONTRACTS) == []


def test_a_killed_move_leaves_no_copy_that_no_row_names(world: World):
    """What a killed run has put is taken back if the row was led elsewhere before the next run."""
    world.caspio.files |= {"/Inbox/x.txt": b"doc_type=contract", "/Inbox/theirs.txt": b"total=1"}
    world.caspio.row("Contracts", "1", Document="/Inbox/x.txt")

    def die(call: str) -> None:
        if call == "update":
            raise Killed

    world.caspio.before_call = die
    with pytest.raises(Killed):
        world.run(CONTRACTS)
    world.caspio.before_call = lambda _: None
    world.caspio.tables["Contracts"]["1"]["Document"] = "/Inbox/theirs.txt"
    world.clock.advance(3600)
    world.run(CONTRACTS)

    assert set(world.caspio.files) == {"/Inbox/x.txt", "/Inbox/theirs.txt"}
    assert world.caspio.tables["Contracts"]["1"]["Document"] == "/Inbox/theirs.txt"
    assert not world.ledger.effects.open()
