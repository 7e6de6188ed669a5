"""Prepare a document so that features of its values are computed quickly.

Which lines mention a value, what is printed there, and how certain OCR was of its letters.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cache
from statistics import median

from pipeline.model import Finding, PageText
from processors.contract import Box, Page
from processors.values.date_labels import LabeledDate, labeled_dates
from processors.values.date_text import MonthNames
from processors.values.lines import TextLine, fold, word_lists
from processors.values.money.amount_lines import amount_lines
from processors.values.money.amounts import format_amount, money_in
from processors.values.money.sums import Sum, sums_in
from processors.values.receiver.unlabeled import AT_ADDRESS

_NO_LETTERS_OR_DIGITS = re.compile(r"[^\w]|_")
_LEAST_COMPACT = 4
"""Letters and digits of a text from which on finding it again means something."""
_MOST_SUMS = 300
_LONGEST_JOINED = 4
"""Lines that one value goes over."""


def compact(text: str) -> str:
    """Return the letters and digits of a text, without case and accents."""
    return _NO_LETTERS_OR_DIGITS.sub("", fold(text))


@cache
def known_words() -> frozenset[str]:
    """Return the words of legal forms, trades and addresses."""
    lists = word_lists()["company"]
    return frozenset(
        compact(word)
        for name in ("suffixes", "trades", "address")
        for words in lists[name]
        for word in words.split()
    )


def amount_of(value: str | None) -> Decimal | None:
    """Return an amount without its sign; None if the value is none."""
    try:
        return abs(Decimal(value)) if value else None
    except InvalidOperation:
        return None


def printed_amount(value: Decimal) -> Decimal:
    """Return an amount without its sign, with the decimals that a value of it has.

    A sheet may hold an amount with all the decimals that were calculated.
    """
    return abs(Decimal(format_amount(value)))


@dataclass(frozen=True, slots=True)
class Evidence:
    """A document with what was found in it by rules, before any of it has a probability.

    `amounts` are those of each line; `dates` and `sums` as the rules see them.
    """

    lines: Sequence[TextLine]
    pages: Mapping[int, PageText]
    found: Mapping[str, Finding]
    doc_type: Finding
    compact_lines: Sequence[str]
    amounts: Sequence[frozenset[Decimal]]
    dates: Sequence[LabeledDate]
    sums: Sequence[Sum]
    usual_height: float = field(default=0.0)

    @classmethod
    def of(
        cls,
        lines: Sequence[TextLine],
        pages: Sequence[Page],
        found: Mapping[str, Finding],
        doc_type: Finding,
        languages: Sequence[str],
    ) -> "Evidence":
        """Prepare a document."""
        with_amounts = amount_lines(lines)
        heights = [line.box[3] - line.box[1] for line in lines if line.box]
        return cls(
            lines=lines,
            pages={page.text.number: page.text for page in pages},
            found=found,
            doc_type=doc_type,
            compact_lines=[compact(line.text) for line in lines],
            amounts=[
                frozenset(printed_amount(each.value) for each in money_in(line.folded))
                for line in with_amounts
            ],
            dates=labeled_dates(lines, MonthNames(languages)),
            sums=sums_in(with_amounts)[:_MOST_SUMS],
            usual_height=median(heights) if heights else 0.0,
        )

    def value(self, name: str) -> str | None:
        """Return a value that was found, None without one."""
        finding = self.found.get(name)
        return finding.value if finding else None

    @property
    def named_buyer(self) -> str | None:
        """The buyer, None if nothing but its place says so: it may be the issuer."""
        finding = self.found.get("buyer")
        return None if finding is None or AT_ADDRESS in finding.reason else finding.value

    def lines_of(self, finding: Finding) -> list[TextLine]:
        """Return the lines at the place of a finding, none where places are not known."""
        box = finding.box
        if box is None:
            return []
        return [
            line
            for line in self.lines
            if line.page == finding.page and line.box and _overlap(line.box, box)
        ]

    def amounts_like(self, value: Decimal) -> list[TextLine]:
        """Return the lines with an amount."""
        return [line for line, each in zip(self.lines, self.amounts, strict=True) if value in each]

    def dates_like(self, value: str) -> list[LabeledDate]:
        """Return the printed dates that can be read as an ISO date."""
        day = date.fromisoformat(value[:10])
        return [each for each in self.dates if day in each.text.readings]

    def texts_like(self, value: str) -> list[TextLine]:
        """Return the first lines that have a text, which may go over several lines."""
        wanted = compact(value)
        if not wanted:
            return []
        found = [
            line
            for line, text in zip(self.lines, self.compact_lines, strict=True)
            if wanted in text
        ]
        if found or len(wanted) < _LEAST_COMPACT:
            return found
        return list(self._joined(wanted))

    def certainties(self, finding: Finding) -> list[tuple[float, int]]:
        """Return how certain OCR was of each word at the place of a finding, and its characters.

        The certainty is from 0 to 1. Words that the packaged lists have are left out: a misread one
        would not be in them.
        """
        box = finding.box
        if box is None:
            return []
        words = [
            word
            for line in self.lines_of(finding)
            for word in line.words
            if word.confidence is not None and _overlap(word.box, box)
        ]
        known = known_words() | {""}
        unknown = [word for word in words if compact(word.text) not in known]
        return [
            (word.confidence, len(word.text))
            for word in unknown or words
            if word.confidence is not None
        ]

    def _joined(self, wanted: str) -> Iterator[TextLine]:
        """Yield the first line of every text that goes over several lines."""
        for place, first in enumerate(self.compact_lines):
            if first and wanted.startswith(first):
                joined = "".join(self.compact_lines[place : place + _LONGEST_JOINED])
                if joined.startswith(wanted):
                    yield self.lines[place]


@dataclass(frozen=True, slots=True)
class FoundValue:
    """A finding that has a value, its name, and the lines that have it in any form."""

    name: str
    finding: Finding
    places: Sequence[TextLine]

    @property
    def text(self) -> str:
        """Return the value."""
        return self.finding.value or ""


def _overlap(one: Box, other: Box) -> bool:
    """Return whether two boxes share more than a third of the height of the lower one."""
    if one[2] <= other[0] or other[2] <= one[0]:
        return False
    shared = min(one[3], other[3]) - max(one[1], other[1])
    return shared * 3 > min(one[3] - one[1], other[3] - other[1])
