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


def is_listed(number: str, candidates: Iterable[_Numbered]) -> bool:
    """Return whether a number and another one have an amount each behind them on their lines."""
    rows = {each.number for each in candidates if _is_row(each)}
    return number in rows and len(rows) > 1


def _is_row(each: _Numbered) -> bool:
    end = each.line.text.find(each.number) + len(each.number)
    return any(amount.start > end for amount in money_in(each.line.folded))
