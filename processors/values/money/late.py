"""Recognize what has to be paid only if it is paid late: a surcharge is not a part of the bill."""

import re

# "After" such a day, and not after a discount or three payments.
_DAY = (
    r"(?:\d{1,2}[./-]\d|\d{4}-\d\d-"
    r"|\d{1,2}(?:st|nd|rd|th|\.)? (?:of |de )?(?:MONTH)|(?:MONTH)[a-z]*\.? \d)"
).replace(
    "MONTH",
    "jan|feb|fev|mar|apr|avr|abr|may|mai|mag|jun|jui|giu|jul|lug|aug|aou|ago|sep|set|oct|okt|ott"
    "|out|nov|dec|dez|dic|ene|gen",
)
_LATE = re.compile(
    rf"\bafter (?:the )?(?:due|{_DAY})|\bif (?:not paid|unpaid|paid late)|\blate amount"
    rf"|\bnach (?:dem )?(?:falligkeit|{_DAY})|\bapres (?:le )?(?:l'echeance|echeance|{_DAY})"
    rf"|\bdespues (?:de la fecha de|del?|del dia) ?(?:vencimiento|{_DAY})"
    rf"|\bdopo (?:il |la )?(?:scadenza|{_DAY})"
)


def is_paid_late(folded: str) -> bool:
    """Return whether a line names what is due after a day, or if it is not paid until then."""
    return _LATE.search(folded) is not None
