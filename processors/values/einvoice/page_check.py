"""Compare the values of an electronic invoice with those that its page shows to people."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from pipeline.model import Finding
from processors.contract import Page
from processors.values.candidates import with_others
from processors.values.lines import fold

_SUMS = ("total", "net", "tax", "amount_due")
_NAMING = ("invoice_number", "date", "due_date", "order_number", "iban")
"""Values that a page prints as the XML has them, or as a date."""
_TO_LOOK_AT = 0.9
"""Below the limit from which on values are written by default: it is a suggestion."""
_SURE_OF_PAGE = 0.9
_NO_DIGIT = re.compile(r"\D")
_NO_SIGN = re.compile(r"[\W_]")


def with_page_checked(
    structured: Mapping[str, Finding], on_page: Mapping[str, Finding], pages: Sequence[Page]
) -> dict[str, Finding]:
    """Return the values of the XML; those are suggestions that contradict what the page shows.

    People see the page and programs the XML: which of them is wrong, nobody knows but the issuer. A
    value contradicts the page if that shows another for certain, and this one nowhere. If its
    number and its total or its date do, the page is another bill, and nothing that it does not
    show is certain.
    """
    unprinted = _unprinted(structured, pages)
    against = {
        name: shown
        for name in ("total", *_NAMING)
        if (finding := unprinted.get(name)) and (shown := _other_shown(finding, on_page.get(name)))
    }
    is_other_bill = "invoice_number" in against and not against.keys().isdisjoint({"total", "date"})
    doubted = set(against) | (set(_SUMS) if "total" in against else set())
    checked = dict(structured)
    for name, finding in unprinted.items():
        shown = on_page.get(name)
        differs = shown is None or shown.value != finding.value
        if (is_other_bill or name in doubted) and finding.value and differs:
            checked[name] = _to_look_at(finding, _reason(against), shown)
    return checked


def _unprinted(structured: Mapping[str, Finding], pages: Sequence[Page]) -> dict[str, Finding]:
    """Return the values that no line of the pages has, of amounts by their digits."""
    lines = [line for page in pages for line in page.text.text.splitlines()]
    digits = [_NO_DIGIT.sub("", line) for line in lines]
    signs = [_NO_SIGN.sub("", fold(line)) for line in lines]
    found: dict[str, Finding] = {}
    for name, finding in structured.items():
        text = finding.value or ""
        is_sum = name in _SUMS
        own = _NO_DIGIT.sub("", text) if is_sum else _NO_SIGN.sub("", fold(text))
        if not any(own in line for line in (digits if is_sum else signs)):
            found[name] = finding
    return found


def _other_shown(finding: Finding, shown: Finding | None) -> Finding | None:
    """Return what a page shows for certain instead of a value, which is no candidate there."""
    if finding.value is None or shown is None or shown.value is None:
        return None
    is_there = finding.value in {shown.value, *(each.value for each in shown.others)}
    return None if is_there or shown.confidence < _SURE_OF_PAGE else shown


def _reason(against: Mapping[str, Finding]) -> str:
    name, shown = next(iter(against.items()))
    if name == "total":
        return f"but the page shows a total of {shown.value}"
    return f"but the page shows {shown.value} as its {name.replace('_', ' ')}"


def _to_look_at(finding: Finding, reason: str, shown: Finding | None) -> Finding:
    doubted = replace(
        finding,
        confidence=min(finding.confidence, _TO_LOOK_AT),
        reason=f"{finding.reason}, {reason}",
    )
    return with_others(doubted, [shown]) if shown and shown.value else doubted
