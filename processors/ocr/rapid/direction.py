"""Say from a few lines in which direction a page was scanned, before the others are read.

A network that finds text finds it on a page on its side or head as well; which way the letters
stand shows only when lines are read. Lines are arrays of four corners, clockwise from where the
text begins.
"""

from collections.abc import Mapping, Sequence
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
    """Say whether most lines run downward or upward.

    Short ones, such as single characters, say nothing.
    """
    # By its corners: a vertical line begins at its right side, and is wide from there.
    long_enough = [line for line in lines if width_of(line) >= VERTICAL * height_of(line)]
    vertical = sum(_runs_downward(line) for line in long_enough)
    return len(long_enough) >= _FEWEST_LINES and 2 * vertical > len(long_enough)


def longest(lines: Sequence[Any]) -> Sequence[Any]:
    """Return the few lines that are longest for their height."""
    by_length = sorted(lines, key=lambda line: -width_of(line) / max(height_of(line), 1.0))
    return by_length[:_TRIED_LINES]


def reversed_line(line: Any) -> Any:
    """Return the same line as if its text ran the other way."""
    import numpy as np

    return np.roll(line, 2, axis=0)


def better(read: Mapping[int, Sequence[Segment]]) -> int | None:
    """Return the angle at which lines read surely and clearly best, None if there is none."""
    scores = {angle_deg: _score(segments) for angle_deg, segments in read.items()}
    best = max(scores, key=lambda angle_deg: scores[angle_deg])
    others = max(score for angle_deg, score in scores.items() if angle_deg != best)
    is_clear = not is_unsure(read[best]) and scores[best] > _CLEARLY_BETTER * others
    return best if is_clear else None


def is_unsure(segments: Sequence[Segment]) -> bool:
    """Say whether lines were read at less than what upright lines read at."""
    characters = sum(len(segment.text) for segment in segments)
    weighted = sum((segment.confidence or 0) * len(segment.text) for segment in segments)
    return weighted < _SURE * max(1, characters)


def _runs_downward(line: Any) -> bool:
    (x0, y0), (x1, y1) = line[0], line[1]
    return bool(abs(y1 - y0) > abs(x1 - x0))


def _score(segments: Sequence[Segment]) -> float:
    """Score what was read: the fourth power lets the surely read lines decide."""
    return sum(len(segment.text) * (segment.confidence or 0) ** 4 for segment in segments)
