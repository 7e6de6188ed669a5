"""Take an amount for less certain beside another one that differs from it by rounding alone.

Cash is rounded to the coins that there are. Whether users type the amount before or the one after
is a habit, which the other amounts of a column say nothing about.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Self

_STEPS = Decimal("0.05"), Decimal("0.1")
"""Where cash is rounded to whole units, the amount after it looks like cash that was given."""


@dataclass(frozen=True, slots=True)
class Habit:
    """How many choices for such amounts there were, and how many of them were right."""

    asked: int = 0
    right: int = 0

    @classmethod
    def of(cls, right: Iterable[bool]) -> Self:
        """Count choices for records that were not learned from."""
        each = list(right)
        return cls(len(each), sum(each))

    @property
    def most_certain(self) -> float:
        """Return how certain such a choice can be: 0.5 at first, 0.95 after 18 right ones."""
        return (self.right + 1) / (self.asked + 2)


def differs_by_rounding(one: str, other: str) -> bool:
    """Say whether the one of two amounts may be the other one rounded; both are keys."""
    first, second = abs(Decimal(one)), abs(Decimal(other))
    between = abs(first - second)
    return between > 0 and any(
        2 * between <= step and 0 in {first % step, second % step} for step in _STEPS
    )
