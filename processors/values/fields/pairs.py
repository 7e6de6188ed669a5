"""Find labels with their values in the rows of a page: beside or below each other."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, takewhile

from processors.contract import Box, FormField, Line
from processors.values.lines import enclosing_box, fold, label_pattern

GAP = re.compile(r" {2,}|\t")
"""Between the pieces of a row: lines have two blanks where the gap is wide."""
_MOST_PIECES = 12

# "Name: Ada", "Name ____ Ada ____". A label has few words and begins with a letter or, in a grid,
# with the number of its box: "12 Date of birth".
_COLON = re.compile(r"(?:(?<![\d:]) ?:|(?<=\d) ?:(?!\d))(?![/:])")
_BLANK = re.compile(r"_{2,}")
_LABEL = re.compile(r"(?:\d{1,2}[a-z]?[.)]? )?[^\W\d_][^:_\t]{0,58}")
_MOST_LABEL_CHARS = 64  # what this matches at most
_MOST_BLANKS = 2  # before and after the value
_MOST_LABEL_WORDS = 8
_NO_LABEL = re.compile(r"https?$|.*\b(?:are|is|was|were|that|which|said|as follows|following)$")
_DIGIT = re.compile(r"\d")
_GENERAL_WORD = re.compile(r"(?<![a-z])(?:no|nr|number|num|date|code|name|id|type|address|#)\.?$")
"""Words that are a label together with the word before them."""
_MOST_WORDS_BETWEEN = 3
"""Words of a label in the middle of a line, behind the value of another."""

_REST_OF_LABEL = re.compile(r"$| (?:of|and|or)\b| ?[(/&,#]")
_HINT = re.compile(r"\([^()]*\)|[mdy/ .-]{6,12}")
"""What is printed in an empty field: "(mm/dd/yyyy)"."""
_MOST_PIECES_OF_VALUE = 3
_MOST_WORDS_BELOW = 8

_NUMBERED = re.compile(r"\d{1,2}[a-z]?[.)]? [^\W\d_]")
_PIECES_OF_PAIRS = frozenset({2, 4})
_FEWEST_ROWS, _SAME_PLACE_PT = 3, 6.0
_LEAST_SHARED_WIDTH = 0.25
"""Share of the narrower piece's width that a value has in common with the label above it."""
_MOST_DISTANCE = 2.2
"""Between the tops of a label and of its value, in heights of the label."""


@dataclass(frozen=True, slots=True)
class RowPiece:
    """A piece of a row, between wide gaps, with its box if the places of its words are known."""

    text: str
    box: Box | None = None


Row = Sequence[RowPiece]


def pieces_of(line: Line) -> list[RowPiece]:
    """Take a line apart where it has wide gaps."""
    texts = [text for text in GAP.split(line.text.strip()) if text][:_MOST_PIECES]
    if len(texts) == 1:
        return [RowPiece(texts[0], line.box)]
    words = list(line.words)
    pieces = []
    for text in texts:
        count = len(text.split())
        # Words that are not those of the text say nothing about its places.
        own = words[:count] if [word.text for word in words[:count]] == text.split() else []
        pieces.append(RowPiece(text, enclosing_box([word.box for word in own]) if own else None))
        words = words[count:]
    return pieces


def pairs_in(rows: Sequence[Row]) -> Iterator[FormField]:
    """Yield the labels that have a value beside or below them."""
    in_tables = _rows_of_pairs(rows)
    for number, row in enumerate(rows):
        yield from _on_the_line(row)
        if number in in_tables:
            for label, value in zip(row[::2], row[1::2], strict=True):
                if not label.text.endswith(":") and not is_label(value.text):
                    yield FormField(label.text, value.text, value.box, "beside")
            continue
        under = list(_below(row, rows[number + 1])) if number + 1 < len(rows) else ()
        yield from under or _beside(row)


