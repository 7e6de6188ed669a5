"""Put pieces of text into reading order: top to bottom, left to right, pieces of one line joined."""

import itertools
import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field

from processors.contract import Box, Line, Segment

VERSION = "1"

_SAME_LINE = 0.5  # share of the lower piece's height that must overlap
_WIDE_GAP = 2.0  # in heights of text: further apart is another column, told by a second space


@dataclass(slots=True)
class _Row:
    pieces: list[tuple[Box, Segment]] = field(default_factory=list)
    top: float = 0.0
    bottom: float = 0.0

    def overlap(self, box: Box) -> float:
        shared = min(self.bottom, box[3]) - max(self.top, box[1])
        return shared / max(min(self.bottom - self.top, box[3] - box[1]), 1e-6)

    def add(self, box: Box, segment: Segment) -> None:
        self.pieces.append((box, segment))
        self.top = statistics.fmean(piece[1] for piece, _ in self.pieces)
        self.bottom = statistics.fmean(piece[3] for piece, _ in self.pieces)


def lines_of(segments: Sequence[Segment], *, scale: float = 1.0) -> tuple[Line, ...]:
    """Join segments into lines; boxes are multiplied by `scale`, which turns pixels into points.

    A page photographed at a slant is levelled first, by the slope most of its long pieces share.
    """
    written = [segment for segment in segments if segment.text.strip()]
    angle = _slope(written)
    rows: list[_Row] = []
    levelled = sorted(
        ((_level(segment.box, angle), segment) for segment in written), key=lambda piece: _middle(piece[0])
    )
    for box, segment in levelled:
        best = max(rows[-6:], key=lambda row: row.overlap(box), default=None)
        if best is None or best.overlap(box) < _SAME_LINE:
            best = _Row()
            rows.append(best)
        best.add(box, segment)
    rows.sort(key=lambda row: row.top + row.bottom)
    return tuple(_line(row, scale=scale) for row in rows)


def text_of(lines: Sequence[Line]) -> str:
    """Return the lines as text."""
    return "\n".join(line.text for line in lines)


def confidence_of(lines: Sequence[Line]) -> float | None:
    """Return the mean confidence, each line weighing as much as it is long."""
    rated = [(line.confidence, len(line.text)) for line in lines if line.confidence is not None and line.text]
    if not rated:
        return None
    return round(sum(confidence * length for confidence, length in rated) / sum(length for _, length in rated), 4)


def _slope(segments: Sequence[Segment]) -> float:
    """Return the median slope in radians; short pieces say little about it."""
    long = [s.angle_deg for s in segments if s.box[2] - s.box[0] > 4 * (s.box[3] - s.box[1]) and abs(s.angle_deg) < 15]  # noqa: PLR2004
    return math.radians(statistics.median(long)) if len(long) > 2 else 0.0  # noqa: PLR2004 - two do not make a rule


def _level(box: Box, angle: float) -> Box:
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


def _line(row: _Row, *, scale: float) -> Line:
    pieces = sorted(row.pieces, key=lambda piece: piece[0][0])
    text = pieces[0][1].text.strip()
    for (left, _), (right, segment) in itertools.pairwise(pieces):
        text += _space(right[0] - left[2], row.bottom - row.top) + segment.text.strip()
    boxes = [segment.box for _, segment in pieces]
    rated = [(s.confidence, len(s.text)) for _, s in pieces if s.confidence is not None]
    confidence = sum(c * n for c, n in rated) / sum(n for _, n in rated) if rated else None
    return Line(text=text, box=_around(boxes, scale), confidence=None if confidence is None else round(confidence, 4))


def _space(gap: float, height: float) -> str:
    return "  " if gap > _WIDE_GAP * height else " "


def _around(boxes: Sequence[Box], scale: float) -> Box:
    left, top = min(box[0] for box in boxes), min(box[1] for box in boxes)
    right, bottom = max(box[2] for box in boxes), max(box[3] for box in boxes)
    return (round(left * scale, 2), round(top * scale, 2), round(right * scale, 2), round(bottom * scale, 2))
