"""Put pieces of text into reading order: top to bottom, left to right, the pieces of a line joined.

Columns of running text are read one after the other, rows of tables across, text along the margins
last. A page that was photographed at a slant is leveled first.
"""

import dataclasses
import itertools
import math
import re
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from processors.contract import Box, Line, Page, Segment, Word
from processors.layout import columns
from processors.layout.boxes import enclosing, middle, row_overlap, scaled

_SAME_LINE = 0.5
"""Share of the lower piece's height that two pieces of one line have in common."""
_NEAR_ROWS = 6
"""Rows above that a piece may belong to: they are sorted by height."""
_COLUMN_GAP = 2.0
"""In heights of text: a wider gap in a line becomes two blanks, so that columns can be seen."""
_WORD_GAP = 1.0
"""In heights of text: words that are closer are one piece."""
_LEAST_SPACED = 0.3
"""Share of pieces with a blank in them, below which an engine returns single words."""
_MARGIN_RATIO = 2.0
"""Height to width of text that runs along the margin."""
_LEAST_MARGIN_CHARS = 3
"""A single digit is higher than wide, too."""

# The slope of a page is that of its long pieces: in short ones it is mostly error.
_LONG_RATIO = 4
"""Width to height of a long piece."""
_MOST_SLOPE_DEG = 15
"""A steeper piece is on the page at a slant itself, such as a stamp."""
_LEAST_LONG_PIECES = 3  # fewer may be at a slant themselves
_LEAST_LEVEL_HEIGHT = 0.3
"""Share of its height that a box keeps at least when it is leveled."""

_HALF_TURN_DEG = 180
_WORD = re.compile(r"\S+")

Piece = tuple[Box, Segment]
"""A segment with its box on the leveled page."""


@dataclass(slots=True)
class _Row:
    """The pieces of one line, with the mean of their tops and bottoms."""

    pieces: list[Piece] = field(default_factory=list)
    top: float = 0.0
    bottom: float = 0.0

    def overlap(self, box: Box) -> float:
        return row_overlap((0, self.top, 0, self.bottom), box)

    def add(self, box: Box, segment: Segment) -> None:
        self.pieces.append((box, segment))
        count = len(self.pieces)
        self.top += (box[1] - self.top) / count
        self.bottom += (box[3] - self.bottom) / count


def lines_of(segments: Sequence[Segment], *, scale: float = 1.0) -> tuple[Line, ...]:
    """Join segments into lines; boxes are multiplied by `scale`, which turns pixels into points."""
    written = [segment for segment in segments if segment.text.strip()]
    angle = slope(written)
    flowing: list[Piece] = []
    along_margins: list[Piece] = []
    for segment in written:
        box = leveled(segment.box, angle)
        height, width = box[3] - box[1], box[2] - box[0]
        is_word = len(segment.text.strip()) >= _LEAST_MARGIN_CHARS
        if is_word and height > _MARGIN_RATIO * width:
            along_margins.append((box, segment))
        else:
            flowing.append((box, segment))

    rows: list[_Row] = []
    for block in blocks(flowing):
        rows += rows_of(block)
    for piece in sorted(along_margins, key=lambda piece: piece[0]):
        rows.append(_Row([piece], piece[0][1], piece[0][3]))
    return tuple([line_of(row, scale=scale) for row in rows])


def slope(segments: Sequence[Segment]) -> float:
    """Return the median slope of the long pieces in radians, 0 if there are too few."""
    angles: list[float] = []
    for segment in segments:
        left, top, right, bottom = segment.box
        is_long = right - left > _LONG_RATIO * (bottom - top)
        if is_long and abs(segment.angle_deg) < _MOST_SLOPE_DEG:
            angles.append(segment.angle_deg)
    if len(angles) < _LEAST_LONG_PIECES:
        return 0.0
    return math.radians(statistics.median(angles))


def leveled(box: Box, angle: float) -> Box:
    """Turn the middle of a box about the page's corner; its size stays but for the slant.

    The box around a slanting line is higher by the sine of the angle times its width.
    """
    if not angle:
        return box
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    width, height = box[2] - box[0], box[3] - box[1]
    height = max(height - abs(math.sin(angle)) * width, height * _LEAST_LEVEL_HEIGHT)
    level_x = x * math.cos(angle) + y * math.sin(angle)
    level_y = y * math.cos(angle) - x * math.sin(angle)
    return (
        level_x - width / 2,
        level_y - height / 2,
        level_x + width / 2,
        level_y + height / 2,
    )


def blocks(pieces: list[Piece]) -> Iterator[list[Piece]]:
    """Group pieces by the columns that they are in."""
    spaced = sum(" " in segment.text.strip() for _, segment in pieces)
    if spaced < _LEAST_SPACED * len(pieces):
        groups = words_joined(pieces)
    else:
        groups = [[piece] for piece in pieces]
    items = [
        columns.Item(
            box=enclosing([box for box, _ in group]),
            text=" ".join([segment.text for _, segment in group]),
            index=index,
        )
        for index, group in enumerate(groups)
    ]
    for block in columns.blocks(items):
        yield [piece for item in block for piece in groups[item.index]]


