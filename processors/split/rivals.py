"""Leave open what pages of one document say of two bills: one may be annexed, or quoted.

Such pages stay together, since nothing sure divides them. The record then gets what the first of
them says, and no sum. So it is with the sheets of a workbook of which one is a bill, and another a
list with a total.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal

from pipeline.model import Finding
from processors.split.borders import is_next
from processors.split.contents import Contents
from processors.values.candidates import with_others
from processors.values.money.sums import TOTAL_KINDS, sums_in

_MOST_PAGES = 20
_ACCOMPANIES = frozenset({"annex", "terms"})
_SUMS = ("total", "amount_due")
_PARTS = ("net", "tax")
_DATES = ("date", "due_date")
_SHEET = "sheet"
"""The engine of pages that are sheets of a workbook."""
_OPEN_CONFIDENCE = 0.3
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_CELLS_OF_ENTRY = 3
"""Cells of a row for what is sold: "Invoice 204" has two."""
_WHY = "another bill is in the document, such as one that it quotes or that is annexed"
_WHY_SHEET = "another sheet has a total of its own"


def first_of_rivals(pages: Sequence[Contents]) -> Contents | None:
    """Return the first bill on the pages of a document if a later page has another total.

    Of a workbook, return the sheet that is a bill if any other one has a total of its own.
    """
    first, *later = pages[:_MOST_PAGES]
    if first.page.text.engine == _SHEET:
        bills = [each for each in (first, *later) if _is_named(each)]
        others = (each for each in (first, *later) if each not in bills)
        is_beside = len(bills) == 1 and any(_has_own_total(each, bills[0]) for each in others)
        return bills[0] if is_beside else None
    return (
        first
        if any(_is_rival(first, before, page) for before, page in zip(pages, later, strict=False))
        else None
    )


def _is_named(page: Contents) -> bool:
    return page.signs.has_title or page.number is not None


def _has_own_total(page: Contents, bill: Contents) -> bool:
    """Return whether a sheet has a total that is not the one of the bill on another sheet.

    A cover has no entries, and the sheet behind it may have those of the bill.
    """
    if not page.has_total or page.total == bill.total:
        return False
    if bill.has_sure_total:
        return True
    totals = [each for each in sums_in(page.lines) if each.kind in TOTAL_KINDS]
    rows = {each.line.number for each in totals}
    entries = sum(value for number, _, value in _entries(page) if number not in rows)
    is_whole = entries in {each.value for each in totals}
    return is_whole and any(count >= _CELLS_OF_ENTRY for _, count, _ in _entries(bill))


def _entries(page: Contents) -> Iterator[tuple[int, int, Decimal]]:
    """Yield the number, the count of cells and the last value of rows that end with a number."""
    for line in page.lines:
        begin, end = line.cell(len(line.cells))
        text = line.text[begin:end]
        if line.cells and _NUMBER.fullmatch(text):
            yield line.number, len(line.cells) + 1, Decimal(text)


def _is_rival(first: Contents, before: Contents, page: Contents) -> bool:
    """Return whether a later page may be another bill than the first page.

    A sum of one page may be called its total, but only that of the bill is to be paid.
    """
    accompanies = page.signs.belongs in _ACCOMPANIES
    if not (_is_named(page) or accompanies) or not (first.is_bill and page.has_total):
        return False
    if first.total == page.total:
        return False
    if accompanies:
        # Terms name sums that nobody bills, such as the value from which a court decides.
        return page.has_sure_total
    has_other_number = page.number is not None and page.number != first.number
    if is_next(before.signs.numbering, page.signs.numbering) and not has_other_number:
        return False
    return page.is_bill and (first.amount_due is None) == (page.amount_due is None)


def without_rivals(fields: Mapping[str, Finding], own: Contents) -> dict[str, Finding]:
    """Return values of a document without those that may be of another bill in it."""
    if own.page.text.engine == _SHEET:
        total = fields.get("total")
        is_own = total is not None and total.value == own.total
        doubtful, why = () if is_own else (*_SUMS, *_PARTS), _WHY_SHEET
        return _opened(fields, doubtful, why)
    found = [name for name, each in fields.items() if _is_doubtful(name, each.value, own)]
    return _opened(fields, found, _WHY)


def _opened(fields: Mapping[str, Finding], names: Sequence[str], why: str) -> dict[str, Finding]:
    opened = {
        name: with_others(Finding(None, _OPEN_CONFIDENCE, why), [fields[name]])
        for name in names
        if name in fields and fields[name].value
    }
    return {**fields, **opened}


def _is_doubtful(name: str, value: str | None, own: Contents) -> bool:
    if value and name in _DATES:
        own_days = {day for readings in own.dates for day in readings}
        return date.fromisoformat(value) not in own_days
    return name in _SUMS or (name == "invoice_number" and value != own.number)
