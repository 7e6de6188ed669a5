"""Learn how amounts are typed in a column of texts, and type others alike."""

import re
from collections import Counter
from collections.abc import Iterable
from decimal import Decimal

from processors.values.money.amounts import CENT

_AMOUNT = re.compile(
    r"(?P<before>[^\d\-\u2212(]*)(?P<whole>\d+|\d{1,3}(?:(?P<between>[.,'\u2019 \u00a0])\d{3})+)"
    r"(?P<point>[.,])\d\d(?P<after>[^\d)]*)"
)
_FORM = re.compile(r"(\D*)1(\D?)234(\D)56(\D*)")
_MOST_CHARS = 40
_THOUSAND_DIGITS = 4


def form_of(values: Iterable[str]) -> str:
    """Return the commonest form, as 1234.56 has it, such as "1.234,56 EUR"; "" for none.

    Amounts without decimals do not say which mark is before them.
    """
    forms: Counter[tuple[str, str, str]] = Counter()
    between: Counter[str] = Counter()
    for value in values:
        match = _AMOUNT.fullmatch(value.strip()) if len(value) <= _MOST_CHARS else None
        if match is None or match["between"] == match["point"]:
            continue
        forms[match["before"], match["point"], match["after"]] += 1
        # An amount below a thousand does not show it.
        if len(match["whole"]) >= _THOUSAND_DIGITS:
            between[match["between"] or ""] += 1
    if not forms:
        return ""
    before, point, after = min(forms, key=lambda form: (-forms[form], form))
    mark = min(between, key=lambda one: (-between[one], one), default="")
    # One amount may be a typing error.
    is_usual = mark != point and between[mark] > 1
    return f"{before}1{mark if is_usual else ''}234{point}56{after}"


def typed(amount: Decimal, form: str) -> str:
    """Return an amount in a form; one with more than two decimals is left as a plain number."""
    match = _FORM.fullmatch(form)
    if match is None or amount != amount.quantize(CENT):
        return format(amount, "f")
    before, between, point, after = match.groups()
    whole, _, cents = f"{abs(amount):,.2f}".partition(".")
    sign = "-" if amount < 0 else ""
    return f"{sign}{before}{whole.replace(',', between)}{point}{cents}{after}"
