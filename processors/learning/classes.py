"""Distinguish kinds of documents by their words and their layout.

A multinomial logistic regression on the words and pairs of words of a document and on how its text
is laid out; fitted by accelerated gradient descent (Nesterov 1983), since there are thousands of
words. Columns with few values are learned so: the type of a document, its project, its currency.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log
from typing import Any

import numpy as np
from numpy.typing import NDArray

from processors.contract import Box
from processors.learning.text.document import Document, masked
from processors.learning.text.shape import digit_share, upper_share

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]

_MOST_WORDS = 6_000
_MOST_WEIGHTS = 20_000
"""Weights that are stored: words times classes."""
_MOST_DOCUMENT_WORDS = 1_200
_LEAST_DOCUMENTS = 2
_GRID_ROWS, _GRID_COLUMNS = 8, 4
_LAYOUT_WEIGHT = 0.12
"""Weight of one number of the layout against the words of a document, which together have 1."""
_PENALTY = 0.1
_SHORT_LINE = 20
_STEPS = 200
_MOST_LAYOUT = 3.0


@dataclass(frozen=True, slots=True)
class Classes:
    """The weights of words and layout by class. `idf` says how rare each word is.

    `usual` and `spread` are the mean and deviation of the numbers of the layout.
    """

    names: Sequence[str]
    idf: Mapping[str, float]
    weights: Matrix
    usual: Vector
    spread: Vector

    def scores(self, document: Document) -> dict[str, float]:
        """Return the logarithm of the probability of each class."""
        row = _row(document, self.idf, self.usual, self.spread)
        raw = row @ self.weights
        logs = raw - raw.max(initial=0.0)
        logs -= np.log(np.exp(logs).sum())
        return dict(zip(self.names, map(float, logs), strict=True))

    def familiar(self, document: Document) -> float:
        """Return the share of a document's words that were seen before."""
        words = {word for word in words_of(document) if " " not in word}
        return sum(word in self.idf for word in words) / max(len(words), 1)

    def to_body(self) -> dict[str, Any]:
        """Return the classes as JSON has them, with the words that weigh most."""
        words = list(self.idf)
        most = max(1, _MOST_WEIGHTS // max(len(self.names), 1))
        strength = np.abs(self.weights[: len(words)]).max(axis=1, initial=0.0)
        # Stable, so that equal weights are cut off alike in every process.
        kept = sorted(np.argsort(-strength, kind="stable")[:most])
        return {
            "names": list(self.names),
            "words": [
                [words[at], round(self.idf[words[at]], 3), _rounded(self.weights[at])]
                for at in kept
            ],
            "layout": [_rounded(row) for row in self.weights[len(words) :]],
            "usual": _rounded(self.usual),
            "spread": _rounded(self.spread),
        }

    @classmethod
    def from_body(cls, body: Mapping[str, Any]) -> "Classes":
        """Load the classes."""
        rows = [weights for _, _, weights in body["words"]] + body["layout"]
        return cls(
            names=body["names"],
            idf={word: idf for word, idf, _ in body["words"]},
            weights=np.array(rows, dtype=float).reshape(len(rows), len(body["names"])),
            usual=np.array(body["usual"]),
            spread=np.array(body["spread"]),
        )


def _rounded(numbers: Vector) -> list[float]:
    return [round(float(number), 3) for number in numbers]


def fit_classes(
    documents: Sequence[Document], classes: Sequence[str], *, most_words: int = _MOST_WORDS
) -> Classes:
    """Learn to distinguish classes from documents, each with its class."""
    names = sorted(set(classes))
    seen: Counter[str] = Counter()
    for document in documents:
        seen.update(set(words_of(document)))
    # A word of one document says what that document is, and nothing about its class.
    common = [word for word, count in seen.most_common(most_words) if count >= _LEAST_DOCUMENTS]
    idf = {word: log((1 + len(documents)) / (1 + seen[word])) + 1 for word in common}
    layouts = np.array([layout_of(document) for document in documents])
    usual, spread = layouts.mean(axis=0), np.maximum(layouts.std(axis=0), 1e-3)
    rows = np.array([_row(each, idf, usual, spread) for each in documents])
    target = np.array([[float(each == name) for name in names] for each in classes])
    return Classes(names, idf, _descend(rows, target), usual, spread)


def _descend(rows: Matrix, target: Matrix) -> Matrix:
    """Return the weights of the least penalized loss."""
    width, count = rows.shape[1], target.shape[1]
    # The largest curvature bounds the step: the largest singular value, by power iteration.
    direction = np.ones(width) / max(width, 1) ** 0.5
    for _ in range(20):
        direction = rows.T @ (rows @ direction)
        direction /= max(float(np.linalg.norm(direction)), 1e-12)
    step = 1.0 / (0.5 * float(np.linalg.norm(rows @ direction)) ** 2 + _PENALTY)
    weights = ahead = np.zeros((width, count))
    for number in range(_STEPS):
        raised = rows @ ahead
        raised = np.exp(raised - raised.max(axis=1, keepdims=True))
        chance = raised / raised.sum(axis=1, keepdims=True)
        better = ahead - step * (rows.T @ (chance - target) + _PENALTY * ahead)
        ahead = better + number / (number + 3) * (better - weights)
        weights = better
    return weights


def _row(document: Document, idf: Mapping[str, float], usual: Vector, spread: Vector) -> Vector:
    """Return the words of a document with their weights, together 1, and its layout."""
    row = np.zeros(len(idf) + len(usual))
    counts = Counter(words_of(document))
    places = {word: at for at, word in enumerate(idf) if word in counts}
    for word, count in counts.items():
        at = places.get(word)
        if at is not None:
            row[at] = (1 + log(count)) * idf[word]
    # Long documents do not count more than short ones.
    row[: len(idf)] /= max(float(np.linalg.norm(row[: len(idf)])), 1e-9)
    layout = (np.array(layout_of(document)) - usual) / spread
    row[len(idf) :] = _LAYOUT_WEIGHT * np.clip(layout, -_MOST_LAYOUT, _MOST_LAYOUT)
    return row


def words_of(document: Document) -> list[str]:
    """Return the words of a document and the pairs of words that follow each other."""
    words = [masked(token.word) for line in document.tokens for token in line]
    words = words[:_MOST_DOCUMENT_WORDS]
    return [*words, *(f"{one} {other}" for one, other in pairwise(words))]


def layout_of(document: Document) -> list[float]:
    """Return numbers that say how the text of the first page is laid out."""
    lines = [line for line in document.lines if line.page == document.first_page]
    text = "".join(line.text for line in lines[:200])
    lengths = [len(line.text) for line in lines] or [0]
    boxes = [line.box for line in lines if line.box]
    heights = [box[3] - box[1] for box in boxes] or [0.0]
    usual = document.usual_height or 1.0
    numbers = [
        log(1 + len(lines)),
        log(1 + sum(lengths)),
        sum(lengths) / len(lengths) / 40,
        float(np.std(lengths)) / 40,
        float(np.mean(np.array(lengths) < _SHORT_LINE)),
        digit_share(text),
        upper_share(text),
        log(1 + len(document.pages)),
        float(np.std(heights)) / usual,
        max(heights) / usual / 4,
        document.usual_height / 20,
    ]
    page = document.pages.get(document.first_page)
    size = (page.width_pt, page.height_pt) if page else (None, None)
    return [*numbers, *np.log1p(_grid(boxes, *size)).ravel()]


def _grid(boxes: Sequence[Box], width: float | None, height: float | None) -> Matrix:
    """Return how much of each part of a page is covered by lines."""
    grid = np.zeros((_GRID_ROWS, _GRID_COLUMNS))
    if not width or not height:
        return grid
    cell = width / _GRID_COLUMNS
    for box in boxes:
        row = max(0, min(int(_GRID_ROWS * box[1] / height), _GRID_ROWS - 1))
        for column in range(_GRID_COLUMNS):
            inside = min(cell * (column + 1), box[2]) - max(cell * column, box[0])
            grid[row, column] += max(0.0, inside) / cell
    return grid
