"""The promises of `processors.contract.Processor`, checked for every registered processor."""

import dataclasses
from contextlib import suppress
from pathlib import Path

import pytest

from pipeline.model import ReadStatus
from processors.contract import Context, Page, Reading, ReadSettings, Unreadable
from processors.ocr.engines import SingleEngineReader
from processors.registry import BUILT_IN, Entry
from tests.unit.processors import documents

MAIL = b"From: a@example.com\r\nTo: b@example.com\r\nSubject: Bill\r\n\r\nHello"
SAMPLES = {
    "pdf": documents.pdf("Hello"),
    "image": documents.saved(documents.page_image("Hello"), "PNG"),
    "docx": documents.docx("Hello"),
    "sheet": documents.xlsx({"One": [["Hello"]]}),
    "pptx": documents.pptx(["Hello"]),
    "odf": documents.odf("text", "<text:p>Hello</text:p>"),
    "rtf": documents.rtf("Hello"),
    "mail": MAIL,
    "msg": None,  # no library writes these: `tests/unit/processors/formats` has what can be tested
    "tnef": documents.tnef((0x0002800C, b"Hello")),
    "signed": documents.signed(b"Hello"),
    "archive": documents.package({"hello.txt": b"Hello"}),
    "html": b"<!DOCTYPE html><p>Hello</p>",
    "xml": b'<?xml version="1.0"?><a>Hello</a>',
    "text": b"Hello",
}
NOISE = {
    "nothing": b"",
    "zeros": bytes(512),
    "noise": bytes(range(256)) * 8,
    "letters": b"no such format " * 20,
}

every_processor = pytest.mark.parametrize("entry", BUILT_IN, ids=lambda entry: entry.name)


@dataclasses.dataclass
class Bench:
    """A folder in which a processor works, and a context that keeps pages as they are."""

    folder: Path

    def read(self, entry: Entry, data: bytes, work: str = "work") -> Reading:
        """Process bytes; iterate over the files inside, as the caller of a processor does."""
        path = self.folder / "document"
        path.write_bytes(data)
        work_dir = self.folder / work
        work_dir.mkdir()
        engine = documents.ScriptedEngine(documents.says("picture"))
        context = Context(
            settings=ReadSettings(renditions=("text",)),
            engine=lambda: SingleEngineReader(engine, reason="the test says so"),
            cpu_used_s=lambda: 0.0,
        )
        reading = entry.load().process(path, work_dir, context)
        files = [(file.name, b"".join(file.chunks())) for file in reading.children]
        return dataclasses.replace(reading, children=files)  # type: ignore[arg-type]

    def attempt(self, entry: Entry, data: bytes) -> Reading | Unreadable:
        """Process bytes; return the reading or the refusal."""
        try:
            return self.read(entry, data)
        except Unreadable as refused:
            return refused


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """A fresh folder."""
    return Bench(tmp_path)


def sample_of(entry: Entry) -> bytes:
    """Return a document for a processor; a new processor needs one."""
    sample = SAMPLES[entry.name]
    if sample is None:
        pytest.skip("no library writes such files")
    return sample


@every_processor
def test_names_are_those_of_the_registry(entry: Entry):
    """A processor has the name under which it is registered, which no other one has."""
    assert entry.load().name == entry.name
    assert [other.name for other in BUILT_IN].count(entry.name) == 1


@every_processor
def test_a_processor_accepts_what_it_is_registered_for(entry: Entry):
    """It accepts its media types, and declines any other with a reason."""
    processor = entry.load()

    assert [processor.accepts(each) for each in entry.media_types] == [None] * len(
        entry.media_types
    )
    assert processor.accepts("application/x-nothing")


@every_processor
def test_a_sample_is_read(entry: Entry, bench: Bench):
    """Its text is on pages that are numbered from 1, or in the files inside it."""
    reading = bench.read(entry, sample_of(entry))

    pages: tuple[Page, ...] = reading.pages
    texts = [page.text.text for page in pages] + [str(file) for file in reading.children]
    assert [page.text.number for page in pages] == list(range(1, len(pages) + 1))
    assert any("Hello" in text or "picture" in text for text in texts)
    assert reading.problems == ()


@every_processor
def test_only_the_work_folder_is_written(entry: Entry, bench: Bench):
    """The document stays as it is, and nothing is left next to the work folder."""
    sample = sample_of(entry)

    bench.read(entry, sample)

    assert (bench.folder / "document").read_bytes() == sample
    assert {path.name for path in bench.folder.iterdir()} == {"document", "work"}


@every_processor
def test_nothing_is_kept_between_documents(entry: Entry, bench: Bench):
    """Reading the same document again, after another one, gives the same."""
    sample = sample_of(entry)

    first = bench.read(entry, sample, "first")
    with suppress(Unreadable):
        bench.read(entry, NOISE["noise"], "between")
    second = bench.read(entry, sample, "second")

    assert (first.pages, first.metadata, list(first.children)) == (
        second.pages,
        second.metadata,
        list(second.children),
    )


@every_processor
@pytest.mark.parametrize("noise", NOISE)
def test_what_cannot_be_read_is_unreadable(entry: Entry, noise: str, bench: Bench):
    """Any bytes are read, or refused with a status and a sentence; nothing else is raised."""
    outcome = bench.attempt(entry, NOISE[noise])

    assert isinstance(outcome, Reading) or (str(outcome) and outcome.status is not ReadStatus.OK)


@every_processor
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_document_that_is_cut_short_is_read_or_refused(entry: Entry, share: float, bench: Bench):
    """Of an upload that broke off, what there is is read, or it is refused with a sentence."""
    sample = sample_of(entry)

    outcome = bench.attempt(entry, sample[: int(len(sample) * share)])

    assert isinstance(outcome, Reading) or str(outcome)
