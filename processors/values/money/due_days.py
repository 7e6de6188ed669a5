"""Recognize the day until which is to be paid by what is around it, and the end of a span."""

import re

_BY = r"(?:by|before|(?:no|not) later than)\W*(?:[a-z]{3,9}day,? )?"
_BEGINS_WITH_BY = re.compile(rf"\W*{_BY}")
_PAY_BY = re.compile(
    rf".*\b(?:pay|payable|payment (?:is )?due|please .*payment|remit|settle)\b.{{0,40}} {_BY}"
)
"""What is before the day until which is to be paid."""
_OF_PAYMENT = re.compile(
    r"\b(?:pa(?:y|ys|id|yable|yments?)|due|balance|amount|total|remit\w*|settle\w*|ow(?:e|ed|ing)"
    r"|invoice|bill|rent|premium|instal\w*)\b"
)
_ENDS_WITH_DAY = re.compile(
    r"(?<!\d)\d{1,2}\.? ?(?:\d{1,2}\.? ?(?:\d{4}|\d\d)?|[a-z]{3,9}\.?(?: \d{4})?)$"
)
"""The first day of a span, which may have no year."""
_UNTIL = re.compile(r"(?:^|(?<= ))(?:bis(?: zum)?|until) ?$")
_TO_BE_PAID = re.compile(r"zahl|uberweis|ueberweis|begleich|fallig|\bpay|\bdue\b")


def with_due_words(known: tuple[str, str], before: str, behind: str, above: str) -> tuple[str, str]:
    """Return the kind and the label of a day with what is around it, and in the line above.

    Without a label it is due if "by" and who pays say so; the last day of a span is not.
    """
    kind, label = known
    if not kind:
        return ("due", "by") if _is_by_a_day(before, behind, above) else known
    is_span = kind == "due" and _is_end_of_span(before, behind, above)
    return ("other", label) if is_span else known


def _is_by_a_day(before: str, behind: str, above: str) -> bool:
    """Return whether a day is that until which is to be paid: "by" is before it, and who pays.

    Where it begins the line, the line above or what is behind the day has to be about payment.
    """
    if _PAY_BY.fullmatch(before):
        return True
    is_about = _OF_PAYMENT.search(above) or _OF_PAYMENT.search(behind)
    return _BEGINS_WITH_BY.fullmatch(before) is not None and (not above or bool(is_about))


def _is_end_of_span(before: str, behind: str, above: str) -> bool:
    """Return whether a day is the last of a span: "1.1. bis 31.1.2030".

    The first day may end the line above. Where the line is about payment, it may be that of a bill.
    """
    until = _UNTIL.search(before)
    if until is None or _TO_BE_PAID.search(before) or _TO_BE_PAID.search(behind):
        return False
    first = before[: until.start()].rstrip() or above.rstrip()
    return _ENDS_WITH_DAY.search(first) is not None
