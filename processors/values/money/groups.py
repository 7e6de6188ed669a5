"""Decide whether blanks group the thousands of a document: "total 1 234.50".

Before a decimal comma they do. Before a point it may be a quantity and a price, and without a
currency only the other amounts of the document say which. The folded lines keep their length.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import product

from processors.values.blanks import UNBROKEN_BLANK
from processors.values.lines import TextLine
from processors.values.list_words import labels_in
from processors.values.money.amounts import is_grouped, values_in
from processors.values.money.sums import TOTAL_KINDS, kind_of
from processors.values.money.tax_tables import HIGHEST_RATE, is_share, rates_in

_WITH_BLANKS = re.compile(r"(?<![\d.,])(?<!\d )\d{1,3}(?: \d{3}){1,3}\.\d\d(?![\d.,])")
_OTHER_AMOUNT = re.compile(r"\d[.,]\d\d(?!\d| ?%)")
_SPLIT, _GROUPED, _OPEN = " ", "'", "_"
"""What is written for the blanks: nothing else, a sign of thousands, or one of no amount."""
_MOST = 40
"""Sums of a document that are combined with each other."""


def with_groups(lines: Sequence[TextLine]) -> Sequence[TextLine]:
    """Return the lines with plain thousands; a sum that may be either is no amount."""
    plain = list(map(_without_certain, lines))
    unclear = [line for line in plain if next(_unclear_in(line), None)]
    if not unclear:
        return plain
    sums = _Sums(unclear, plain)
    split, grouped = sums.speak_for(_SPLIT), sums.speak_for(_GROUPED)
    if split and not grouped:
        return plain
    # A tax has no quantity, so that its blank decides where both readings add up.
    if grouped and (not split or any(map(_is_tax, unclear))):
        return [_written(line, _GROUPED) for line in plain]
    return [_written(line, _OPEN) if _names_sum(line) else line for line in plain]


def _without_certain(line: TextLine) -> TextLine:
    """Return a line with a sign of thousands for each blank that can be nothing else.

    It breaks no line, or the number is alone in the cell of a table.
    """
    folded = line.folded
    if UNBROKEN_BLANK in line.text:
        pairs = zip(line.text, folded, strict=True)
        folded = "".join(_GROUPED if char == UNBROKEN_BLANK else own for char, own in pairs)
    cells = len(line.cells) + 1 if line.cells and not line.gaps else 0
    for start, end in map(line.cell, range(cells)):
        number = folded[start:end].strip()
        if _WITH_BLANKS.fullmatch(number):
            whole = number.replace(" ", _GROUPED).ljust(end - start)
            folded = folded[:start] + whole + folded[end:]
    return line if folded == line.folded else replace(line, folded=folded)


def _unclear_in(line: TextLine) -> Iterator[re.Match[str]]:
    """Yield the numbers of a line that are one amount, or a quantity and an amount.

    Where other amounts are in the line, it is the row of a table.
    """
    found = list(_WITH_BLANKS.finditer(line.folded))
    if not found or _OTHER_AMOUNT.search(_WITH_BLANKS.sub("", line.folded)):
        return
    for match in found:
        is_apart = any(match.start() < cell < match.end() for cell in line.cells)
        if not is_apart and not is_grouped(line.folded, *match.span()):
            yield match


def _written(line: TextLine, mark: str) -> TextLine:
    folded = line.folded
    for match in _unclear_in(line):
        number = match.group().replace(" ", mark)
        folded = folded[: match.start()] + number + folded[match.end() :]
    return replace(line, folded=folded)


def _is_tax(line: TextLine) -> bool:
    """Return whether a line announces a tax, and not a sum with or without it."""
    is_sum = kind_of(line.folded)[0] in {*TOTAL_KINDS, "subtotal"}
    return not is_sum and bool(labels_in(line.folded, "totals", "tax"))


def _names_sum(line: TextLine) -> bool:
    """Return whether a line announces a sum of the bill."""
    is_net = bool(labels_in(line.folded, "totals", "net"))
    return is_net or _is_tax(line) or kind_of(line.folded)[0] in {*TOTAL_KINDS, "subtotal", "weak"}


def _values(lines: Iterable[TextLine], mark: str) -> list[Decimal]:
    """Return the last amount of each line that has one."""
    amounts = (values_in(_written(line, mark).folded) for line in lines)
    return [of_line[-1] for of_line in amounts if of_line]


@dataclass(frozen=True, slots=True)
class _Sums:
    """The lines of a document with blanks in numbers, and all its lines."""

    unclear: Sequence[TextLine]
    lines: Sequence[TextLine]

    def speak_for(self, mark: str) -> bool:
        """Return whether a sum is printed again or adds up, if this is what its blanks mean."""
        sums = set(_values(filter(_names_sum, self.unclear), mark))
        others = _values([line for line in self.lines if line not in self.unclear], mark)
        items = _values([line for line in self.unclear if not _names_sum(line)], mark)
        is_sum_of_items = len(items) > 1 and sum(items) in sums
        return is_sum_of_items or not sums.isdisjoint(others) or self._leads_to_one(sums, mark)

    def _leads_to_one(self, sums: set[Decimal], mark: str) -> bool:
        """Return whether a net amount and a tax that suits it make a sum, one of them unclear."""
        named = list(filter(_names_sum, self.lines))
        taxes = [line for line in named if _is_tax(line)][:_MOST]
        nets = _values([line for line in named if line not in taxes][:_MOST], mark)
        printed = set(_values(named, mark))
        for net, line in product(nets, taxes):
            for tax in _values([line], mark):
                is_unclear = not sums.isdisjoint((net, tax, net + tax))
                if is_unclear and net + tax in printed and _suits(net, tax, line):
                    return True
        return False


def _suits(net: Decimal, tax: Decimal, line: TextLine) -> bool:
    """Return whether a tax is possible, and so much as its line says."""
    rates = rates_in(line.folded)
    is_share_of = any(is_share(net, tax, rate) for rate in rates)
    return (is_share_of or not rates) and 0 < tax <= net * HIGHEST_RATE / 100
