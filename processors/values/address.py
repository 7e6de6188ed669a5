"""Find the address of the company that issued a document: a block of lines below its name."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from pipeline.model import Finding
from processors.contract import Box
from processors.values.address_block import (
    LETTERS,
    MOST_LINES,
    SKIPPED_LINES,
    address_in,
    has_postal_code,
    is_something_else,
)
from processors.values.candidates import with_others
from processors.values.issuer.addressed import addressed_in
from processors.values.issuer.blocks import Piece, edge_distance, piece_below, pieces_of
from processors.values.issuer.foot import AT_FOOT
from processors.values.legal_forms import repair_form
from processors.values.lines import TextLine, enclosing_box, fold, has_digit
from processors.values.money.amounts import money_in

_SEARCHED_LINES = 120
"""Lines among which other addresses are looked for."""
_LINES_ABOVE_CODE = 3
"""Lines that an address has at most above that of its postal code."""
_MOST_CODES = 12
"""Lines with what may be a postal code; the numbers of a long list look alike."""
_ELSEWHERE = 0.2
"""Confidence of an address that is not at the company's name."""
_MOST_NAMED = 4
"""Lines with the company's name at which its address is looked for."""
_LATE_NAME = 5
"""Lines above a name among which its address may be."""
_SEPARATOR = re.compile(r" ?[·•⋅|*\u2013\u2014] ?| - ")
"""What separates name, street and town on one line."""
_COMMA_AND_HOUSE = re.compile(r", (?=\d{1,5}[A-Za-z]? )")
_OTHER_COLUMN = re.compile(r"(?:[a-z]+ )?(?:n[or]|nr|number|#|№)[.:]* ?[a-z]{0,4}[-/]?\d[\w/-]*")
_LEAST_PARTS = 3
"""Parts of such a line behind the name: nothing, the street and the town."""
_LABEL_OF_OTHER = re.compile(r"\b(?:to|at|for)\W*$")
_FAR_HEIGHTS = 2.0
"""Heights of a line from which on a gap divides what is in one column."""
_ALIGNED_PT = 6.0
"""Distance of two left edges that are one."""


def find_address(
    lines: Sequence[TextLine], *, company: Finding | None, letter: bool = False
) -> Finding | None:
    """Find the address below the company's name, from its street to its town.

    That above the salutation of a `letter` is the receiver's.
    """
    if company is None or company.value is None:
        return None
    receiver = addressed_in(lines) if letter else frozenset()
    block, where = next(_own_blocks(company, lines, receiver), ([], ""))
    # Above a name at the foot is where the receiver is.
    if not block or (where == "above" and AT_FOOT in company.reason):
        return None
    block = [_without_name(block[0], company.value), *block[1:]]
    is_sure = where != "above" and any(map(has_postal_code, block))
    reason = f"what is {where} '{company.value}' looks like an address"
    best = _finding(block, 0.75 if is_sure else 0.55, reason)
    return with_others(best, _elsewhere(best, lines))


def _own_blocks(
    company: Finding, lines: Sequence[TextLine], receiver: frozenset[int]
) -> Iterator[tuple[list[TextLine], str]]:
    """Yield the addresses at the company's name, and where each is, without the receiver's.

    The name may be in the head and again in small print, with the address at one of them.
    """
    name = str(company.value)
    for line in _lines_of(company, lines):
        block, where = _block_near(name, line, lines)
        is_other = where == "below" and _is_in_window(block, _piece_with(name, line), lines)
        if block and not is_other and not _is_of(receiver, block, lines):
            yield block, where


def _is_in_window(block: Sequence[TextLine], name: TextLine, lines: Sequence[TextLine]) -> bool:
    """Return whether an address below a name is where the receiver of a bill is.

    It is to the left of the name, or has "deliver to" above it, or another name that is far from
    that of the company.
    """
    top = block[0].box if block else None
    if top is None or name.box is None:
        return False
    if top[2] < name.box[0]:
        return True
    above, top = _right_above(top, lines[name.number + 1 : block[0].number])
    is_label = bool(above) and _LABEL_OF_OTHER.search(above[0].folded) is not None
    return is_label or (_is_far(name.box, top) and _is_of_another(above, name))


def _right_above(top: Box, lines: Sequence[TextLine]) -> tuple[list[TextLine], Box]:
    """Return what is in the column above a box, up to the first gap, and where it begins."""
    above: list[TextLine] = []
    for piece in (each.line for line in reversed(lines) for each in pieces_of(line, 0)):
        if piece.box is None or not _is_one_column(piece.box, top):
            continue
        if _is_far(piece.box, top):
            break
        above.append(piece)
        top = piece.box
    return above, top


