"""Find tables of taxes: rows with a net amount, a rate and the tax, which is the rate's share.

EN 16931 calls such a row a VAT breakdown (BG-23); invoices must have one for each rate.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import permutations

from processors.values.lines import TextLine, label_pattern
from processors.values.money.amounts import CENT, amounts_in, money_in, repair_scan_errors

ROUNDING = Decimal("0.05")
"""How much a total may differ from its parts: receipts round to the smallest coin."""
_ROUNDING_OF_LINES = 1000
"""Share of a net amount (1/1000) that adds up when each line of a bill is rounded by itself."""

HIGHEST_RATE = 30
"""Percent: no sales tax is higher (27 % in Hungary, 2024); a discount may be."""
# In Turkey the sign is before the rate.
_RATE = re.compile(
    r"(?<![\d.,])(\d{1,2}(?:[.,]\d{1,3})?) ?%|(?<!\d)(?<!\d )%(\d{1,2}(?:[.,]\d{1,3})?)(?![\d.,])"
)

HEADING_LINES = 8
"""Lines between the heading of a table and a row of it, and between a row and the sum."""
_GAP_LINES = 3
"""Lines from one row to the next; names of goods may be between them."""
_MOST_ROWS = 40
_MOST_AMOUNTS = 8
"""Amounts of one line that are tried in pairs."""
_PAIR = 2
"""Amounts of a row at least: net and tax."""
_ROWS_WITH_SUM = 3
"""Rows of the smallest table whose last row is the sum of the others."""


@dataclass(frozen=True, slots=True)
class TaxRow:
    """A row of a table of taxes: `tax` is `rate` percent of `net`."""

    net: Decimal
    tax: Decimal
    rate: Decimal
    line: TextLine


def rates_in(folded: str) -> list[Decimal]:
    """Return the percentages of a folded line that can be rates of a tax."""
    rates = [Decimal("".join(found).replace(",", ".")) for found in _RATE.findall(folded)]
    return [rate for rate in rates if rate <= HIGHEST_RATE]


def is_share(net: Decimal, tax: Decimal, rate: Decimal) -> bool:
    """Return whether a tax is so many percent of a net amount, within what rounding explains."""
    return abs(net * rate / 100 - tax) <= max(2 * CENT, net / _ROUNDING_OF_LINES)


def is_about_tax(lines: Sequence[TextLine], line: TextLine) -> bool:
    """Return whether a line, or one of those above it, names a tax."""
    near = lines[max(0, line.number - HEADING_LINES) : line.number + 1]
    return any(label_pattern("totals", "tax").search(each.folded) for each in near)


def tax_tables(lines: Sequence[TextLine]) -> list[tuple[TaxRow, ...]]:
    """Return the tables of taxes: rows that are together, and then all rows of the document.

    A row that is repeated counts once.
    """
    blocks: list[list[TaxRow]] = []
    seen: set[tuple[Decimal, Decimal, Decimal]] = set()
    for line in lines:
        row = row_of(line)
        if row is None or (row.net, row.tax, row.rate) in seen:
            continue
        if not _is_of_taxes(row, lines):
            continue
        if len(seen) >= _MOST_ROWS:
            break
        seen.add((row.net, row.tax, row.rate))
        if blocks and line.number - blocks[-1][-1].line.number <= _GAP_LINES:
            blocks[-1].append(row)
        else:
            blocks.append([row])

    tables = [tuple(block) for block in blocks]
    if len(blocks) > 1:
        tables.append(tuple(row for block in blocks for row in block))
    return tables


def _is_of_taxes(row: TaxRow, lines: Sequence[TextLine]) -> bool:
    """Return whether a tax is named near a row, or the row has its gross amount and rate."""
    if is_about_tax(lines, row.line):
        return True
    amounts = [abs(amount.value) for amount in money_in(row.line.folded)]
    return row.net + row.tax in amounts and row.rate > 0 and row.rate in rates_in(row.line.folded)


def row_of(line: TextLine) -> TaxRow | None:
    """Read a line as a row of a table: net, tax and rate, which may be without its sign."""
    amounts = [abs(amount.value) for amount in money_in(line.folded)][:_MOST_AMOUNTS]
    if len(amounts) < _PAIR:
        return None
    marked_rates = rates_in(line.folded)
    for net, tax in permutations(amounts, 2):
        if net <= tax or (tax == 0 and Decimal(0) not in marked_rates):
            continue
        rates: Collection[Decimal] = marked_rates
        # A number without a percent sign counts as the rate only if the gross amount is there, too.
        if not rates and net + tax in amounts:
            rates = _other_numbers(line, net, tax)
        for rate in rates:
            if is_share(net, tax, rate):
                return TaxRow(net, tax, rate, line)
    return None


def _other_numbers(line: TextLine, *amounts: Decimal) -> list[Decimal]:
    """Return the numbers of a row, beside these amounts, that are small enough for a rate."""
    numbers = [amount.value for amount in amounts_in(repair_scan_errors(line.folded))]
    for value in amounts:
        if value in numbers:
            numbers.remove(value)
    return [number for number in numbers if 0 <= number <= HIGHEST_RATE]


def sum_of(table: Sequence[TaxRow]) -> tuple[Decimal, Decimal]:
    """Return the net amount and the tax of a table; its last row may be the sum of the others."""
    nets = [row.net for row in table]
    taxes = [row.tax for row in table]
    if len(table) >= _ROWS_WITH_SUM and nets[-1] == sum(nets[:-1]) and taxes[-1] == sum(taxes[:-1]):
        return nets[-1], taxes[-1]
    return sum(nets, Decimal(0)), sum(taxes, Decimal(0))


def gross_sums(lines: Sequence[TextLine]) -> Mapping[Decimal, int]:
    """Return what the tables of taxes add up to, with their numbers of rows."""
    return {sum(sum_of(table), Decimal(0)): len(table) for table in tax_tables(lines)}
