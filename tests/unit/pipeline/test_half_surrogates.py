"""Half of a surrogate pair, which UTF-8 does not have, in a name or a value."""

import json

import pytest

from pipeline.model import Status
from tests.unit.pipeline.world import RECEIPTS, World, named, undo

NAMES = ["scan \ud83d.txt", "\udc00.txt", "\udfff\ud800\u00e9.txt"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("template", [None, "{{ doc_type }} {{ total }}"])
def test_a_file_with_such_a_name_is_processed_like_any_other(
    world: World, name: str, template: str | None
):
    """Its record is written, its manifest has the name unchanged, and undo puts the name back."""
    spec = named(RECEIPTS, template) if template else RECEIPTS
    world.receipt("1", "doc_type=receipt\ntotal=12.50", name=name, Note="typed \ud800")

    outcomes = world.run(spec)

    assert [(one.status, one.reason) for one in outcomes] == [(Status.DONE, "")]
    assert world.record("1")["Total"] == 12.5
    (manifest,) = [key for key in world.archive.objects if key.endswith("/manifest.json")]
    assert json.loads(world.archive.objects[manifest])["original_name"] == name
    assert world.run(spec) == []
    undo(world, spec, "run-1")
    assert world.caspio.attachments["Receipts", "Scan", "1"].name == name
