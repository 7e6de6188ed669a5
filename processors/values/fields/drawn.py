"""Find the fields of a form by what is drawn: boxes to check, lines to write on, frames and combs.

A label without a value is found, too: what is printed near it is then known to be no value of it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise

from processors.contract import Box, Drawing, FormField, Line, Word
from processors.values.fields.pairs import GAP, is_label, may_be_label
from processors.values.lines import enclosing_box

_CHECKED, _OPEN = "\u2612", "\u2610"
_SMALLEST_PT, _LARGEST_PT = 5.0, 18.0  # of a box to check
_LEAST_RATIO = 0.7
_THIN_PT = 2.0  # what lines and letters may be off
_MARK_CHARS = 2  # an "X" or a check mark in a box
_TOUCHES_PT = 3.0  # the lines of two frames have a width each
_FEWEST_IN_COMB, _HIGHEST_COMB_PT = 3, 26.0
_COMB_LABEL_PT = 16.0  # between a comb and the label above it
_WIDE = 1.2  # heights; a wider gap starts a new piece of a row

# What is written on a line is a little above it or through it; a label under it is close below.
_ABOVE_PT, _THROUGH_PT, _UNDER_PT = 6.0, 4.0, 9.0
_LABEL_GAP_PT = 25.0
_SHORTEST_PT = 20.0  # of a line to write on
_SMALLER = 0.9
"""Labels under a line or in a frame are printed smaller than what is written there."""

_HIGHEST_CELL_PT = 90.0
_CELLS_OF_ROW = frozenset({2, 4})
_MOST_CELL_LINES = 3


def rows_with_boxes(lines: Sequence[Line], drawing: Drawing) -> list[Line]:
    """Return the lines with a character for each box to check, and without what is in the box."""
    added: dict[int, list[Word]] = {}
    for box in _squares_in(drawing) if drawing.frames else []:
        at = _line_beside(box, lines)
        if at is not None:
            is_crossed = any(_is_in(_middle_of(stroke), box) for stroke in drawing.strokes)
            is_checked = is_crossed or any(_is_mark_in(word, box) for word in lines[at].words)
            added.setdefault(at, []).append(Word(_CHECKED if is_checked else _OPEN, box))
    return [_with_words(line, added[at]) if at in added else line for at, line in enumerate(lines)]


def _line_beside(box: Box, lines: Sequence[Line]) -> int | None:
    """Return the number of the line in whose height the middle of a box is."""
    middle = _middle_of(box)[1]
    places = [(at, line.box) for at, line in enumerate(lines) if line.box]
    near = [
        (abs(_middle_of(place)[1] - middle), at)
        for at, place in places
        if place[1] - _THIN_PT <= middle <= place[3] + _THIN_PT
    ]
    return min(near)[1] if near else None


def _squares_in(drawing: Drawing) -> list[Box]:
    squares = []
    for box in drawing.frames:
        width, height = box[2] - box[0], box[3] - box[1]
        small, large = sorted((width, height))
        if small >= _SMALLEST_PT and large <= _LARGEST_PT and small >= _LEAST_RATIO * large:
            squares.append(box)
    in_combs = {box for comb in _combs_in(drawing) for box in comb}
    return [box for box in dict.fromkeys(squares) if box not in in_combs]


def _is_mark_in(word: Word, box: Box) -> bool:
    return len(word.text) <= _MARK_CHARS and _is_in(_middle_of(word.box), box)


def _with_words(line: Line, marks: Sequence[Word]) -> Line:
    """Return a line with more words; those that they are printed over are left out."""
    begins = {0}
    for text in GAP.split(line.text.strip())[:-1]:
        begins.add(max(begins) + len(text.split()))
    if len(line.words) != len(line.text.split()):
        return line
    kept = [
        (word, at in begins)
        for at, word in enumerate(line.words)
        if not any(_is_mark_in(word, mark.box) for mark in marks)
    ]
    words = sorted([*kept, *((mark, False) for mark in marks)], key=lambda each: each[0].box[0])
    text = words[0][0].text
    for (before, _), (word, is_begin) in pairwise(words):
        gap, height = word.box[0] - before.box[2], word.box[3] - word.box[1]
        is_wide = is_begin if before not in marks and word not in marks else gap > _WIDE * height
        text += ("  " if is_wide else " ") + word.text
    return replace(line, text=text, words=tuple(word for word, _ in words))


def drawn_fields(lines: Sequence[Line], drawing: Drawing) -> Iterator[FormField]:
    """Yield the labels by the lines, frames and combs that they belong to, with their values."""
    pieces = [piece for line in lines for piece in _pieces_of(line)]
    combs = _combs_in(drawing)
    yield from _in_combs(combs, pieces)
    yield from _on_lines(drawing, pieces, lines)
    in_combs = {box for comb in combs for box in comb}
    yield from _in_cells(replace(drawing, frames=tuple(set(drawing.frames) - in_combs)), pieces)


@dataclass(frozen=True, slots=True)
class _Piece:
    """Words of a line that follow each other closely."""

    text: str
    box: Box


def _pieces_of(line: Line) -> Iterator[_Piece]:
    words = list(line.words)
    for text in GAP.split(line.text.strip()):
        own, words = words[: len(text.split())], words[len(text.split()) :]
        if own:
            yield _Piece(text, enclosing_box([word.box for word in own]))


# ---- combs


def _combs_in(drawing: Drawing) -> list[list[Box]]:
    """Return frames of one size that touch each other in a row, for one letter each."""
    small = sorted(
        (round(box[1]), box)
        for box in set(drawing.frames)
        if _SMALLEST_PT <= box[2] - box[0] <= box[3] - box[1] + _TOUCHES_PT
        and box[3] - box[1] <= _HIGHEST_COMB_PT
    )
    combs: list[list[Box]] = []
    for (_, before), (_, box) in pairwise([(0, (0.0, 0.0, 0.0, 0.0)), *small]):
        is_next = combs and abs(box[0] - before[2]) < _TOUCHES_PT and before[1] == box[1]
        if is_next:
            combs[-1].append(box)
        else:
            combs.append([box])
    return [comb for comb in combs if len(comb) >= _FEWEST_IN_COMB]


def _in_combs(combs: Sequence[Sequence[Box]], pieces: Sequence[_Piece]) -> Iterator[FormField]:
    for comb in combs:
        around = enclosing_box(comb)
        inside = [piece for piece in pieces if _is_in(_middle_of(piece.box), around)]
        inside.sort(key=lambda piece: piece.box[0])
        letters = " ".join(piece.text for piece in inside).split()
        label = _label_above(around, pieces, _COMB_LABEL_PT)
        if label and len("".join(letters)) == len(letters):
            yield FormField(label, "".join(letters), around, "frame")


def _label_above(box: Box, pieces: Sequence[_Piece], most_pt: float) -> str:
    """Return the label that begins where a frame does, close above it."""
    for piece in pieces:
        is_close = -_TOUCHES_PT <= box[1] - piece.box[3] <= most_pt
        if is_close and abs(piece.box[0] - box[0]) <= _UNDER_PT and may_be_label(piece.text):
            return piece.text
    return ""


# ---- lines


def _on_lines(
    drawing: Drawing, pieces: Sequence[_Piece], lines: Sequence[Line]
) -> Iterator[FormField]:
    rules = _rules_of(drawing)
    for rule in rules:
        words = _words_on(rule, lines)
        label = _label_before(rule, words, rules)
        value = [word for word in words if _is_over(word, rule)]
        text = " ".join(word.text for word in value)
        text = "" if text.endswith(":") else text
        box = enclosing_box([word.box for word in value]) if value else None
        if label:
            yield FormField(label, text, box, "line")
        # A word may end where a line begins: the line is its blank, whatever is below.
        elif not any(_ends_before(word, rule) for word in words):
            yield from _with_label_under(rule, text, box, pieces)


def _rules_of(drawing: Drawing) -> list[Box]:
    """Return the lines to write on: they are no sides of the cells of a table."""
    uprights = [box for box in drawing.frames if box[2] - box[0] <= _TOUCHES_PT]
    return [
        box
        for box in dict.fromkeys(drawing.lines)
        if box[2] - box[0] >= _SHORTEST_PT and not any(_touch(box, each) for each in uprights)
    ]


def _words_on(rule: Box, lines: Sequence[Line]) -> list[Word]:
    """Return the words of the first line of text that is written on a drawn line, or beside it."""
    for line in lines:
        if line.box and _is_written(line.box, rule):
            return [word for word in line.words if _is_written(word.box, rule)]
    return []


def _is_written(box: Box, rule: Box) -> bool:
    return rule[3] - _ABOVE_PT <= box[3] <= rule[3] + _THROUGH_PT


def _is_over(word: Word, rule: Box) -> bool:
    return rule[0] - _THIN_PT <= _middle_of(word.box)[0] <= rule[2] + _THIN_PT


def _ends_before(word: Word, rule: Box) -> bool:
    return 0 <= rule[0] - word.box[2] + _THIN_PT < _LABEL_GAP_PT / 2


def _end_before(rule: Box, rules: Sequence[Box]) -> float:
    """Return where the line before another one at its height ends, 0 if there is none."""
    level = [each for each in rules if abs(each[3] - rule[3]) < _TOUCHES_PT]
    return max([each[2] for each in level if each[2] <= rule[0]], default=0.0)


def _label_before(rule: Box, words: Sequence[Word], rules: Sequence[Box]) -> str:
    """Return the words in front of a line, up to the line or the wide gap before them."""
    start = _end_before(rule, rules) - _THIN_PT
    between = [word for word in words if word.box[0] >= start and word.box[2] <= rule[0] + 3]
    between.sort(key=lambda each: -each.box[0])
    label: list[str] = []
    right, widest = rule[0], _LABEL_GAP_PT
    for word in between:
        if right - word.box[2] > widest or word.text in {_OPEN, _CHECKED}:
            break
        label.insert(0, word.text)
        right, widest = word.box[0], _WIDE * (word.box[3] - word.box[1])
    text = " ".join(label).rstrip(": ")
    is_capital = text[:1].isupper() or text[:1].isdigit()
    return text if is_capital and may_be_label(text) else ""


def _with_label_under(
    rule: Box, value: str, box: Box | None, pieces: Sequence[_Piece]
) -> Iterator[FormField]:
    for piece in pieces:
        left, top, right, bottom = piece.box
        is_under = -1 <= top - rule[3] <= _UNDER_PT and left >= rule[0] - 4
        if is_under and right <= rule[2] + 15 and may_be_label(piece.text):
            is_small = box is not None and bottom - top < _SMALLER * (box[3] - box[1])
            if is_small or is_label(piece.text):
                yield FormField(piece.text, value, box, "line")
                return


# ---- frames


@dataclass(frozen=True, slots=True)
class _Cell:
    """A frame or a cell of a table, with the pieces in it from top to bottom."""

    box: Box
    pieces: Sequence[_Piece]

    def lines(self) -> list[str]:
        rows = groupby(self.pieces, key=lambda piece: round(piece.box[3] / 3))
        return [" ".join(piece.text for piece in row) for _, row in rows]

    def is_blank(self) -> bool:
        """Say whether all of the text is in the upper half: a label, and room to write below."""
        return self.pieces[-1].box[3] <= (self.box[1] + self.box[3]) / 2


def _in_cells(drawing: Drawing, pieces: Sequence[_Piece]) -> Iterator[FormField]:
    cells = _cells_of(drawing, pieces)
    taken = {piece for cell in cells for piece in cell.pieces}
    outside = [piece for piece in pieces if piece not in taken]
    for cell in cells:
        texts = cell.lines()
        if 1 < len(texts) <= _MOST_CELL_LINES and _is_labeled(cell, texts):
            yield FormField(texts[0], " ".join(texts[1:]), cell.pieces[-1].box, "frame")
        label = _label_above(cell.box, outside, _UNDER_PT) if len(cell.pieces) == 1 else ""
        if label:
            yield FormField(label, texts[0], cell.pieces[0].box, "frame")
    yield from _in_next_cells(cells)


def _is_labeled(cell: _Cell, texts: Sequence[str]) -> bool:
    first, last = cell.pieces[0].box, cell.pieces[-1].box
    is_small = first[3] - first[1] < _SMALLER * (last[3] - last[1])
    return may_be_label(texts[0]) and (is_small or is_label(texts[0]))


def _in_next_cells(cells: Sequence[_Cell]) -> Iterator[FormField]:
    """Yield the labels of a table with their values in the cells on their right.

    Whether the first cells of its rows are labels, all of them say: the rows of goods begin with
    numbers.
    """
    rows: dict[tuple[int, int], list[_Cell]] = {}
    for cell in cells:
        rows.setdefault((round(cell.box[1]), round(cell.box[3])), []).append(cell)
    numbered = {
        (round(cell.box[0]), round(cell.box[2]))
        for cell in cells
        if any(map(str.isdigit, cell.lines()[0]))
    }
    for row in rows.values():
        row.sort(key=lambda cell: cell.box[0])
        pairs = zip(row[::2], row[1::2], strict=True) if len(row) in _CELLS_OF_ROW else ()
        for label, value in pairs:
            is_column = (round(label.box[0]), round(label.box[2])) not in numbered
            is_next = abs(label.box[2] - value.box[0]) < _TOUCHES_PT
            (text, *more), values = label.lines(), value.lines()
            if not more and is_column and is_next and may_be_label(text) and not value.is_blank():
                yield FormField(text, " ".join(values), value.pieces[0].box, "frame")


def _cells_of(drawing: Drawing, pieces: Sequence[_Piece]) -> list[_Cell]:
    """Return the cells that have text: the nearest lines around each piece are their sides."""
    import numpy as np

    frames = [box for box in dict.fromkeys(drawing.frames) if box[3] - box[1] > _SMALLEST_PT]
    if not frames:
        return []
    boxes = np.array([*frames, *drawing.lines])
    is_frame = np.arange(len(boxes)) < len(frames)
    found: dict[Box, list[_Piece]] = {}
    for piece in pieces:
        x, y = _middle_of(piece.box)
        in_width = (boxes[:, 0] - 1 <= x) & (boxes[:, 2] + 1 >= x)
        in_height = (boxes[:, 1] - 1 <= y) & (boxes[:, 3] + 1 >= y) & is_frame
        across, along = boxes[in_height][:, [0, 2]].ravel(), boxes[in_width][:, [1, 3]].ravel()
        sides = (
            across[across <= piece.box[0] + 2].max(initial=-1.0),
            along[along <= y].max(initial=-1.0),
            across[across >= piece.box[2] - 2].min(initial=np.inf),
            along[along >= y].min(initial=np.inf),
        )
        if sides[0] >= 0 and sides[1] >= 0 and sides[3] - sides[1] <= _HIGHEST_CELL_PT:
            left, top, right, bottom = (float(np.rint(side)) for side in sides)
            found.setdefault((left, top, right, bottom), []).append(piece)
    return [
        _Cell(box, sorted(own, key=lambda piece: piece.box[3]))
        for box, own in found.items()
        if box[2] < float("inf")
    ]


def _middle_of(box: Box) -> tuple[float, float]:
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2


def _is_in(point: tuple[float, float], box: Box) -> bool:
    return box[0] <= point[0] <= box[2] and box[1] <= point[1] <= box[3]


def _touch(rule: Box, upright: Box) -> bool:
    is_level = upright[1] - 2 <= rule[3] <= upright[3] + 2
    return is_level and rule[0] - 2 <= upright[0] <= rule[2] + 2
