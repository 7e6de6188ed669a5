"""Net amount and tax: the pair that leads to the total, by labels, by tables of taxes, and by arithmetic."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations, permutations, product

from pipeline.model import Finding
from processors.values.amounts import Amount, amounts_in, mend, money_in, plain
from processors.values.lines import Line, pattern

MOST_ROUNDING = Decimal("0.05")
_CENT = Decimal("0.01")
_PERCENT = re.compile(r"(?<![\d.,])(\d{1,2}(?:[.,]\d{1,3})?) ?%")
_HIGHEST_RATE = 30
_USUAL_RATES = tuple(map(Decimal, [
    "5", "6", "7", "7.7", "8", "8.1", "9", "10", "12", "13", "15", "16", "17", "18", "19", "20", "21", "22", "23", "24",
    "25", "27",
]))  # fmt: skip
"""Rates of sales taxes in many countries, in percent; trusted only where the amount is precise enough to tell."""
_HEADING_ABOVE = 8
"""Lines between a table's heading and a row of it."""
_GAP = 3
"""Lines from one row of a tax table to the next, goods named between them counted in."""
_MOST_STEPS = 12
"""Lines from a bill's first sum to its total: more are no longer one sum."""
_MOST_ROWS = 40
_MOST_LABELLED = 40
_MOST_TAXES = 6
"""Taxes of different names on one document that are tried together, three at a time at most."""


@dataclass(frozen=True, slots=True)
class Placed:
    """An amount, the line it stands on, and the words that announce it."""

    value: Decimal
    line: Line
    label: str = ""


