"""Put pieces of text into reading order: top to bottom, left to right, pieces of one line joined."""

import dataclasses
import itertools
import math
import re
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from processors.contract import Box, Line, Page, Segment, Word
from processors.layout import columns

_SAME_LINE = 0.5  # share of the lower piece's height that must overlap
_WIDE_GAP = 2.0  # in heights of text: further apart is another column, told by a second space
_CLOSE = 1.0  # in heights of text: words of one piece
_FEW_SPACED = 0.3  # share of pieces with a space, below which an engine gives words
_UPENDED = 2.0  # heights to widths of text that runs up the margin
_WORD = re.compile(r"\S+")

Piece = tuple[Box, Segment]


@dataclass(slots=True)
class _Row:
    pieces: list[Piece] = field(default_factory=list)
    top: float = 0.0
    bottom: float = 0.0

    def overlap(self, box: Box) -> float:
        return _overlap((0, self.top, 0, self.bottom), box)

    def add(self, box: Box, segment: Segment) -> None:
        self.pieces.append((box, segment))
        count = len(self.pieces)
        self.top += (box[1] - self.top) / count
        self.bottom += (box[3] - self.bottom) / count


def lines_of(segments: Sequence[Segment], *, scale: float = 1.0) -> tuple[Line, ...]:
    """Join segments into lines; boxes are multiplied by `scale`, which turns pixels into points.

    Columns of running text are read one after the other, rows of tables across, text along the margins last.
    A page photographed at a slant is levelled first, by the slope most of its long pieces share.
    """
    written = [segment for segment in segments if segment.text.strip()]
    angle = slope(written)
    pieces = [(level(segment.box, angle), segment) for segment in written]
    flowing = [piece for piece in pieces if not _is_upended(piece)]
    lines: list[Line] = []
    for block in _blocks(flowing):
        lines += [_line(row, scale=scale) for row in _rows(block)]
    upended = sorted((piece for piece in pieces if _is_upended(piece)), key=lambda piece: piece[0])
    lines += [_line(_Row([piece], piece[0][1], piece[0][3]), scale=scale) for piece in upended]
    return tuple(lines)


def _is_upended(piece: Piece) -> bool:
    """Say whether a piece runs up or down the page."""
    left, top, right, bottom = piece[0]
    return bottom - top > _UPENDED * (right - left) and len(piece[1].text.strip()) > 2  # noqa: PLR2004 - a digit is higher than wide


def _blocks(pieces: list[Piece]) -> Iterator[list[Piece]]:
    """Group pieces by the columns they stand in. Engines that give single words have them put together first."""
    groups = close_groups(pieces) if _are_words(pieces) else [[piece] for piece in pieces]
    items = [
        columns.Item(
            _hull([box for box, _ in group]),
            " ".join([segment.text for _, segment in group]),
            index,
        )
        for index, group in enumerate(groups)
    ]
    for block in columns.blocks(items):
        yield [piece for item in block for piece in groups[item.index]]


def _are_words(pieces: list[Piece]) -> bool:
    return sum(" " in segment.text.strip() for _, segment in pieces) < _FEW_SPACED * len(pieces)


def close_groups(pieces: list[Piece]) -> list[list[Piece]]:
    """Put words together that stand close to each other in one row."""
    groups: list[list[Piece]] = []
    for piece in sorted(pieces, key=lambda piece: piece[0][0]):
        box = piece[0]
        height = box[3] - box[1]
        for group in reversed(groups):
            last = group[-1][0]
            if (
                -height < box[0] - last[2] < _CLOSE * max(height, last[3] - last[1])
                and _overlap(last, box) > _SAME_LINE
            ):
                group.append(piece)
                break
        else:
            groups.append([piece])
    return groups


def _rows(pieces: list[Piece]) -> list[_Row]:
    rows: list[_Row] = []
    for box, segment in sorted(pieces, key=lambda piece: _middle(piece[0])):
        near = [row for row in rows[-6:] if row.bottom > box[1]]
        best = max(near, key=lambda row: row.overlap(box), default=None)
        if best is None or best.overlap(box) < _SAME_LINE:
            best = _Row()
            rows.append(best)
        best.add(box, segment)
    rows.sort(key=lambda row: row.top + row.bottom)
    return rows


def turned_back(page: Page, turned_deg: int) -> Page:
    """Return a page, read after it was turned clockwise by so many degrees, with places as it is shown."""
    width, height = page.text.width_pt, page.text.height_pt
    if turned_deg == 0 or width is None or height is None:
        return dataclasses.replace(page, turned_deg=turned_deg)
    lines = [
        dataclasses.replace(
            line,
            box=None if line.box is None else _turned_back(line.box, turned_deg, width, height),
            words=tuple(
                [
                    Word(w.text, _turned_back(w.box, turned_deg, width, height), w.confidence)
                    for w in line.words
                ]
            ),
        )
        for line in page.lines
    ]
    size = (width, height) if turned_deg == 180 else (height, width)  # noqa: PLR2004 - half a turn
    text = dataclasses.replace(page.text, width_pt=size[0], height_pt=size[1])
    return Page(text, tuple(lines), turned_deg)


