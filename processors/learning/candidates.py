"""Collect the candidates of a document for a column: everything that may be its value."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from pipeline.model import Finding
from processors.learning.memory import Memory
from processors.learning.text.document import Document, Token, masked, similar
from processors.learning.text.keys import compact, key_of, printed_number
from processors.learning.text.shape import Shape
from processors.learning.text.spans import (
    Spot,
    joined_lines,
    names_in_sentences,
    parts_of_line,
    text_of,
)
from processors.learning.types import ColumnKind
from processors.learning.words import Around
from processors.values.date_text import MonthNames, dates_in
from processors.values.money.amounts import amounts_in, repair_scan_errors

MOST_CANDIDATES = 600
MOST_SPOTS = 6
LEAST_SIMILAR = 0.8
"""Share of common pieces from which on a printed text is a known one, misread."""
_LEFT_WORDS, _RIGHT_WORDS, _NEAR_WORDS, _OWN_WORDS = 3, 2, 8, 14
_LONG_LINE = 40
"""Characters of a line from which on a date may go on in the next one."""
_LOST_POINT = re.compile(r"(?<![\d.,])(\d{1,5})[-\u2013 ]?(\d\d)(?![\d.,]\d|\d)")


@dataclass(slots=True)
class PrintedCandidate:
    """A possible value: its key, its text, where it is printed, and of which forms.

    `names` are the findings of the rules that have this value. A known value that is not printed
    may be `like` one that is: the same with misread letters. `box_spot` has the lines at the box of
    a finding, for values that are printed otherwise than they are written.
    """

    key: str
    text: str
    spots: list[Spot] = field(default_factory=list)
    forms: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    around: list[Around] = field(default_factory=list)
    like: "PrintedCandidate | None" = None
    box_spot: Spot | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for: the kind of the column, the order of its dates, its texts.

    `form` is how people type its dates or amounts.
    """

    kind: ColumnKind
    order: str = ""
    form: str = ""
    shape: Shape = field(default_factory=Shape)


def printed_candidates(
    document: Document, findings: Mapping[str, Finding], wanted: Wanted
) -> dict[str, PrintedCandidate]:
    """Return the candidates that are printed or that the rules found, by key."""
    found: dict[str, PrintedCandidate] = {}
    for name, finding in findings.items():
        _add_finding(found, document, name, finding, wanted)
    for key, text, spot, form in _printed(document, wanted):
        own = found.get(key)
        if own is None and len(found) >= MOST_CANDIDATES:
            break
        if own is None:
            own = found[key] = PrintedCandidate(key, text)
        own.forms.add(form)
        if len(own.spots) < MOST_SPOTS:
            own.spots.append(spot)
    for each in found.values():
        if not each.spots and each.box_spot:
            each.spots.append(each.box_spot)
        each.around = [words_around(document, spot, each) for spot in each.spots]
        if not each.around:
            each.around = [{"rule": sorted(each.names)}]
    return found


def _printed(document: Document, wanted: Wanted) -> Iterator[tuple[str, str, Spot, str]]:
    match wanted.kind:
        case ColumnKind.DATE:
            return _dates(document)
        case ColumnKind.AMOUNT | ColumnKind.NUMBER:
            return _amounts(document)
        case _:
            return _texts(document, wanted)


def _dates(document: Document) -> Iterator[tuple[str, str, Spot, str]]:
    """Yield the dates; one that goes over the end of a line is found in both lines together."""
    months = MonthNames(())
    for index, line in enumerate(document.lines):
        for printed in dates_in(line.folded, months):
            spot = Spot(index, printed.start, index, printed.end)
            yield from _readings(printed.readings, printed.text, spot)
        # Only a line that is full goes on in the next one.
        if index + 1 == len(document.lines) or len(line.folded) < _LONG_LINE:
            continue
        head = line.folded[-_LONG_LINE:]
        tail = document.lines[index + 1].folded[:_LONG_LINE]
        for printed in dates_in(f"{head} {tail}", months):
            # What is within one of the two lines is found there.
            if not printed.start < len(head) < printed.end - 1:
                continue
            start = len(line.folded) - len(head) + printed.start
            end = printed.end - len(head) - 1
            spot = Spot(index, start, index + 1, end)
            yield from _readings(printed.readings, printed.text, spot)


def _readings(
    readings: Sequence[object], text: str, spot: Spot
) -> Iterator[tuple[str, str, Spot, str]]:
    forms = ("one reading",) if len(readings) == 1 else ("day first", "month first")
    for day, form in zip(readings, forms, strict=False):
        yield str(day), text, spot, form


def _amounts(document: Document) -> Iterator[tuple[str, str, Spot, str]]:
    """Yield the amounts; where a point may be lost, also with two decimals."""
    for index, line in enumerate(document.lines):
        text = repair_scan_errors(line.folded)
        for amount in amounts_in(text):
            spot = Spot(index, amount.start, index, amount.end)
            form = "cents" if amount.cents else "whole"
            yield _number(amount.value), printed_number(amount.value), spot, form
        for match in _LOST_POINT.finditer(text):
            value = Decimal(f"{match.group(1)}.{match.group(2)}")
            spot = Spot(index, match.start(), index, match.end())
            yield _number(value), printed_number(value), spot, "repaired"


