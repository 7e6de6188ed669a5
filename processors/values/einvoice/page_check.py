"""Compare the amounts of an electronic invoice with those that its page shows to people."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from pipeline.model import Finding
from processors.contract import Page
from processors.values.candidates import with_others

_SUMS = ("total", "net", "tax", "amount_due")
_TO_LOOK_AT = 0.9
"""Below the limit from which on values are written by default: it is a suggestion."""
_SURE_OF_PAGE = 0.9
_NO_DIGIT = re.compile(r"\D")


def with_page_checked(
    structured: Mapping[str, Finding], on_page: Mapping[str, Finding], pages: Sequence[Page]
) -> dict[str, Finding]:
    """Return the values of the XML; amounts are suggestions where the page shows another total.

    People see the page and programs the XML: which of them is wrong, nobody knows but the issuer.
    The page has another total if one was found for certain, and that of the XML is nowhere.
    """
    total, shown = structured.get("total"), on_page.get("total")
    printed = [_NO_DIGIT.sub("", line) for page in pages for line in page.text.text.splitlines()]
    if (
        total is None
        or shown is None
        or shown.value is None
        or shown.confidence < _SURE_OF_PAGE
        or _is_printed(total, printed)
    ):
        return dict(structured)
    reason = f"but the page shows a total of {shown.value}"
    return dict(structured) | {
        name: _to_look_at(finding, reason, on_page.get(name))
        for name in _SUMS
        if (finding := structured.get(name)) and not _is_printed(finding, printed)
    }


def _is_printed(finding: Finding, printed: Sequence[str]) -> bool:
    """Return whether the digits of a value are in a line of digits."""
    digits = _NO_DIGIT.sub("", finding.value or "")
    return any(digits in line for line in printed)


def _to_look_at(finding: Finding, reason: str, shown: Finding | None) -> Finding:
    doubted = replace(
        finding,
        confidence=min(finding.confidence, _TO_LOOK_AT),
        reason=f"{finding.reason}, {reason}",
    )
    return with_others(doubted, [shown]) if shown and shown.value else doubted
