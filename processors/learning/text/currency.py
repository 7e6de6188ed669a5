"""Compare the currency that people type beside amounts with that of a page."""

import re
from collections.abc import Sequence
from functools import cache

from pipeline.model import Finding
from processors.values.country import countries
from processors.values.lines import fold
from processors.values.money.marks import SHARED, SHORT_CODES, SYMBOLS, any_mark, is_code

_CERTAIN = 0.9
"""Confidence from which on a finding says what the currency of a page is."""


def codes_of(mark: str) -> frozenset[str]:
    """Return the currencies that a mark may stand for, empty for what is no mark of one."""
    folded = fold(mark)
    if is_code(folded):
        return frozenset([folded.upper()])
    for each in (folded, folded.rstrip("."), f"{folded}."):
        if each in SYMBOLS:
            return frozenset([SYMBOLS[each]])
        if each in SHARED:
            return frozenset(countries()[country].currency for country in SHARED[each])
    return frozenset([SHORT_CODES[mark]] if mark in SHORT_CODES else ())


def marks_beside(folded: str, start: int, end: int) -> Sequence[str]:
    """Return the marks right before and right after an amount of a folded line."""
    before, after = _places()
    found = before.search(folded[:start]), after.match(folded[end:])
    return [match[1] for match in found if match]


@cache
def _places() -> tuple[re.Pattern[str], re.Pattern[str]]:
    mark = f"({any_mark()})"
    before = rf"(?<![^\W\d_])(?<!\$){mark}[ .:]{{0,2}}[-\u2013\u2212(]?$"
    return re.compile(before), re.compile(rf"[-\u2013\u2212)]? ?{mark}(?![^\W\d_]|\$)")


def is_of_page(mark: str, beside: Sequence[str], finding: Finding | None) -> bool | None:
    """Say whether a page has the currency of a typed mark; None where it does not say.

    `beside` are the marks printed beside the amount, and `finding` is the currency of the document.
    """
    own = codes_of(mark)
    printed = [codes_of(each) for each in beside]
    of_document = finding.value if finding else None
    if not all(own & each for each in printed) or (of_document and of_document not in own):
        return False
    # "CAD" is one of the currencies of "$", and yet not what is meant by it in this column.
    is_single = len(own) == 1
    is_found = is_single and bool(of_document) and _is_certain(finding)
    return True if is_found or _is_printed(mark, beside) else None


def _is_certain(finding: Finding | None) -> bool:
    return finding is not None and finding.confidence >= _CERTAIN


def _is_printed(mark: str, beside: Sequence[str]) -> bool:
    own, name = codes_of(mark), fold(mark).strip(".")
    same = [each.strip(".") == name or len(own | codes_of(each)) == 1 for each in beside]
    return bool(same) and all(same)
