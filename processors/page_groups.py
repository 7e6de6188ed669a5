"""Find several documents that were scanned or printed into one file, by the numbers on their pages.

A record has room for the values of one document. Those of two must never meet in it.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from itertools import pairwise

from processors.contract import Line, Page
from processors.values.date_labels import labeled_dates
from processors.values.date_text import MonthNames
from processors.values.issuer.company import find_company
from processors.values.lines import TextLine, text_lines_of
from processors.values.money.sums import TOTAL_KINDS, sums_in
from processors.values.money.total import find_total
from processors.values.numbers import explicit_numbers, find_invoice_number

_MOST_PAGES = 20  # of later pages the lines are not kept
_LEAST_CONFIDENCE = 0.5


def page_groups(pages: Sequence[Page]) -> list[list[Page]]:
    """Return the pages of each document, in order; one group if they are one document.

    A document starts on a page that has a labeled number other than that before it, and has a total
    on one of its pages. Without numbers it is a page with another issuer, date and total. Every
    other page continues the document before it. A page may have several documents below each other.
    """
    documents: list[list[Page]] = []
    parts = [part for page in pages for part in _parts_of(page)]
    for group in _by_number(parts):
        # A statement that lists the numbers of others has one total, at its end.
        if documents and not (_has_total(group) and _has_total(documents[-1])):
            documents[-1] += group
        else:
            documents.append(group)
    return documents


def _by_number(pages: Sequence[Page]) -> list[list[Page]]:
    if len(pages) <= 1:
        return [list(pages)]
    groups: list[list[Page]] = []
    current: str | None = None
    for page in pages:
        number = _number_on(page) if page.text.number <= _MOST_PAGES else None
        has_both = number is not None and current is not None
        if not groups or (number != current if has_both else _is_of_another(groups[-1], page)):
            groups.append([])
            current = None
        groups[-1].append(page)
        current = number or current
    return groups


def _parts_of(page: Page) -> list[Page]:
    """Return the parts of a page that have the number, the date and the total of a document each.

    Codes and fields are left out of them: whose they are is not known.
    """
    if page.text.number > _MOST_PAGES:
        return [page]
    lines = text_lines_of([page])
    printed = list(page.lines or map(Line, page.text.text.splitlines()))
    places = [place for place, line in enumerate(printed) if line.text.strip()]
    if len(places) != len(lines):
        return [page]
    borders = [0, *(places[start] for start in _starts_of(lines)), len(printed)]
    parts = [
        replace(page, lines=tuple(printed[start:end]), codes=(), fields=())
        for start, end in pairwise(borders)
    ]
    has_several = len(parts) > 1 and all(_has_total([part]) and _dates_on([part]) for part in parts)
    return parts if has_several else [page]


def _starts_of(lines: Sequence[TextLine]) -> list[int]:
    """Return the lines below a total after which another number is labeled."""
    labeled = list(explicit_numbers(lines))
    if len({number for _, number in labeled}) <= 1:
        return []
    totals = [each.place.number for each in sums_in(lines) if each.kind in TOTAL_KINDS]
    starts: dict[int, None] = {}
    for (_, before), (line, number) in pairwise(labeled):
        above = [place for place in totals if place < line]
        if number != before and above:
            starts[above[-1] + 1] = None
    return list(starts)


def _is_of_another(group: Sequence[Page], page: Page) -> bool:
    """Return whether a page has a total like the pages before it, but another issuer and date."""
    if page.text.number > _MOST_PAGES:
        return False
    # The dates first, which take the least and which most later pages do not have.
    others = _dates_on([page])
    if not others or not (dates := _dates_on(group)) or not dates.isdisjoint(others):
        return False
    if not (_has_total([page]) and _has_total(group)):
        return False
    issuer, other = _issuer_of(group), _issuer_of([page])
    return issuer is not None and other is not None and issuer != other


def _issuer_of(pages: Sequence[Page]) -> str | None:
    found = find_company(text_lines_of(pages), commercial=True)
    return found.value if found and found.confidence >= _LEAST_CONFIDENCE else None


def _dates_on(pages: Sequence[Page]) -> frozenset[tuple[date, ...]]:
    found = labeled_dates(text_lines_of(pages), MonthNames(()))
    return frozenset(each.text.readings for each in found)


def _number_on(page: Page) -> str | None:
    number = find_invoice_number(text_lines_of([page]))
    is_sure = number is not None and number.confidence >= _LEAST_CONFIDENCE
    return number.value if number is not None and is_sure else None


def _has_total(pages: Sequence[Page]) -> bool:
    total = find_total(text_lines_of(pages))
    return total is not None and total.value is not None
