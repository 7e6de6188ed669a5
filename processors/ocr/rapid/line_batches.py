"""Place lines of text side by side in strips of few different widths.

To the runtime, every width is a network of its own that is prepared again at each change, and every
run costs a few milliseconds whatever it reads. Most strips have the same width, and four of those
are read at a time, which saves a tenth of the time. One strip of four times that width would save
as much, but many different lines side by side confuse the recognizer.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

STEP_PX = 8  # the recognizer's network puts out one prediction per 8 pixels of width
_USUAL_WIDTH_PX = 320  # the width that the network was trained on
_WIDTH_STEP_PX = 160  # longer strips, and the last ones, are rounded up to a multiple of this
_BATCH_SIZE = 4
_GAP_PX = 24  # with a smaller gap, the recognizer joins letters of neighboring lines


@dataclass(frozen=True, slots=True)
class StepRange:
    """The predictions that belong to one line; `begin` and `end` say where in them the line is.

    Both are shares of their number.
    """

    first: int
    last: int
    begin: float
    end: float

    def line_share(self, share: float) -> float:
        """Convert a share of these predictions to a share of the line.

        Positions in the gaps are below 0 or above 1.
        """
        return (share - self.begin) / (self.end - self.begin)


@dataclass(frozen=True, slots=True)
class LinePosition:
    """Where a line is in its strip; `line` counts from 0 in the order given."""

    line: int
    left_px: int
    right_px: int

    def steps(self, width_px: int, *, count: int) -> StepRange:
        """Return which of `count` predictions along the strip belong to the line.

        These are the ones in the line and in half of the gaps beside it.
        """
        step_px = width_px / count
        first = max(0, math.floor((self.left_px - _GAP_PX / 2) / step_px))
        last = min(count, math.ceil((self.right_px + _GAP_PX / 2) / step_px))
        begin = (self.left_px / step_px - first) / (last - first)
        end = (self.right_px / step_px - first) / (last - first)
        return StepRange(first, last, begin, end)


@dataclass(frozen=True, slots=True)
class LineBatch:
    """Lines that are placed side by side in one strip."""

    width_px: int
    positions: tuple[LinePosition, ...]


@dataclass(slots=True)
class _OpenBatch:
    width_px: int
    used_px: int = 0
    positions: list[LinePosition] = field(default_factory=list)


def pack(widths_px: Sequence[int]) -> list[LineBatch]:
    """Place lines in strips: the longest line first, each in the first strip with room for it.

    This is known as "first fit decreasing" for the bin packing problem.
    """
    open_batches: list[_OpenBatch] = []
    for line, width_px in sorted(enumerate(widths_px), key=lambda item: -item[1]):
        for batch in open_batches:
            if batch.used_px + width_px <= batch.width_px:
                break
        else:
            batch = _OpenBatch(max(_USUAL_WIDTH_PX, _rounded_up(width_px, _WIDTH_STEP_PX)))
            open_batches.append(batch)
        left_px, right_px = batch.used_px, batch.used_px + width_px
        batch.positions.append(LinePosition(line, left_px, right_px))
        batch.used_px = _rounded_up(right_px + _GAP_PX, STEP_PX)

    return [
        LineBatch(_rounded_up(batch.positions[-1].right_px, _WIDTH_STEP_PX), tuple(batch.positions))
        for batch in open_batches
    ]


def runs(batches: Sequence[LineBatch]) -> Iterator[Sequence[LineBatch]]:
    """Yield the strips that are read in one run of the network.

    Those of one run have the same width.
    """
    waiting: list[LineBatch] = []
    for batch in batches:
        if batch.width_px != _USUAL_WIDTH_PX:
            yield [batch]
            continue
        waiting.append(batch)
        if len(waiting) == _BATCH_SIZE:
            yield waiting
            waiting = []
    # Fewer than four would be one more shape to prepare, so they are read one by one.
    for batch in waiting:
        yield [batch]


def _rounded_up(width_px: int, multiple_px: int) -> int:
    return math.ceil(width_px / multiple_px) * multiple_px