def words_joined(pieces: list[Piece]) -> list[list[Piece]]:
    """Group words that are close to each other in one row."""
    groups: list[list[Piece]] = []
    for piece in sorted(pieces, key=lambda piece: piece[0][0]):
        box = piece[0]
        height = box[3] - box[1]
        # The nearest word to the left is in one of the latest groups.
        for group in reversed(groups):
            last = group[-1][0]
            gap = box[0] - last[2]
            is_close = -height < gap < _WORD_GAP * max(height, last[3] - last[1])
            if is_close and row_overlap(last, box) > _SAME_LINE:
                group.append(piece)
                break
        else:
            groups.append([piece])
    return groups


def rows_of(pieces: list[Piece]) -> list[_Row]:
    """Group pieces into rows, from top to bottom."""
    rows: list[_Row] = []
    for box, segment in sorted(pieces, key=lambda piece: middle(piece[0])):
        near = [row for row in rows[-_NEAR_ROWS:] if row.bottom > box[1]]
        best = max(near, key=lambda row: row.overlap(box), default=None)
        if best is None or best.overlap(box) < _SAME_LINE:
            best = _Row()
            rows.append(best)
        best.add(box, segment)
    rows.sort(key=lambda row: row.top + row.bottom)
    return rows


def line_of(row: _Row, *, scale: float) -> Line:
    """Join the pieces of a row, from left to right."""
    pieces = sorted(row.pieces, key=lambda piece: piece[0][0])
    segments = [segment for _, segment in pieces]
    text = segments[0].text.strip()
    for (left, _), (right, segment) in itertools.pairwise(pieces):
        is_wide = right[0] - left[2] > _COLUMN_GAP * (row.bottom - row.top)
        text += ("  " if is_wide else " ") + segment.text.strip()
    confidence = weighted_confidence(segments)
    angles = [segment.angle_deg for segment in segments]
    return Line(
        text=text,
        box=scaled(enclosing([segment.box for segment in segments]), scale),
        confidence=None if confidence is None else round(confidence, 4),
        words=tuple(itertools.chain(*[words_of(segment, scale) for segment in segments])),
        angle_deg=round(statistics.fmean(angles), 2) if any(angles) else 0.0,
    )


def words_of(segment: Segment, scale: float) -> Sequence[Word]:
    """Return the words of a segment in points.

    If the engine did not say where they are, each takes the share of the width that it has of the
    characters.
    """
    if segment.words and scale == 1.0:
        return segment.words
    if segment.words:
        return [Word(each.text, scaled(each.box, scale), each.confidence) for each in segment.words]

    left, top, right, bottom = segment.box
    text = segment.text.strip()
    char_width = (right - left) / max(1, len(text))
    words: list[Word] = []
    for match in _WORD.finditer(text):
        start, end = match.span()
        box = (left + char_width * start, top, left + char_width * end, bottom)
        words.append(Word(match[0], scaled(box, scale), segment.confidence))
    return words


def text_of(lines: Sequence[Line]) -> str:
    """Return the lines as text."""
    return "\n".join(line.text for line in lines)


def confidence_of(lines: Sequence[Line]) -> float | None:
    """Return the mean confidence of the lines, weighted by their length."""
    confidence = weighted_confidence([line for line in lines if line.text])
    return None if confidence is None else round(confidence, 4)


def weighted_confidence(parts: Sequence[Line | Segment]) -> float | None:
    """Return the mean confidence of the parts that have one, weighted by their length."""
    rated = [(part.confidence, len(part.text)) for part in parts if part.confidence is not None]
    if not rated:
        return None
    return sum(value * length for value, length in rated) / sum(length for _, length in rated)


def turned_back(page: Page, turned_deg: int) -> Page:
    """Return a page that was turned clockwise to be read, with positions as it is shown."""
    width, height = page.text.width_pt, page.text.height_pt
    if turned_deg == 0 or width is None or height is None:
        return dataclasses.replace(page, turned_deg=turned_deg)

    def back(box: Box) -> Box:
        left, top, right, bottom = box
        match turned_deg:
            case 90:
                box = (top, width - right, bottom, width - left)
            case 180:
                box = (width - right, height - bottom, width - left, height - top)
            case _:
                box = (height - bottom, left, height - top, right)
        return scaled(box, 1.0)

    lines = [
        dataclasses.replace(
            line,
            box=None if line.box is None else back(line.box),
            words=tuple([Word(word.text, back(word.box), word.confidence) for word in line.words]),
        )
        for line in page.lines
    ]
    is_half_turn = turned_deg == _HALF_TURN_DEG
    text = dataclasses.replace(
        page.text,
        width_pt=width if is_half_turn else height,
        height_pt=height if is_half_turn else width,
    )
    return Page(text, tuple(lines), turned_deg)