@dataclass(frozen=True, slots=True)
class Split:
    """A total taken apart."""

    net: Placed
    tax: Placed
    confidence: float
    why: str

    def findings(self, sign: int) -> dict[str, Finding | None]:
        """Return both amounts as findings that stand where they are written."""
        return {
            name: _finding(part, sign, self)
            for name, part in (("net", self.net), ("tax", self.tax))
        }


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table of taxes: net times rate is the tax."""

    net: Decimal
    tax: Decimal
    rate: Decimal
    line: Line


def _finding(part: Placed, sign: int, split: Split) -> Finding:
    amount = next(
        (a for a in reversed(money_in(part.line.folded)) if abs(a.value) == part.value), None
    )
    start, end = (amount.start, amount.end) if amount else (0, None)
    value = plain(sign * part.value if part.value else part.value)
    return part.line.finding(value, split.confidence, split.why, start=start, end=end)


def fits(net: Decimal, tax: Decimal, rate: Decimal) -> bool:
    """Say whether a tax is so many percent of a net amount; each line of a bill may have been rounded by itself."""
    return abs(net * rate / 100 - tax) <= max(2 * _CENT, net / 1000)


def _rates(folded: str) -> list[Decimal]:
    return [
        rate
        for found in _PERCENT.findall(folded)
        if (rate := Decimal(found.replace(",", "."))) <= _HIGHEST_RATE
    ]


def _row_of(line: Line) -> Row | None:
    """Read a line as a row of a tax table: net, tax and rate of each other, the rate with or without its sign."""
    money = [abs(amount.value) for amount in money_in(line.folded)][:8]
    marked = _rates(line.folded)
    for net, tax in permutations(money, 2):
        if net <= tax or (tax == 0 and Decimal(0) not in marked):
            continue
        summed = net + tax in money
        for rate in marked or (_bare_rates(line, net, tax) if summed else ()):
            if fits(net, tax, rate):
                return Row(net, tax, rate, line)
    return None


def _bare_rates(line: Line, *taken: Decimal) -> list[Decimal]:
    """Return the small numbers of a row that are not its net amount and tax."""
    numbers = [amount.value for amount in amounts_in(mend(line.folded))]
    for value in taken:
        if value in numbers:
            numbers.remove(value)
    return [number for number in numbers if 0 <= number <= _HIGHEST_RATE]


def _speaks_of_tax(lines: Sequence[Line], line: Line) -> bool:
    near = lines[max(0, line.number - _HEADING_ABOVE) : line.number + 1]
    return any(pattern("totals", "tax").search(each.folded) for each in near)


def tax_tables(lines: Sequence[Line]) -> list[tuple[Row, ...]]:
    """Return the tables of taxes, each once: rows that lie together, and all rows of the document."""
    blocks: list[list[Row]] = []
    seen: set[tuple[Decimal, Decimal, Decimal]] = set()
    for line in lines:
        row = _row_of(line)
        if row is None or (row.net, row.tax, row.rate) in seen or not _speaks_of_tax(lines, line):
            continue
        if len(seen) >= _MOST_ROWS:
            break
        seen.add((row.net, row.tax, row.rate))
        if blocks and line.number - blocks[-1][-1].line.number <= _GAP:
            blocks[-1].append(row)
        else:
            blocks.append([row])
    whole = [tuple(row for block in blocks for row in block)] if len(blocks) > 1 else []
    return [*map(tuple, blocks), *whole]


def sum_of(table: Sequence[Row]) -> tuple[Decimal, Decimal]:
    """Return the net amount and the tax of all rows of a table; a row that sums up the others counts once."""
    nets, taxes = [row.net for row in table], [row.tax for row in table]
    if len(table) > 2 and nets[-1] == sum(nets[:-1]) and taxes[-1] == sum(taxes[:-1]):  # noqa: PLR2004 - two rows and their sum
        return nets[-1], taxes[-1]
    return sum(nets, Decimal(0)), sum(taxes, Decimal(0))


def _below(lines: Sequence[Line], line: Line) -> list[Amount]:
    """Return the amount that stands alone on the line below a label that stands alone."""
    if line.number + 1 >= len(lines):
        return []
    later = lines[line.number + 1].folded
    return (
        money_in(later) if sum(map(str.isalpha, later)) <= 4 and len(money_in(later)) == 1 else []  # noqa: PLR2004 - a currency's name at most
    )


def _names_more(between: str) -> bool:
    """Say whether there are words between two amounts: the second one is then something else."""
    return sum(map(str.isalpha, between)) > 4  # noqa: PLR2004 - a currency's name at most


def labelled(lines: Sequence[Line], name: str) -> list[Placed]:
    """Return the first amount after a label of a kind and the last of its line, or the one below a lone label."""
    found = []
    for line in lines:
        match = pattern("totals", name).search(line.folded)
        if not match:
            continue
        amounts, at = money_in(line.folded), line
        if not amounts and len(line.folded) - match.end() <= _HEADING_ABOVE:
            amounts, at = _below(lines, line), lines[min(line.number + 1, len(lines) - 1)]
        after = [a for a in amounts if a.start >= match.end() or at is not line][:1]
        last = [
            a
            for a in amounts[-1:]
            if not (after and _names_more(line.folded[after[0].end : a.start]))
        ]
        chosen = {abs(a.value) for a in (*after, *last)}
        found += [Placed(value, at, match.group()) for value in sorted(chosen)]
    return found[:_MOST_LABELLED]


def find_net_and_tax(lines: Sequence[Line], *, total: Finding | None) -> dict[str, Finding | None]:
    """Find `net` and `tax`: two amounts that lead to the total, or else nothing."""
    if total is None or total.value is None:
        return {"net": None, "tax": None}
    whole = Decimal(total.value)
    split = next(_splits(lines, abs(whole)), None)
    return split.findings(-1 if whole < 0 else 1) if split else {"net": None, "tax": None}


def _splits(lines: Sequence[Line], whole: Decimal) -> Iterator[Split]:
    """Yield the ways in which the document takes its total apart, the surest first."""
    nets = [each for each in labelled(lines, "net") if 0 < each.value <= whole]
    taxes = [each for each in labelled(lines, "tax") if each.value < whole]
    charged = [each for each in taxes if each.value]
    yield from _pairs(nets, charged, whole, slack=Decimal(0), confidence=0.9)
    yield from _by_tables(lines, whole)
    yield from _several_taxes(nets, charged, whole)
    yield from _in_one_line(lines, whole)
    yield from _by_steps(lines, nets, charged, whole)
    yield from _pairs(labelled(lines, "plain"), charged, whole, slack=Decimal(0), confidence=0.75)
    yield from _pairs(nets, charged, whole, slack=MOST_ROUNDING, confidence=0.75)
    yield from _included(lines, charged, whole)
    yield from _untaxed(lines, taxes, whole)


def _pairs(
    nets: Sequence[Placed],
    taxes: Sequence[Placed],
    whole: Decimal,
    *,
    slack: Decimal,
    confidence: float,
) -> Iterator[Split]:
    for net, tax in product(nets, taxes):
        if net.value > tax.value and abs(net.value + tax.value - whole) <= slack:
            yield Split(
                net, tax, confidence, f"'{net.label}' and '{tax.label}' add up to the total"
            )


def _by_tables(lines: Sequence[Line], whole: Decimal) -> Iterator[Split]:
    for table in tax_tables(lines):
        net, tax = sum_of(table)
        if abs(net + tax - whole) <= MOST_ROUNDING:
            why = f"the table of taxes, {len(table)} rows, adds up to the total"
            at = table[-1].line if len(table) == 1 else _line_with(lines, table[-1].line, net, tax)
            yield Split(Placed(net, at), Placed(tax, at), 0.85, why)


def _line_with(lines: Sequence[Line], row: Line, *values: Decimal) -> Line:
    """Return the line after a table that sums it up, or else the table's last row."""
    for line in lines[row.number : row.number + _HEADING_ABOVE]:
        if set(values) <= {amount.value for amount in money_in(line.folded)}:
            return line
    return row


