"""From which confidence on a value is written or suggested, and how many values were."""

from dataclasses import dataclass
from enum import StrEnum

WRITE_AT = 0.95
"""The confidence from which on a value is written, unless the settings say otherwise."""

SUGGEST_AT = 0.5
"""The confidence from which on a value is suggested, unless the settings say otherwise."""


class Step(StrEnum):
    """What may be done with the choices of a model; each step includes those before it."""

    OFF = "off"  # nothing is learned
    SHADOW = "shadow"  # choices are made and counted, and change nothing
    SUGGEST = "suggest"  # choices are left to users
    WRITE = "write"  # choices are written

    @property
    def next(self) -> "Step | None":
        """Return the step above, None for the highest."""
        order = list(Step)
        above = order.index(self) + 1
        return order[above] if above < len(order) else None

    @property
    def before(self) -> "Step":
        """Return the step below, that of a model that is only counted at the lowest."""
        return Step.SUGGEST if self is Step.WRITE else Step.SHADOW

    def at_most(self, other: "Step") -> "Step":
        """Return the lower of two steps."""
        return min(self, other, key=list(Step).index)


@dataclass(frozen=True, slots=True)
class ConfidenceLimits:
    """The confidences (0 to 1) from which on a value is written, and from which it is suggested.

    What is below both is left open: `explain` shows it, and nothing else does.
    """

    write_at: float = WRITE_AT
    suggest_at: float = SUGGEST_AT


@dataclass(frozen=True, slots=True)
class ValueCounts:
    """How many values of columns were written, would be written, are suggested or are left open."""

    written: int = 0
    planned: int = 0
    suggested: int = 0
    left_open: int = 0

    def __add__(self, other: "ValueCounts") -> "ValueCounts":
        return ValueCounts(
            self.written + other.written,
            self.planned + other.planned,
            self.suggested + other.suggested,
            self.left_open + other.left_open,
        )


NO_VALUES = ValueCounts()
"""What a document counts for whose record has no value in this run."""
