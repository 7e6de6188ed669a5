"""Settle letters a recognizer hesitates between by the words people write.

Only a word that nobody writes is looked at, and only letters that the recognizer itself held possible come in: names,
numbers and codes that are printed clearly stay as they are. The words are those of symspellpy's English list.
"""

import importlib.util
import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PACKAGE = "symspellpy"
_ENGLISH = "frequency_dictionary_en_82_765.txt"
_OFTEN = 1_000_000
"""Times a word is counted in the list from which on a doubtful one may become it."""
_SHORTEST = 4
_TWO_CHANGES = 5  # letters from which on two of them may be settled
_MOST_SPELLINGS = 500


@dataclass(frozen=True, slots=True)
class Letter:
    """One reading of a place in a word; certainty runs from 0 to 1."""

    text: str
    certainty: float


class Lexicon:
    """Words and how often each is written."""

    def __init__(self, counts: Mapping[str, int]) -> None:
        self._counts = counts

    def settle(
        self, letters: Sequence[Letter], others: Callable[[int], Sequence[Letter]]
    ) -> list[Letter]:
        """Return the letters, those of doubtful words settled; `others` gives what else a place may say."""
        settled = list(letters)
        for start, end in _words(letters):
            word = "".join(letter.text for letter in letters[start:end]).casefold()
            if not self._is_doubtful(word):
                continue
            choices = [(letters[index], *others(index)) for index in range(start, end)]
            settled[start:end] = self._likeliest(choices) or letters[start:end]
        return settled

    def _is_doubtful(self, word: str) -> bool:
        """Say whether a word is one nobody writes; mostly digits are a number or a code."""
        digits = sum(letter.isdigit() for letter in word)
        return len(word) >= _SHORTEST and 2 * digits <= len(word) and word not in self._counts

    def _likeliest(self, choices: Sequence[Sequence[Letter]]) -> Sequence[Letter] | None:
        """Return the likeliest spelling that is a frequent word, changing few letters."""
        if math.prod(len(choice) for choice in choices) > _MOST_SPELLINGS:
            return None
        most = 2 if len(choices) >= _TWO_CHANGES else 1
        written = [
            spelling
            for spelling in itertools.product(*choices)
            if sum(
                letter is not choice[0] for letter, choice in zip(spelling, choices, strict=True)
            )
            <= most
            and self._counts.get("".join(letter.text for letter in spelling).casefold(), 0)
            >= _OFTEN
        ]
        return max(
            written,
            key=lambda spelling: math.prod(letter.certainty for letter in spelling),
            default=None,
        )


def english() -> Lexicon | None:
    """Load the list of English words; None where its package is not installed."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        return None
    lines = (Path(spec.origin).parent / _ENGLISH).read_text(encoding="utf-8-sig").splitlines()
    return Lexicon({word: int(count) for word, _, count in (line.partition(" ") for line in lines)})


def _words(letters: Sequence[Letter]) -> Iterator[tuple[int, int]]:
    """Yield where runs of letters and digits begin and end."""
    start = 0
    for index in range(len(letters) + 1):
        if index < len(letters) and letters[index].text.isalnum():
            continue
        if index > start:
            yield start, index
        start = index + 1