def _several_taxes(
    nets: Sequence[Placed], taxes: Sequence[Placed], whole: Decimal
) -> Iterator[Split]:
    """Add up taxes of different names, such as those of a state and of its union."""
    last = {tax.line.number: tax for tax in taxes}
    each = list(last.values())[:_MOST_TAXES]
    for net, count in product(nets, (2, 3)):
        for chosen in combinations(each, count):
            tax = sum((part.value for part in chosen), Decimal(0))
            if (
                net.line not in {part.line for part in chosen}
                and tax < net.value
                and net.value + tax == whole
            ):
                names = ", ".join(f"'{part.label}'" for part in chosen)
                yield Split(
                    net,
                    Placed(tax, chosen[-1].line),
                    0.8,
                    f"'{net.label}' and {names} add up to the total",
                )


def _in_one_line(lines: Sequence[Line], whole: Decimal) -> Iterator[Split]:
    """Take two amounts of a line that add up to the total, where the line or a heading above it is about tax.

    A tax in two equal halves, a state's and its union's, is one.
    """
    rates = {rate for line in lines for rate in _rates(line.folded)}
    for line in lines:
        amounts = [abs(amount.value) for amount in money_in(line.folded)]
        for net in dict.fromkeys(amounts):
            tax = whole - net
            if not (net > tax > 0 and (tax in amounts or amounts.count(tax / 2) > 1)):
                continue
            own = pattern("totals", "tax").search(line.folded) or _rates(line.folded)
            headed = _speaks_of_tax(lines, line) and (
                whole in amounts or any(fits(net, tax, rate) for rate in rates)
            )
            if own or headed:
                why = "two amounts of one line about tax add up to the total"
                yield Split(Placed(net, line), Placed(tax, line), 0.75, why)


def _by_steps(
    lines: Sequence[Line], nets: Sequence[Placed], taxes: Sequence[Placed], whole: Decimal
) -> Iterator[Split]:
    """Follow a bill from its first sum to its total over charges and discounts; those before the tax are taxed."""
    for net, tax in product(nets, taxes):
        if not 0 < tax.line.number - net.line.number < _MOST_STEPS:
            continue
        near = lines[tax.line.number + 1 : net.line.number + _MOST_STEPS + 1]
        end = next((line for line in near if whole in _values(line)), None)
        if end is None:
            continue
        steps = [
            s for s in _steps(lines[net.line.number + 1 : end.number]) if s.line is not tax.line
        ]
        if steps and net.value + tax.value + sum(step.value for step in steps) == whole:
            before = sum((s.value for s in steps if s.line.number < tax.line.number), Decimal(0))
            why = f"'{net.label}' and '{tax.label}' lead to the total over {len(steps)} charges or discounts"
            yield Split(Placed(net.value + before, net.line), tax, 0.8, why)


def _values(line: Line) -> set[Decimal]:
    return {abs(amount.value) for amount in money_in(line.folded)}


def _steps(lines: Sequence[Line]) -> list[Placed]:
    return [Placed(amounts[-1].value, line) for line in lines if (amounts := money_in(line.folded))]


def _included(lines: Sequence[Line], taxes: Sequence[Placed], whole: Decimal) -> Iterator[Split]:
    """Take a tax that is told to be within the total, where it is so by its rate."""
    printed = {rate for line in lines for rate in _rates(line.folded)}
    for tax in taxes:
        net = whole - tax.value
        own = [rate for rate in _rates(tax.line.folded) if fits(net, tax.value, rate)]
        known = own or [rate for rate in printed if fits(net, tax.value, rate)]
        precise = known or [
            rate for rate in _USUAL_RATES if abs(tax.value * 100 / net - rate) * net <= _CENT * 50
        ]
        if net > tax.value and precise and (known or net >= 100):  # noqa: PLR2004 - cents of less tell no rate
            place = next((line for line in lines if net in _values(line)), tax.line)
            why = f"'{tax.label}' is {precise[0].normalize():f} % of the total without it"
            yield Split(Placed(net, place), tax, 0.8 if own else 0.6, why)


def _untaxed(lines: Sequence[Line], taxes: Sequence[Placed], whole: Decimal) -> Iterator[Split]:
    """Read a bill whose only taxes are nought: all of its total is net."""
    rates = (
        rate
        for line in lines
        if pattern("totals", "tax").search(line.folded)
        for rate in _rates(line.folded)
    )
    if taxes and not any(tax.value for tax in taxes) and not any(rates):
        place = next((line for line in lines if whole in _values(line)), taxes[-1].line)
        yield Split(Placed(whole, place), taxes[-1], 0.7, f"'{taxes[-1].label}' is nought")


def gross_sums(lines: Sequence[Line]) -> Mapping[Decimal, int]:
    """Return what tables of taxes add up to, with their numbers of rows."""
    return {sum(sum_of(table), Decimal(0)): len(table) for table in tax_tables(lines)}
