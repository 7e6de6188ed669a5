"""Find columns of running text, so that they are read one after the other. Tables and forms are left as rows. Pure."""

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from processors.contract import Box

_LEAST_LINES = 4  # on each side of a gutter: fewer are a table's or an address's
_FILLED = 0.62  # share of a column's width that the middle one of its lines takes
_LONG = 10.0  # heights that the middle line of a column is wide: a cell is shorter
_LETTERS = 0.6  # share of letters among what is written: columns of amounts have fewer
_LEVEL = 0.5  # share of height that two pieces of one row have in common
_NARROWEST = 0.4  # heights of text a gutter is wide at least
_INDEPENDENT = (
    0.45  # share of lines with a neighbour at the same height, below which sides go their own ways
)
_TRIES = 6
_DEPTH = 6


@dataclass(frozen=True, slots=True)
class Item:
    """A piece of text with its box on the levelled page; `index` is its place in what was given."""

    box: Box
    text: str
    index: int


def blocks(items: Sequence[Item]) -> list[list[Item]]:
    """Return groups of pieces in reading order; within a group rows go across."""
    return [
        group for group in _blocks(sorted(items, key=lambda item: item.box[1]), _DEPTH) if group
    ]


def _blocks(items: list[Item], depth: int) -> Iterator[list[Item]]:
    """Split at the gutter most pieces stand on both sides of, where what it parts are columns; then each part again."""
    if depth == 0 or not side_by_side(items):
        yield items
        return
    for gutter in gutters(items):
        parts = split(items, gutter)
        if parts is not None:
            for part in parts:
                yield from _blocks(part, depth - 1)
            return
    yield items


def side_by_side(items: list[Item]) -> bool:
    """Say whether enough pieces have a neighbour to be columns at all: on most pages they have not."""
    if len(items) < 2 * _LEAST_LINES:
        return False
    beside = 0
    for step in (1, 2):
        for item, after in zip(items, items[step:], strict=False):
            beside += after.box[1] < (item.box[1] + 2 * item.box[3]) / 3
    return beside >= _LEAST_LINES - 1


def gutters(items: list[Item]) -> list[float]:
    """Return the middles of gaps between neighbours, those that most pieces have in common first."""
    gaps: list[tuple[float, float]] = []
    height = _height(items)
    for place, item in enumerate(items):
        _, top, right, bottom = item.box
        nearest = min(
            (
                other.box[0]
                for other in items[max(0, place - 40) : place + 40]
                if other.box[0] >= right
                and min(bottom, other.box[3]) - max(top, other.box[1]) > 0.3 * (bottom - top)
            ),
            default=None,
        )
        if nearest is not None and nearest - right > _NARROWEST * height:
            gaps.append((right, nearest))
    if len(gaps) < _LEAST_LINES - 1:
        return []
    return _shared(gaps)


def _shared(gaps: list[tuple[float, float]]) -> list[float]:
    """Return places that lie in many gaps, well apart from each other, the best first."""
    starts, ends = sorted(start for start, _ in gaps), sorted(end for _, end in gaps)
    weighed: list[tuple[int, float]] = []
    open_now, started, ended = 0, 0, 0
    while started < len(starts):
        if starts[started] < ends[ended]:
            open_now, started = open_now + 1, started + 1
            upto = min(ends[ended], starts[started]) if started < len(starts) else ends[ended]
            weighed.append((open_now, (starts[started - 1] + upto) / 2))
        else:
            open_now, ended = open_now - 1, ended + 1
    best = sorted((item for item in weighed if item[0] >= _LEAST_LINES - 1), reverse=True)
    chosen: list[float] = []
    least = (max(starts) - min(starts)) * 0.02
    for _, x in best:
        if all(abs(x - other) > least for other in chosen):
            chosen.append(x)
        if len(chosen) == _TRIES:
            break
    return chosen


def split(items: list[Item], gutter: float) -> list[list[Item]] | None:
    """Cut at the pieces that cross a gutter; return what stands between in order, None where nothing is a column."""
    parts: list[list[Item]] = []
    found = False
    for run, crossing in _runs(items, gutter):
        left = [item for item in run if item.box[2] <= gutter]
        right = [item for item in run if item.box[0] >= gutter]
        head, left, right, foot = _trimmed(left, right)
        if are_columns(left, right):
            parts += [head, left, right, foot]
            found = True
        else:
            parts.append(run)
        parts.append(crossing)
    return _joined(parts, gutter) if found else None


def _joined(parts: list[list[Item]], gutter: float) -> list[list[Item]]:
    """Put neighbouring parts together that no columns set apart: they may hold columns of their own."""
    joined: list[list[Item]] = []
    was_column = True
    for part in parts:
        if not part:
            continue
        is_column = all(item.box[2] <= gutter for item in part) or all(
            item.box[0] >= gutter for item in part
        )
        if joined and not is_column and not was_column:
            joined[-1] += part
        else:
            joined.append(part)
        was_column = is_column
    return joined


