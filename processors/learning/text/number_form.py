"""Learn how amounts are typed in a column of texts, and type others alike."""

import re
from collections import Counter
from collections.abc import Iterable
from decimal import Decimal

from processors.learning.text.currency import codes_of
from processors.learning.text.keys import number_of
from processors.values.lines import fold
from processors.values.money.amounts import CENT

_AMOUNT = re.compile(
    r"(?P<before>[^\d\-\u2212(]*)(?P<whole>\d+|\d{1,3}(?:(?P<between>[.,'\u2019 \u00a0])\d{3})+)"
    r"(?P<point>[.,])\d\d(?P<after>[^\d)]*)"
)
_AROUND = re.compile(r"(\D*)\d(?:.*\d)?(\D*)", re.DOTALL)
_FORM = re.compile(r"(\D*)1(\D?)234(\D)56(\D*)")
_MOST_CHARS = 40
_THOUSAND_DIGITS = 4


def form_of(values: Iterable[str]) -> str:
    """Return the commonest form, as 1234.56 has it, such as "1.234,56 EUR"; "" for none.

    A currency is a part of it only where all amounts have the same one. Amounts without decimals do
    not say which mark is before them.
    """
    forms: Counter[tuple[str, str, str]] = Counter()
    between: Counter[str] = Counter()
    around: set[tuple[str, str]] = set()
    for value in values:
        around |= _around(value)
        match = _AMOUNT.fullmatch(value.strip()) if len(value) <= _MOST_CHARS else None
        if match is None or match["between"] == match["point"]:
            continue
        forms[match["before"], match["point"], match["after"]] += 1
        # An amount below a thousand does not show it.
        if len(match["whole"]) >= _THOUSAND_DIGITS:
            between[match["between"] or ""] += 1
    if not forms:
        return ""
    before, point, after = _commonest(forms, has_one_text=len(around) == 1)
    mark = min(between, key=lambda one: (-between[one], one), default="")
    # One amount may be a typing error.
    is_usual = mark != point and between[mark] > 1
    return f"{before}1{mark if is_usual else ''}234{point}56{after}"


def _commonest(forms: Counter[tuple[str, str, str]], *, has_one_text: bool) -> tuple[str, str, str]:
    before, point, after = min(forms, key=lambda form: (-forms[form], form))
    # A currency is on one side.
    if has_one_text and not (before and after) and codes_of(f"{before}{after}".strip()):
        return before, point, after
    # What only some amounts have, and signs and words, such as "CR" and "paid", say what is so of
    # one document.
    points: Counter[str] = Counter()
    for (_, point, _), count in forms.items():
        points[point] += count
    return "", min(points, key=lambda one: (-points[one], one)), ""


def _around(value: str) -> set[tuple[str, str]]:
    """Return the text around the number of a value but for its sign, nothing without a number."""
    match = _AROUND.fullmatch(value)
    if match is None or number_of(value) is None:
        return set()
    return {(fold(match[1]).strip("-\u2212( \u00a0"), fold(match[2]).strip(") \u00a0"))}


def currency_of(form: str) -> str:
    """Return the mark of the currency in a form, "" for none."""
    match = _FORM.fullmatch(form)
    return f"{match[1]}{match[4]}".strip() if match else ""


def without_currency(form: str) -> str:
    """Return a form of the number alone."""
    match = _FORM.fullmatch(form)
    return f"1{match[2]}234{match[3]}56" if match else form


def typed(amount: Decimal, form: str) -> str:
    """Return an amount in a form, with all of its decimals and two at least."""
    match = _FORM.fullmatch(form)
    if match is None:
        return format(amount, "f")
    before, between, point, after = match.groups()
    shown = f"{abs(amount):,.2f}" if amount == amount.quantize(CENT) else f"{abs(amount):,f}"
    whole, _, decimals = shown.partition(".")
    sign = "-" if amount < 0 else ""
    return f"{sign}{before}{whole.replace(',', between)}{point}{decimals}{after}"
