"""Judge the lines an engine found on a picture, and lay a few of them side by side for a cheap second look."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from processors.contract import Segment

if TYPE_CHECKING:
    from PIL import Image

_FEWEST_LETTERS = (
    0.9  # letters to each height of a line along it: the widest printed letters are more
)
_MARGIN_PX = 8
_GAP_PX = 24


def sureness(segments: Sequence[Segment]) -> float:
    """Say how surely a page was read, from 0 to 1, each line weighing as much as it is long.

    A line where hardly a letter was found for its length counts little however sure the engine is of the few: letters
    that a recognizer was never taught come out as nothing, or as specks.
    """
    total = sum(map(_length, segments))
    return sum(_length(segment) * _sure(segment) for segment in segments) / total if total else 0.0


def doubtful_and_long(segments: Sequence[Segment], count: int) -> list[Segment]:
    """Return so many lines: half of them those of which the engine is least sure, the others the longest."""
    by_length = longest(segments, len(segments))
    by_doubt = sorted(by_length, key=lambda segment: -(1 - _sure(segment)) * _length(segment))
    return list(dict.fromkeys([*by_doubt[: count // 2], *by_length]))[:count]


def longest(segments: Sequence[Segment], count: int) -> list[Segment]:
    """Return the longest lines for their height."""
    return sorted(segments, key=lambda segment: -_length(segment))[:count]


def cut_out(image: "Image.Image", segments: Sequence[Segment]) -> "Image.Image":
    """Return a picture of some lines only: below each other, or beside each other where most run up or down."""
    from PIL import Image

    parts = [image.crop(_around(segment, image.size)) for segment in segments]
    upended = 2 * sum(part.height > part.width for part in parts) > len(parts)
    along, across = (0, 1) if upended else (1, 0)
    size = [0, 0]
    size[along] = sum(part.size[along] + _GAP_PX for part in parts) + _GAP_PX
    size[across] = max(part.size[across] for part in parts) + 2 * _GAP_PX
    sheet = Image.new(image.mode, (size[0], size[1]), "white")
    place = [_GAP_PX, _GAP_PX]
    for part in parts:
        sheet.paste(part, (place[0], place[1]))
        place[along] += part.size[along] + _GAP_PX
    return sheet


def _around(segment: Segment, size: tuple[int, int]) -> tuple[int, int, int, int]:
    left, top, right, bottom = segment.box
    return (
        max(0, int(left) - _MARGIN_PX),
        max(0, int(top) - _MARGIN_PX // 2),
        min(size[0], int(right) + _MARGIN_PX),
        min(size[1], int(bottom) + _MARGIN_PX // 2),
    )


def _sure(segment: Segment) -> float:
    letters = len(segment.text) - segment.text.count(" ")
    return (segment.confidence or 0.0) * min(1.0, letters / (_FEWEST_LETTERS * _length(segment)))


def _length(segment: Segment) -> float:
    """Return how many times longer than high a line is, whichever way it runs."""
    width, height = segment.box[2] - segment.box[0], segment.box[3] - segment.box[1]
    return max(width, height) / max(min(width, height), 1.0)
