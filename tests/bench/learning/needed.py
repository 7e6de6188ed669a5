"""Draw how many confirmed records it takes until a column's values are suggested, and written.

Each drawn choice is right with a given chance, and is judged by the rules of the steps: the bound
over all choices, the latest 200, and three wrong ones in 50. `tests/unit/bench` compares them with
the steps of the product, which would take minutes for so many draws.
"""

import random
from collections import deque
from collections.abc import Iterable, Iterator
from functools import cache
from statistics import median_high

from pipeline.decide.ladder import FEW, LAST, MOST_WRONG
from pipeline.model.limits import Step
from processors.learning import clopper_pearson_lower, needed

_DRAWS = 200
_MOST = 3_000
"""Records after which a column counts as not written: nobody waits for more."""
_SOME = 350
"""Choices of 400 filled records: the first 25 have none, and a few are not certain enough."""
_CHANCES = (1.0, 0.995, 0.99, 0.98, 0.97)
_PRECISIONS = (0.9, 0.95, 0.98)

_bound = cache(clopper_pearson_lower)
_needed = cache(needed)


def steps_of(rights: Iterable[bool], precision: float) -> Iterator[Step]:
    """Yield the step of a column after each of its choices."""
    last: deque[bool] = deque(maxlen=max(LAST, needed(0, 0, precision) or LAST))
    step, counts = Step.SHADOW, {Step.SHADOW: [0, 0], Step.SUGGEST: [0, 0]}
    for right in rights:
        last.append(right)
        for count in counts.values():
            count[0] += right
            count[1] += 1
        if step is Step.WRITE:
            # To write, only choices count that were made since it was last written.
            counts[Step.SUGGEST] = [0, 0]
        is_broken = list(last)[-FEW:].count(False) >= MOST_WRONG
        if is_broken or _bound(sum(last), len(last)) < precision:
            step = Step.SHADOW if is_broken else step.before
        elif step is Step.SHADOW and _bound(*counts[step]) >= precision:
            step = Step.SUGGEST
        elif step is Step.SUGGEST and _needed(*counts[step], precision, at_every_look=True) == 0:
            step = Step.WRITE
        yield step


def until(step: Step, *, chance: float, precision: float) -> list[int]:
    """Return after how many records a step is reached first, for each draw; 3,001 for never."""
    found = []
    for seed in range(_DRAWS):
        drawn = random.Random(seed)  # noqa: S311
        rights = (drawn.random() < chance for _ in range(_MOST))
        reached = (at for at, own in enumerate(steps_of(rights, precision), 1) if own is step)
        found.append(next(reached, _MOST + 1))
    return found


def needed_records() -> list[str]:
    """Return the table: for each promise and true precision, records until half of such columns.

    Then how many of ten are written at all, and suggested and written with what 400 records give.
    """
    head = f"{'promise':<9}{'right':<8}{'suggested':>11}{'written':>9}{'of 10':>7}"
    lines = [f"{head}{f'of 10 after {_SOME}':>17}"]
    for precision in _PRECISIONS:
        for chance in _CHANCES:
            suggested = until(Step.SUGGEST, chance=chance, precision=precision)
            written = until(Step.WRITE, chance=chance, precision=precision)
            share = sum(each <= _MOST for each in written) / _DRAWS
            lines.append(
                f"{precision:<9}{chance:<8}{_shown(suggested):>11}{_shown(written):>9}"
                f"{10 * share:>7.1f}{_by_then(suggested):>12}{_by_then(written):>5}"
            )
    return lines


def _by_then(counts: list[int]) -> str:
    return f"{10 * sum(each <= _SOME for each in counts) / _DRAWS:.1f}"


def _shown(counts: list[int]) -> str:
    half = median_high(counts)
    return str(half) if half <= _MOST else "-"
