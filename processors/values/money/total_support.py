"""Collect what the calculations in a document say about its amounts: which of them is the total.

Each rule returns the values that it speaks for and, with negative points, those it speaks against.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations, product

from processors.values.lines import TextLine, label_pattern
from processors.values.list_words import labeled_lines
from processors.values.money.amounts import CENT, money_in, values_in
from processors.values.money.labeled_amounts import LabeledAmount, labeled_amounts
from processors.values.money.parts import result_of_parts, totals_of_parts
from processors.values.money.sums import TOTAL_KINDS, Sum
from processors.values.money.tax_tables import ROUNDING, gross_sums

# Bounds on what is combined with each other: the cost grows with the square.
_MOST_PARTS = 20
_MOST_ROUNDED = 80
_LEAST_PARTS = 2
"""Parts of a sum that is printed on one line."""

PAID_OUT = "it is what is paid out"
"""The reason of a total that is the payout of a payslip."""
_PAID = frozenset({"paid", "amount paid", "total paid", "total amount paid"})
_CENTS_ALONE = re.compile(r"(?<![\d.,])[.,](\d\d)(?!\d)")
_TIP = re.compile(
    r"\W*(?:tips?|gratuity|trinkgeld|pourboire|propina|mancia|fooi|dricks|drikkepenge|driks)(?![a-z])"
)
_SUGGESTED = re.compile(
    r"%|suggest|guide|includ|inkl|incl|compris|inclus|vorschlag|option|recommend"
)
"""What is beside a tip that nobody wrote, or that the total has."""
_GROSS = re.compile(r"brutto|gross|brut\b|bruto|lordo|devengado")
_RATE = re.compile(r"(?<![\d.,])(\d{1,2}(?:\.\d)?) ?%")


@dataclass(frozen=True, slots=True)
class Support:
    """Values that a calculation speaks for or, with negative points, against."""

    values: frozenset[Decimal]
    points: float
    reason: str


def supports_in(lines: Sequence[TextLine], sums: Sequence[Sum]) -> list[Support]:
    """Return what all rules say."""
    return [support for rule in RULES for support in rule(lines, sums)]


def supported_values(supports: Iterable[Support]) -> set[Decimal]:
    """Return the values that something speaks for."""
    values: set[Decimal] = set()
    for support in supports:
        if support.points > 0:
            values |= support.values
    return values


def cash_less_change(_lines: Sequence[TextLine], sums: Sequence[Sum]) -> Iterator[Support]:
    """The cash that was given less the change is what was to be paid."""
    # Payments and change may be printed with a minus, which means the same.
    cash, cards, change = (
        list(map(abs, _values(sums, kinds)[:_MOST_PARTS]))
        for kinds in ({"cash"}, {"card"}, {"change"})
    )
    # No change from a card says nothing: another payment may be beside it.
    pairs = [*product(cash, change), *product(cards, filter(None, change))]
    paid = frozenset(given - back for given, back in pairs if given > back)
    yield Support(paid, 3.0, "it is the cash given less the change")


def paid_less_change(_lines: Sequence[TextLine], sums: Sequence[Sum]) -> Iterator[Support]:
    """What is called paid was given if change was taken from it, and another amount is left."""
    given = [abs(each.value) for each in sums if each.label in _PAID][:_MOST_PARTS]
    change = [abs(value) for value in _values(sums, {"change"}) if value][:_MOST_PARTS]
    printed = {each.value for each in sums}
    pairs = [pair for pair in product(given, change) if pair[0] - pair[1] in printed]
    yield Support(
        frozenset(paid - back for paid, back in pairs), 3.0, "it is left of what was paid"
    )
    yield Support(frozenset(paid for paid, _ in pairs), -2.0, "change is taken from it")


def paid_by_card(_lines: Sequence[TextLine], sums: Sequence[Sum]) -> Iterator[Support]:
    """A card is charged with exactly what is to be paid."""
    # "Credit" with a minus gives something back.
    cards = [each for each in sums if each.label != "credit" or each.value > 0]
    charged = frozenset(map(abs, _values(cards, {"card"})))
    yield Support(charged, 2.0, "it was paid by card")


def net_and_tax(lines: Sequence[TextLine], sums: Sequence[Sum]) -> Iterator[Support]:
    """A net amount and a tax add up to the total."""
    nets = set(_values(sums, {"subtotal"}))
    nets.update(_signed(labeled_amounts(lines, "net")))
    taxes = set(_signed(labeled_amounts(lines, "tax")))
    # Of too many the largest are kept: the total is the largest sum of a bill.
    pairs = product(*(sorted(each, key=abs)[-_MOST_PARTS:] for each in (nets, taxes)))
    gross = frozenset(net + tax for net, tax in pairs if net > tax > 0 or net < tax < 0)
    yield Support(gross, 1.5, "net and tax add up to it")


def equations(lines: Sequence[TextLine], _sums: Sequence[Sum]) -> Iterator[Support]:
    """A line may print the whole calculation: "400.00 + 80.00 = 480.00"."""
    results: set[Decimal] = set()
    for line in lines:
        if "=" in line.folded and "+" in line.folded:
            *parts, result = [Decimal(0), *(each.value for each in money_in(line.folded))]
            if len(parts) > _LEAST_PARTS and sum(parts) == result:
                results.add(result)
    yield Support(frozenset(results), 3.0, "a calculation on its line leads to it")


def items_above(_lines: Sequence[TextLine], sums: Sequence[Sum]) -> Iterator[Support]:
    """An amount that is alone on its line is a sum if the items above it add up to it."""
    items: list[Decimal] = []
    results: set[Decimal] = set()
    for each in sums:
        if each.kind:
            items = []
        elif any(map(str.isalpha, each.line.folded)):
            items.append(each.value)
        elif len(items) >= _LEAST_PARTS and sum(items) == each.value:
            results.add(each.value)
    yield Support(frozenset(results), 2.0, "the items above add up to it")


def net_before_tax(lines: Sequence[TextLine], sums: Sequence[Sum]) -> Iterator[Support]:
    """A total called net is before tax if a printed sum is as much more as a labeled tax.

    Elsewhere "nett total" is what is left after a discount or a rounding.
    """
    nets = [each.value for each in sums if each.label.startswith("net")][:_MOST_PARTS]
    labeled = labeled_amounts(lines, "tax")[:_MOST_PARTS]
    taxes = list(_signed(labeled))
    # Of several rates each has a line of its own.
    of_lines = {each.line.number: value for each, value in zip(labeled, taxes, strict=True)}
    taxes.append(sum(of_lines.values(), Decimal(0)))
    printed = {each.value for each in sums if each.kind}
    pairs = {(net, net + tax) for net, tax in product(nets, taxes) if tax and net + tax in printed}
    yield Support(frozenset(gross for _, gross in pairs), 3.0, "it is the net total with the tax")
    yield Support(frozenset(net for net, _ in pairs), -3.0, "it is before tax")


def rounding(lines: Sequence[TextLine], sums: Sequence[Sum]) -> Iterator[Support]:
    """Where the smallest coins are not used, receipts round the total, mostly to five cents."""
    steps = rounding_steps(lines, sums)
    before_summary = [each for each in sums if not each.after_summary]
    totals = [
        each.value for each in before_summary if each.kind in {*TOTAL_KINDS, ""} or _is_result(each)
    ][:_MOST_ROUNDED]
    # Two prices of goods differ by a few cents, too: one of the pair is called a sum.
    named = set(_values(before_summary, {*TOTAL_KINDS, "subtotal"}))
    pairs = [
        (before, after)
        for before, after in combinations(totals, 2)
        if abs(after - before) in steps and not named.isdisjoint((before, after))
    ]
    rounded = frozenset(after for _, after in pairs)
    unrounded = frozenset(before for before, _ in pairs)
    yield Support(rounded, 4.0, "it is the total after rounding")
    yield Support(unrounded - rounded, -2.0, "it is rounded below")


def _is_result(each: Sum) -> bool:
    """Return whether "rounding" announces what comes out of it: "Rounding 72.75"."""
    is_labeled = each.kind == "never" and label_pattern("totals", "rounding").match(each.label)
    return bool(is_labeled) and each.value > ROUNDING


def rounding_steps(lines: Sequence[TextLine], sums: Sequence[Sum]) -> set[Decimal]:
    """Return by how much amounts may be rounded, without the sign."""
    steps: set[Decimal] = set()
    for line, _ in labeled_lines(lines, "totals", "rounding"):
        steps.update(values_in(line.folded)[-1:])
        # Printed without a zero before the point: "-.02".
        steps.update(Decimal(f"0.{cents}") for cents in _CENTS_ALONE.findall(line.folded)[-1:])
    # The amount of the rounding may be alone on its line, without a label.
    for each in sums:
        alone = each.line.folded.strip("-").replace(".", "").isdigit()
        if alone and each.kind == "":
            steps.add(abs(each.value))
    return {step for step in steps if 0 < step <= ROUNDING}


def tables_of_taxes(lines: Sequence[TextLine], _sums: Sequence[Sum]) -> Iterator[Support]:
    """A table of taxes adds up to the total.

    A table of one row proves nothing: any amount and its tax suit each other.
    """
    gross = frozenset(value for value, rows in gross_sums(lines).items() if rows > 1)
    yield Support(gross, 3.0, "the table of taxes adds up to it")


def sum_of_parts(lines: Sequence[TextLine], sums: Sequence[Sum]) -> Iterator[Support]:
    """The parts of a bill have totals of their own, which add up to its total."""
    parts = totals_of_parts(sums)
    result = result_of_parts(parts, labeled_amounts(lines, "tax"), sums)
    if result:
        yield Support(frozenset({result}), 3.0, "the totals of its parts lead to it")
        others = frozenset(part.value for part in parts) - {result}
        yield Support(others, -3.0, "it is the total of a part")


def earlier_payments(lines: Sequence[TextLine], sums: Sequence[Sum]) -> Iterator[Support]:
    """The total of a bill is what it is for, not what is left of it after a deposit."""
    paid: set[Decimal] = set()
    for line, _ in labeled_lines(lines, "totals", "paid_before"):
        paid.update(values_in(line.folded)[-1:])

    rests = set(_values(sums, TOTAL_KINDS))
    values = set(_values(sums, {*TOTAL_KINDS, ""}))
    steps = [
        (rest + payment, rest)
        for rest, payment in product(rests, paid)
        if rest + payment in values
    ]  # fmt: skip
    # If nothing is left, the total equals the payment, which proves nothing about either.
    whole = frozenset(before for before, rest in steps if rest)
    yield Support(whole, 1.5, "a payment is taken from it")
    yield Support(frozenset(rest for _, rest in steps), -2.5, "a payment was taken from it")


def tax_after_total(lines: Sequence[TextLine], sums: Sequence[Sum]) -> Iterator[Support]:
    """A "total" with a tax below it, and then the sum of both, is a total without tax."""
    totals = [each for each in sums if each.kind == "plain"][:_MOST_PARTS]
    taxes = labeled_amounts(lines, "tax")[:_MOST_PARTS]
    last_line_of = {each.value: each.line.number for each in sums}
    untaxed: set[Decimal] = set()
    taxed: set[Decimal] = set()
    for total, tax in product(totals, taxes):
        gross = total.value + tax.value
        in_order = total.line.number < tax.line.number < last_line_of.get(gross, 0)
        if tax.value and in_order:
            untaxed.add(total.value)
            taxed.add(gross)
    yield Support(frozenset(taxed), 1.5, "tax is added to a total before")
    yield Support(frozenset(untaxed), -2.5, "tax is added to it")


def tip_after_total(lines: Sequence[TextLine], sums: Sequence[Sum]) -> Iterator[Support]:
    """A total with a tip below it, and then the sum of both, is a total without the tip."""
    totals = [each for each in sums if each.kind in TOTAL_KINDS][:_MOST_PARTS]
    tips = [each for each in labeled_amounts(lines, "tip") if each.value][:_MOST_PARTS]
    pairs = {
        (before.value, after.value)
        for before, tip, after in product(totals, tips, totals)
        if before.line.number < tip.line.number < after.line.number
        and before.value + tip.value == after.value
    }
    yield Support(frozenset(after for _, after in pairs), 3.0, "a tip is added to a total before")
    yield Support(frozenset(before for before, _ in pairs), -3.0, "a tip is added to it")


def written_tips(lines: Sequence[TextLine]) -> dict[int, Decimal]:
    """Return the tips that somebody wrote, by the number of the line; none that are suggested."""
    found = {
        line.number: [each.value for each in money_in(line.folded)]
        for line in lines
        if _TIP.match(line.folded) and not _SUGGESTED.search(line.folded)
    }
    return {at: values[0] for at, values in found.items() if len(values) == 1 and values[0] > 0}


def paid_out(_lines: Sequence[TextLine], sums: Sequence[Sum]) -> Iterator[Support]:
    """What a payslip pays out is left of the gross pay above it, which nobody is paid."""
    payout = [each for each in sums if label_pattern("totals", "payout").fullmatch(each.label)]
    last = payout[-1].line.number if payout else 0
    gross = frozenset(
        each.value for each in sums if each.line.number < last and _GROSS.search(each.line.folded)
    )
    paid = frozenset(each.value for each in payout)
    yield Support(paid, 2.0, PAID_OUT)
    yield Support(gross - paid, -6.0, "less than it is paid out")


def tax_in_total(_lines: Sequence[TextLine], sums: Sequence[Sum]) -> Iterator[Support]:
    """What is called a total with a rate, and is the rate's share of another sum, is a tax.

    "Total included GST @ 6 %: 1.09" is below a total of 19.20.
    """
    values = [each.value for each in sums][:_MOST_ROUNDED]
    taxes: set[Decimal] = set()
    for each in sums[:_MOST_ROUNDED]:
        rate = _RATE.search(each.line.folded) if each.kind in TOTAL_KINDS else None
        if rate is None:
            continue
        percent = Decimal(rate[1])
        shares = (value * percent / (100 + percent) for value in values if value > each.value)
        if any(abs(share - each.value) <= CENT for share in shares):
            taxes.add(each.value)
    yield Support(frozenset(taxes), -4.0, "it is the tax within another sum")


RULES = (
    cash_less_change,
    paid_less_change,
    paid_by_card,
    net_and_tax,
    equations,
    items_above,
    net_before_tax,
    rounding,
    tables_of_taxes,
    sum_of_parts,
    earlier_payments,
    tax_after_total,
    tip_after_total,
    paid_out,
    tax_in_total,
)


def _signed(amounts: Iterable[LabeledAmount]) -> Iterator[Decimal]:
    return (-each.value if each.is_negative else each.value for each in amounts)


def _values(sums: Iterable[Sum], kinds: Iterable[str]) -> list[Decimal]:
    return [each.value for each in sums if each.kind in kinds]
