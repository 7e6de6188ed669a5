"""From which confidence on a value is written or suggested, and how many values were."""

from dataclasses import dataclass

WRITE_AT = 0.95
"""The confidence from which on a value is written, unless the settings say otherwise."""

SUGGEST_AT = 0.5
"""The confidence from which on a value is suggested, unless the settings say otherwise."""


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
