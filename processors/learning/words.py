"""Learn the words around the values of a column, such as the label before them.

Each word has the logarithm of how much commoner it is around right values than around other
candidates of the same documents. Documents are counted, not candidates, so that none has more
weight than another; and by fold, since a word that was counted with the record's own value would
say what it should predict.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import log, sqrt
from typing import Any

CONTEXTS = ("left", "right", "above", "below", "own", "first", "last", "rule", "form")
"""Where a word is: beside the value, on the next lines, in it, and at its edges."""

Around = Mapping[str, Sequence[str]]
"""The words of one printed value by context."""

_SMOOTHING = 0.5
_MOST_SCORE = 5.0
_MOST_WORDS = 3_000
_SPEAKS = 1.0
_LEAST_KEPT = 0.3
"""Scores nearer to 0 are not stored."""


@dataclass(slots=True)
class WordCounts:
    """In how many documents a word is around the right value, and around which share of others."""

    documents: int = 0
    right: dict[tuple[str, str], float] = field(default_factory=dict)
    other: dict[tuple[str, str], float] = field(default_factory=dict)

    def add(self, right: Sequence[Around], others: Sequence[Sequence[Around]]) -> None:
        """Count one document: the places of its right value, and those of each other candidate.

        Of a value that is printed several times each place counts as a part: not every one of them
        has the words by which the value is meant.
        """
        self.documents += 1
        _count(self.right, right, 1.0)
        # A document with a hundred other candidates counts as one with two.
        for places in others:
            _count(self.other, places, 1 / len(others))

    def add_all(self, more: "WordCounts", sign: int = 1) -> None:
        """Add other counts, or take them away."""
        self.documents += sign * more.documents
        for word, share in more.right.items():
            self.right[word] = self.right.get(word, 0.0) + sign * share
        for word, share in more.other.items():
            self.other[word] = self.other.get(word, 0.0) + sign * share

    def without(self, fold: "WordCounts") -> "WordCounts":
        """Return these counts without those of a fold."""
        rest = WordCounts(self.documents, dict(self.right), dict(self.other))
        rest.add_all(fold, -1)
        return rest

    def scores(self) -> "WordScores":
        """Return the logarithms, the strongest 3,000 of them."""
        found: dict[tuple[str, str], float] = {}
        for word in {*self.right, *self.other}:
            right = max(self.right.get(word, 0), 0)
            other = max(self.other.get(word, 0.0), 0.0)
            # Both are shares of the same number of documents, which cancels out.
            score = log((right + _SMOOTHING) / (other + _SMOOTHING))
            if abs(score) >= _LEAST_KEPT:
                found[word] = score
        strongest = sorted(found, key=lambda word: (-abs(found[word]), word))[:_MOST_WORDS]
        scores: dict[str, dict[str, float]] = {context: {} for context in CONTEXTS}
        for place in strongest:
            scores[place[0]][place[1]] = round(found[place], 3)
        return WordScores(scores)


@dataclass(frozen=True, slots=True)
class WordScores:
    """The logarithms by context and word."""

    scores: Mapping[str, Mapping[str, float]]

    def of(self, places: Sequence[Around]) -> tuple[float, ...]:
        """Return the score of each context at the place where together they are highest."""
        best = (0.0,) * len(CONTEXTS)
        for number, around in enumerate(places):
            scored = tuple(self._score(context, around.get(context, ())) for context in CONTEXTS)
            if number == 0 or sum(scored) > sum(best):
                best = scored
        return best

    def strongest(self, around: Around) -> tuple[str, ...]:
        """Return the two words around a value that speak for it most."""
        words: dict[str, float] = {}
        for context in ("left", "above", "right"):
            for word in around.get(context, ()):
                score = self.scores[context].get(word, 0.0)
                # A number beside a value explains nothing to a reader.
                if score > _SPEAKS and any(map(str.isalpha, word)):
                    words.setdefault(word, score)
        # Words beside a value come before those above it.
        return tuple(words)[:2]

    def _score(self, context: str, words: Sequence[str]) -> float:
        """Return the sum of the words of a context, as if they were half dependent."""
        known = self.scores[context]
        found = [known[word] for word in words if word in known]
        total = sum(found) / sqrt(max(len(found), 1))
        return max(-_MOST_SCORE, min(_MOST_SCORE, total))

    def to_body(self) -> dict[str, Any]:
        """Return the scores as JSON has them."""
        return {context: dict(sorted(words.items())) for context, words in self.scores.items()}


def _count(counts: dict[tuple[str, str], float], places: Sequence[Around], weight: float) -> None:
    """Count the words of each place, each word of a place once."""
    part = weight / max(len(places), 1)
    for place in places:
        for word in {(context, word) for context in place for word in place[context]}:
            counts[word] = counts.get(word, 0.0) + part