def _rows_of_pairs(rows: Sequence[Row]) -> set[int]:
    """Return the rows of tables of labels and values, even if most of the labels are unknown."""
    found: set[int] = set()
    start = 0
    for number in range(len(rows) + 1):
        if number == len(rows) or not _goes_on(rows[start], rows[number]):
            if _are_pairs(rows[start:number]):
                found.update(range(start, number))
            start = number
    return found


def _are_pairs(table: Sequence[Row]) -> bool:
    """Return whether rows have labels and values in turn.

    Lists have numbers in one column, or nothing but numbers in the other.
    """
    labels = [piece.text for row in table for piece in row[::2]]
    values = [piece.text for row in table for piece in row[1::2]]
    are_labels = all(may_be_label(each) and not _DIGIT.search(each) for each in labels)
    has_known = any(map(is_label, labels[1:]))
    is_list = all(map(_DIGIT.search, values)) or len(set(labels)) < len(labels)
    return len(table) >= _FEWEST_ROWS and are_labels and has_known and not is_list


def _goes_on(first: Row, row: Row) -> bool:
    """Return whether a row has the columns of the first one of a table of pairs."""
    if len(row) not in _PIECES_OF_PAIRS or len(row) != len(first):
        return False
    boxes = [(piece.box, other.box) for piece, other in zip(first, row, strict=True)]
    return all(not (a and b) or abs(a[0] - b[0]) <= _SAME_PLACE_PT for a, b in boxes)


def _on_the_line(row: Row) -> Iterator[FormField]:
    """Yield the pairs of one row with a colon between them, or with a blank line to write on."""
    for place, piece in enumerate(row):
        for label, value in _parts_of(piece.text):
            if value:
                if not _HINT.fullmatch(value.lower()):
                    yield FormField(label, value, piece.box, "line")
                continue
            # The value may have gaps of its own, such as a first and a last name.
            following = list(takewhile(_is_value, row[place + 1 :]))[:_MOST_PIECES_OF_VALUE]
            boxes = [each.box for each in following if each.box]
            if following:
                box = enclosing_box(boxes) if boxes else None
                text = " ".join(each.text for each in following)
                yield FormField(label, text, box, "line")


def _beside(row: Row) -> Iterator[FormField]:
    """Yield the pairs of a row of labels and values in turn, with nothing but a gap between."""
    for label, value in pairwise(row):
        is_pair = is_label(label.text) and not label.text.rstrip().endswith(":")
        if is_pair and _is_value(value):
            yield FormField(label.text, value.text, value.box, "beside")


def _parts_of(text: str) -> list[tuple[str, str]]:
    """Return the labels of a piece with their values, which may be empty."""
    colons = list(_COLON.finditer(text)) if ":" in text else []
    if not colons:
        return _around_blank(text) if "__" in text else []
    parts: list[tuple[str, str]] = []
    label, start = text[: colons[0].start()], colons[0].end()
    for colon in colons[1:]:
        between = text[start : colon.start()]
        split = _start_of_label(between)
        if split is not None:
            parts.append((label, _without_blanks(between[:split])))
            label, start = between[split:], colon.end()
    parts.append((label, _without_blanks(text[start:])))
    return [(label, value) for label, value in parts if may_be_label(label)]


def _around_blank(text: str) -> list[tuple[str, str]]:
    """Return the label before a blank line and the value on it: "Name ____ Ada"."""
    label, *values = [part.strip() for part in _BLANK.split(text)]
    entered = [value for value in values if value]
    # If there are several values, it is unknown which blank each belongs to.
    if len(entered) != 1 or len(values) > _MOST_BLANKS or not may_be_label(label):
        return []
    is_next_label = len(values) > 1 and is_label(entered[0])
    return [] if is_next_label else [(label, entered[0])]


def _start_of_label(between: str) -> int | None:
    """Return where the second label begins in "9/3/92 Phone", None if all of it is a value.

    It is what comes after the last word with a digit; else the last word alone, or with the word
    before it if it is as general as "number".
    """
    words = list(re.finditer(r"\S+", between))
    numbers = [place for place, word in enumerate(words) if _DIGIT.search(word.group())]
    if not words:
        return None
    first = numbers[-1] + 1 if numbers else len(words) - 1
    if not numbers and first > 0 and _GENERAL_WORD.match(words[first].group().lower()):
        first -= 1
    if not 0 < len(words) - first <= _MOST_WORDS_BETWEEN or not words[first].group()[0].isupper():
        return None
    return words[first].start()


