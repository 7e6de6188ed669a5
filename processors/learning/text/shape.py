"""Learn the form of a column's texts: how long they are, and over how many lines they go."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from math import log
from statistics import mean, pstdev
from typing import Any

from processors.learning.text.document import Document
from processors.learning.text.keys import compact

MOST_LINES = 7
_LEAST_LETTERS = 4
"""A value with fewer letters is not joined from several lines."""
_MARGIN = 1.35
_RARE = 0.03
"""Share of the values at either end that may be longer or shorter than what is looked for."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What the values have in common; characters are letters and digits.

    `lines` is how many lines a value goes over at most. `joiner` is typed between them.
    """

    least_chars: int = 2
    most_chars: int = 60
    most_words: int = 10
    lines: int = 2
    joiner: str = " "
    chars_log: float = 2.5
    chars_spread: float = 0.8
    digits: float = 0.0
    upper: float = 0.5

    @classmethod
    def of(cls, values: Sequence[str], aligned: Iterable[int], joiner: str = " ") -> "Shape":
        """Learn from the values, and from the lines that those which were found go over."""
        lengths = sorted(len(text) for value in values if (text := compact(value)))
        if not lengths:
            return cls()
        logs = [log(length) for length in lengths]
        words = sorted(len(value.split()) for value in values)
        over = Counter(aligned)
        rare = _RARE * sum(over.values())
        lines = max((count for count, often in over.items() if often > rare), default=1)
        # The shortest are left out, as the longest are: one odd value would widen the search.
        low = lengths[int(_RARE * (len(lengths) - 1))]
        return cls(
            least_chars=max(1, int(low / _MARGIN)),
            most_chars=int(_high(lengths) * _MARGIN) + 2,
            most_words=int(_high(words) * _MARGIN) + 1,
            lines=min(MOST_LINES, lines + (lines > 1)),
            joiner=joiner,
            chars_log=round(mean(logs), 3),
            chars_spread=round(max(pstdev(logs), 0.2), 3),
            digits=round(mean(digit_share(value) for value in values), 3),
            upper=round(mean(upper_share(value) for value in values), 3),
        )

    def to_body(self) -> dict[str, Any]:
        """Return the shape as JSON has it."""
        return asdict(self)


def _high(numbers: Sequence[int]) -> int:
    return numbers[len(numbers) - 1 - int(_RARE * (len(numbers) - 1))]


def digit_share(text: str) -> float:
    """Return the share of digits among letters and digits."""
    signs = [char for char in text if char.isalnum()]
    return sum(char.isdigit() for char in signs) / max(len(signs), 1)


def upper_share(text: str) -> float:
    """Return the share of capitals among letters."""
    letters = [char for char in text if char.isalpha()]
    return sum(char.isupper() for char in letters) / max(len(letters), 1)


def lines_over(key: str, document: Document) -> int:
    """Return how many lines a text goes over on the page, 0 if it is nowhere.

    A text of few letters is found on one line or not at all.
    """
    if any(key in text for text in document.compacts):
        return 1
    if len(key) < _LEAST_LETTERS:
        return 0
    starts: list[int] = []
    length = 0
    for text in document.compacts:
        starts.append(length)
        length += len(text)
    at = "".join(document.compacts).find(key)
    if at < 0:
        return 0
    end = at + len(key)
    return sum(
        start < end and start + len(text) > at
        for start, text in zip(starts, document.compacts, strict=True)
    )
