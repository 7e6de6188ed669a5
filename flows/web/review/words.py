"""The words of a page with their places: what is under the mouse, and other values of the page."""

import json
import re
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from math import hypot
from pathlib import Path
from typing import Any

from pipeline.decide.column_values import TEXT_TYPES, WRITABLE_TYPES, UnfitText, convert
from pipeline.decide.printed_values import normalized, two_dates, two_numbers
from pipeline.errors import FileGone
from pipeline.model import Candidate, Column, Value
from pipeline.ports import Archive

Box = tuple[float, float, float, float]

# A page of small print has some two thousand.
MOST_WORDS = 20_000
# What the longest text column of Caspio holds.
MOST_PICKED_CHARS = 64_000
MOST_OTHERS = 6
"""Other values of a page that are offered for a column: more would have to be read, not seen."""

_MOST_LINE_BYTES = 8 * 2**20  # of pages.json, which has one page a line
_NEAR_PT = 6.0  # a click beside a word means that word
_CLICK_PT = 3.0  # whoever clicks moves the mouse so far at most
_MOST_TOGETHER = 3  # words of a date: "31 March 2026"
# Both separators are the same: "3/4/2025", and not "3/4-2025".
_NUMERIC_DATE = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2\d{4}", re.ASCII)
_MOST_DAY, _MOST_MONTH = 31, 12
_MOST_LINE_CHARS = 80  # a longer line is a sentence, and no value


@dataclass(frozen=True, slots=True)
class PageWord:
    """A word of a page, the number of its line, and its box in points."""

    text: str
    line: int
    box: Box

    def distance(self, x: float, y: float) -> float:
        """Return how far a point is from the box, 0 inside."""
        left, top, right, bottom = self.box
        return hypot(max(left - x, 0.0, x - right), max(top - y, 0.0, y - bottom))

    def is_inside(self, box: Box) -> bool:
        """Say whether the middle of the word is in a box."""
        x, y = (self.box[0] + self.box[2]) / 2, (self.box[1] + self.box[3]) / 2
        return box[0] <= x <= box[2] and box[1] <= y <= box[3]


def words_of(archive: Archive, prefix: str, number: int) -> list[PageWord]:
    """Return the words of a page in reading order, from pages.json; none where there is no such."""
    return words_of_pages(archive, prefix, {number})[number]


def words_of_pages(
    archive: Archive, prefix: str, numbers: Collection[int]
) -> dict[int, list[PageWord]]:
    """Return the words of pages by their numbers; their file is fetched once.

    Of a long document it has tens of megabytes, and an archive may be far away.
    """
    found: dict[int, list[PageWord]] = {number: [] for number in numbers}
    with tempfile.TemporaryDirectory(prefix="caspio-ingest-") as folder:
        path = Path(folder) / "pages.json"
        try:
            archive.get(f"{prefix}/pages.json", path)
        except FileGone:
            return found
        with path.open("rb") as lines:
            # The first line is the head of the file; every page is one line.
            for number, line in enumerate(islice(lines, max(numbers, default=-1) + 1)):
                if number in found:
                    found[number] = _words_of_line(line.strip().rstrip(b","))
    return found


def _words_of_line(line: bytes) -> list[PageWord]:
    if not line.startswith(b'{"number"') or len(line) > _MOST_LINE_BYTES:
        return []
    try:
        return list(islice(_words(json.loads(line)), MOST_WORDS))
    except (KeyError, TypeError, ValueError):
        return []  # written by a reader process, which a document may have taken over


def _words(page: Mapping[str, Any]) -> Iterator[PageWord]:
    for number, line in enumerate(page["lines"]):
        # A line of plain text may have no places of its words.
        parts = line["words"] or ([line] if line["box"] else [])
        for part in parts:
            left, top, right, bottom = map(float, part["box"])
            yield PageWord(str(part["text"]), number, (left, top, right, bottom))


def picked(words: Sequence[PageWord], box: Box) -> str:
    """Return the text in a box that was drawn, or the word that was clicked; "" where none is."""
    left, right = sorted((box[0], box[2]))
    top, bottom = sorted((box[1], box[3]))
    if right - left <= _CLICK_PT and bottom - top <= _CLICK_PT:
        near = min(words, key=lambda word: word.distance(left, top), default=None)
        is_hit = near is not None and near.distance(left, top) <= _NEAR_PT
        return near.text if near is not None and is_hit else ""
    inside = [word.text for word in words if word.is_inside((left, top, right, bottom))]
    return " ".join(inside)[:MOST_PICKED_CHARS]


def as_typed(text: str, column_type: str) -> tuple[str, str]:
    """Return a printed text as it is typed into a column, and "" or why it does not fit in it."""
    if column_type not in WRITABLE_TYPES:
        return text, ""
    try:
        text = normalized(text, column_type)
        convert(text, Column("", column_type, editable=True))
    except UnfitText as error:
        return text, f"{error}."
    return text, ""


