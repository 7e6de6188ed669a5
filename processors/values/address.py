"""Find the address of the company that issued a document: a block of lines below its name."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from pipeline.model import Finding
from processors.contract import Box
from processors.values.address_block import (
    LETTERS,
    MOST_LINES,
    SKIPPED_LINES,
    address_in,
    first_of_two,
    has_postal_code,
    is_mixed,
    is_something_else,
)
from processors.values.candidates import with_others
from processors.values.issuer.addressed import addressed_in
from processors.values.issuer.blocks import (
    Piece,
    edge_distance,
    piece_below,
    pieces_by_party,
    pieces_of,
)
from processors.values.issuer.foot import AT_FOOT
from processors.values.issuer.streets import is_street_and_town
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
_COMMA_AND_HOUSE = re.compile(r", (?!\d+[hH] )(?=\d{1,5}[A-Za-z]? )")
"""A house before its street; "24h" is a time."""
_OTHER_COLUMN = re.compile(r"(?:[a-z]+ )?(?:n[or]|nr|number|#|№)[.:]* ?[a-z]{0,4}[-/]?\d[\w/-]*")
_LEAST_PARTS = 3
"""Parts of such a line behind the name: nothing, the street and the town."""
_ALIGNED_PT = 6.0
"""Distance of two left edges that are one."""
_MOST_HEIGHTS_BETWEEN = 2.0
"""Heights of the larger line that are between two lines of one block."""
_OTHER_PLACE = re.compile(
    r"(?:works?|jobs?|services?|supply|goods|property|premises|site|installation|repairs?|delivery"
    r"|deliver(?:ed)?|ship(?:ped)?|for) (?:address|at|to)\W*$|(?:site|property|premises)\W*$"
)
"""Words above the address where something was done or brought to: "Invoice for works at"."""
_NAME_OF_ANOTHER = re.compile(
    r"(?:[a-z/'-]+ ){0,3}"
    r"(?:name|applicant|claimant|employee|insured|antragsteller(?:in)?|nom|nombre|nome|naam|navn)"
    r" ?: ?\S"
)
"""Whose address is below, as somebody has entered it: "Company name: Rill Ltd"."""
APART = "apart from it"
"""Part of the reason of an address that other lines or a wide gap keep apart from the name."""


def find_address(
    lines: Sequence[TextLine], *, company: Finding | None, letter: bool = False
) -> Finding | None:
    """Find the address below the company's name, from its street to its town.

    That above the salutation of a `letter` is the receiver's.
    """
    if company is None or company.value is None:
        return None
    receiver = addressed_in(lines) if letter else frozenset()
    # What is at a signature has other things above it.
    own = min(
        _own_blocks(company, lines, receiver), key=lambda each: each.where == "above", default=None
    )
    # Above a name at the foot is where the receiver is.
    if own is None or (own.where == "above" and AT_FOOT in company.reason):
        return None
    block = [_without_name(own.lines[0], company.value), *own.lines[1:]]
    is_sure = own.where != "above" and any(map(has_postal_code, block))
    reason = f"what is {own.where} '{company.value}' looks like an address"
    if own.is_apart:
        reason += f", {APART}"
    best = _finding(block, 0.75 if is_sure else 0.55, reason)
    return with_others(best, _elsewhere(best, lines))


@dataclass(frozen=True, slots=True)
class _OwnBlock:
    """The lines of an address, where it is as seen from the name, and whether apart from it."""

    lines: Sequence[TextLine]
    where: str
    is_apart: bool


def _own_blocks(
    company: Finding, lines: Sequence[TextLine], receiver: frozenset[int]
) -> Iterator[_OwnBlock]:
    """Yield the addresses at the company's name, without the receiver's.

    The name may be in the head and again in small print, with the address at one of them.
    """
    of_buyer = _of_buyer(lines)
    for line in _lines_of(company, lines):
        block = _block_at(company, line, lines)
        if block and not _is_of(receiver, block.lines, lines) and not _is_in(of_buyer, block.lines):
            yield block


def _block_at(company: Finding, name_line: TextLine, lines: Sequence[TextLine]) -> _OwnBlock | None:
    """Return the address at a line with the company's name, none if it is another's."""
    name = _piece_with(str(company.value), name_line)
    block, where = _block_near(str(company.value), name_line, lines)
    if not block or where != "below":
        return _OwnBlock(block, where, is_apart=where == "above") if block else None
    is_cut = is_mixed(block)
    if is_cut:
        block = first_of_two(block)
    is_apart = _is_apart(name.line, block[0], lines) if block else None
    return None if is_apart is None else _OwnBlock(block, where, is_apart=is_apart or is_cut)


def _is_apart(name: TextLine, first: TextLine, lines: Sequence[TextLine]) -> bool | None:
    """Return whether a gap or another name is above an address below a name.

    It is None if that says that the address is another's.
    """
    between = _lines_between(name, first, lines)
    if between is None:
        above = _line_above(first, lines)
        # What is right above an address in its column is whose it is, if no label.
        is_anothers = above is not None and not above.text.rstrip().endswith(":")
        return None if is_anothers else True
    if any(_OTHER_PLACE.search(each.folded) or _is_anothers(lines, each) for each in between):
        return None
    return any(map(_may_name_another, between))


def _of_buyer(lines: Sequence[TextLine]) -> Sequence[TextLine]:
    """Return the pieces of lines in the blocks of a receiver."""
    rows = [pieces_of(line, place) for place, line in enumerate(lines[:_SEARCHED_LINES])]
    keys = pieces_by_party(rows)["buyer"]
    return [piece.line for row in rows for piece in row if piece.key in keys]


def _is_in(pieces: Sequence[TextLine], block: Sequence[TextLine]) -> bool:
    """Return whether a line of a block has one of these pieces."""
    return any(
        each.number == line.number and each.text in line.text for each in pieces for line in block
    )


def _piece_with(name: str, line: TextLine) -> Piece:
    """Return the piece of a line that has a name, the first without one."""
    pieces = pieces_of(line, 0)
    return next((each for each in pieces if name in each.line.text), pieces[0])


def _lines_between(
    name: TextLine, first: TextLine, lines: Sequence[TextLine]
) -> list[TextLine] | None:
    """Return the lines between a name and the first one of an address below it.

    It is None if these are no column without gaps: then the address is not that of the name.
    """
    if name.box is None or first.box is None:
        return list(lines[name.number + 1 : first.number])
    found: list[TextLine] = []
    lowest = first
    while not _is_right_below(name, lowest):
        above = _line_above(lowest, lines[name.number + 1 :])
        if above is None:
            return None
        found.append(above)
        lowest = above
    return found


def _line_above(line: TextLine, lines: Sequence[TextLine]) -> TextLine | None:
    """Return the piece right above a line in its column."""
    for other in reversed([each for each in lines if each.number < line.number]):
        for piece in pieces_of(other, 0):
            if _is_right_below(piece.line, line):
                return piece.line
    return None


def _is_right_below(line: TextLine, below: TextLine) -> bool:
    """Return whether no wide gap is between two lines, and both are in one column."""
    one, other = line.box, below.box
    if one is None or other is None or line.page != below.page:
        return line.page == below.page and line.number + 1 == below.number
    most = _MOST_HEIGHTS_BETWEEN * max(one[3] - one[1], other[3] - other[1])
    return other[1] - one[3] <= most and _is_one_column(one, other)


def _is_anothers(lines: Sequence[TextLine], piece: TextLine) -> bool:
    return _NAME_OF_ANOTHER.match(lines[piece.number].folded) is not None


def _may_name_another(line: TextLine) -> bool:
    """Return whether a line between a name and an address may be whose address it is."""
    words = line.text.split()
    is_name = all(word[:1].isupper() or word == "&" for word in words) and len(words) > 1
    return is_name and not has_digit(line.text) and ":" not in line.text


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
    if _COMMA_AND_HOUSE.match(rest) or (rest[:2] == ", " and is_street_and_town(fold(rest[2:]))):
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
    at = _piece_with(name, name_line).line.box
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


def _is_one_column(box: Box, below: Box) -> bool:
    return box[0] < below[2] and below[0] < box[2]


def _are_beside(boxes: Sequence[Box]) -> bool:
    return any(one[2] < other[0] and _is_level(one, other) for one in boxes for other in boxes)


def _is_level(box: Box, other: Box) -> bool:
    """Return whether two boxes are on one line, or on two that follow each other."""
    return abs(box[1] - other[1]) < _MOST_HEIGHTS_BETWEEN * max(
        box[3] - box[1], other[3] - other[1]
    )


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