def _runs(items: list[Item], gutter: float) -> Iterator[tuple[list[Item], list[Item]]]:
    """Yield what stands beside a gutter without touching it, and the one piece that ends it by crossing.

    A piece belongs to the run whose crossing pieces lie below its middle.
    """
    crossing = sorted((item for item in items if item.box[0] < gutter < item.box[2]), key=_middle)
    beside = [item for item in items if not item.box[0] < gutter < item.box[2]]
    for piece in crossing:
        above = [item for item in beside if _middle(item) < _middle(piece)]
        beside = [item for item in beside if _middle(item) >= _middle(piece)]
        level = [item for item in beside if _shares_row(item, piece)] + [
            item for item in above if _shares_row(item, piece)
        ]
        above = [item for item in above if not _shares_row(item, piece)]
        beside = [item for item in beside if not _shares_row(item, piece)]
        yield above, [piece, *level]
    yield beside, []


def _trimmed(
    left: list[Item], right: list[Item]
) -> tuple[list[Item], list[Item], list[Item], list[Item]]:
    """Take a page's head and foot, one or two lines well apart from the rest, off a run of columns."""
    head, left, right = _cut(left, right, sign=1)
    foot, left, right = _cut(left, right, sign=-1)
    return head, left, right, foot


def _cut(
    left: list[Item], right: list[Item], *, sign: int
) -> tuple[list[Item], list[Item], list[Item]]:
    both = sorted([*left, *right], key=lambda item: sign * _middle(item))
    if len(both) <= 2 * _LEAST_LINES:
        return [], left, right
    height = _height(both)
    edge = both[0].box[3] if sign > 0 else both[0].box[1]
    for count, item in enumerate(both[:6]):
        near = item.box[1] if sign > 0 else item.box[3]
        if sign * (near - edge) > 1.5 * height and count > 0:
            taken = {id(piece) for piece in both[:count]}
            if max(sum(id(i) in taken for i in side) for side in (left, right)) > 2:  # noqa: PLR2004 - a paragraph
                break
            return (
                both[:count],
                [i for i in left if id(i) not in taken],
                [i for i in right if id(i) not in taken],
            )
        far = item.box[3] if sign > 0 else item.box[1]
        edge = max(edge, far) if sign > 0 else min(edge, far)
    return [], left, right


def are_columns(left: list[Item], right: list[Item]) -> bool:
    """Say whether both sides run on by themselves: filled with words, or lines of words at heights of their own."""
    if (
        min(len(_rows(left)), len(_rows(right))) < _LEAST_LINES
        or min(_letters(left), _letters(right)) < _LETTERS
    ):
        return False
    if _is_filled(left) and _is_filled(right):
        return True
    return _level_share(left, right) < _INDEPENDENT and _level_share(right, left) < _INDEPENDENT


def _is_filled(side: list[Item]) -> bool:
    """Say whether most rows reach across the side, in long pieces: a side may hold more columns than one."""
    width = max(item.box[2] for item in side) - min(item.box[0] for item in side)
    taken = [sum(item.box[2] - item.box[0] for item in row) for row in _rows(side)]
    typical = statistics.median(item.box[2] - item.box[0] for item in side)
    return statistics.median(taken) > _FILLED * width and typical > _LONG * _height(side)


def _level_share(side: list[Item], other: list[Item]) -> float:
    """Return the share of pieces that stand in a row with one of the other side."""
    return sum(any(_overlap(item.box, mate.box) > 0.7 for mate in other) for item in side) / len(  # noqa: PLR2004
        side
    )


def _rows(side: list[Item]) -> list[list[Item]]:
    rows: list[list[Item]] = []
    bottom = float("-inf")
    for item in sorted(side, key=_middle):
        if _middle(item) > bottom:
            rows.append([])
            bottom = item.box[3]
        rows[-1].append(item)
    return rows


def _letters(side: list[Item]) -> float:
    written = "".join([item.text for item in side]).replace(" ", "")
    return sum(map(str.isalpha, written)) / max(1, len(written))


def _shares_row(item: Item, other: Item) -> bool:
    return _overlap(item.box, other.box) > _LEVEL


def _overlap(box: Box, other: Box) -> float:
    shared = min(box[3], other[3]) - max(box[1], other[1])
    return shared / max(min(box[3] - box[1], other[3] - other[1]), 1e-6)


def _height(items: Sequence[Item]) -> float:
    return statistics.median(item.box[3] - item.box[1] for item in items)


def _middle(item: Item) -> float:
    return (item.box[1] + item.box[3]) / 2
