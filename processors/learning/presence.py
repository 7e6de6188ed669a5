"""Say of a document whether it is of a kind for which people fill a column in.

A table has several kinds of documents: a lease has a tenant, a water bill has none. Choices for
documents without a value are never judged, since nobody types anything, so a column would promise
what it cannot keep. What people leave empty now and then says nothing: it is as likely for every
kind.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp
from typing import Any

from processors.learning.classes import Classes, fit_classes
from processors.learning.text.document import Document

_FILLED, _EMPTY = "filled", "empty"
LEAST_EMPTY = 5
"""Records whose column people left empty from which on their documents are distinguished."""
MOST_DOCUMENTS = 500
"""The newest that are looked at, filled ones and empty ones each."""
_MOST_WORDS = 600
_FOLDS = 3
_LEAST_USUAL = 0.01
"""Where even documents with a value seem to have none, the classes say nothing: a bound for a
division."""
_SHARE_OF_USUAL = 0.5
"""A value is expected where it is at least half as likely as where one is."""


@dataclass(frozen=True, slots=True)
class Presence:
    """What distinguishes documents with a value from others; None where nothing is known.

    `usual` is the probability of a value for documents that have one.
    """

    classes: Classes | None = None
    usual: float = 1.0

    def of(self, document: Document) -> float:
        """Return by what the certainty of a value for a document is multiplied."""
        if self.classes is None:
            return 1.0
        return min(1.0, _chance(self.classes, document) / (_SHARE_OF_USUAL * self.usual))

    @classmethod
    def learned(cls, filled: Sequence[Document], empty: Sequence[Document]) -> "Presence":
        """Learn from documents with and without a value, each in the order of time."""
        filled, empty = filled[-MOST_DOCUMENTS:], empty[-MOST_DOCUMENTS:]
        if len(empty) < LEAST_EMPTY or not filled:
            return cls()
        # Documents that were learned from would seem more alike than others of their kind.
        unseen: list[float] = []
        for fold in range(_FOLDS):
            others = _fitted(filled, empty, without=fold)
            unseen += (_chance(others, document) for document in filled[fold::_FOLDS])
        return cls(_fitted(filled, empty), max(sum(unseen) / len(unseen), _LEAST_USUAL))

    def to_body(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        classes = self.classes.to_body() if self.classes else None
        return {"classes": classes, "usual": round(self.usual, 4)}

    @classmethod
    def from_body(cls, body: Mapping[str, Any]) -> "Presence":
        """Load it."""
        classes = body["classes"]
        return cls(Classes.from_body(classes) if classes else None, body["usual"])


def _fitted(filled: Sequence[Document], empty: Sequence[Document], without: int = -1) -> Classes:
    """Distinguish filled from empty, without every third document where a fold is named."""
    kept = [
        (document, name)
        for documents, name in ((filled, _FILLED), (empty, _EMPTY))
        for at, document in enumerate(documents)
        if at % _FOLDS != without
    ]
    documents, names = [document for document, _ in kept], [name for _, name in kept]
    return fit_classes(documents, names, most_words=_MOST_WORDS)


def _chance(classes: Classes, document: Document) -> float:
    return exp(classes.scores(document).get(_FILLED, 0.0))
