"""The rows of the table: what each compares, and what several runs of it say."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

LEAST_SPREAD = 0.05
"""Share of a measured ratio that counts as spread even if all runs agree: they may do so by chance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What a row compares.

    Attributes:
        key: Its name in the recorded figures, such as `start.read`; the family is before the dot.
        title: What of ours is measured.
        peer: What it is compared with.
        unit: Unit of both.
        limit: The highest figure that is accepted, None where the ratio alone counts.
        most_ratio: The highest ratio that is accepted, None where our figure alone counts.
        least_spread: Share of the ratio that counts as spread at the least; 0 for what is counted
            and comes out alike each time.
        quick: Whether the short version has the row: its ratio is stable on a busy machine.
        about: What the row means.
    """

    key: str
    title: str
    peer: str
    unit: str
    about: str
    limit: float | None = None
    most_ratio: float | None = None
    least_spread: float = LEAST_SPREAD
    quick: bool = True

    @property
    def family(self) -> str:
        """Return the family that measures the row."""
        return self.key.partition(".")[0]


@dataclass(frozen=True, slots=True)
class Pair:
    """One run of a row: our figure, the peer's, and what else is worth knowing, such as quality."""

    key: str
    ours: float
    peer: float
    note: str = ""


@dataclass(frozen=True, slots=True)
class Options:
    """How to measure: the folder is empty, and `corpus` has real documents where there are any."""

    folder: Path
    runs: int
    quick: bool
    keys: frozenset[str]
    corpus: Path | None = None

    def wants(self, key: str) -> bool:
        """Say whether a row was asked for."""
        return key in self.keys


@dataclass(frozen=True, slots=True)
class Family:
    """Rows that are measured together; `measured` yields each of them once in each run."""

    name: str
    rows: tuple[Row, ...]
    measured: Callable[[Options], Iterator[Pair]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What the runs of a row say: medians, and how far the lowest ratio is from the highest.

    `processor` is the one that measured it, "" where that was not recorded.
    """

    key: str
    ours: float
    peer: float
    ratio: float
    spread: float
    runs: int
    note: str = ""
    processor: str = ""

    def is_worse_than(self, recorded: "Result", *, least_spread: float) -> bool:
        """Say whether the ratio is worse than a recorded one by more than the spread."""
        spread = max(self.spread, recorded.spread, least_spread * recorded.ratio)
        # Figures are recorded with three digits after the point.
        return self.ratio > recorded.ratio + spread + 0.0005


@dataclass(slots=True)
class Collected:
    """The pairs of all runs, by row."""

    pairs: dict[str, list[Pair]] = field(default_factory=dict)

    def add(self, pair: Pair) -> None:
        """Add one run of a row."""
        self.pairs.setdefault(pair.key, []).append(pair)

    def results(self) -> list[Result]:
        """Return the result of each row."""
        return [_result(pairs) for pairs in self.pairs.values()]


def _result(pairs: Sequence[Pair]) -> Result:
    ratios = [pair.ours / pair.peer for pair in pairs]
    return Result(
        key=pairs[0].key,
        ours=median(pair.ours for pair in pairs),
        peer=median(pair.peer for pair in pairs),
        ratio=median(ratios),
        spread=max(ratios) - min(ratios),
        runs=len(pairs),
        note=pairs[-1].note,
    )
