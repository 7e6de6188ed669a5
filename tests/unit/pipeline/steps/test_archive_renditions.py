import hashlib
import json
from dataclasses import replace
from pathlib import Path

from pipeline.model import Findings
from tests.fakes.reader import FakeReader
from tests.unit.pipeline.world import World

COPY = b"%PDF-1.7 searchable"


class RenderingReader(FakeReader):
    """Leaves a searchable copy beside the text and says why there is no thumbnail."""

    def findings(self, path: Path, *, name: str, work_dir: Path) -> Findings:
        """Read a file and leave the copy."""
        findings = super().findings(path, name=name, work_dir=work_dir)
        copy = work_dir / "searchable.pdf"
        copy.write_bytes(COPY)
        derived = {**findings.derived, copy.name: copy}
        return replace(findings, derived=derived, left_out={"thumbnail.webp": "it has no pages"})


def manifests(world: World) -> list[dict[str, object]]:
    """Return the manifests in the archive."""
    keys = sorted(key for key in world.archive.objects if key.endswith("/manifest.json"))
    return [json.loads(world.archive.objects[key]) for key in keys]


def test_the_manifest_lists_what_was_made_and_what_was_not(world: World):
    """Every derived file is in the manifest with size and digest; a missing one with the reason."""
    world.reader = RenderingReader()
    world.receipt("1", "doc_type=receipt")

    world.run()

    (manifest,) = manifests(world)
    renditions = manifest["renditions"]
    assert set(renditions) == {"text.txt", "searchable.pdf", "thumbnail.webp"}
    assert renditions["searchable.pdf"] == {
        "size_bytes": len(COPY),
        "sha256": hashlib.sha256(COPY).hexdigest(),
    }
    assert renditions["thumbnail.webp"] == {"left_out": "it has no pages"}


def test_a_duplicate_has_copies_of_every_rendition(world: World):
    """The same bytes in another record get all files, and a manifest that lists them alike."""
    world.reader = RenderingReader()
    world.receipt("1", "doc_type=receipt")
    world.receipt("2", "doc_type=receipt")

    world.run()

    copies = [
        data for key, data in world.archive.objects.items() if key.endswith("/searchable.pdf")
    ]
    assert copies == [COPY, COPY]
    first, second = manifests(world)
    assert first["renditions"] == second["renditions"]
