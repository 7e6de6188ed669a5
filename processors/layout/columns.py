"""Find columns of running text, so that they are read one after the other.

Tables and forms have columns, too, but their rows are read across. The difference: columns of
text are filled with words, or their lines are at heights of their own. The numbers here are fitted
to pages of papers, letters, forms and invoices.
"""

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from processors.contract import Box
from processors.layout.boxes import middle, row_overlap

_LEAST_LINES = 4
"""Lines on each side of a gutter; fewer are a table's or an address's."""
_LEAST_FILLED = 0.62
"""Share of a column's width that the middle one of its lines takes."""
_LEAST_LINE_HEIGHTS = 10.0
"""Width of the middle line of a column, in heights of its text; a cell is shorter."""
_LEAST_SHARE_OF_LETTERS = 0.6
"""Among the characters of a column; columns of amounts have fewer."""
_SAME_ROW = 0.5
"""Share of height that two pieces of one row have in common."""
_LEVEL = 0.7
"""The same, for two lines of different columns that may be one row of a table."""
_MOST_LEVEL = 0.45
"""Share of lines with a neighbor at the same height, above which they are rows of a table."""
_NARROWEST_GUTTER = 0.4
"""In heights of text."""
_BESIDE = 0.3
"""Share of a piece's height that a neighbor covers."""
_NEAR_ITEMS = 40
"""Neighbors, in order of height, among which the next piece to the right is looked for."""
_MOST_GUTTERS = 6
_MOST_DEPTH = 6
_LEAST_DISTANCE = 0.02
"""Share of the width of the text between two gutters that are tried."""

# The head and the foot of a page: one or two lines, well apart from the rest.
_MOST_EDGE_ITEMS = 6
_EDGE_GAP = 1.5
"""In heights of text."""
_MOST_EDGE_LINES = 2
"""Lines on each side; more are a paragraph."""


@dataclass(frozen=True, slots=True)
class Item:
    """A piece of text with its box on the leveled page; `index` is its place in the input."""

    box: Box
    text: str
    index: int


def blocks(items: Sequence[Item]) -> list[list[Item]]:
    """Return groups of pieces in reading order; within a group rows go across."""
    from_top = sorted(items, key=lambda item: item.box[1])
    return list(filter(None, _blocks(from_top, _MOST_DEPTH)))


def _blocks(items: list[Item], depth: int) -> Iterator[list[Item]]:
    """Split at the first gutter that separates columns, and then each part again."""
    may_have_columns = depth > 0 and has_neighbors(items)
    for gutter in gutters(items) if may_have_columns else ():
        parts = split(items, gutter)
        if parts is not None:
            for part in parts:
                yield from _blocks(part, depth - 1)
            return
    yield items


def has_neighbors(items: list[Item]) -> bool:
    """Return whether enough pieces for columns have a neighbor in their row; mostly have not."""
    if len(items) < 2 * _LEAST_LINES:
        return False
    beside = 0
    for distance in (1, 2):
        for item, later in zip(items, items[distance:], strict=False):
            upper_two_thirds = (item.box[1] + 2 * item.box[3]) / 3
            beside += later.box[1] < upper_two_thirds
    return beside >= _LEAST_LINES - 1


def gutters(items: list[Item]) -> list[float]:
    """Return the middles of gaps between neighbors, those that most pieces have in common first."""
    gaps: list[tuple[float, float]] = []
    narrowest = _NARROWEST_GUTTER * _text_height(items)
    for place, item in enumerate(items):
        _, top, right, bottom = item.box
        near = items[max(0, place - _NEAR_ITEMS) : place + _NEAR_ITEMS]
        rights = [
            other.box[0]
            for other in near
            if other.box[0] >= right
            and min(bottom, other.box[3]) - max(top, other.box[1]) > _BESIDE * (bottom - top)
        ]
        if rights and min(rights) - right > narrowest:
            gaps.append((right, min(rights)))
    return shared_middles(gaps) if len(gaps) >= _LEAST_LINES - 1 else []


def shared_middles(gaps: list[tuple[float, float]]) -> list[float]:
    """Return places in many gaps, well apart from each other, those in most gaps first.

    A sweep over the starts and ends of the gaps counts how many are open at each place.
    """
    starts = sorted(start for start, _ in gaps)
    ends = sorted(end for _, end in gaps)
    places: list[tuple[int, float]] = []
    open_gaps, started, ended = 0, 0, 0
    while started < len(starts):
        if starts[started] >= ends[ended]:
            open_gaps -= 1
            ended += 1
            continue
        open_gaps += 1
        started += 1
        # The place is in the middle between this start and whatever comes next.
        following = [ends[ended], *starts[started : started + 1]]
        places.append((open_gaps, (starts[started - 1] + min(following)) / 2))

    least_distance = (starts[-1] - starts[0]) * _LEAST_DISTANCE
    chosen: list[float] = []
    for count, x in sorted(places, reverse=True):
        if count < _LEAST_LINES - 1 or len(chosen) == _MOST_GUTTERS:
            break
        if all(abs(x - other) > least_distance for other in chosen):
            chosen.append(x)
    return chosen