def _below(row: Row, below: Row) -> Iterator[FormField]:
    """Yield the pairs of a grid: labels in one row, values under them in the next."""
    labels = _labels_of(row)
    # Without places only a row of labels above a row of as many values is a grid.
    is_grid = len(labels) == len(row) == len(below) > 1
    for label in labels:
        under = [piece for piece in below if is_under(piece, label)]
        if label.box is None and is_grid:
            under = [below[labels.index(label)]]
        if len(under) == 1 and _may_be_below(under[0]):
            yield FormField(label.text, under[0].text, under[0].box, "below")


def _labels_of(row: Row) -> list[RowPiece]:
    """Return the pieces of a row that may be the headings of a grid.

    The box of a tax form has a number before its label; so has a line of goods, with amounts.
    """

    def has_number(piece: RowPiece) -> bool:
        is_numbered = _NUMBERED.match(piece.text) and may_be_label(piece.text)
        return bool(is_numbered) and all(_has_more_letters(each.text) for each in row)

    return [piece for piece in row if is_label(piece.text) or has_number(piece)]


def _may_be_below(piece: RowPiece) -> bool:
    """Return whether a piece can be the value of a label above: short, and no label itself."""
    is_numbered = _NUMBERED.match(piece.text) and _has_more_letters(piece.text)
    begins_with_label = label_pattern("fields", "labels").match(fold(piece.text))
    is_short = len(piece.text.split()) <= _MOST_WORDS_BELOW
    return is_short and not (is_numbered or begins_with_label) and _is_value(piece)


def is_under(piece: RowPiece, label: RowPiece) -> bool:
    """Return whether a piece is close below a label and shares a part of its width."""
    if piece.box is None or label.box is None:
        return False
    left, top, right, bottom = label.box
    height = max(bottom - top, 1.0)
    shared = min(right, piece.box[2]) - max(left, piece.box[0])
    narrower = max(min(right - left, piece.box[2] - piece.box[0]), 1.0)
    is_close = 0 < piece.box[1] - top <= _MOST_DISTANCE * height
    return is_close and shared >= _LEAST_SHARED_WIDTH * narrower


def is_label(text: str) -> bool:
    """Return whether a piece is a label by its words, or because it ends with a colon.

    "City" and "City of birth" are labels, "City Bank" is not.
    """
    bare = text.rstrip(" :")
    if not may_be_label(bare):
        return False
    if text.rstrip().endswith(":"):
        return True
    folded = fold(bare)
    begin = label_pattern("fields", "labels").match(folded)
    is_whole = begin is not None and _REST_OF_LABEL.match(folded, begin.end()) is not None
    return not _DIGIT.search(bare) and bool(is_whole or _GENERAL_WORD.search(folded))


def _is_value(piece: RowPiece) -> bool:
    """Return whether a piece is entered, not printed: it is no label, question or hint."""
    is_open = piece.text.rstrip().endswith((":", "?")) or _HINT.fullmatch(piece.text.lower())
    return not is_open and not is_label(piece.text) and not _parts_of(piece.text)


def _has_more_letters(text: str) -> bool:
    return sum(map(str.isalpha, text)) > sum(map(str.isdigit, text))


def may_be_label(text: str) -> bool:
    """Return whether a text is as short as a label, and no sentence."""
    bare = text.strip()
    return bool(
        len(bare) <= _MOST_LABEL_CHARS
        and _LABEL.fullmatch(bare)
        and len(bare.split()) <= _MOST_LABEL_WORDS
        and not _NO_LABEL.match(bare.lower())
    )


def _without_blanks(value: str) -> str:
    return " ".join(_BLANK.sub(" ", value).split())
