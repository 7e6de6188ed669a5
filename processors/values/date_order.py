"""Decide whether a document writes the day or the month first.

"03/04/2024" is in April or in March. `RULES` are asked in order; the first that knows decides. If
none does, such a date has no value: nothing is guessed.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from processors.values.country import Hints, countries
from processors.values.date_labels import LabeledDate

DAY_FIRST, MONTH_FIRST, YEAR_FIRST, OPEN = "dmy", "mdy", "ymd", ""
_MONTHS_IN_A_YEAR = 12

_NUMERIC = re.compile(r"(\d{1,2})\D{1,3}(\d{1,2})\D{1,3}\d{2,4}")
_PRINTED_ORDER = re.compile(r"(?<![a-z])(?:(dd?)[/.\- ]mm?|mm?[/.\- ]dd?)[/.\- ]y{2,4}(?![a-z])")
_FOUR_DIGIT_YEAR = re.compile(r"\d{4}")


@dataclass(frozen=True, slots=True)
class DateOrder:
    """The order of day and month, and the reason in words."""

    order: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderEvidence:
    """What the order can be decided by.

    `setting` is the order in the settings, "" for none; `languages` are Tesseract's codes;
    `currency` is the ISO 4217 code that is printed in the document, None if that is not certain.
    """

    dates: Sequence[LabeledDate]
    hints: Hints
    languages: Sequence[str]
    setting: str
    currency: str | None


def decide_date_order(evidence: OrderEvidence) -> DateOrder:
    """Return the order of day and month in this document."""
    for rule in RULES:
        decided = rule(evidence)
        if decided:
            return decided
    return DateOrder(OPEN, "nothing in the document says whether day or month comes first")


def as_it_is_printed(evidence: OrderEvidence) -> DateOrder | None:
    """A form says how to write its dates: "(dd/mm/yyyy)" is beside one of them."""
    found = [_PRINTED_ORDER.search(dated.line.folded) for dated in evidence.dates]
    orders = {DAY_FIRST if each[1] else MONTH_FIRST: each.group() for each in found if each}
    if len(orders) != 1:
        return None
    order, text = orders.popitem()
    return DateOrder(order, f"'{text}' is printed beside a date")


def as_other_dates_have_it(evidence: OrderEvidence) -> DateOrder | None:
    """A day after the 12th shows the order, unless the document uses both orders."""
    examples: dict[str, str] = {}
    for dated in evidence.dates:
        text = dated.text.text
        numbers = _NUMERIC.fullmatch(text)
        # Without a label and with a short year it may be a version or a size, as in "13/2/20".
        is_certain = bool(dated.label or _FOUR_DIGIT_YEAR.search(text))
        if not numbers or not is_certain or len(dated.text.readings) > 1:
            continue
        first, second = map(int, numbers.groups())
        if first != second:
            order = MONTH_FIRST if second > _MONTHS_IN_A_YEAR else DAY_FIRST
            examples.setdefault(order, text)

    if len(examples) != 1:
        return None
    order, text = examples.popitem()
    return DateOrder(order, f"this document has '{text}'")


def as_the_settings_say(evidence: OrderEvidence) -> DateOrder | None:
    """`processing.date_order` decides where the document itself does not."""
    if evidence.setting in {DAY_FIRST, MONTH_FIRST}:
        return DateOrder(evidence.setting, "the settings say so")
    return None


def as_the_country_has_it(evidence: OrderEvidence) -> DateOrder | None:
    """The countries that the document hints at decide, if most of the hints agree.

    One that has the year first decides nothing: there, both other orders are seen. But it speaks
    against the other countries, for which one mark may stand as well.
    """
    weights = evidence.hints.weights
    by_order: dict[str, list[str]] = {DAY_FIRST: [], MONTH_FIRST: []}
    for code, order in _customary_orders().items():
        by_order[order].append(code)
    weight_of = {
        order: sum(weights.get(code, 0) for code in codes)
        for order, codes in by_order.items()
    }  # fmt: skip
    if weight_of[DAY_FIRST] == weight_of[MONTH_FIRST]:
        return None

    order = max(weight_of, key=weight_of.__getitem__)
    year_first = (code for code, each in countries().items() if each.order == YEAR_FIRST)
    if weight_of[order] <= max((weights.get(code, 0) for code in year_first), default=0):
        return None
    country = max(by_order[order], key=lambda code: weights.get(code, 0))
    return DateOrder(order, f"'{evidence.hints.marks[country]}' hints at {country}")


def as_the_currency_has_it(evidence: OrderEvidence) -> DateOrder | None:
    """A currency decides if all countries that use it have the same order."""
    orders = {
        order
        for code, order in _customary_orders().items()
        if countries()[code].currency == evidence.currency
    }
    if len(orders) != 1:
        return None
    return DateOrder(orders.pop(), f"amounts are in {evidence.currency}")


def as_the_language_has_it(evidence: OrderEvidence) -> DateOrder | None:
    """English is written in both orders; every other language here has the day first."""
    if evidence.languages and "eng" not in evidence.languages:
        return DateOrder(DAY_FIRST, "the document's language writes the day first")
    return None


RULES = (
    as_it_is_printed,
    as_other_dates_have_it,
    as_the_settings_say,
    as_the_country_has_it,
    as_the_currency_has_it,
    as_the_language_has_it,
)


def _customary_orders() -> Mapping[str, str]:
    """Return the order of each country that has one; in some, such as Canada, both are usual."""
    return {
        code: country.order
        for code, country in countries().items()
        if country.order in {DAY_FIRST, MONTH_FIRST}
    }
