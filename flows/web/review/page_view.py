"""One page of a document as it is shown: its picture or its text, with the places of fields."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from flows.web.review.printed_place import with_places
from flows.web.review.words import Box, PageWord, words_of
from flows.web.site import Site
from pipeline.archive_layout import document_prefix
from pipeline.errors import FileGone
from pipeline.model import Finding, Findings, PageText, Suggestion
from pipeline.model.review import Review, ReviewItem, ReviewState
from pipeline.ports import FileState
from pipeline.ports.ledger import latest_reading

MOST_MARKS = 30
"""Places shown on a page: hundreds of them would freeze a browser, and nobody could read it."""

# Nobody reads more of a page beside its picture.
MOST_CHARS = 20_000
MOST_ZOOM = 4
# In quarters of a turn.
_TURNS = {"1": 1, "2": 2, "3": 3}
# Digits of a page number. A longer text is not one, and is slow to convert.
_MOST_DIGITS = 5
_MARGIN_PT = 2.0  # of a mark around its words
_DIGIT_PT, _NUMBER_PT = (
    6.0,
    9.0,
)  # width of a digit and height of a number, as the stylesheet has them
_MOST_AVOIDED = 3_000  # words of a page that numbers keep clear of: more would take too long


@dataclass(frozen=True, slots=True)
class Leaf:
    """A file of the record, with what was read in it; `prefix` is where its derived files are."""

    state: FileState
    findings: Findings | None
    prefix: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A place on the page: its number, what it is, and its box in points.

    `at` is where the number is written, from its left end and its base line. `is_open` says that a
    value there waits for a decision.
    """

    number: int
    label: str
    left: float
    top: float
    width: float
    height: float
    at: tuple[float, float] = (0.0, 0.0)
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class PageView:
    """What is shown of a record's files: one page of one file.

    `pages` counts the file's pages, `picture` is the address of the page's picture, "" where it has
    none. `turn` is by how many quarters it is shown turned, clockwise. `marks` has the number of
    each column's place on this page, `words` what is printed there.
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
    words: Sequence[PageWord]

    @property
    def canvas(self) -> tuple[float, float, str]:
        """Return width and height of the page as it is shown, and how SVG turns it to that."""
        return canvas_of(self.size, self.turn)


def canvas_of(size: PageText | None, turn: int) -> tuple[float, float, str]:
    """Return width and height of a page as it is shown turned, and how SVG turns it to that."""
    width, height = 1.0, 1.0
    if size is not None:
        width, height = size.width_pt or 1.0, size.height_pt or 1.0
    match turn:
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
    printed: Sequence[PageWord] = ()
    if leaf is not None and leaf.findings is not None:
        printed = words_of(site.archive, leaf.prefix, number)
        findings = with_places(leaf.findings, number, printed)
        leaf = replace(leaf, findings=findings)
        places, marks = places_of(findings, number, marked, items, printed)
    return PageView(
        files,
        file,
        leaf,
        number,
        len(pages),
        _within(asked.get("zoom"), MOST_ZOOM),
        _TURNS.get(asked.get("turn", ""), 0),
        picture_of(review, leaf, file, number),
        size,
        text_of(site, leaf, number),
        tuple(places),
        marks,
        printed,
    )


def picture_of(review: Review, leaf: Leaf | None, file: int, number: int) -> str:
    """Return the address of the picture of a page, "" where it has none."""
    pages = leaf.findings.pages if leaf is not None and leaf.findings is not None else ()
    has_size = 1 <= number <= len(pages) and pages[number - 1].width_pt
    return f"/review/{review.id}/{file}/{number}.webp" if has_size else ""


def files_of(site: Site, review: Review) -> list[FileState]:
    """Return the files of a review's record as they were listed last."""
    return [
        state
        for state in site.ledger.files.states(source=review.source, pk=review.record.pk)
        if state.ref.record == review.record
    ]


def leaf_of(site: Site, state: FileState) -> Leaf:
    """Return a file with what was read in it."""
    reading = latest_reading(site.ledger.files, state)
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
    findings: Findings,
    page: int,
    marked: Mapping[str, str],
    items: Sequence[ReviewItem] = (),
    words: Sequence[PageWord] = (),
) -> tuple[list[Mark], dict[str, int]]:
    """Return the places of these findings and suggestions on a page, numbered from the top.

    The numbers are written where none of `words`, those of the page, is printed, if there is room.
    """
    found = _printed_on(page, findings, marked, items)
    # Amount and currency are often in one place: one mark for both, or its numbers would overlap.
    columns_at: dict[Box, list[str]] = {}
    for column, one in found:
        if one.box is not None:
            columns_at.setdefault(one.box, []).append(column)
    from_top = sorted(columns_at, key=lambda box: (box[1], box[0]))[:MOST_MARKS]
    waiting = {item.suggestion.column for item in items if item.state is ReviewState.OPEN}
    places = []
    marks: dict[str, int] = {}
    taken = [*from_top, *(word.box for word in words[:_MOST_AVOIDED])]
    for number, box in enumerate(from_top, start=1):
        left, top, right, bottom = box
        columns = columns_at[box]
        free = _free_place(box, len(str(number)) * _DIGIT_PT, taken)
        taken.append(free)
        is_open = not waiting.isdisjoint(columns)
        mark = Mark(number, ", ".join(columns), left, top, right - left, bottom - top)
        places.append(replace(mark, at=(free[0], free[3] - 1), is_open=is_open))
        marks |= dict.fromkeys(columns, number)
    return places, marks


def _free_place(box: Box, width: float, taken: Sequence[Box]) -> Box:
    """Return where a number so wide is written beside a box: where nothing is, or above it."""
    left, top, right, bottom = box
    gap = 2 * _MARGIN_PT
    middle, above = (top + bottom - _NUMBER_PT) / 2, top - gap - _NUMBER_PT
    corners = (
        (left - gap - width, middle),
        (right + gap, middle),
        (left, above),
        (right - width, above),
        (left, bottom + gap),
    )
    places = [(x, y, x + width, y + _NUMBER_PT) for x, y in corners]
    near = [one for one in taken if one[1] < places[-1][3] and one[3] > above]
    for place in places:
        is_free = not any(_overlap(place, one) for one in near)
        if is_free and place[0] >= 0 and place[1] >= 0:
            return place
    return places[2]


def _overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


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
    is_number = text is not None and text.isascii() and text.isdecimal()
    number = int(text) if text and is_number and len(text) <= _MOST_DIGITS else 1
    return number if 1 <= number <= most else 1