def meant_values(text: str, column_type: str) -> tuple[str, ...]:
    """Return what a text may mean that can be read in two ways, each as it is typed; else nothing.

    Of two dates the one whose day comes first is first, of two numbers the greater one. What the
    column cannot hold is left out: 1.234 is only one whole number.
    """
    if column_type == "DATE/TIME":
        return two_dates(text) or ()
    pair = (two_numbers(text) or ()) if column_type in _NUMBERS else ()
    return tuple(one for one in pair if not as_typed(one, column_type)[1])


def date_order_of(words: Sequence[PageWord]) -> str:
    """Return in which order a page writes day and month, dmy or mdy; "" where it shows neither.

    A day after the 12th shows it; a page that shows both orders decides nothing. Without a year of
    four digits it may be a sort code or a time.
    """
    orders: set[str] = set()
    for word in words:
        printed = _NUMERIC_DATE.fullmatch(word.text.strip(",;:()"))
        first, second = (int(printed[1]), int(printed[3])) if printed is not None else (0, 0)
        if 1 <= first <= _MOST_MONTH < second <= _MOST_DAY:
            orders.add("mdy")
        elif 1 <= second <= _MOST_MONTH < first <= _MOST_DAY:
            orders.add("dmy")
    return orders.pop() if len(orders) == 1 else ""


def is_value(text: str, column_type: str, value: Value) -> bool:
    """Say whether a text that was read is a value of a column."""
    read, problem = as_typed(text, column_type)
    return not problem and _key(read, column_type) == _key(value, column_type)


def candidates_for(
    candidates: Sequence[Candidate], column_type: str, *, than: Sequence[Value]
) -> tuple[Candidate, ...]:
    """Return what reading ranked lower and a column can hold, as it is typed into the column."""
    known = {_key(value, column_type) for value in than}
    found: list[Candidate] = []
    for candidate in candidates:
        value, problem = as_typed(candidate.value, column_type)
        key = _key(value, column_type)
        if not problem and value and key not in known:
            known.add(key)
            found.append(replace(candidate, value=value))
    return tuple(found)


def other_values(
    words: Sequence[PageWord], column_type: str, *, than: Sequence[Value], near: Box | None
) -> list[str]:
    """Return other values of the page that a column can hold, the nearest to a place first.

    They are what a user may mean instead: for an amount other amounts, for a date other dates, for
    a text whole lines.
    """
    x, y = (near[0], near[1]) if near is not None else (0.0, 0.0)
    known = {_key(value, column_type) for value in than}
    found: dict[str, tuple[float, str]] = {}
    for text, word in _candidates(words, column_type):
        value, problem = as_typed(text, column_type)
        key = _key(value, column_type)
        if problem or not value or key in known:
            continue
        rank = (word.distance(x, y), value)
        found[key] = min(found.get(key, rank), rank)
    return [value for _, value in sorted(found.values())[:MOST_OTHERS]]


def _key(value: Value, column_type: str) -> str:
    """Return what is the same for two spellings of one value: 12.5 and 12.50."""
    text = str(value if value is not None else "").strip().casefold()
    if column_type == "DATE/TIME":
        return text.removesuffix("t00:00:00")
    if column_type in _NUMBERS:
        try:
            return repr(float(text))
        except ValueError:
            return text
    return text


_NUMBERS = frozenset({"NUMBER", "CURRENCY", "INTEGER"})


def _numbers(words: Sequence[PageWord], *, is_money: bool) -> Iterator[tuple[str, PageWord]]:
    """Yield the words that may be numbers.

    A money column takes what is printed as money: page and item numbers would crowd it out.
    """
    for word in words:
        has_cents = word.text[-3:-2] in {".", ","}
        if word.text[-1:].isalnum() and (has_cents or not is_money):
            yield word.text, word


def _candidates(words: Sequence[PageWord], column_type: str) -> Iterator[tuple[str, PageWord]]:
    """Yield the texts of a page that may be values of a type, each with the word it begins with."""
    if column_type in _NUMBERS:
        yield from _numbers(words, is_money=column_type == "CURRENCY")
        return
    lines: dict[int, list[PageWord]] = {}
    for word in words:
        lines.setdefault(word.line, []).append(word)
    for line in lines.values():
        if column_type == "DATE/TIME":
            yield from _dates(line)
        elif column_type in TEXT_TYPES:
            text = " ".join(one.text for one in line)
            if len(text) <= _MOST_LINE_CHARS:
                yield text, line[0]


def _dates(line: Sequence[PageWord]) -> Iterator[tuple[str, PageWord]]:
    for start, word in enumerate(line):
        for end in range(start + 1, min(start + _MOST_TOGETHER, len(line)) + 1):
            text = " ".join(one.text for one in line[start:end])
            if any(map(str.isdigit, text)):
                yield text.strip(",;:()"), word
