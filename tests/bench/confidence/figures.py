"""Measure probabilities: what would be written and how much of it is right, AUROC, and ECE."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean

WRITE_AT = 0.95
_BINS = 10


@dataclass(frozen=True, slots=True)
class Figures:
    """How good the probabilities of some values are.

    `asked` values are known, `found` of them have a value, `right` are right; `written` reach
    WRITE_AT, `written_right` of them are right. `auroc` is None without a wrong or a right value.
    """

    asked: int
    found: int
    right: int
    written: int
    written_right: int
    auroc: float | None
    ece: float

    @property
    def precision(self) -> float | None:
        """The share of right values among those that are written; None if none is."""
        return self.written_right / self.written if self.written else None

    @property
    def share_written(self) -> float | None:
        """The share of the right values that is written; None if no value is right."""
        return self.written_right / self.right if self.right else None


def figures(asked: int, scored: Sequence[tuple[float, bool]]) -> Figures:
    """Return the figures of values with their probability and whether they are right."""
    written = [right for chance, right in scored if chance >= WRITE_AT]
    return Figures(
        asked=asked,
        found=len(scored),
        right=sum(right for _, right in scored),
        written=len(written),
        written_right=sum(written),
        auroc=auroc(scored),
        ece=ece(scored),
    )


def auroc(scored: Sequence[tuple[float, bool]]) -> float | None:
    """Return how often a right value has a higher probability than a wrong one; ties are half."""
    right = [chance for chance, is_right in scored if is_right]
    wrong = [chance for chance, is_right in scored if not is_right]
    if not right or not wrong:
        return None
    wins = sum((one > other) + (one == other) / 2 for one in right for other in wrong)
    return wins / (len(right) * len(wrong))


def ece(scored: Sequence[tuple[float, bool]]) -> float:
    """Return the expected calibration error: how far probabilities are from the share of right.

    In ten bins of equal width, weighted by their values.
    """
    bins: list[list[tuple[float, bool]]] = [[] for _ in range(_BINS)]
    for chance, right in scored:
        bins[min(int(chance * _BINS), _BINS - 1)].append((chance, right))
    errors = [
        len(each) * abs(mean(chance for chance, _ in each) - mean(right for _, right in each))
        for each in bins
        if each
    ]
    return sum(errors) / max(len(scored), 1)


def table(rows: Sequence[tuple[str, Figures]]) -> str:
    """Return a table for a terminal."""
    head = f"{'value':34} {'n':>4} {'right':>6} {'written':>7} {'prec.':>6} {'share':>6} {'AUROC':>6} {'ECE':>6}"
    return "\n".join([head, *(_row(name, each) for name, each in rows)])


def _row(name: str, each: Figures) -> str:
    right = each.right / max(each.asked, 1)
    cells = (each.precision, each.share_written, each.auroc, each.ece)
    numbers = " ".join("     -" if cell is None else f"{cell:6.3f}" for cell in cells)
    return f"{name:34} {each.asked:4} {right:6.3f} {each.written:7} {numbers}"
