"""Ask what a page says of its document, each question once and only if it is asked."""

import re
from collections.abc import Iterable, Sequence
from datetime import date
from functools import cached_property
from itertools import chain

from pipeline.model import Finding
from processors.classify.classifier import classify
from processors.contract import Page
from processors.split.looks import Look, look_of
from processors.split.signs import Signs, signs_of
from processors.values.date_labels import LabeledDate, labeled_dates
from processors.values.date_text import MonthNames
from processors.values.issuer.company import find_company
from processors.values.lines import TextLine, fold, text_lines_of
from processors.values.money.amounts import format_amount
from processors.values.money.sums import TOTAL_KINDS, sums_in
from processors.values.money.total import find_amount_due, find_total
from processors.values.numbers import find_invoice_number

_LEAST_CONFIDENCE = 0.5
_FIRST_PAGES = 3
_OF_DOCUMENT = frozenset({"document", "title"})
"""Kinds of labels that announce the date of a document; "date" may head a column."""
# Numbers, addresses and domains that the pages of one document repeat.
_MARKS = re.compile(
    r"\b(?=[\w./-]{0,60}\d{2})[\w./-]{5,60}\b|[\w.-]{1,60}@[\w.-]{1,60}|www\.[\w.-]{1,60}"
)
_MOST_CHARS = 8_000


class Contents:
    """One page, and what it says."""

    def __init__(self, page: Page, *, own_rules: str = "") -> None:
        self.page = page
        self._own_rules = own_rules

    @cached_property
    def signs(self) -> Signs:
        """What its first and last lines say."""
        return signs_of(self.page)

    @cached_property
    def look(self) -> Look:
        """How it is set."""
        return look_of(self.page)

    @cached_property
    def lines(self) -> Sequence[TextLine]:
        """Its lines as rules read them."""
        return text_lines_of([self.page])

    @cached_property
    def number(self) -> str | None:
        """The number of the document that it names, None without one that is sure."""
        return _sure(find_invoice_number(self.lines))

    @cached_property
    def dates(self) -> frozenset[tuple[date, ...]]:
        """The dates on it."""
        return frozenset(each.text.readings for each in self._labeled_dates)

    @cached_property
    def issue_dates(self) -> frozenset[tuple[date, ...]]:
        """The dates that are called those of a document."""
        found = self._labeled_dates
        return frozenset(each.text.readings for each in found if each.kind in _OF_DOCUMENT)

    @cached_property
    def _labeled_dates(self) -> list[LabeledDate]:
        return labeled_dates(self.lines, MonthNames(()))

    @cached_property
    def _total(self) -> Finding | None:
        return find_total(self.lines)

    @property
    def total(self) -> str | None:
        """The sum to pay that is on it, None without one."""
        return None if self._total is None else self._total.value

    @property
    def has_sure_total(self) -> bool:
        """Return whether words on it call a sum its total: "late payment costs 40.00" do not."""
        total = _sure(self._total)
        sums = sums_in(self.lines) if total else []
        return any(each.kind in TOTAL_KINDS and format_amount(each.value) == total for each in sums)

    @property
    def has_total(self) -> bool:
        """Return whether a sum to pay is on it."""
        return self.total is not None

    @property
    def is_bill(self) -> bool:
        """Return whether the number or the title, the date and the total of a bill are on it."""
        is_named = self.number is not None or self.signs.has_title
        return is_named and bool(self.dates) and self.has_total

    @cached_property
    def amount_due(self) -> str | None:
        """The amount that is to be paid, None if that is not sure."""
        return _sure(find_amount_due(self.lines))

    @cached_property
    def issuer(self) -> str | None:
        """Who issued it, None if that is not sure."""
        return _sure(find_company(self.lines, commercial=True)) if self.lines else None

    def names(self, company: str) -> bool:
        """Return whether a name is on it."""
        name = fold(company)
        return any(name in line.folded for line in self.lines)

    @cached_property
    def doc_class(self) -> Finding:
        """Its class if it were a document of its own."""
        # Not as a table: a list among the pages of a PDF is read like the others.
        return classify([self.page], media_type="", own_rules=self._own_rules)

    @cached_property
    def marks(self) -> frozenset[str]:
        """The numbers, addresses and domains on it."""
        return frozenset(map(fold, _MARKS.findall(self.page.text.text[:_MOST_CHARS])))


class Group:
    """The pages of the document before a page, and what they say together.

    A number is on the first pages, a sum on the last one. Those between would only cost time.
    """

    def __init__(self, pages: Sequence[Contents]) -> None:
        self.first, self.last = pages[0], pages[-1]
        few = len(pages) <= _FIRST_PAGES
        self._asked = pages if few else [*pages[:_FIRST_PAGES], pages[-1]]

    @cached_property
    def number(self) -> str | None:
        """Its number, None without one that is sure."""
        return next((each.number for each in self._asked if each.number), None)

    def bills(self) -> list[Contents]:
        """Return the pages that have what makes a bill."""
        return [each for each in self._asked if each.is_bill]

    @cached_property
    def has_total(self) -> bool:
        """Whether a sum to pay is on one of the pages."""
        return any(each.has_total for each in self._asked)

    @cached_property
    def dates(self) -> frozenset[tuple[date, ...]]:
        """The dates on the pages."""
        return frozenset().union(*(each.dates for each in self._asked))

    def has_other_dates_than(self, page: Contents) -> bool:
        """Return whether both have dates, and none of them is the same."""
        days = days_of(self.dates), days_of(page.dates)
        return all(days) and days[0].isdisjoint(days[1])

    @cached_property
    def marks(self) -> frozenset[str]:
        """The numbers, addresses and domains on the pages."""
        return frozenset().union(*(each.marks for each in self._asked))


def days_of(dates: Iterable[tuple[date, ...]]) -> frozenset[date]:
    """Return the days that dates may mean: "05/06/2026" and "5 June 2026" have one in common."""
    return frozenset(chain.from_iterable(dates))


def _sure(found: Finding | None) -> str | None:
    is_sure = found is not None and found.confidence >= _LEAST_CONFIDENCE
    return found.value if found is not None and is_sure else None
