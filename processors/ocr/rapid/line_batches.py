"""Lay lines of text side by side in strips of few widths.

To the runtime every width is a network of its own, prepared anew at each change, and every run costs a few
milliseconds whatever it reads. Most strips are equally wide, and those are read four at a time: a tenth of the time
less than one by one. One strip four times as wide would do that, too, but lines of many kinds side by side confuse
the recognizer.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

STEP_PX = 8  # the recognizer says something at each of these
_USUAL_PX = 320
_OTHER_STEP_PX = 160  # what is longer, or left over, is rounded up to this
_TOGETHER = 4
_GAP_PX = 24  # with less, letters of neighbours are read together


@dataclass(frozen=True, slots=True)
class Steps:
    """The steps that belong to one line, and where the line lies in them, as shares of their number."""

    first: int
    last: int
    begin: float
    end: float

    def along(self, share: float) -> float:
        """Turn a share of the steps into one of the line; what lies in the gaps is below 0 or above 1."""
        return (share - self.begin) / (self.end - self.begin)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a line lies in its strip; `line` counts from 0 in the order given."""

    line: int
    left_px: int
    right_px: int

    def share_of(self, width_px: int, *, count: int) -> Steps:
        """Return the line's own of `count` steps along the strip: those in the line and in half the gaps beside it."""
        step = width_px / count
        first = max(0, math.floor((self.left_px - _GAP_PX / 2) / step))
        last = min(count, math.ceil((self.right_px + _GAP_PX / 2) / step))
        begin, end = (
            (side / step - first) / (last - first) for side in (self.left_px, self.right_px)
        )
        return Steps(first, last, begin, end)


@dataclass(frozen=True, slots=True)
class Strip:
    """Lines to be read in one run."""

    width_px: int
    places: tuple[Place, ...]


@dataclass(slots=True)
class _Filling:
    width_px: int
    used_px: int = 0
    places: list[Place] = field(default_factory=list)

    def add(self, line: int, width_px: int) -> None:
        self.places.append(Place(line, self.used_px, self.used_px + width_px))
        self.used_px = math.ceil((self.used_px + width_px + _GAP_PX) / STEP_PX) * STEP_PX


def pack(widths_px: Sequence[int]) -> list[Strip]:
    """Lay lines into as few strips as come of it when the longest is laid first, each where it first fits."""
    filling: list[_Filling] = []
    for line, width in sorted(enumerate(widths_px), key=lambda item: -item[1]):
        room = next((strip for strip in filling if strip.used_px + width <= strip.width_px), None)
        if room is None:
            room = _Filling(max(_USUAL_PX, _rounded(width)))
            filling.append(room)
        room.add(line, width)
    return [Strip(_rounded(strip.places[-1].right_px), tuple(strip.places)) for strip in filling]


def batches(strips: Sequence[Strip]) -> Iterator[Sequence[Strip]]:
    """Yield each strip once, with those that are read in the same run; they are equally wide."""
    waiting: list[Strip] = []
    for strip in strips:
        if strip.width_px != _USUAL_PX:
            yield [strip]
            continue
        waiting.append(strip)
        if len(waiting) == _TOGETHER:
            yield waiting
            waiting = []
    yield from ([strip] for strip in waiting)


def _rounded(width_px: int) -> int:
    return math.ceil(width_px / _OTHER_STEP_PX) * _OTHER_STEP_PX
