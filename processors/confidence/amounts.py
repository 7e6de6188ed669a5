"""Compute the features of amounts and of the currency."""

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal

from processors.confidence.evidence import Evidence, FoundValue, amount_of, printed_amount
from processors.confidence.shared import Features, counted
from processors.values.lines import label_pattern
from processors.values.money.amounts import CENT, money_in
from processors.values.money.currency import UNDECIDED, marks_in
from processors.values.money.misread import is_guessed
from processors.values.money.remarks import is_in_prose
from processors.values.money.signs_of_money import says_money
from processors.values.money.sums import TOTAL_KINDS, Sum
from processors.values.money.total import UNANNOUNCED

_KINDS_THAT_SPEAK = ("strong", "plain", "due", "subtotal", "weak", "card", "cash")
_BILLS = frozenset({"invoice", "receipt"})
_MOST_RIVALS = 3
_FIVE_CENTS = 20
"""Where cash is rounded, totals are multiples of the smallest coin: a twentieth of a unit."""


def amount_features(evidence: Evidence, value: FoundValue) -> Features:
    """Return the features of an amount: its words, its rivals, and what adds up to it."""
    amount = amount_of(value.text)
    if amount is None:
        return {}
    features: Features = {
        f"is_{value.name}": 1.0,
        "zero": float(amount == 0),
        "negative": float(value.text.startswith("-")),
        "whole": float(amount == amount.to_integral_value()),
    }
    same = [each for each in evidence.sums if printed_amount(each.value) == amount]
    kinds = {each.kind for each in same}
    for kind in _KINDS_THAT_SPEAK:
        features[f"called_{kind}"] = float(kind in kinds)
    features["called_nothing"] = float(not kinds - {""})
    # What is taken from the largest amount is no surer than that it is the total.
    total = evidence.found.get("total", value.finding)
    of_total = value.name in {"net", "tax"} and UNANNOUNCED in total.reason
    features["unannounced"] = float(of_total or UNANNOUNCED in value.finding.reason)
    features["lines_of_totals"] = counted(sum(each.kind in TOTAL_KINDS for each in same), 3)

    features |= _reading(value, amount) | _rivals(evidence, amount)
    features |= _parts(evidence, value.name, amount)
    if value.name == "total":
        is_bill = evidence.doc_type.value in _BILLS
        features["only_said"] = float(_is_only_said(same))
        features["not_money"] = float(not (is_bill or says_money(evidence.lines)))
        features |= _payment(evidence, amount) | _rounding(evidence, amount)
    return features


def _is_only_said(same: Sequence[Sum]) -> bool:
    """Return whether nothing but sentences calls an amount a sum."""
    called = [each for each in same if each.kind]
    is_total = all(each.kind in {*TOTAL_KINDS, "weak"} for each in called)
    return bool(called) and is_total and all(is_in_prose(each.line) for each in called)


def _reading(value: FoundValue, amount: Decimal) -> Features:
    """Say whether a currency is beside an amount, and whether its digits are guessed everywhere."""
    mentioned = [each for line in value.places for each in money_in(line.folded)]
    marked = any(each.marked for each in mentioned if printed_amount(each.value) == amount)
    is_clear = any(not is_guessed(line.folded) for line in value.places)
    return {
        "with_currency": float(marked),
        "may_be_misread": float(bool(value.places) and not is_clear),
    }


def _rivals(evidence: Evidence, value: Decimal) -> Features:
    """Say which other amounts are called a total, and which are larger."""
    totals = [each for each in evidence.sums if each.kind in TOTAL_KINDS]
    called = {printed_amount(each.value) for each in totals} - {value}
    everything: set[Decimal] = set().union(*evidence.amounts)
    larger = sum(each > value for each in everything)
    near = any(0 < abs(each - value) <= Decimal("0.05") for each in everything)
    subtotals = {printed_amount(each.value) for each in evidence.sums if each.kind == "subtotal"}
    most = max(everything, default=value)
    return {
        "share_of_largest": min(1.0, float(value / most)) if most else 1.0,
        "below_subtotal": float(any(each > value for each in subtotals)),
        "other_totals": counted(len(called), _MOST_RIVALS),
        "larger_totals": counted(sum(each > value for each in called), _MOST_RIVALS),
        "largest": float(larger == 0),
        "larger_amounts": counted(larger, _MOST_RIVALS),
        "near_amount": float(near),
    }


def _parts(evidence: Evidence, name: str, value: Decimal) -> Features:
    """Say whether net amount and tax add up to the total."""
    total, net, tax = (amount_of(evidence.value(each)) for each in ("total", "net", "tax"))
    features: Features = {}
    if total is None:
        return features
    if net is not None and tax is not None:
        features["adds_up"] = float(tax > 0 and abs(net + tax - total) < CENT)
        features["tax_is_zero"] = float(tax == 0)
    if name != "total":
        features["equals_total"] = float(value == total)
        features["above_total"] = float(value > total)
    return features


def _payment(evidence: Evidence, value: Decimal) -> Features:
    """Say whether the total is what was paid, or what is still due."""
    cash, change, card = (
        {printed_amount(each.value) for each in evidence.sums if each.kind == kind}
        for kind in ("cash", "change", "card")
    )
    differences = {given - back for given in cash for back in change}
    due = amount_of(evidence.value("amount_due"))
    return {
        "cash_less_change": float(value in differences and any(change)),
        "paid": float(value in cash | card),
        "paid_otherwise": float(
            bool(card | differences) and value not in card | differences | cash
        ),
        "is_due": float(due is not None and due == value),
        "due_differs": float(due is not None and due != value),
    }


def _rounding(evidence: Evidence, value: Decimal) -> Features:
    """Say whether the document rounds its total, and whether this one is before or after it."""
    words = label_pattern("totals", "rounding")
    rounded = [line.number for line in evidence.lines if words.search(line.folded)]
    if not rounded:
        return {}
    numbers = [line.number for line in evidence.amounts_like(value)]
    is_rounded = value * _FIVE_CENTS == (value * _FIVE_CENTS).to_integral_value()
    return {
        "rounded": float(is_rounded),
        "unrounded": float(not is_rounded),
        "below_rounding": float(any(number > rounded[-1] for number in numbers)),
    }


def currency_features(evidence: Evidence, value: FoundValue) -> Features:
    """Return the features of a currency: how often its mark is printed, and which others are."""
    marks: Counter[str] = marks_in(evidence.lines)[0]
    count = sum(marks.values())
    return {
        "printed": counted(count, 5),
        "assumed": float(count == 0),
        "other_marks": counted(max(len(marks) - 1, 0), 3),
        "by_code": float(value.text.lower() in marks),
        "of_any_country": float(UNDECIDED in value.finding.reason),
    }
