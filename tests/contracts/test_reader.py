from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipeline.errors import LedgerUnavailable
from pipeline.model import Findings, ReadStatus
from pipeline.ports import Reader
from pipeline.ports.reader import WhileRead
from processors.sandbox.reader import SandboxedReader
from tests.fakes.reader import FakeReader
from tests.unit.processors import documents


@dataclass(frozen=True)
class Case:
    """A reader, with a document that it reads and one that it cannot read."""

    reader: Reader
    good: bytes
    damaged: bytes

    def read(
        self,
        data: bytes,
        folder: Path,
        *,
        name: str = "upload",
        while_read: WhileRead = nullcontext,
        as_class: str = "",
    ) -> Findings:
        """Read bytes in a folder of their own."""
        folder.mkdir()
        (folder / "document").write_bytes(data)
        work_dir = folder / "work"
        work_dir.mkdir()
        return self.reader.read(
            folder / "document",
            name=name,
            work_dir=work_dir,
            while_read=while_read,
            as_class=as_class,
        )


@pytest.fixture(scope="module")
def sandboxed() -> Iterator[SandboxedReader]:
    """The real reader, with one reader process."""
    with SandboxedReader(workers=1) as reader:
        yield reader


@pytest.fixture(params=["fake", pytest.param("sandboxed", marks=pytest.mark.integration)])
def case(request: pytest.FixtureRequest) -> Case:
    """Each reader in turn."""
    if request.param == "fake":
        return Case(FakeReader(), b"doc_type=receipt\ntotal=12.50", b"!")
    reader = request.getfixturevalue("sandboxed")
    return Case(reader, b"Receipt\nTotal 12.50\nThank you", documents.pdf("Hello")[:40])


def test_a_document_has_text_and_values(case: Case, tmp_path: Path):
    """A document that can be read has a status, a type, its text and values with reasons."""
    findings = case.read(case.good, tmp_path / "one")

    assert findings.status is ReadStatus.OK
    assert findings.media_type == "text/plain"
    assert "12.50" in findings.text
    assert findings.fields["total"].value == "12.50"
    assert findings.fields["total"].reason


def test_a_document_has_the_class_that_a_user_says(case: Case, tmp_path: Path):
    """A class that is said is the document's, and its values are found; the next document has its own again."""
    said = case.read(case.good, tmp_path / "one", as_class="contract")
    next_one = case.read(case.good, tmp_path / "two")

    assert (said.doc_type.value, said.doc_type.confidence) == ("contract", 1.0)
    assert "12.50" in said.text
    assert next_one.doc_type.value != "contract"


@pytest.mark.parametrize("kind", ["damaged", "empty"])
def test_no_document_raises(kind: str, case: Case, tmp_path: Path):
    """What cannot be read has a status and a problem that names the file."""
    data = case.damaged if kind == "damaged" else b""

    findings = case.read(data, tmp_path / "one", name="scan 7.pdf")

    assert not findings.status.readable
    assert any("scan 7.pdf" in problem for problem in findings.problems)


@pytest.mark.parametrize("kind", ["good", "damaged", "empty"])
def test_every_reading_has_a_current_fingerprint(kind: str, case: Case, tmp_path: Path):
    """Read again, the document would be read alike, whether it could be read or not."""
    data = {"good": case.good, "damaged": case.damaged, "empty": b""}[kind]

    findings = case.read(data, tmp_path / "one")

    assert findings.fingerprint
    assert case.reader.is_current(findings.fingerprint)


@pytest.mark.parametrize("unknown", ["", "another", "pdf:0000000000000000"])
def test_an_unknown_fingerprint_is_not_current(unknown: str, case: Case):
    """A reading of another program or version is not current."""
    assert not case.reader.is_current(unknown)


def test_the_fingerprint_of_everything_stays(case: Case, tmp_path: Path):
    """Reading changes nothing about how documents are read."""
    before = case.reader.fingerprint()

    case.read(case.good, tmp_path / "one")

    assert case.reader.fingerprint() == before
    assert case.reader.is_current(before)