def _is_one_column(box: Box, below: Box) -> bool:
    return box[0] < below[2] and below[0] < box[2]


def _is_far(box: Box, below: Box) -> bool:
    """Return whether more than two lines would have room between two boxes."""
    return below[1] - box[3] > _FAR_HEIGHTS * max(box[3] - box[1], below[3] - below[1])


def _is_of_another(above: Sequence[TextLine], name: TextLine) -> bool:
    """Return whether a line above an address is words, and none of them is in the name."""
    words = set(name.folded.split())
    return any(
        LETTERS.search(each.text)
        and not has_digit(each.text)
        and words.isdisjoint(each.folded.split())
        for each in above
    )


def _piece_with(name: str, line: TextLine) -> TextLine:
    """Return the piece of a line that has a name, or else the line."""
    pieces = (each.line for each in pieces_of(line, 0))
    return next((each for each in pieces if name in each.text), line)


def _is_of(receiver: frozenset[int], block: Sequence[TextLine], lines: Sequence[TextLine]) -> bool:
    """Return whether a block is the receiver's; the sender's may be a column beside it."""
    return all(each.number in receiver and each.text == lines[each.number].text for each in block)


def _without_name(line: TextLine, name: str) -> TextLine:
    """Return a line without the company's name before its address: "Otter Ltd, 5 Mill Lane"."""
    rest = line.text.removeprefix(name).lstrip(" ,·|-")
    is_same = rest == line.text or not line.text.startswith(f"{name},")
    return line if is_same else replace(line, text=rest, folded=fold(rest), gaps=())


def _finding(block: Sequence[TextLine], confidence: float, reason: str) -> Finding:
    boxes = [line.box for line in block if line.box]
    return Finding(
        " ".join(line.text.strip() for line in block),
        confidence,
        reason,
        block[0].page,
        enclosing_box(boxes) if boxes else None,
    )


def _elsewhere(best: Finding, lines: Sequence[TextLine]) -> Iterator[Finding]:
    """Yield the other addresses of the page that end with a postal code, from the top."""
    page = [line for line in lines[:_SEARCHED_LINES] if line.page == best.page]
    with_code = [place for place, line in enumerate(page) if has_postal_code(line)]
    for place in with_code[:_MOST_CODES]:
        above = page[max(0, place - _LINES_ABOVE_CODE) : place]
        for block in _blocks_ending_at(page[place], above):
            if block[-1].text.strip() not in (best.value or ""):
                yield _finding(block, _ELSEWHERE, "is another address of the page")


def _blocks_ending_at(line: TextLine, above: Sequence[TextLine]) -> Iterator[list[TextLine]]:
    """Yield the addresses that end in a line, of each column one."""
    rows = [pieces_of(each, 0) for each in above]
    for piece in pieces_of(line, 0):
        block = address_in([*(piece_below(piece, row) for row in rows), piece.line])
        if block and block[-1].number == line.number and has_postal_code(block[-1]):
            yield block


def _block_beside(name: str, name_line: TextLine) -> list[TextLine]:
    """Return the address behind the name on its own line, as above the window of an envelope."""
    start = name_line.text.find(name)
    rest = name_line.text[start + len(name) :] if start >= 0 else ""
    parts = [part.strip(" ,") for part in _SEPARATOR.split(rest)]
    if _COMMA_AND_HOUSE.match(rest):
        parts = ["", *parts]
    elif len(parts) < _LEAST_PARTS or parts[0]:
        return []
    # A telephone number or a web address may be the last part.
    text = ", ".join(part for part in parts if LETTERS.search(part) and "@" not in part)
    block = address_in([replace(name_line, text=text, folded=fold(text), gaps=())])
    return block if any(map(has_postal_code, block)) else []


def _block_near(
    name: str, name_line: TextLine, lines: Sequence[TextLine]
) -> tuple[list[TextLine], str]:
    """Return the lines of the address, and whether they are beside, below or above the name.

    Some print the address at the head, and the name of the company below everything else.
    """
    if beside := _block_beside(name, name_line):
        return beside, "beside"
    first = name_line.number + 1
    below = lines[first : first + SKIPPED_LINES + MOST_LINES]
    block = address_in([in_column(line, name_line, name) for line in below])
    at = _piece_with(name, name_line).box
    if at and _are_beside(_towns_in(block)):
        return address_in(_at_name(at, below, _towns_in(block))), "below"
    if block or name_line.number < _LATE_NAME:
        return block, "below"
    return address_in(lines[: name_line.number][:MOST_LINES]), "above"


