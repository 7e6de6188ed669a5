"""Say from a few lines in which direction a page was scanned, before the others are read.

A network that finds text finds it on a page on its side or head as well; which way the letters
stand shows only when lines are read. Lines are arrays of four corners, clockwise from where the
text begins.
"""

from collections.abc import Sequence
from typing import Any

from processors.contract import Segment
from processors.ocr.rapid.line_finder import height_of, width_of

VERTICAL = 1.5  # times higher than wide: the line runs downward

# Measured on the kinds of documents of this project: lines of upright pages read at 0.95 and more,
# upside down at up to 0.75.
_SURE = 0.8
_CLEARLY_BETTER = 1.1  # times the score of any other direction
_TRIED_LINES = 4
_FEWEST_LINES = 3  # two lines prove nothing


def is_vertical(line: Any) -> bool:
    """Say whether a line runs downward or upward, as it was found: from its upper left corner."""
    return height_of(line) >= VERTICAL * width_of(line)


def is_sideways(lines: Sequence[Any]) -> bool:
    """Say whether most lines, and most of their length, run downward or upward.

    Short ones, such as single characters, say nothing. Labels of columns may be many, but the text
    below them is longer.
    """
    long_enough = [line for line in lines if _length(line) >= VERTICAL]
    vertical = downward(long_enough)
    return (
        len(long_enough) >= _FEWEST_LINES
        and 2 * len(vertical) > len(long_enough)
        and 2 * sum(map(_length, vertical)) > sum(map(_length, long_enough))
    )


def downward(lines: Sequence[Any]) -> Sequence[Any]:
    """Return the lines that run downward or upward."""
    return [line for line in lines if _runs_downward(line)]


def longest(lines: Sequence[Any]) -> Sequence[Any]:
    """Return the few lines that are longest for their height."""
    return sorted(lines, key=_length, reverse=True)[:_TRIED_LINES]


def reversed_line(line: Any) -> Any:
    """Return the same line as if its text ran the other way."""
    import numpy as np

    return np.roll(line, 2, axis=0)


def is_better(segments: Sequence[Segment], *, than: Sequence[Segment]) -> bool:
    """Say whether lines read clearly better in one direction than in the other."""
    return _score(segments) > _CLEARLY_BETTER * _score(than)


def reads_well(segments: Sequence[Segment]) -> bool:
    """Say whether a page reads surely, each line weighted by its length.

    A line that was found and could not be read counts as much as one that was.
    """
    lengths = [_length_of_box(segment) for segment in segments]
    weighted = sum(
        length * (segment.confidence or 0 if segment.text else 0)
        for length, segment in zip(lengths, segments, strict=True)
    )
    return weighted >= _SURE * sum(lengths)


def is_unsure(segments: Sequence[Segment]) -> bool:
    """Say whether lines were read at less than what upright lines read at."""
    characters = sum(len(segment.text) for segment in segments)
    weighted = sum((segment.confidence or 0) * len(segment.text) for segment in segments)
    return weighted < _SURE * max(1, characters)


def _length(line: Any) -> float:
    """Return the length of a line divided by its height; a vertical one is wide from its start."""
    return width_of(line) / max(height_of(line), 1.0)


def _length_of_box(segment: Segment) -> float:
    left, top, right, bottom = segment.box
    sides = sorted((right - left, bottom - top))
    return sides[1] / max(sides[0], 1.0)


def _runs_downward(line: Any) -> bool:
    (x0, y0), (x1, y1) = line[0], line[1]
    return bool(abs(y1 - y0) > abs(x1 - x0))


def _score(segments: Sequence[Segment]) -> float:
    """Score what was read: the fourth power lets the surely read lines decide."""
    return sum(len(segment.text) * (segment.confidence or 0) ** 4 for segment in segments)
