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
    sets: dict[str, Sequence[Drawn]] = {}
    if shutil.which("tesseract"):
        drawn = {
            RECEIPTS.key: documents.receipts(options.folder / "receipts", 3 * few + 1, seed=11),
            PAGES.key: documents.scanned_pages(options.folder / "pages", few + 1),
            REAL.key: _real(options.corpus) if options.corpus else [],
        }
        sets = {key: found for key, found in drawn.items() if found and options.wants(key)}
    books = [
        documents.born_digital(options.folder / f"{pages}.pdf", pages, seed=pages).path
        for pages in (2, 150 * few)
    ]
    for _ in range(options.runs):
        for key, pages in sets.items():
            yield _beside_tesseract(key, pages)
        if options.wants(BORN_DIGITAL.key):
            ours = read_apart("command", books).cpu_s
            bare = peers.pypdfium2_s(books[1:])
            count = 150 * few
            yield Pair(BORN_DIGITAL.key, ours / count * 1e3, bare / count * 1e3)


def _beside_tesseract(key: str, drawn: Sequence[Drawn]) -> Pair:
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


READING = Family("reading", (RECEIPTS, PAGES, REAL, BORN_DIGITAL), measured)