def _turned_back(box: Box, turned_deg: int, width: float, height: float) -> Box:
    left, top, right, bottom = box
    match turned_deg:
        case 90:
            turned = (top, width - right, bottom, width - left)
        case 180:
            turned = (width - right, height - bottom, width - left, height - top)
        case _:
            turned = (height - bottom, left, height - top, right)
    return _scaled(turned, 1.0)


def text_of(lines: Sequence[Line]) -> str:
    """Return the lines as text."""
    return "\n".join(line.text for line in lines)


def confidence_of(lines: Sequence[Line]) -> float | None:
    """Return the mean confidence, each line weighing as much as it is long."""
    rated = [
        (line.confidence, len(line.text))
        for line in lines
        if line.confidence is not None and line.text
    ]
    if not rated:
        return None
    return round(
        sum(confidence * length for confidence, length in rated)
        / sum(length for _, length in rated),
        4,
    )


def slope(segments: Sequence[Segment]) -> float:
    """Return the median slope in radians; short pieces say little about it."""
    long = [
        s.angle_deg
        for s in segments
        if s.box[2] - s.box[0] > 4 * (s.box[3] - s.box[1]) and abs(s.angle_deg) < 15  # noqa: PLR2004
    ]
    return math.radians(statistics.median(long)) if len(long) > 2 else 0.0  # noqa: PLR2004 - two do not make a rule


def level(box: Box, angle: float) -> Box:
    """Turn a box about the origin by its middle, keeping its size but for the height the slant added."""
    if not angle:
        return box
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    width = box[2] - box[0]
    height = max(box[3] - box[1] - abs(math.sin(angle)) * width, (box[3] - box[1]) * 0.3)
    level_x = x * math.cos(angle) + y * math.sin(angle)
    level_y = y * math.cos(angle) - x * math.sin(angle)
    return (level_x - width / 2, level_y - height / 2, level_x + width / 2, level_y + height / 2)


def _middle(box: Box) -> float:
    return (box[1] + box[3]) / 2


def _overlap(box: Box, other: Box) -> float:
    """Return the share of the lower one's height that two boxes have in common."""
    shared = min(box[3], other[3]) - max(box[1], other[1])
    return shared / max(min(box[3] - box[1], other[3] - other[1]), 1e-6)


def _line(row: _Row, *, scale: float) -> Line:
    if len(row.pieces) == 1:
        return _line_of_one(row.pieces[0][1], scale)
    pieces = sorted(row.pieces, key=lambda piece: piece[0][0])
    text = pieces[0][1].text.strip()
    for (left, _), (right, segment) in itertools.pairwise(pieces):
        text += _space(right[0] - left[2], row.bottom - row.top) + segment.text.strip()
    rated = [(s.confidence, len(s.text)) for _, s in pieces if s.confidence is not None]
    confidence = sum(c * n for c, n in rated) / sum(n for _, n in rated) if rated else None
    return Line(
        text=text,
        box=_scaled(_hull([segment.box for _, segment in pieces]), scale),
        confidence=None if confidence is None else round(confidence, 4),
        words=tuple([word for _, segment in pieces for word in _words(segment, scale)]),
        angle_deg=round(statistics.fmean(segment.angle_deg for _, segment in pieces), 2),
    )


def _line_of_one(segment: Segment, scale: float) -> Line:
    confidence = segment.confidence
    return Line(
        text=segment.text.strip(),
        box=_scaled(segment.box, scale),
        confidence=None if confidence is None else round(confidence, 4),
        words=tuple(_words(segment, scale)),
        angle_deg=round(segment.angle_deg, 2),
    )


def _words(segment: Segment, scale: float) -> Sequence[Word]:
    """Return a segment's words in points; where the engine told no places, by the share of characters each has."""
    if segment.words:
        if scale == 1.0:
            return segment.words
        return [
            Word(word.text, _scaled(word.box, scale), word.confidence) for word in segment.words
        ]
    left, top, right, bottom = segment.box
    text = segment.text.strip()
    step = (right - left) / max(1, len(text))
    return [
        Word(
            found[0],
            _scaled((left + step * found.start(), top, left + step * found.end(), bottom), scale),
            segment.confidence,
        )
        for found in _WORD.finditer(text)
    ]


def _space(gap: float, height: float) -> str:
    return "  " if gap > _WIDE_GAP * height else " "


def _hull(boxes: Sequence[Box]) -> Box:
    if len(boxes) == 1:
        return boxes[0]
    left, top, right, bottom = zip(*boxes, strict=True)
    return (min(left), min(top), max(right), max(bottom))


def _scaled(box: Box, scale: float) -> Box:
    left, top, right, bottom = box
    return (
        round(left * scale, 2),
        round(top * scale, 2),
        round(right * scale, 2),
        round(bottom * scale, 2),
    )
