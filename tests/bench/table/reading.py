"""What reading costs, with its quality beside it: receipts, scanned pages and born-digital files."""

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.bench.read import Words, samples
from tests.bench.table import documents, peers
from tests.bench.table.documents import Drawn
from tests.bench.table.readings import read_apart
from tests.bench.table.rows import Family, Options, Pair, Row

_TESSERACT = "`tesseract` with one thread"
RECEIPTS = Row(
    key="reading.receipts",
    title="photographed receipts, drawn here",
    peer=_TESSERACT,
    unit="CPU s a page",
    about="OCR alone, with the models loaded. The note has the F1 of words, ignoring their order: "
    "the command is quick with photographs because it leaves out much of them.",
)
PAGES = Row(
    key="reading.pages",
    title="scanned pages, drawn here",
    peer=_TESSERACT,
    unit="CPU s a page",
    most_ratio=0.75,
    about="Dense typed text of A4 at 150 dots per inch, scanned a little crooked.",
)
REAL = Row(
    key="reading.real",
    title="receipts and pages of real users",
    peer=_TESSERACT,
    unit="CPU s a page",
    most_ratio=0.75,
    quick=False,
    about="A sample of public collections, where they are beside the project (`--corpus FOLDER`).",
)
SEARCHABLE = Row(
    key="reading.searchable",
    title="a scanned page, read and made a searchable PDF",
    peer="OCRmyPDF with one job",
    unit="CPU s a page",
    about="All that is archived of a page, in a reader process that has its models; OCRmyPDF starts "
    "for each page, as a command does.",
)
BORN_DIGITAL = Row(
    key="reading.born-digital",
    title="PDF files with a text layer, through the whole of `read`",
    peer="pypdfium2, the text alone",
    unit="CPU ms a page",
    limit=1000 / 300,
    about="Text, layout, class and values of a file with many pages, in a reader process.",
)


def measured(options: Options) -> Iterator[Pair]:
    """Yield each row once in each run, ours and the peer in turns."""
    few = 1 if options.quick else 2
    scanned = documents.scanned_pages(options.folder / "pages", few + 1)
    sets = _beside_tesseract(options, scanned, few)
    books = [
        documents.born_digital(options.folder / f"{pages}.pdf", pages, seed=pages).path
        for pages in (2, 150 * few)
    ]
    for _ in range(options.runs):
        for key, pages in sets.items():
            yield _recognized(key, pages)
        if options.wants(SEARCHABLE.key) and shutil.which("ocrmypdf"):
            scans = [page.path for page in scanned]
            ours, peer = read_apart("warm", scans).cpu_s, peers.ocrmypdf_s(scans[1:])
            yield Pair(SEARCHABLE.key, ours / few, peer / few)
        if options.wants(BORN_DIGITAL.key):
            ours, peer = read_apart("command", books).cpu_s, peers.pypdfium2_s(books[1:])
            each = 1e3 / (150 * few)
            yield Pair(BORN_DIGITAL.key, ours * each, peer * each)


def _beside_tesseract(
    options: Options, scanned: Sequence[Drawn], few: int
) -> dict[str, Sequence[Drawn]]:
    """Return the pictures of each row that was asked for, none without the command."""
    if not shutil.which("tesseract"):
        return {}
    drawn: dict[str, Sequence[Drawn]] = {
        RECEIPTS.key: documents.receipts(options.folder / "receipts", 3 * few + 1, seed=11),
        PAGES.key: scanned,
        REAL.key: _real(options.corpus) if options.corpus else (),
    }
    return {key: found for key, found in drawn.items() if found and options.wants(key)}


def _recognized(key: str, drawn: Sequence[Drawn]) -> Pair:
    """Read all but the first page, which only warms up."""
    pages = drawn[1:]
    ours = read_apart("recognize", [page.path for page in drawn])
    peer = peers.tesseract_s(page.path for page in pages)
    note = f"F1 {_f1(pages, ours.texts):.3f} beside {_f1(pages, peer.texts):.3f}"
    return Pair(key, ours.cpu_s / len(pages), peer.cpu_s / len(pages), note)


def _f1(pages: Sequence[Drawn], texts: Sequence[str]) -> float:
    words = Words()
    for page, text in zip(pages, texts, strict=True):
        words.add(page.text, text)
    return words.scores()[2]


def _real(folder: Path) -> list[Drawn]:
    """Return every twelfth receipt and every third page."""
    found = list(samples(folder, 1))
    receipts = [one for one in found if one.kind == "receipt"][::12]
    pages = [one for one in found if one.kind == "ocr_page" and one.path.suffix != ".tif"][::3]
    return [Drawn(one.path, one.reference) for one in (*receipts[:1], *receipts, *pages)]


READING = Family("reading", (RECEIPTS, PAGES, REAL, SEARCHABLE, BORN_DIGITAL), measured)
