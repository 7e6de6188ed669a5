"""Recognize numbers in the rows of a list of bills, such as an advice of what was paid."""

from collections.abc import Iterable
from typing import Protocol

from processors.values.lines import TextLine
from processors.values.money.amounts import money_in


class _Numbered(Protocol):
    @property
    def number(self) -> str: ...
    @property
    def line(self) -> TextLine: ...


_MOST_LINES_OF_ROW = 3
"""From a row to the next one; what is further away may be the bill before, below the sums."""


def is_listed(number: str, candidates: Iterable[_Numbered]) -> bool:
    """Return whether a number and another one near have an amount each behind them."""
    rows = [(each.number, each.line.number) for each in candidates if _is_row(each)]
    own = [line for each, line in rows if each == number]
    return any(
        abs(line - place) <= _MOST_LINES_OF_ROW
        for each, line in rows
        if each != number
        for place in own
    )


def _is_row(each: _Numbered) -> bool:
    end = each.line.text.find(each.number) + len(each.number)
    return any(amount.start > end for amount in money_in(each.line.folded))
