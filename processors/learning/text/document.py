"""Prepare a document so that candidates and their features are found quickly."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import islice
from statistics import median

from pipeline.model import PageText
from processors.contract import Box, Line, Page
from processors.learning.text.keys import compact
from processors.values.lines import MAX_LINE_CHARS, TextLine, fold, text_lines_of

# Values are at the beginning or at the end; of a book only these lines are looked at.
HEAD_LINES = 300
TAIL_LINES = 60
_SENDER_LINES = 22
"""Lines at the beginning in which the sender is named."""
_SENDER_TAIL_LINES = 4
_HEAD_LINES = 6
"""Lines in which a sender writes its name and address; below them documents of one differ."""
MOST_SENDER_WORDS = 80
_LEAST_WORD = 3
MOST_WORD_CHARS = 24

_TOKEN = re.compile(r"\S+")
_EDGES = "()[]{}<>.,;:!?'\"*#|=_-\u2019\u201c\u201d\u2018"
_DIGIT = re.compile(r"\d")
GRAM = 3
"""Characters of the pieces by which misread texts are compared."""
_LEAST_RATIO = 0.8
"""Texts whose lengths differ more are not one text, misread."""


@dataclass(frozen=True, slots=True)
class Token:
    """A word of a line, folded and without signs at its edges, at these characters."""

    word: str
    start: int
    end: int


@dataclass(frozen=True)
class Document:
    """The lines of a document with their words.

    What only some kinds of columns need is computed when it is asked for.
    """

    lines: Sequence[TextLine]
    pages: Mapping[int, PageText]
    tokens: Sequence[Sequence[Token]]
    lines_before: Mapping[int, int] = field(repr=False)
    """Lines of the document before each page, so that lines can be counted by page."""

    @classmethod
    def of(cls, pages: Sequence[Page]) -> "Document":
        """Prepare the pages of a document."""
        found = text_lines_of(pages)
        if len(found) > HEAD_LINES + TAIL_LINES:
            found = [*found[:HEAD_LINES], *found[-TAIL_LINES:]]
        before: dict[int, int] = {}
        for line in found:
            before.setdefault(line.page, line.number)
        return cls(
            lines=found,
            pages={page.text.number: page.text for page in pages},
            tokens=[tokens_of(line.folded) for line in found],
            lines_before=before,
        )

    @cached_property
    def compacts(self) -> Sequence[str]:
        """Return the letters and digits of each line."""
        return [compact(line.text) for line in self.lines]

    @cached_property
    def grams(self) -> Sequence[frozenset[str]]:
        """Return the pieces of each line."""
        return [grams_of(text) for text in self.compacts]

    @cached_property
    def words(self) -> frozenset[str]:
        """Return all words of the document."""
        return frozenset(token.word for line in self.tokens for token in line)

    @cached_property
    def sender_words(self) -> frozenset[str]:
        """Return the words at the beginning and the end, by which a sender is recognized.

        Numbers count as well: a sender prints its telephone and tax numbers on every document.
        """
        return _sender_words(self.tokens)

    @cached_property
    def head_words(self) -> frozenset[str]:
        """Return the words of the first lines, which are the same on documents of one sender."""
        words = (token.word for line in self.tokens[:_HEAD_LINES] for token in line)
        return frozenset(word for word in words if len(word) >= _LEAST_WORD)

    @property
    def first_page(self) -> int:
        """Return the number of the first page that has text."""
        return self.lines[0].page if self.lines else 1

    @cached_property
    def usual_height(self) -> float:
        """Return the usual height of a line in points, 0 where boxes are not known."""
        heights = [line.box[3] - line.box[1] for line in self.lines if line.box]
        return median(heights) if heights else 0.0

    def line_on_page(self, index: int) -> int:
        """Return the number of a line on its page, from 1."""
        line = self.lines[index]
        return line.number - self.lines_before[line.page] + 1

    def box_of(self, index: int, start: int, end: int) -> Box | None:
        """Return the box of a part of a line."""
        return self.lines[index].finding("", 0.0, "", start=start, end=end).box


def sender_words_of(pages: Sequence[Page]) -> frozenset[str]:
    """Return the words of the sender without preparing all of a document."""
    lines = [line for page in pages for line in page.lines or map(Line, page.text.text.split("\n"))]
    kept = [line.text for line in lines if line.text.strip()]
    ends = [*kept[:_SENDER_LINES], *kept[_SENDER_LINES:][-_SENDER_TAIL_LINES:]]
    return _sender_words([tokens_of(fold(text[:MAX_LINE_CHARS])) for text in ends])


def _sender_words(tokens: Sequence[Sequence[Token]]) -> frozenset[str]:
    ends = [*tokens[:_SENDER_LINES], *tokens[_SENDER_LINES:][-_SENDER_TAIL_LINES:]]
    words = (token.word for line in ends for token in line if len(token.word) >= _LEAST_WORD)
    return frozenset(islice(dict.fromkeys(words), MOST_SENDER_WORDS))


def tokens_of(folded: str) -> list[Token]:
    """Return the words of a folded line."""
    return list(_tokens(folded))


def _tokens(folded: str) -> Iterator[Token]:
    for match in _TOKEN.finditer(folded):
        text = match.group()
        word = text.strip(_EDGES)
        if word:
            start = match.start() + text.index(word[0])
            yield Token(word[:MOST_WORD_CHARS], start, start + len(word))


def masked(word: str) -> str:
    """Return a word with all digits as 0: numbers of one form are one word."""
    return _DIGIT.sub("0", word)


@lru_cache(maxsize=8192)
def grams_of(text: str) -> frozenset[str]:
    """Return the pieces of three characters of a compact text."""
    if len(text) < GRAM:
        return frozenset([text] if text else ())
    return frozenset(text[at : at + GRAM] for at in range(len(text) - GRAM + 1))


def similar(one: str, other: str) -> float:
    """Return the share of the pieces of two texts that they have in common."""
    if not _LEAST_RATIO <= len(one) / max(len(other), 1) <= 1 / _LEAST_RATIO:
        return 0.0
    ones, others = grams_of(one), grams_of(other)
    return 2 * len(ones & others) / max(len(ones) + len(others), 1)