def _towns_in(block: Sequence[TextLine]) -> list[Box]:
    pieces = (each.line for line in block for each in pieces_of(line, 0))
    return [each.box for each in pieces if each.box and has_postal_code(each)]


def _at_name(at: Box, lines: Sequence[TextLine], towns: Sequence[Box]) -> list[TextLine]:
    """Return lines without those of another column, where two addresses are beside each other.

    The rows of the two may be level or not. Nothing is left where no column is at the name.
    """
    is_over_one = sum(_is_one_column(at, town) for town in towns) == 1
    pieces = [each.line for line in lines for each in pieces_of(line, 0)]

    def is_own(box: Box) -> bool:
        return edge_distance(box, at) < _ALIGNED_PT or (is_over_one and _is_one_column(at, box))

    return [replace(each, cells=()) for each in pieces if each.box is None or is_own(each.box)]


def _are_beside(boxes: Sequence[Box]) -> bool:
    return any(one[2] < other[0] and _is_level(one, other) for one in boxes for other in boxes)


def _is_level(box: Box, other: Box) -> bool:
    """Return whether two boxes are on one line, or on two that follow each other."""
    return abs(box[1] - other[1]) < _FAR_HEIGHTS * max(box[3] - box[1], other[3] - other[1])


def in_column(line: TextLine, name_line: TextLine, name: str) -> TextLine:
    """Return the piece of a line that is below a name, if something else is beside it."""
    line, name_line = _with_columns(line, name_line), _with_columns(name_line, line)
    if not line.gaps:
        return line
    pieces = pieces_of(line, 0)
    has_other = any(_OTHER_COLUMN.fullmatch(each.line.folded) for each in pieces[1:])
    amounts = money_in(pieces[-1].line.folded)
    # Goods with a price are a row; what is a column has a place of its own, or words.
    if len(amounts) == 1 and not LETTERS.search(pieces[-1].line.folded):
        return line
    is_beside = bool(name_line.gaps) or has_other or _is_beside(name_line, pieces)
    if not is_beside and not is_something_else(line):
        return line
    named = [each for each in pieces_of(name_line, 0) if name in each.line.text]
    return piece_below(named[0] if named else Piece(name_line, 0), pieces)


def _is_beside(name_line: TextLine, pieces: Sequence[Piece]) -> bool:
    """Return whether a name is above another piece of a line than the first.

    A column at the right side of a page ends with the name, or has it in the middle.
    """
    name = name_line.box
    first, *boxes = (each.line.box for each in pieces)
    if name is None or (first is not None and edge_distance(first, name) < _ALIGNED_PT):
        return False
    is_right = first is not None and name[0] > first[2]
    return any(
        edge_distance(box, name) < _ALIGNED_PT or (is_right and box[0] < name[2])
        for box in boxes
        if box is not None
    )


def _with_columns(line: TextLine, other: TextLine) -> TextLine:
    """Return a row with its cells as columns if another row of the table has as many.

    "Otter Inc. | Bill to" heads two columns.
    """
    is_row = line.cells and not line.gaps and len(line.cells) == len(other.cells)
    return replace(line, gaps=tuple(sorted({*line.cells} - {0}))) if is_row else line


def _second_of_two(name: str, lines: Sequence[TextLine]) -> Iterator[TextLine]:
    """Yield the second line of a name that goes over two."""
    for line, below in pairwise(lines):
        if len(line.text) < len(name) and f"{line.text} {below.text}".startswith(name):
            yield below


def _lines_of(company: Finding, lines: Sequence[TextLine]) -> list[TextLine]:
    """Return the lines with the company's name, or else the first with its last word."""
    name = company.value or ""
    page = [line for line in lines if line.page == company.page]
    named = [
        *_second_of_two(name, page),
        *(line for line in page if name in repair_form(line.text)),
    ]
    # Its address is where the name is by itself, and not within a heading.
    named.sort(key=lambda line: all(each.line.text != name for each in pieces_of(line, 0)))
    last = name.split()[-1]
    return (named or [line for line in page if last in repair_form(line.text)][:1])[:_MOST_NAMED]
