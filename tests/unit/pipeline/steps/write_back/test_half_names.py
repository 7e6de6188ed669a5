"""Names that lost their extension half-way, and files of users that look like one."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from pipeline.model import Effect, EffectState, RecordRef, Value
from pipeline.ports.target import Updated
from pipeline.source_run.recovery import recover_all
from pipeline.steps.write_back.effect_calls import has_name
from tests.unit.pipeline.world import RECEIPTS, World, named

GOOD = b"doc_type=receipt\ntotal=12.50"
NAMED = named(RECEIPTS, "{{ doc_type }}")


def recovered(
    world: World, monkeypatch: pytest.MonkeyPatch, *, state: EffectState, data: bytes
) -> tuple[Effect, list[Mapping[str, Value]]]:
    """Leave a rename open over a half name; return what became of it, and the guards of renames."""
    world.receipt("1", GOOD.decode())
    world.run(NAMED)
    rename = world.ledger.effects.find()[-1]
    world.ledger.effects.settle(rename, state)
    attachment = world.caspio.attachments["Receipts", "Scan", "1"]
    attachment.name, attachment.data = "receipt", data
    guards: list[Mapping[str, Value]] = []

    def rename_attachment(_record: RecordRef, _field: str, **sent: Any) -> Updated:
        guards.append(sent["guard"])
        return Updated(1, None)

    monkeypatch.setattr(world.caspio, "rename_attachment", rename_attachment)
    recover_all(world.source_run(NAMED))
    return next(one for one in world.ledger.effects.find() if one.id == rename.id), guards


def test_a_half_name_is_given_whole_under_a_guard(world: World, monkeypatch: pytest.MonkeyPatch):
    """The guard is what the record has in the columns of the source."""
    effect, guards = recovered(world, monkeypatch, state=EffectState.INTENT, data=GOOD)

    assert guards == [{"DocType": "receipt", "Total": 12.5}]
    assert effect.state is EffectState.VERIFIED


@pytest.mark.parametrize(
    ("state", "data", "settled"),
    [
        (EffectState.INTENT, b"quite another file", EffectState.ABANDONED),
        (EffectState.APPLIED, GOOD, EffectState.VERIFIED),
    ],
    ids=["of another size", "after the answer"],
)
def test_a_file_of_a_user_that_looks_like_one_stays(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    state: EffectState,
    data: bytes,
    settled: EffectState,
):
    """Other bytes, or a name that comes after a rename was answered whole, are not ours."""
    effect, guards = recovered(world, monkeypatch, state=state, data=data)

    assert guards == []
    assert effect.state is settled


def test_a_name_that_is_an_extension_alone_has_no_half(world: World):
    """Such a rename may be open in a ledger: Caspio can finish it with no call, so it is settled."""
    world.receipt("1", GOOD.decode())
    world.run(NAMED)
    rename = world.ledger.effects.find()[-1]
    world.caspio.attachments["Receipts", "Scan", "1"].name = ".txt.txt"

    found = has_name(replace(rename, after={"name": ".txt"}), world.caspio)

    assert (found.met, found.is_half_done) == (1, False)


@pytest.mark.parametrize(
    ("data", "kept"),
    [(GOOD, "Mine.txt"), (b"doc_type=letter\ntotal=3", "letter.txt")],
    ids=["the same file", "another file"],
)
def test_a_name_of_a_user_before_the_next_listing_stays(world: World, data: bytes, kept: str):
    """An answered rename is known even if no listing ever shows it; another file has no name yet."""
    world.receipt("1", GOOD.decode())
    world.run(NAMED)
    attachment = world.caspio.attachments["Receipts", "Scan", "1"]
    assert attachment.name == "receipt.txt"
    (rename,) = [one for one in world.ledger.effects.find() if "name" in one.after]
    world.ledger.effects.settle(rename, EffectState.APPLIED)
    attachment.name, attachment.data, attachment.date = "Mine.txt", data, "2026-03-14T10:30:00"

    world.run(NAMED)
    world.run(NAMED)

    assert attachment.name == kept
    assert world.ledger.effects.open() == []
