"""Find the net amount and the tax: two amounts that lead to the total.

`RULES` are asked in order, the surest first; the first split that one of them finds is taken. If
none finds any, both values stay empty.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from itertools import combinations, product

from pipeline.model import Finding
from processors.values.candidates import with_others
from processors.values.lines import TextLine, label_pattern
from processors.values.list_words import labeled_lines
from processors.values.money.amounts import CENT, format_amount, money_in, values_in
from processors.values.money.labeled_amounts import LabeledAmount, labeled_amounts
from processors.values.money.sums import TOTAL_KINDS, sums_in
from processors.values.money.tax_tables import (
    HEADING_LINES,
    HIGHEST_RATE,
    ROUNDING,
    is_about_tax,
    is_share,
    rates_in,
    sum_of,
    tax_tables,
)

_USUAL_RATES = tuple(map(Decimal, [
    "5", "6", "7", "7.7", "8", "8.1", "9", "10", "12", "13", "15", "16", "17", "18", "19", "20",
    "21", "22", "23", "24", "25", "27",
]))  # fmt: skip
"""Rates of sales taxes in many countries, in percent."""
_LEAST_NET = 100
"""A net amount from which on cents distinguish usual rates: 1 % of it is more than a unit."""

_MOST_STEPS = 12
"""Lines from the first sum of a bill to its total: more are no longer one calculation."""
_OF_WHICH = re.compile(
    r"\b(?:of which|di cui|davon|darin|dont|heraf|waarvan|w tym|inkl|incl|includes"
    r"|including|included|inclusive|iva inclu\w*)\b"
)
_MOST_TAXES = 6
"""Taxes of different names on one document that are tried together, three at a time at most."""


_BESIDE_A_SPLIT = 0.2
"""Confidence of an amount that is called net or tax where two others lead to the total."""


@dataclass(frozen=True, slots=True)
class TaxSplit:
    """A total divided into net amount and tax."""

    net: LabeledAmount
    tax: LabeledAmount
    confidence: float
    reason: str

    def findings(self, bill: "Bill") -> dict[str, Finding | None]:
        """Return both amounts as findings, each with what else the document calls so."""
        return {
            "net": self._finding(self.net, bill.nets, bill.sign),
            "tax": self._finding(self.tax, bill.taxes, bill.sign),
        }

    def _finding(self, part: LabeledAmount, labeled: Sequence[LabeledAmount], sign: int) -> Finding:
        others = (
            _printed(each, sign, _BESIDE_A_SPLIT, f"is after '{each.label}'") for each in labeled
        )
        return with_others(_printed(part, sign, self.confidence, self.reason), others)


@dataclass(frozen=True, slots=True)
class Bill:
    """What the rules need of a document: its total, without sign, and what may lead to it.

    `sign` is that of the total, 1 or -1. `taxes` has taxes of zero, too.
    """

    lines: Sequence[TextLine]
    total: Decimal
    sign: int
    nets: Sequence[LabeledAmount]
    taxes: Sequence[LabeledAmount]

    @property
    def charged(self) -> Sequence[LabeledAmount]:
        """The taxes that are not zero."""
        return [each for each in self.taxes if each.value]


def find_net_and_tax(
    lines: Sequence[TextLine],
    *,
    total: Finding | None,
) -> dict[str, Finding | None]:
    """Find `net` and `tax`: two amounts that lead to the total, or neither."""
    if total is None or total.value is None:
        return {"net": None, "tax": None}

    signed = Decimal(total.value)
    nets, taxes = (_parts(lines, kind, signed) for kind in ("net", "tax"))
    bill = Bill(
        lines=lines,
        total=abs(signed),
        sign=-1 if signed < 0 else 1,
        nets=[each for each in nets if each.value],
        taxes=[each for each in taxes if each.value < abs(signed)],
    )
    for part in (bill, *_without_tip(bill)):
        for rule in RULES:
            for split in rule(part):
                return split.findings(bill)
    return {"net": None, "tax": None}


def _without_tip(bill: Bill) -> Iterator[Bill]:
    """Yield a bill with the total before a tip, which is added to a total that is printed, too."""
    printed = {each.value for each in sums_in(bill.lines) if each.kind in TOTAL_KINDS}
    for tip in labeled_amounts(bill.lines, "tip"):
        before = bill.total - tip.value
        if tip.value and before in printed:
            yield replace(bill, total=before)


def _parts(lines: Sequence[TextLine], kind: str, total: Decimal) -> list[LabeledAmount]:
    """Return the amounts of a kind that can be parts of a total.

    What is printed with a minus is no part of a sum that is printed without.
    """
    return [
        each
        for each in labeled_amounts(lines, kind)
        if each.value <= abs(total) and (total < 0 or not each.is_negative)
    ]


def _printed(part: LabeledAmount, sign: int, confidence: float, reason: str) -> Finding:
    """Return an amount as a finding at the place where it is printed."""
    start, end = 0, None
    for amount in money_in(part.line.folded):
        if abs(amount.value) == part.value:
            start, end = amount.start, amount.end
    # There is no negative zero.
    value = sign * part.value if part.value else part.value
    return part.line.finding(format_amount(value), confidence, reason, start=start, end=end)


def labeled_net_and_tax(bill: Bill) -> Iterator[TaxSplit]:
    """A labeled net amount and a labeled tax add up to the total, to the cent."""
    yield from _pairs(bill, bill.nets, tolerance=Decimal(0), confidence=0.9)


def rounded_net_and_tax(bill: Bill) -> Iterator[TaxSplit]:
    """A labeled net amount and a labeled tax add up to the total, except for rounding."""
    yield from _pairs(bill, bill.nets, tolerance=ROUNDING, confidence=0.75)


def total_and_tax(bill: Bill) -> Iterator[TaxSplit]:
    """A sum that is only called total, and a labeled tax, add up to the total."""
    totals = labeled_amounts(bill.lines, "plain")
    yield from _pairs(bill, totals, tolerance=Decimal(0), confidence=0.75)


def _pairs(
    bill: Bill,
    nets: Sequence[LabeledAmount],
    *,
    tolerance: Decimal,
    confidence: float,
) -> Iterator[TaxSplit]:
    for net, tax in product(nets, bill.charged):
        if net.value > tax.value and abs(net.value + tax.value - bill.total) <= tolerance:
            reason = f"'{net.label}' and '{tax.label}' add up to the total"
            yield TaxSplit(net, tax, confidence, reason)


def table_of_taxes(bill: Bill) -> Iterator[TaxSplit]:
    """The rows of a table of taxes add up to the total."""
    for table in tax_tables(bill.lines):
        net, tax = sum_of(table)
        if abs(net + tax - bill.total) > ROUNDING:
            continue
        place = table[-1].line
        if len(table) > 1:
            # A line with both sums may follow the rows.
            following = bill.lines[place.number : place.number + HEADING_LINES]
            for line in following:
                if {net, tax} <= {amount.value for amount in money_in(line.folded)}:
                    place = line
                    break
        yield TaxSplit(
            LabeledAmount(net, place),
            LabeledAmount(tax, place),
            0.85,
            f"the table of taxes, {len(table)} rows, adds up to the total",
        )


def several_taxes(bill: Bill) -> Iterator[TaxSplit]:
    """A net amount and two or three taxes add up, such as those of a state and of its union."""
    one_of_each_line = {tax.line.number: tax for tax in bill.charged}
    taxes = list(one_of_each_line.values())[:_MOST_TAXES]
    for net, count in product([*bill.nets, *_sum_of_nets(bill)], (2, 3)):
        for chosen in combinations(taxes, count):
            tax = sum((part.value for part in chosen), Decimal(0))
            is_apart = net.line not in [part.line for part in chosen]
            if is_apart and tax < net.value and net.value + tax == bill.total:
                names = ", ".join(f"'{part.label}'" for part in chosen)
                yield TaxSplit(
                    net,
                    LabeledAmount(tax, chosen[-1].line),
                    0.8,
                    f"'{net.label}' and {names} add up to the total",
                )


def _sum_of_nets(bill: Bill) -> Iterator[LabeledAmount]:
    """Yield what all net amounts add up to: each rate may have one of its own."""
    nets = list({net.line.number: net for net in bill.nets}.values())
    if len(nets) > 1:
        yield replace(nets[-1], value=sum((net.value for net in nets), Decimal(0)))


def amounts_of_one_line(bill: Bill) -> Iterator[TaxSplit]:
    """Two amounts of a line add up to the total, and the line or its heading is about tax.

    Two equal taxes, such as India's CGST and SGST, count as one.
    """
    printed = _printed_rates(bill.lines)
    for line in bill.lines:
        amounts = values_in(line.folded)
        for net in dict.fromkeys(amounts):
            tax = bill.total - net
            is_printed = tax in amounts or amounts.count(tax / 2) > 1
            if not (net > tax > 0 and is_printed):
                continue
            is_named = bool(
                label_pattern("totals", "tax").search(line.folded) or rates_in(line.folded)
            )
            # A heading further above counts only if the numbers themselves suit a tax.
            is_suitable = bill.total in amounts or _rate_among(printed, net, tax) is not None
            if is_named or (is_suitable and is_about_tax(bill.lines, line)):
                yield TaxSplit(
                    LabeledAmount(net, line),
                    LabeledAmount(tax, line),
                    0.75,
                    "two amounts of one line about tax add up to the total",
                )


def charges_and_discounts(bill: Bill) -> Iterator[TaxSplit]:
    """The lines from the net amount to the total are a calculation, with charges and discounts.

    What is charged or deducted before the tax is part of the net amount.
    """
    for net, tax in product(bill.nets, bill.charged):
        if not 0 < tax.line.number - net.line.number < _MOST_STEPS:
            continue
        near = bill.lines[tax.line.number + 1 : net.line.number + _MOST_STEPS + 1]
        end = first_line_with(bill.total, near)
        if end is None:
            continue

        steps_of = partial(_last_amounts, sign=bill.sign)
        before_tax = steps_of(bill.lines[net.line.number + 1 : tax.line.number])
        after_tax = steps_of(bill.lines[tax.line.number + 1 : end.number])
        steps = [*before_tax, *after_tax]
        if steps and net.value + tax.value + sum(steps) == bill.total:
            yield TaxSplit(
                LabeledAmount(net.value + sum(before_tax), net.line),
                tax,
                0.8,
                f"'{net.label}' and '{tax.label}' lead to the total "
                f"with {len(steps)} charges or discounts",
            )


def items_and_tax(bill: Bill) -> Iterator[TaxSplit]:
    """The items right above a labeled tax, and the tax, add up to the total; none says "net"."""
    for tax in bill.charged:
        net = bill.total - tax.value
        items = Decimal(0)
        for line in reversed(bill.lines[max(0, tax.line.number - _MOST_STEPS) : tax.line.number]):
            if label_pattern("totals", "tax").search(line.folded):
                break
            amounts = money_in(line.folded)
            items += bill.sign * amounts[-1].value if amounts else 0
            if amounts and items == net > tax.value:
                reason = f"the items above '{tax.label}' and the tax add up to the total"
                yield TaxSplit(LabeledAmount(net, line), tax, 0.75, reason)


def named_as_included(bill: Bill) -> Iterator[TaxSplit]:
    """The only tax is said to be within the total: "of which VAT 7.66"."""
    if len({tax.value for tax in bill.charged}) != 1:
        return
    tax = bill.charged[-1]
    net = bill.total - tax.value
    if _OF_WHICH.search(tax.line.folded) and tax.value <= net * HIGHEST_RATE / 100:
        place = first_line_with(net, bill.lines) or tax.line
        yield TaxSplit(LabeledAmount(net, place), tax, 0.65, f"'{tax.label}' is in the total")


def included_tax(bill: Bill) -> Iterator[TaxSplit]:
    """A tax is within the total ("incl. VAT 7.66"), and its rate proves it.

    The rate may be printed with the tax, or elsewhere in the document. A rate that is not printed
    must be a usual one, and the amount so large that cents distinguish the usual rates.
    """
    printed = _printed_rates(bill.lines)
    for tax in bill.charged:
        net = bill.total - tax.value
        own_rate = _rate_among(rates_in(tax.line.folded), net, tax.value)
        rate = own_rate
        if rate is None:
            rate = _rate_among(printed, net, tax.value)
        if rate is None and net >= _LEAST_NET:
            # Half a unit of money, in percent of the net amount, is half a cent of the tax.
            shares = (abs(tax.value * 100 / net - usual) * net for usual in _USUAL_RATES)
            near = zip(_USUAL_RATES, shares, strict=True)
            rate = next((usual for usual, share in near if share <= CENT * 50), None)
        if rate is None or net <= tax.value:
            continue
        net = _before_rounding(net, tax.value, rate, bill.lines)
        yield TaxSplit(
            LabeledAmount(net, first_line_with(net, bill.lines) or tax.line),
            tax,
            0.6 if own_rate is None else 0.8,
            f"'{tax.label}' is {rate.normalize():f} % of the total without it",
        )


def _before_rounding(
    net: Decimal, tax: Decimal, rate: Decimal, lines: Sequence[TextLine]
) -> Decimal:
    """Return a net amount before the total was rounded, if the tax is its share to the cent."""
    labeled = [line for line, _ in labeled_lines(lines, "totals", "rounding")]
    steps = [step for line in labeled for step in values_in(line.folded)[-1:] if abs(step) < 1]
    is_printed = first_line_with(net, lines) is not None
    for before in () if is_printed else (net + sign * step for step in steps for sign in (1, -1)):
        # Half a cent of the tax, in percent.
        if abs(before * rate - tax * 100) < CENT * 50:
            return before
    return net


def tax_of_zero(bill: Bill) -> Iterator[TaxSplit]:
    """All taxes of the document are zero and it prints no other rate: the total is the net amount.

    So are exports and reverse charges (EN 16931, category codes Z, E, G and AE).
    """
    if not bill.taxes or bill.charged:
        return
    about_tax = [line for line in bill.lines if label_pattern("totals", "tax").search(line.folded)]
    if any(_printed_rates(about_tax)):
        return
    tax = bill.taxes[-1]
    place = first_line_with(bill.total, bill.lines) or tax.line
    yield TaxSplit(LabeledAmount(bill.total, place), tax, 0.7, f"'{tax.label}' is zero")


RULES = (
    labeled_net_and_tax,
    table_of_taxes,
    several_taxes,
    amounts_of_one_line,
    charges_and_discounts,
    total_and_tax,
    rounded_net_and_tax,
    items_and_tax,
    included_tax,
    named_as_included,
    tax_of_zero,
)


def first_line_with(value: Decimal, lines: Sequence[TextLine]) -> TextLine | None:
    """Return the first line that has an amount."""
    return next((line for line in lines if value in values_in(line.folded)), None)


def _last_amounts(lines: Sequence[TextLine], *, sign: int) -> list[Decimal]:
    """Return the last amount of each line that has one, as seen from a total with this sign."""
    amounts = [money_in(line.folded) for line in lines]
    return [sign * of_line[-1].value for of_line in amounts if of_line]


def _printed_rates(lines: Sequence[TextLine]) -> list[Decimal]:
    """Return the different rates in these lines, the lowest first."""
    return sorted({rate for line in lines for rate in rates_in(line.folded)})


def _rate_among(rates: Sequence[Decimal], net: Decimal, tax: Decimal) -> Decimal | None:
    """Return the first rate of which a tax is the share."""
    return next((rate for rate in rates if is_share(net, tax, rate)), None)
