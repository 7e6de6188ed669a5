"""Leave open what pages of one document say of two bills: one may be annexed, or quoted.

Such pages stay together, since nothing sure divides them. The record then gets what the first of
them says, and no sum.
"""

from collections.abc import Mapping, Sequence
from datetime import date

from pipeline.model import Finding
from processors.split.borders import is_next
from processors.split.contents import Contents
from processors.values.candidates import with_others

_MOST_PAGES = 20
_ACCOMPANIES = frozenset({"annex", "terms"})
_SUMS = ("total", "amount_due")
_DATES = ("date", "due_date")
_OPEN_CONFIDENCE = 0.3
_WHY = "another bill is in the document, such as one that it quotes or that is annexed"


def first_of_rivals(pages: Sequence[Contents]) -> Contents | None:
    """Return the first bill on the pages of a document if a later page has another total."""
    first, *later = pages[:_MOST_PAGES]
    return (
        first
        if any(_is_rival(first, before, page) for before, page in zip(pages, later, strict=False))
        else None
    )


def _is_rival(first: Contents, before: Contents, page: Contents) -> bool:
    """Return whether a later page may be another bill than the first page.

    A sum of one page may be called its total, but only that of the bill is to be paid.
    """
    is_named = page.signs.has_title or page.number is not None
    accompanies = page.signs.belongs in _ACCOMPANIES
    if not (is_named or accompanies) or not (first.is_bill and page.has_total):
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
    opened = {
        name: with_others(Finding(None, _OPEN_CONFIDENCE, _WHY), [each])
        for name, each in fields.items()
        if each.value and _is_doubtful(name, each.value, own)
    }
    return {**fields, **opened}


def _is_doubtful(name: str, value: str, own: Contents) -> bool:
    if name in _DATES:
        own_days = {day for readings in own.dates for day in readings}
        return date.fromisoformat(value) not in own_days
    return name in _SUMS or (name == "invoice_number" and value != own.number)
