"""Decide between letters that a recognizer is unsure of by the words of a language.

Only a word that is not in the list is corrected, and only by letters that the recognizer itself
found possible. So names, numbers and codes that are printed clearly stay as they are.

The list is a file of the package symspellpy: English words of the spelling dictionary SCOWL with
how often each occurs in Google Books. The package's code is never imported.
"""

import importlib.util
import itertools
import math
import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PACKAGE = "symspellpy"
_ENGLISH = "frequency_dictionary_en_82_765.txt"

_FREQUENT = 1_000_000  # occurrences in the list from which a doubtful word may become this one
_SHORTEST_WORD = 4  # letters; shorter words are too alike
_FEWEST_FOR_TWO_CHANGES = 5  # letters
_MOST_SPELLINGS = 500  # each of them is looked up


@dataclass(frozen=True, slots=True)
class Letter:
    """One reading of a letter; confidence is from 0 to 1."""

    text: str
    confidence: float


class Lexicon:
    """Words and how often each occurs."""

    def __init__(self, counts: Mapping[str, int | str]) -> None:
        """Take numbers, or their digits: few of them are ever needed as numbers."""
        self._counts = counts

    def correct(
        self, letters: Sequence[Letter], alternatives: Callable[[int], Sequence[Letter]]
    ) -> list[Letter]:
        """Return the letters with doubtful words corrected.

        `alternatives` returns what else the letter at a position may be.
        """
        corrected = list(letters)
        for start, end in word_spans(letters):
            word = "".join(letter.text for letter in letters[start:end]).casefold()
            digits = sum(letter.isdigit() for letter in word)
            is_code = 2 * digits > len(word)  # mostly digits: a number or a code
            if len(word) < _SHORTEST_WORD or is_code or word in self._counts:
                continue
            choices = [
                (letters[position], *alternatives(position)) for position in range(start, end)
            ]
            spelling = self._most_probable_word(choices)
            if spelling is not None:
                corrected[start:end] = spelling
        return corrected

    def _most_probable_word(self, choices: Sequence[Sequence[Letter]]) -> Sequence[Letter] | None:
        """Return the most probable spelling that is a frequent word and differs in few letters.

        None if there is none.
        """
        if math.prod(len(choice) for choice in choices) > _MOST_SPELLINGS:
            return None
        most_changes = 2 if len(choices) >= _FEWEST_FOR_TWO_CHANGES else 1
        as_read = [choice[0] for choice in choices]
        best: Sequence[Letter] | None = None
        best_probability = 0.0
        for spelling in itertools.product(*choices):
            changes = sum(map(operator.is_not, spelling, as_read))
            word = "".join(letter.text for letter in spelling).casefold()
            if changes > most_changes or int(self._counts.get(word, 0)) < _FREQUENT:
                continue
            probability = math.prod(letter.confidence for letter in spelling)
            if best is None or probability > best_probability:
                best, best_probability = spelling, probability
        return best


def english() -> Lexicon | None:
    """Load the list of English words; None if its package is not installed."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        return None
    words = (Path(spec.origin).parent / _ENGLISH).read_text(encoding="utf-8-sig").split()
    # A word and its count take turns; a loop over the lines would take twice as long.
    return Lexicon(dict(zip(words[::2], words[1::2], strict=True)))


def word_spans(letters: Sequence[Letter]) -> Iterator[tuple[int, int]]:
    """Yield where runs of letters and digits begin and end."""
    start = 0
    for index in range(len(letters) + 1):
        if index < len(letters) and letters[index].text.isalnum():
            continue
        if index > start:
            yield start, index
        start = index + 1