def _number(value: Decimal) -> str:
    return format(value.normalize(), "f")


def _texts(document: Document, wanted: Wanted) -> Iterator[tuple[str, str, Spot, str]]:
    shape = wanted.shape
    # Marks at the ends separate a value from its neighbors, and are no part of it.
    for spot, form in _text_spots(document, shape, is_list=wanted.kind is ColumnKind.LIST):
        text = text_of(document, spot, shape.joiner).strip(" ,;:*#|-")
        key = compact(text)
        if shape.least_chars <= len(key) <= shape.most_chars:
            yield key, text, spot, form


def _text_spots(document: Document, shape: Shape, *, is_list: bool) -> Iterator[tuple[Spot, str]]:
    names = ((spot, "name") for spot in names_in_sentences(document))
    # Only so many candidates are kept: of a list the names come first, of a text its lines.
    if is_list:
        yield from names
    for index in range(len(document.lines)):
        for number, spot in enumerate(parts_of_line(document, index, shape)):
            yield spot, "part" if number else "line"
    for spot in joined_lines(document, shape):
        yield spot, "joined" if spot.left_out < 0 else "skipping"
    yield from names


def _add_finding(
    found: dict[str, PrintedCandidate],
    document: Document,
    name: str,
    finding: Finding,
    wanted: Wanted,
) -> None:
    """Add what a rule found, if it is a value of this kind."""
    if not finding.value:
        return
    parts = finding.value.split(";") if wanted.kind is ColumnKind.LIST else [finding.value]
    own_kind = ColumnKind.TEXT if wanted.kind is ColumnKind.LIST else wanted.kind
    if own_kind is ColumnKind.DATE and not finding.value[:4].isdigit():
        return
    for part in parts:
        key = key_of(part, own_kind)
        if not key or len(found) >= MOST_CANDIDATES:
            continue
        own = found.setdefault(key, PrintedCandidate(key, part.strip()))
        own.names.add(name)
        # The box of a list is around all of its names.
        spot = _spot_of_box(document, finding) if len(parts) == 1 else None
        if spot and own.box_spot is None:
            own.box_spot = spot


def _spot_of_box(document: Document, finding: Finding) -> Spot | None:
    """Return the lines at the box of a finding."""
    box = finding.box
    if box is None:
        return None
    left, top, right, bottom = box
    inside: list[int] = []
    for index, line in enumerate(document.lines):
        if line.page != finding.page or not line.box:
            continue
        # By its middle: the boxes of neighboring lines overlap by their descenders.
        middle = (line.box[1] + line.box[3]) / 2
        if top <= middle <= bottom and line.box[0] < right and left < line.box[2]:
            inside.append(index)
    if not inside:
        return None
    return Spot(inside[0], 0, inside[-1], len(document.lines[inside[-1]].text))


def words_around(document: Document, spot: Spot, candidate: PrintedCandidate) -> Around:
    """Return the words around a spot by context."""
    first, last = document.tokens[spot.first], document.tokens[spot.last]
    left = _words(token for token in first if token.end <= spot.start)[-_LEFT_WORDS:]
    right = _words(token for token in last if token.start >= spot.end)[:_RIGHT_WORDS]
    above = document.tokens[spot.first - 1] if spot.first else ()
    below = document.tokens[spot.last + 1] if spot.last + 1 < len(document.lines) else ()
    own = _words(_own_tokens(document, spot))
    # Also together: "grand total" says more than "grand" and "total".
    with_pair = [*left, " ".join(left)] if len(left) > 1 else left
    return {
        "left": with_pair or ["^"],
        "right": right or ["$"],
        "above": _words(above[:_NEAR_WORDS]),
        "below": _words(below[:_NEAR_WORDS]),
        "own": own[:_OWN_WORDS],
        "first": own[:1],
        "last": own[-1:],
        "rule": sorted(candidate.names) or ["-"],
        "form": sorted(candidate.forms),
    }


def _words(tokens: Iterable[Token]) -> list[str]:
    return [masked(token.word) for token in tokens]


def _own_tokens(document: Document, spot: Spot) -> Iterator[Token]:
    for index in range(spot.first, spot.last + 1):
        if index == spot.left_out:
            continue
        for token in document.tokens[index]:
            is_after_start = (index, token.end) > (spot.first, spot.start)
            if is_after_start and (index, token.start) < (spot.last, spot.end):
                yield token


def known_candidates(
    found: Mapping[str, PrintedCandidate], memory: Memory, keys: Iterable[str]
) -> dict[str, PrintedCandidate]:
    """Return the candidates together with known values, which may be printed with other letters."""
    more = dict(found)
    for key in keys:
        if key in more:
            continue
        own = PrintedCandidate(key, memory.values[key].spelled, around=[{"form": ["known"]}])
        best = max(found, key=lambda other: similar(other, key), default="")
        if best and similar(best, key) >= LEAST_SIMILAR:
            own.like = found[best]
        more[key] = own
    return more
