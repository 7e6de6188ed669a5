"""Find several documents that were scanned or printed into one file, by the numbers on their pages.

A record has room for the values of one document. Those of two must never meet in it.
"""

from collections.abc import Sequence

from processors.contract import Page
from processors.values.lines import text_lines_of
from processors.values.money.total import find_total
from processors.values.numbers import find_invoice_number

_MOST_PAGES = 20  # of later pages the lines are not kept
_LEAST_CONFIDENCE = 0.5


def page_groups(pages: Sequence[Page]) -> list[list[Page]]:
    """Return the pages of each document, in order; one group if they are one document.

    A document starts on a page that has a labeled number other than that before it, and has a total
    on one of its pages. Every other page continues the document before it.
    """
    documents: list[list[Page]] = []
    for group in _by_number(pages):
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
        if not groups or (number is not None and current is not None and number != current):
            groups.append([])
        groups[-1].append(page)
        current = number or current
    return groups


def _number_on(page: Page) -> str | None:
    number = find_invoice_number(text_lines_of([page]))
    is_sure = number is not None and number.confidence >= _LEAST_CONFIDENCE
    return number.value if number is not None and is_sure else None


def _has_total(pages: Sequence[Page]) -> bool:
    total = find_total(text_lines_of(pages))
    return total is not None and total.value is not None
