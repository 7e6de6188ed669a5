"""Remember the values of a column: how they are spelled, how often, and beside which words.

The words are those of the sender: with them a value is found whose letters were misread, and one
that is not printed at all, such as the cost center of a supplier.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import log
from typing import Any

from processors.learning.text.document import Document
from processors.learning.text.keys import compact

MOST_VALUES = 10_000
_PROFILE_WORDS = 12
_LEAST_SHARE = 0.5
"""Share of a value's records that must have a word of its profile."""
_MOST_FOUND = 12
"""Known values of one document that become candidates."""
_MOST_POSTINGS = 400
"""A word of more values says nothing about any."""
_LEAST_WORD = 3


@dataclass(frozen=True, slots=True)
class Remembered:
    """One value of a record: its key, how it was typed, and the words of the document's sender."""

    key: str
    typed: str
    words: Collection[str]
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of one value. `spelled` is the commonest spelling; `profile` weighs words."""

    spelled: str
    records: int
    profile: Mapping[str, float] = field(default_factory=dict)


class Memory:
    """The known values of a column."""

    def __init__(self, values: Mapping[str, Known]) -> None:
        """Index the values by their own words and by those of their senders."""
        self.values = values
        self._by_word: dict[str, list[str]] = defaultdict(list)
        for key, known in values.items():
            own = {compact(word) for word in known.spelled.split()}
            for word in {*known.profile, *(w for w in own if len(w) >= _LEAST_WORD)}:
                self._by_word[word].append(key)

    @classmethod
    def of(cls, records: Iterable[Remembered]) -> "Memory":
        """Remember the values of records; beyond 10,000 values those of most records."""
        spelled: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
        counts: Counter[str] = Counter()
        words: dict[str, Counter[str]] = defaultdict(Counter)
        for record in records:
            spelled[record.key][record.typed] += record.weight
            counts[record.key] += 1
            words[record.key].update(record.words)
        most = [key for key, _ in counts.most_common(MOST_VALUES)]
        spread: Counter[str] = Counter()
        for key in most:
            least = _LEAST_SHARE * counts[key]
            spread.update(word for word, count in words[key].items() if count >= least)
        values: dict[str, Known] = {}
        for key in most:
            profile = _profile(words[key], counts[key], spread, len(most))
            # If two spellings are equally common, the one that sorts first counts.
            commonest, _ = min(spelled[key].items(), key=lambda one: (-one[1], one[0]))
            values[key] = Known(spelled=commonest, records=counts[key], profile=profile)
        return cls(values)

    def records(self, key: str, *, hidden: str | None = None) -> int:
        """Return how many records have a value, 0 for the hidden one."""
        known = self.values.get(key)
        return known.records if known and key != hidden else 0

    def resemblance(self, key: str, document: Document) -> float:
        """Return the share of a value's profile that a document has; rare words count more."""
        known = self.values.get(key)
        if known is None or not known.profile:
            return 0.0
        words = document.sender_words
        return sum(weight for word, weight in known.profile.items() if word in words)

    def search(self, document: Document, *, hidden: str | None = None) -> list[str]:
        """Return the known values that a document may have, the likeliest first."""
        scores: dict[str, float] = defaultdict(float)
        # In order, so that sums are the same in every process.
        for word in sorted(document.words):
            keys = self._by_word.get(word, ())
            if 0 < len(keys) <= _MOST_POSTINGS:
                weight = log(1 + len(self.values) / len(keys))
                for key in keys:
                    scores[key] += weight
        scores.pop(hidden or "", None)
        # Long values and long profiles collect more words: what counts is the share they reach.
        ranked = sorted(scores, key=lambda key: (-scores[key], key))[: 4 * _MOST_FOUND]
        ranked.sort(key=lambda key: (-self._fit(key, document), key))
        return ranked[:_MOST_FOUND]

    def _fit(self, key: str, document: Document) -> float:
        own = [w for word in self.values[key].spelled.split() if (w := compact(word))]
        printed = sum(word in document.words for word in own) / max(len(own), 1)
        return printed + self.resemblance(key, document)

    def to_body(self) -> list[list[Any]]:
        """Return the values as JSON has them."""
        return [
            [
                key,
                known.spelled,
                known.records,
                [[w, round(s, 3)] for w, s in known.profile.items()],
            ]
            for key, known in sorted(self.values.items())
        ]

    @classmethod
    def from_body(cls, body: Sequence[Sequence[Any]]) -> "Memory":
        """Load the values."""
        return cls(
            {
                key: Known(spelled, records, dict(map(tuple, profile)))
                for key, spelled, records, profile in body
            }
        )


def _profile(
    words: Counter[str], records: int, spread: Counter[str], values: int
) -> dict[str, float]:
    """Return the words that most records of a value have and few other values; weights sum to 1."""
    weighed = {
        word: count / records * log(1 + values / spread[word])
        for word, count in words.items()
        if count >= _LEAST_SHARE * records and spread[word]
    }
    best = sorted(weighed, key=lambda word: (-weighed[word], word))[:_PROFILE_WORDS]
    total = sum(weighed[word] for word in best)
    return {word: weighed[word] / total for word in best} if total else {}
