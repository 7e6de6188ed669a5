import hashlib
import json
from dataclasses import replace
from pathlib import Path

from pipeline.model import Child, Findings
from tests.fakes.reader import FakeReader
from tests.unit.pipeline.world import RECEIPTS, World

BILL = b"total=12.50"


class NestingReader(FakeReader):
    """Reads every document as one with a bill, which holds the bill's note."""

    def findings(self, path: Path, *, name: str, work_dir: Path) -> Findings:
        """Read a file and what is in it."""
        outer = super().findings(path, name=name, work_dir=work_dir)
        bill = self._child("../bill.txt", BILL, work_dir / "children" / "001")
        note = self._child(
            "note.txt", b"doc_type=letter", work_dir / "children" / "001" / "children" / "001"
        )
        bill = replace(bill, findings=replace(bill.findings, children=(note,)))
        return replace(outer, children=(bill,))

    def _child(self, name: str, data: bytes, folder: Path) -> Child:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "original"
        path.write_bytes(data)
        findings = super().findings(path, name=name, work_dir=folder)
        return Child(name, findings, hashlib.sha256(data).hexdigest(), len(data), path)


def nesting(world: World) -> World:
    """Let a world's documents have children."""
    world.reader = NestingReader()
    return world


def test_children_are_originals_with_folders_of_their_own(world: World):
    """A file inside a document is archived as an original, what was derived from it below the document's folder."""
    nesting(world).receipt("1", "doc_type=receipt")

    world.run()

    digest = hashlib.sha256(BILL).hexdigest()
    assert world.archive.objects[f"originals/sha256/{digest[:2]}/{digest[2:4]}/{digest}"] == BILL
    ends = {
        key.partition("/Scan/")[2].partition("/")[2]
        for key in world.archive.objects
        if "/Scan/" in key
    }
    assert ends == {
        "text.txt",
        "manifest.json",
        "children/001/text.txt",
        "children/001/children/001/text.txt",
    }


def test_the_manifest_names_the_children(world: World):
    """A document's manifest says of each child what it is, where its bytes and its folder are, and what was found."""
    nesting(world).receipt("1", "doc_type=receipt")

    world.run()

    (key,) = [key for key in world.archive.objects if key.endswith("manifest.json")]
    (child,) = json.loads(world.archive.objects[key])["findings"]["children"]
    assert (child["name"], child["size_bytes"], child["folder"]) == (
        "../bill.txt",
        len(BILL),
        "children/001",
    )
    assert child["original"] in world.archive.objects
    assert child["findings"]["fields"]["total"]["value"] == "12.50"
    assert child["findings"]["children"][0]["name"] == "note.txt"


def test_a_duplicate_has_its_childrens_folders_too(world: World):
    """The same bytes in another record get a complete folder without being read again."""
    nesting(world).receipt("1", "doc_type=receipt")
    world.receipt("2", "doc_type=receipt")

    world.run()

    folders = [
        key for key in world.archive.objects if key.endswith("children/001/children/001/text.txt")
    ]
    assert len(folders) == 2
    assert world.reader.reads == 1


def test_the_record_learns_the_pages_of_all(world: World):
    """Pages are counted over a document and everything in it."""
    nesting(world).receipt("1", "doc_type=receipt")

    (outcome,) = world.run()

    assert outcome.pages == 3


class DividingReader(NestingReader):
    """Reads every document as one with a bill inside, and with pages that are documents."""

    documents = 0

    def findings(self, path: Path, *, name: str, work_dir: Path) -> Findings:
        """Read a file, what is in it, and the documents that its pages are."""
        outer = super().findings(path, name=name, work_dir=work_dir)
        pages = [
            self._child("page", b"total=1", work_dir / "children" / f"pages-{number:03d}")
            for number in range(1, self.documents + 1)
        ]
        divided = [replace(child, sha256=None, path=None, page_range=(1, 1)) for child in pages]
        return replace(outer, children=(*divided, *outer.children))


def test_files_keep_their_folders_however_many_documents_are_found(world: World):
    """Folders that only an earlier reading had are neither listed nor copied."""
    world.reader = reader = DividingReader()
    world.receipt("1", "doc_type=receipt")
    world.run()
    listed = []
    for number, reuse in ((0, False), (2, False), (1, False), (1, True)):
        reader.documents, reader.version = number, str(number)
        run = world.source_run(RECEIPTS, reread=True, reuse_readings=reuse)
        for page in run.ports.source.pages(run.spec):
            world.process(page, run)
        (key,) = [key for key in world.archive.objects if key.endswith("manifest.json")]
        listed.append(json.loads(world.archive.objects[key])["derived"])
    world.receipt("2", "doc_type=receipt")
    world.run()

    files = ["children/001/children/001/text.txt", "children/001/text.txt"]
    pages = ["children/pages-001/text.txt", "children/pages-002/text.txt"]
    assert listed == [[*files, *pages[:number], "text.txt"] for number in (0, 2, 1, 1)]
    assert sum(key.endswith(pages[1]) for key in world.archive.objects) == 1
