"""Decide whether a page begins a document or continues the one before it.

Signs add points, as in the rules of classes. Their weights follow a logistic regression over pages
of combined documents, and are lower for what may also change within a document. A wrong border
costs more than a missing one: two documents stay open together, one document falls apart.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, takewhile

from processors.split.contents import Contents, Group, days_of
from processors.split.signs import Numbering

ENOUGH = 4.0
"""Points from which on a page begins a document: about four in five of those with so many do."""

_ENOUGH_BY_LOOKS = 6.0
"""Points of a page without any sign of a beginning: it may be a drawing or an annex."""

_MOST_PAGES_ASKED = 20
"""Later pages are asked for numbers and sums only if their head or size speaks for a beginning."""
_SURE_CLASS = 0.6
_SHARED_MARKS, _FEW_MARKS = 2, 3
_NO_CLASS = frozenset({None, "other"})

POINTS = {
    # ---- what it says ----
    "one_of": 5.0,
    "one": 2.0,
    "one_bare": 1.0,
    "finished": 1.5,
    "another_number": 9.0,
    "another_bill": 5.0,
    "another_day": 9.0,
    "another_letter": 7.0,
    "bill_and_letter": 4.0,
    "another_slip": 7.0,
    "new_number": 1.5,
    "bill": 2.0,
    "class": 3.0,
    "title": 1.0,
    "salutation": 1.0,
    "no_mark": 1.5,
    # ---- how it is set ----
    "size": 2.5,
    "size_little": 1.0,
    "source": 0.5,
    "line_height": 2.5,
    "margin": 2.0,
    # ---- what speaks against it ----
    "unfinished": -3.0,
    "later": -2.0,
    "later_bare": -0.5,
    "goes_on": -2.0,
    "annex": -2.0,
    "terms": -4.0,
    "continued": -4.0,
    "same_head": -2.5,
    "same_foot": -1.0,
    "same_marks": -1.5,
}
REASONS = {
    "one_of": "it is the first of several pages",
    "one": "its number is 1",
    "one_bare": "its number is 1",
    "finished": "the page before is the last one of its document",
    "another_number": "it has another number and a total of its own",
    "another_bill": "it has another issuer and a total of its own",
    "another_day": "it is a bill of another date",
    "another_letter": "it begins as a letter, with another date",
    "bill_and_letter": "a letter and a bill are different documents",
    "another_slip": "it is a receipt with another date or total",
    "new_number": "it names a number",
    "bill": "it has another date and a total of its own",
    "class": "it is of another class",
    "title": "it has a title",
    "salutation": "it begins as a letter",
    "no_mark": "it repeats nothing of the pages before",
    "size": "it has another size",
    "line_height": "its lines have another height",
    "margin": "its lines begin elsewhere",
}
_BEGINNINGS = frozenset(name for name in POINTS if POINTS[name] > 0) - {
    *("finished", "no_mark", "size", "size_little", "source", "line_height", "margin")
}
"""Signs of a beginning."""


@dataclass(frozen=True, slots=True)
class Border:
    """Whether a page begins a document, and the reasons why."""

    is_one: bool
    reasons: tuple[str, ...] = ()


NO_BORDER = Border(is_one=False)


def border_between(
    before: Group, page: Contents, after: Iterable[Contents] = (), *, has_looks: bool = True
) -> Border:
    """Return whether a page begins a document, or belongs to the pages `before` it.

    `after` are the next pages: its sum may be on one of them. `has_looks`: the pages are sheets of
    paper. Those of a table or of slides differ anyway.
    """
    if page.signs.is_blank or is_next(before.last.signs.numbering, page.signs.numbering):
        return NO_BORDER
    signs: list[str] = []
    if has_looks:
        signs += page.look.differences(before.last.look)
        signs += _page_signs(before, page)
        is_late = page.page.text.number > _MOST_PAGES_ASKED
        if is_late and _BEGINNINGS.isdisjoint(signs) and "size" not in signs:
            return NO_BORDER
    if before.number is not None and before.number == page.number:
        return _border_of_same_number(before, page)
    signs += _bill_signs(before, page, after)
    # The rest takes longer, and most pages continue without any sign of a beginning.
    if has_looks and any(POINTS[sign] > 0 for sign in signs):
        signs += _content_signs(before, page)
    return _decided(signs)


def _decided(signs: Sequence[str]) -> Border:
    """Return a border if the signs have enough points.

    A page without any sign of a beginning must be of other paper and another print.
    """
    points = sum(POINTS[sign] for sign in signs)
    by_looks = _BEGINNINGS.isdisjoint(signs)
    if points < (_ENOUGH_BY_LOOKS if by_looks else ENOUGH) or (by_looks and "goes_on" in signs):
        return NO_BORDER
    return Border(is_one=True, reasons=tuple(REASONS[sign] for sign in signs if sign in REASONS))


def _border_of_same_number(before: Group, page: Contents) -> Border:
    """Return whether a page is another bill with the number of the one before it.

    Two companies may count alike, and one may write a bill again. A copy says what its bill says,
    and a page that goes on with a bill has no date and total of its own.
    """
    bills = before.bills() if page.is_bill else []
    differences = [_difference(bill, page) for bill in bills]
    if not differences or not all(differences):
        return NO_BORDER
    return Border(is_one=True, reasons=(f"it has the same number, but {differences[-1]}",))


def _difference(bill: Contents, page: Contents) -> str:
    """Say in what a bill differs from another one with its number; "" if it is the same one."""
    one, other = bill.issuer, page.issuer
    if one and other and not bill.names(other) and not page.names(one):
        return "another issuer"
    has_dates = bill.issue_dates and page.issue_dates
    if has_dates and days_of(bill.issue_dates).isdisjoint(days_of(page.issue_dates)):
        return "another date"
    # A sum of one page may be called its total, but it is not to be paid.
    differs = bill.amount_due and page.amount_due and bill.amount_due != page.amount_due
    return "another amount that is to be paid" if differs else ""


def is_next(before: Numbering | None, numbering: Numbering | None) -> bool:
    """Return whether the numbers of two pages follow one another."""
    if before is None or numbering is None:
        return False
    return numbering.number == before.number + 1 and numbering.of == before.of


def _bill_signs(before: Group, page: Contents, after: Iterable[Contents]) -> list[str]:
    """Return signs by the numbers, dates and sums of bills."""
    if page.number is not None and before.number is not None:
        # A statement that lists the numbers of others has one total, at its end.
        own = takewhile(lambda each: each.number in {None, page.number}, after)
        has_both = before.has_total and any(each.has_total for each in chain([page], own))
        return ["another_number"] if has_both else []
    signs = ["new_number"] if page.number is not None else []
    return [*signs, *_other_bill_signs(before, page)]


def _other_bill_signs(before: Group, page: Contents) -> list[str]:
    """Return signs by the dates, issuers and sums of two bills."""
    difference = _difference_of_titled(before.first, page)
    # The dates first, which take the least and which most later pages do not have.
    if before.has_other_dates_than(page) and page.has_total and before.has_total:
        if difference == "another date":
            # A company prints the same head on each; the later pages of one bill repeat its day.
            return ["another_day"]
        issuers = {before.first.issuer, page.issuer}
        return ["bill" if None in issuers or len(issuers) == 1 else "another_bill"]
    return ["another_bill"] if difference == "another issuer" else []


def _difference_of_titled(bill: Contents, page: Contents) -> str:
    """Say in what two pages that are titled bills differ; "" if one is none, or they do not.

    Neither names the issuer of the other: a page of details may be headed by who delivered.
    """
    if not (bill.signs.has_title and page.signs.has_title and bill.is_bill and page.is_bill):
        return ""
    return _difference(bill, page)


def _page_signs(before: Group, page: Contents) -> list[str]:
    """Return signs by what the head and the foot of a page say."""
    own, first, last = page.signs, before.first.signs, before.last.signs
    signs = _numbering_signs(last.numbering, own.numbering)
    if own.belongs:
        signs.append(own.belongs)
    found = {
        "title": own.has_title,
        "salutation": own.has_salutation,
        "goes_on": own.goes_on,
        "same_head": not own.head.isdisjoint(first.upper | last.head),
        "same_foot": not own.foot.isdisjoint(last.foot),
    }
    return [*signs, *(sign for sign, is_there in found.items() if is_there)]


def _numbering_signs(last: Numbering | None, own: Numbering | None) -> list[str]:
    """Return signs by the number of a page and that of the page before."""
    signs = ["finished"] if last and last.is_last else []
    if own is not None:
        return [*signs, own.kind]
    return ["unfinished"] if last and last.of and not last.is_last else signs


def _content_signs(before: Group, page: Contents) -> list[str]:
    """Return signs by kind and class, and by numbers and addresses that are shared."""
    signs = _kind_signs(before, page)
    one, other = before.first.doc_class, page.doc_class
    are_sure = min(one.confidence, other.confidence) >= _SURE_CLASS
    if are_sure and one.value != other.value and _NO_CLASS.isdisjoint({one.value, other.value}):
        signs.append("class")
    shared = len(before.marks & page.marks)
    if shared >= _SHARED_MARKS:
        signs.append("same_marks")
    elif shared == 0 and min(len(before.marks), len(page.marks)) >= _FEW_MARKS:
        signs.append("no_mark")
    return signs


def _kind_signs(before: Group, page: Contents) -> list[str]:
    """Return signs by what letters and bills never have: another letter or bill in them."""
    are_letters = page.signs.has_salutation and before.first.signs.has_salutation
    is_beside_letter = (_is_letter(before.first) and page.is_bill) or (
        before.has_total and _is_letter(page)
    )
    found = {
        "another_letter": are_letters and before.has_other_dates_than(page),
        "bill_and_letter": is_beside_letter,
        "another_slip": _is_another_slip(before.last, page),
    }
    return [sign for sign, is_there in found.items() if is_there]


def _is_letter(page: Contents) -> bool:
    """Return whether a page begins as a letter and is no bill: it has neither number nor total."""
    return page.signs.has_salutation and page.number is None and not page.has_total


def _is_another_slip(before: Contents, page: Contents) -> bool:
    """Return whether a page is a receipt behind another bill: each of them is a page of its own.

    A shop prints the same head on each, and often sells twice a day. A copy says the same.
    """
    is_slip = page.doc_class.value == "receipt" and page.doc_class.confidence >= _SURE_CLASS
    if not (is_slip and before.is_bill and page.is_bill):
        return False
    return days_of(before.dates).isdisjoint(days_of(page.dates)) or before.total != page.total
