"""One page of a document as it is shown: its picture or its text, with the places of fields."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from flows.web.site import Site
from pipeline.archive_layout import document_prefix
from pipeline.errors import FileGone
from pipeline.model import Finding, Findings, PageText, Suggestion
from pipeline.model.review import Review, ReviewItem
from pipeline.ports import FileState

MOST_MARKS = 30
"""Places shown on a page: hundreds of them would freeze a browser, and nobody could read it."""

MOST_CHARS = 20_000
MOST_ZOOM = 4
_TURNS = {"1": 1, "2": 2, "3": 3}
_MOST_DIGITS = 5

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Leaf:
    """A file of the record, with what was read in it; `prefix` is where its derived files are."""

    state: FileState
    findings: Findings | None
    prefix: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A place on the page: its number, what it is, and its box in points."""

    number: int
    label: str
    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class PageView:
    """What is shown of a record's files: one page of one file.

    `pages` counts the file's pages, `picture` is the address of the page's picture, "" where it has
    none. `turn` is by how many quarters it is shown turned, clockwise. `marks` has the number of
    each column's place on this page.
    """

    files: tuple[FileState, ...]
    file: int
    leaf: Leaf | None
    page: int
    pages: int
    zoom: int
    turn: int
    picture: str
    size: PageText | None
    text: str
    places: tuple[Mark, ...]
    marks: Mapping[str, int]

    @property
    def canvas(self) -> tuple[float, float, str]:
        """Return width and height of the page as it is shown, and how SVG turns it to that."""
        width, height = 1.0, 1.0
        if self.size is not None:
            width, height = self.size.width_pt or 1.0, self.size.height_pt or 1.0
        match self.turn:
            case 1:
                return height, width, f"translate({height} 0) rotate(90)"
            case 2:
                return width, height, f"translate({width} {height}) rotate(180)"
            case 3:
                return height, width, f"translate(0 {width}) rotate(270)"
            case _:
                return width, height, "rotate(0)"


def page_view(
    site: Site,
    review: Review,
    asked: Mapping[str, str],
    *,
    marked: Mapping[str, str],
    items: Sequence[ReviewItem] = (),
) -> PageView:
    """Return the page that is asked for: `file`, `page` and `zoom` from 1 on, `turn` from 0 on.

    Whatever is asked for, a page that exists is shown. `marked` has the finding of each column; a
    suggestion that has a place of its own is marked there.
    """
    files = tuple(files_of(site, review))
    file = _within(asked.get("file"), len(files))
    leaf = leaf_of(site, files[file - 1]) if files else None
    pages = leaf.findings.pages if leaf is not None and leaf.findings is not None else ()
    number = _within(asked.get("page"), len(pages))
    size = pages[number - 1] if pages else None
    places: list[Mark] = []
    marks: dict[str, int] = {}
    if leaf is not None and leaf.findings is not None:
        places, marks = places_of(leaf.findings, number, marked, items)
    picture = ""
    if leaf is not None and leaf.findings is not None and size is not None and size.width_pt:
        picture = f"/review/{review.id}/{file}/{number}.webp"
    return PageView(
        files,
        file,
        leaf,
        number,
        len(pages),
        _within(asked.get("zoom"), MOST_ZOOM),
        _TURNS.get(asked.get("turn", ""), 0),
        picture,
        size,
        text_of(site, leaf, number),
        tuple(places),
        marks,
    )


def files_of(site: Site, review: Review) -> list[FileState]:
    """Return the files of a review's record as they were listed last."""
    return [
        state
        for state in site.ledger.files.states(source=review.source, pk=review.record.pk)
        if state.ref.record == review.record
    ]


def leaf_of(site: Site, state: FileState) -> Leaf:
    """Return a file with what was read in it."""
    reading = None
    if state.sha256 is not None:
        reading = site.ledger.files.reading(state.sha256, state.fingerprint or "")
    if reading is None:
        return Leaf(state, None, document_prefix(state.ref))
    return Leaf(state, reading[0], reading[1])


def text_of(site: Site, leaf: Leaf | None, number: int) -> str:
    """Return the text of a page from the archive, "" without one."""
    if leaf is None:
        return ""
    with tempfile.TemporaryDirectory(prefix="caspio-ingest-") as folder:
        target = Path(folder) / "text.txt"
        try:
            site.archive.get(f"{leaf.prefix}/text.txt", target)
        except FileGone:
            return ""
        # Pages are separated by form feeds; the text of files inside follows the last one.
        texts = target.read_text(encoding="utf-8", errors="replace").split("\f")
    return texts[number - 1][:MOST_CHARS] if number <= len(texts) else ""


def places_of(
    findings: Findings, page: int, marked: Mapping[str, str], items: Sequence[ReviewItem] = ()
) -> tuple[list[Mark], dict[str, int]]:
    """Return the places of these findings and suggestions on a page, numbered from the top."""
    found = _printed_on(page, findings, marked, items)
    # Amount and currency are often in one place: one mark for both, or its numbers would overlap.
    columns_at: dict[Box, list[str]] = {}
    for column, one in found:
        if one.box is not None:
            columns_at.setdefault(one.box, []).append(column)
    from_top = sorted(columns_at, key=lambda box: (box[1], box[0]))[:MOST_MARKS]
    places = []
    marks: dict[str, int] = {}
    for number, box in enumerate(from_top, start=1):
        left, top, right, bottom = box
        label = ", ".join(columns_at[box])
        places.append(Mark(number, label, left, top, right - left, bottom - top))
        marks |= dict.fromkeys(columns_at[box], number)
    return places, marks


def _printed_on(
    page: int, findings: Findings, marked: Mapping[str, str], items: Sequence[ReviewItem]
) -> list[tuple[str, Finding | Suggestion]]:
    """Return what is printed on a page, by column."""
    named = {"doc_type": findings.doc_type, **findings.fields}
    # What was learned has a place of its own, which need not be that of the finding.
    found: dict[str, Finding | Suggestion] = {
        column: named[name] for column, name in marked.items() if name in named
    }
    found |= {one.suggestion.column: one.suggestion for one in items if one.suggestion.box}
    # A file inside has pages of its own.
    return [
        (column, one)
        for column, one in found.items()
        if one.page == page and not (isinstance(one, Finding) and one.child)
    ]


def _within(text: str | None, most: int) -> int:
    """Return a number from 1 to `most` that a text says, 1 for anything else."""
    number = int(text) if text is not None and text.isdecimal() and len(text) <= _MOST_DIGITS else 1
    return number if 1 <= number <= most else 1
