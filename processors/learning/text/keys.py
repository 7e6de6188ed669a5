"""Compare the values of a column: two spellings of one value have the same key.

Nothing here knows a language: dates are numbers or named months, amounts are numbers, and of texts
letters and digits count.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from processors.learning.types import ColumnKind
from processors.values.date_text import DateText, MonthNames, dates_in
from processors.values.lines import fold
from processors.values.money.amounts import format_amount, parse_number

MOST_VALUE_CHARS = 2_000
"""Only the beginning of a longer value is compared."""
LIST_SEPARATOR = ";"

_NO_LETTERS_OR_DIGITS = re.compile(r"[^\w]|_")
_NUMBER = re.compile(r"\d(?:[\d.,'\u2019 \u00a0]{0,20}\d)?")
_MONTHS = MonthNames(())
_YEAR_DIGITS = 4
_NUMBERS_OF_DATE = 3
_DAY_FIRST, _MONTH_FIRST = "dmy", "mdy"


def compact(text: str) -> str:
    """Return the letters and digits of a text, without case and accents."""
    return _NO_LETTERS_OR_DIGITS.sub("", fold(text[:MOST_VALUE_CHARS]))


def key_of(value: str, kind: ColumnKind, order: str = "") -> str:
    """Return what a value is compared by, "" for one that is not a value of this kind.

    `order` is that of day and month in the column: "dmy", "mdy", or "" where it does not matter.
    """
    text = value[:MOST_VALUE_CHARS].strip()
    match kind:
        case ColumnKind.DATE:
            days = days_in(text)
            return day_of(days[0], order).isoformat() if days else ""
        case ColumnKind.AMOUNT | ColumnKind.NUMBER:
            number = number_of(text)
            return "" if number is None else format(number.normalize(), "f")
        case ColumnKind.YES_NO:
            folded = fold(text)
            return {"true": "yes", "1": "yes", "false": "no", "0": "no"}.get(folded, folded)
        case ColumnKind.LIST:
            return LIST_SEPARATOR.join(sorted(set(list_keys(text))))
        case _:
            return compact(text)


def list_keys(value: str) -> list[str]:
    """Return the keys of the names in one value of a list column."""
    return [key for name in value.split(LIST_SEPARATOR) if (key := compact(name))]


def days_in(text: str) -> tuple[DateText, ...]:
    """Return the dates in a short text."""
    return dates_in(fold(text), _MONTHS)


def day_of(printed: DateText, order: str) -> date:
    """Return the day of a printed date under an order of day and month."""
    return printed.readings[-1 if order == _MONTH_FIRST else 0]


def number_of(text: str) -> Decimal | None:
    """Return the only number of a text, whatever currency is beside it."""
    found = _NUMBER.search(text)
    parsed = parse_number(found.group()) if found else None
    if found is None or parsed is None or any(map(str.isdigit, text[found.end() :])):
        return None
    before = text[: found.start()]
    return -parsed[0] if "-" in before or "(" in before else parsed[0]


def printed_number(number: Decimal) -> str:
    """Return a number as findings have it."""
    return format_amount(number)


def date_order_of(values: Iterable[str]) -> str:
    """Return the order of day and month in which a column's dates are typed.

    Days after the 12th show it. Where none does, or as many show the one as the other, it is "".
    """
    votes: Counter[str] = Counter()
    for value in values:
        for printed in days_in(value[:MOST_VALUE_CHARS])[:1]:
            numbers = re.findall(r"\d+", printed.text)
            if len(printed.readings) != 1 or len(numbers) < _NUMBERS_OF_DATE:
                continue
            # The year first is no vote: its order is known. Nor is the 5th of May.
            day = printed.readings[0]
            if len(numbers[0]) < _YEAR_DIGITS and day.day != day.month:
                votes[_DAY_FIRST if int(numbers[0]) == day.day else _MONTH_FIRST] += 1
    best = votes.most_common(2)
    if not best or (len(best) > 1 and best[0][1] == best[1][1]):
        return ""
    return best[0][0]


def kind_of_values(values: Sequence[str]) -> ColumnKind:
    """Return the kind that nearly all values of a text column have."""
    filled = [value for value in values if value.strip()]
    if not filled:
        return ColumnKind.TEXT
    enough = 0.9 * len(filled)
    dates = 0
    for value in filled:
        days = days_in(value)
        # A text in which a date is mentioned, such as a note, is no date.
        dates += bool(days) and len(days[0].text) >= _DATE_SHARE * len(value.strip())
    if dates >= enough:
        return ColumnKind.DATE
    distinct = len({compact(value) for value in filled})
    # Few values, each of them typed often: such a column is looked up rather than read.
    if distinct <= MOST_CHOICES and distinct * 4 <= len(filled):
        return ColumnKind.CHOICE
    return ColumnKind.TEXT


_DATE_SHARE = 0.6
"""Share of a value that its date takes; the rest may be a time or a weekday."""
MOST_CHOICES = 60
"""Different values of a closed set, at most."""