def test_derived_files_are_in_the_work_folder(case: Case, tmp_path: Path):
    """Every derived file is in the folder that was given, and the document is unchanged."""
    findings = case.read(case.good, tmp_path / "one")

    assert findings.derived
    for file in findings.derived.values():
        assert file.is_relative_to(tmp_path / "one" / "work")
        assert file.is_file()
    assert (tmp_path / "one" / "document").read_bytes() == case.good


def test_the_same_document_is_read_alike(case: Case, tmp_path: Path):
    """A reader keeps nothing from one document to the next."""
    first = case.read(case.good, tmp_path / "one")
    case.read(case.damaged, tmp_path / "between")
    second = case.read(case.good, tmp_path / "two")

    assert (first.fields, first.text, first.doc_type) == (
        second.fields,
        second.text,
        second.doc_type,
    )


def test_many_threads_may_read(case: Case, tmp_path: Path):
    """Threads that read at the same time get their own document's findings."""
    texts = [case.good.replace(b"12.50", f"{number}2.50".encode()) for number in range(1, 6)]

    with ThreadPoolExecutor(max_workers=3) as pool:
        found = list(
            pool.map(
                lambda pair: case.read(pair[1], tmp_path / str(pair[0])),
                enumerate(texts),
            )
        )

    totals = [findings.fields["total"].value for findings in found]
    assert totals == [f"{number}2.50" for number in range(1, 6)]


@pytest.mark.parametrize("kind", ["good", "damaged", "empty"])
def test_whoever_reads_says_from_when_to_when(kind: str, case: Case, tmp_path: Path):
    """The context is entered before a child has the document, and left whatever becomes of it."""
    data = {"good": case.good, "damaged": case.damaged, "empty": b""}[kind]
    seen: list[str] = []

    @contextmanager
    def noted() -> Iterator[None]:
        seen.append("entered" if not any((tmp_path / kind / "work").iterdir()) else "late")
        yield
        seen.append("left")

    case.read(data, tmp_path / kind, while_read=noted)

    assert seen == ["entered", "left"]


def test_a_reading_that_must_not_begin_does_not(case: Case, tmp_path: Path):
    """What the context refuses is raised, and the reader goes on to serve others."""

    @contextmanager
    def refused() -> Iterator[None]:
        raise LedgerUnavailable("the ledger is away")
        yield

    with pytest.raises(LedgerUnavailable):
        case.read(case.good, tmp_path / "one", while_read=refused)

    assert case.read(case.good, tmp_path / "two").status is ReadStatus.OK


@pytest.mark.integration
def test_what_was_made_before_changes_nothing(tmp_path: Path):
    """A reader finds the same without a cache, while it makes one, and with one."""
    text = b"Receipt\nThank you for your visit, and please come again\nTotal 12.50"
    cache = tmp_path / "cache"
    found: list[Findings] = []
    made: list[set[tuple[str, int]]] = []
    for number, folder in enumerate([None, cache, cache]):
        with SandboxedReader(workers=1, cache=folder) as reader:
            found.append(Case(reader, b"", b"").read(text, tmp_path / str(number)))
        files = cache.iterdir() if cache.exists() else ()
        made.append({(file.name, file.stat().st_mtime_ns) for file in files})

    assert found[0].fields["language"].value == "en"
    assert found[0].fields == found[1].fields == found[2].fields
    assert not made[0]
    assert made[1]
    assert made[1] == made[2]


class CountedTurns:
    """Turns that come at once, and are counted."""

    def __init__(self) -> None:
        self.begun = self.ended = 0
        self.closed = False

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Count a turn."""
        self.begun += 1
        try:
            yield
        finally:
            self.ended += 1

    def close(self) -> None:
        """Note it."""
        self.closed = True


@pytest.mark.integration
def test_a_document_is_read_in_its_turn(tmp_path: Path):
    """The child takes it after its turn has begun, and the turn ends with the reading; so do all turns."""
    turns = CountedTurns()
    seen: list[tuple[int, int]] = []

    @contextmanager
    def look() -> Iterator[None]:
        seen.append((turns.begun, turns.ended))
        yield

    with SandboxedReader(workers=1, turns=turns) as reader:
        Case(reader, b"", b"").read(b"Total 12.50", tmp_path / "one", while_read=look)

    assert seen == [(1, 0)]
    assert (turns.begun, turns.ended, turns.closed) == (1, 1, True)