def split(items: list[Item], gutter: float) -> list[list[Item]] | None:
    """Return the parts of a page in reading order; None if the gutter separates no columns.

    Pieces that cross the gutter, such as headings, end the columns above them.
    """
    parts: list[list[Item]] = []
    found = False
    for run, crossing in runs_beside(items, gutter):
        left = [item for item in run if item.box[2] <= gutter]
        right = [item for item in run if item.box[0] >= gutter]
        head, left, right = without_edge(left, right, sign=1)
        foot, left, right = without_edge(left, right, sign=-1)
        if are_columns(left, right):
            parts += [head, left, right, foot]
            found = True
        else:
            parts.append(run)
        parts.append(crossing)
    return joined(parts, gutter) if found else None


def joined(parts: list[list[Item]], gutter: float) -> list[list[Item]]:
    """Join neighboring parts that are no columns here: they may have columns of their own."""
    result: list[list[Item]] = []
    was_column = True
    for part in filter(None, parts):
        is_left = all(item.box[2] <= gutter for item in part)
        is_column = is_left or all(item.box[0] >= gutter for item in part)
        if is_column or was_column:
            result.append(part)
        else:
            result[-1] += part
        was_column = is_column
    return result


def runs_beside(items: list[Item], gutter: float) -> Iterator[tuple[list[Item], list[Item]]]:
    """Yield the pieces beside a gutter, from crossing piece to crossing piece.

    Each run comes with the piece that crosses the gutter below it and the pieces in that one's row.
    """
    crossing: list[Item] = []
    beside: list[Item] = []
    for item in items:
        crosses = item.box[0] < gutter < item.box[2]
        (crossing if crosses else beside).append(item)

    for piece in sorted(crossing, key=_middle):
        above: list[Item] = []
        below: list[Item] = []
        level_above: list[Item] = []
        level_below: list[Item] = []
        for item in beside:
            is_above = _middle(item) < _middle(piece)
            if row_overlap(item.box, piece.box) > _SAME_ROW:
                (level_above if is_above else level_below).append(item)
            else:
                (above if is_above else below).append(item)
        yield above, [piece, *level_below, *level_above]
        beside = below
    yield beside, []


def without_edge(
    left: list[Item],
    right: list[Item],
    *,
    sign: int,
) -> tuple[list[Item], list[Item], list[Item]]:
    """Return the head of a page (`sign` 1) or its foot (-1), and both columns without it."""
    both = sorted([*left, *right], key=lambda item: sign * _middle(item))
    if len(both) <= 2 * _LEAST_LINES:
        return [], left, right

    # Seen from the edge of the page, the near side of a piece is its top at the head, its bottom at
    # the foot; with the sign both are compared in the same direction.
    near_side, far_side = (1, 3) if sign > 0 else (3, 1)
    gap = _EDGE_GAP * _text_height(both)
    reached = sign * both[0].box[far_side]
    for count, item in enumerate(both[:_MOST_EDGE_ITEMS]):
        if count > 0 and sign * item.box[near_side] - reached > gap:
            edge = {id(piece) for piece in both[:count]}
            rest_left = [piece for piece in left if id(piece) not in edge]
            rest_right = [piece for piece in right if id(piece) not in edge]
            taken = max(len(left) - len(rest_left), len(right) - len(rest_right))
            if taken > _MOST_EDGE_LINES:
                break
            return both[:count], rest_left, rest_right
        reached = max(reached, sign * item.box[far_side])
    return [], left, right


def are_columns(left: list[Item], right: list[Item]) -> bool:
    """Return whether the text on both sides of a gutter runs on by itself."""
    if min(len(_rows(left)), len(_rows(right))) < _LEAST_LINES:
        return False
    if min(_share_of_letters(left), _share_of_letters(right)) < _LEAST_SHARE_OF_LETTERS:
        return False
    if is_filled(left) and is_filled(right):
        return True
    return max(level_share(left, right), level_share(right, left)) < _MOST_LEVEL


def is_filled(side: list[Item]) -> bool:
    """Return whether most rows reach across a side, in long pieces.

    Short pieces may belong to several columns of a table.
    """
    widths = [item.box[2] - item.box[0] for item in side]
    row_widths = [sum(item.box[2] - item.box[0] for item in row) for row in _rows(side)]
    side_width = max(item.box[2] for item in side) - min(item.box[0] for item in side)
    reaches_across = statistics.median(row_widths) > _LEAST_FILLED * side_width
    return reaches_across and statistics.median(widths) > _LEAST_LINE_HEIGHTS * _text_height(side)


def level_share(side: list[Item], other: list[Item]) -> float:
    """Return the share of pieces that are in a row with one of the other side."""
    level = 0
    for item in side:
        level += any(row_overlap(item.box, mate.box) > _LEVEL for mate in other)
    return level / len(side)


def _rows(side: list[Item]) -> list[list[Item]]:
    """Group pieces whose middles are above the bottom of the first piece of the row."""
    rows: list[list[Item]] = []
    bottom = float("-inf")
    for item in sorted(side, key=_middle):
        if _middle(item) > bottom:
            rows.append([])
            bottom = item.box[3]
        rows[-1].append(item)
    return rows


def _share_of_letters(side: list[Item]) -> float:
    characters = "".join([item.text for item in side]).replace(" ", "")
    return sum(map(str.isalpha, characters)) / max(1, len(characters))


def _text_height(items: Sequence[Item]) -> float:
    return statistics.median(item.box[3] - item.box[1] for item in items)


def _middle(item: Item) -> float:
    return middle(item.box)
