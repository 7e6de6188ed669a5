"""Judge how surely lines were recognized, and cut some of them out for a cheap second look."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from processors.contract import Segment

if TYPE_CHECKING:
    from PIL import Image

# A line has more letters than this per unit of its length divided by its height: the widest printed
# letters are about as wide as the line is high.
_FEWEST_LETTERS = 0.9
_MARGIN_PX = 8
_GAP_PX = 24  # between lines that are cut out, so that no engine joins them


def mean_confidence(segments: Sequence[Segment]) -> float:
    """Return how surely a page was recognized, from 0 to 1, each line weighted by its length.

    A line with hardly a letter for its length counts little, however sure the engine is of the few:
    letters that a recognizer was not trained on come out as nothing, or as specks.
    """
    total = sum(map(_relative_length, segments))
    if not total:
        return 0.0
    weighted = sum(_relative_length(segment) * _confidence(segment) for segment in segments)
    return weighted / total


def doubtful_and_long(segments: Sequence[Segment], count: int) -> list[Segment]:
    """Return `count` lines: half are those the engine is least sure of, the others the longest."""
    by_length = longest(segments, len(segments))
    by_doubt = sorted(
        by_length, key=lambda segment: -(1 - _confidence(segment)) * _relative_length(segment)
    )
    chosen = dict.fromkeys([*by_doubt[: count // 2], *by_length])  # each line once
    return list(chosen)[:count]


def longest(segments: Sequence[Segment], count: int) -> list[Segment]:
    """Return the `count` lines that are longest for their height."""
    return sorted(segments, key=lambda segment: -_relative_length(segment))[:count]


def cut_out(image: "Image.Image", segments: Sequence[Segment]) -> "Image.Image":
    """Return an image of some lines: below each other, or side by side if most are vertical."""
    from PIL import Image

    parts = []
    for segment in segments:
        left, top, right, bottom = segment.box
        box = (
            max(0, int(left) - _MARGIN_PX),
            max(0, int(top) - _MARGIN_PX // 2),
            min(image.size[0], int(right) + _MARGIN_PX),
            min(image.size[1], int(bottom) + _MARGIN_PX // 2),
        )
        parts.append(image.crop(box))

    # The axis along which the parts are placed one after the other: 0 is x, 1 is y.
    vertical = sum(part.height > part.width for part in parts)
    along, across = (0, 1) if 2 * vertical > len(parts) else (1, 0)
    size = [0, 0]
    size[along] = sum(part.size[along] + _GAP_PX for part in parts) + _GAP_PX
    size[across] = max(part.size[across] for part in parts) + 2 * _GAP_PX
    sample = Image.new(image.mode, (size[0], size[1]), "white")
    position = [_GAP_PX, _GAP_PX]
    for part in parts:
        sample.paste(part, (position[0], position[1]))
        position[along] += part.size[along] + _GAP_PX
    return sample


def _confidence(segment: Segment) -> float:
    """Return the engine's confidence, lowered if a line has too few letters for its length."""
    letters = len(segment.text) - segment.text.count(" ")
    expected = _FEWEST_LETTERS * _relative_length(segment)
    return (segment.confidence or 0.0) * min(1.0, letters / expected)


def _relative_length(segment: Segment) -> float:
    """Return the length of a line divided by its height, whether it is horizontal or vertical."""
    width, height = segment.box[2] - segment.box[0], segment.box[3] - segment.box[1]
    return max(width, height) / max(min(width, height), 1.0)
