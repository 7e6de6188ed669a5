"""Learn how dates are typed in a column, and type others alike."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date

from processors.learning.text.keys import day_of, days_in

ISO = "YYYY-MM-DD"
_NUMBERS = re.compile(r"\d+")
_PARTS = re.compile(r"YYYY|YY|MM|M|DD|D")
_MOST_CHARS = 40


def form_of(values: Iterable[str], order: str) -> str:
    """Return the commonest form of dates that are numbers, such as "DD.MM.YYYY"; else that of ISO.

    A form with the name of a month is not learned: dates are then typed as ISO 8601 has them.
    """
    forms: Counter[str] = Counter()
    bare = padded = 0
    for value in values:
        form = _form(value.strip(), order)
        if form:
            forms[form] += 1
            # "05" shows that days are padded, "5" that they are not, "12" shows nothing.
            numbers = _NUMBERS.findall(value)
            bare += any(len(number) == 1 for number in numbers)
            padded += any(number.startswith("0") for number in numbers)
    best = min(forms, key=lambda form: (-forms[form], form), default=ISO)
    return best.replace("DD", "D").replace("MM", "M") if bare > padded else best


def _form(value: str, order: str) -> str:
    days = days_in(value) if len(value) <= _MOST_CHARS else ()
    numbers = _NUMBERS.findall(value)
    if len(days) != 1 or len(numbers) != 3 or any(map(str.isalpha, value)):  # noqa: PLR2004
        return ""
    return _form_of_numbers(value, numbers, day_of(days[0], order), order)


def _form_of_numbers(value: str, numbers: Sequence[str], day: date, order: str) -> str:
    year_first = len(numbers[0]) == 4  # noqa: PLR2004 (digits of a year)
    day_at, month_at = (2, 1) if year_first else ((1, 0) if order == "mdy" else (0, 1))
    if (int(numbers[day_at]), int(numbers[month_at])) != (day.day, day.month):
        day_at, month_at = month_at, day_at
    parts = ["", "", ""]
    parts[0 if year_first else 2] = "YYYY" if len(numbers[0 if year_first else 2]) == 4 else "YY"  # noqa: PLR2004
    parts[day_at], parts[month_at] = "DD", "MM"
    found = iter(parts)
    return _NUMBERS.sub(lambda _: next(found), value)


def typed(day: date, form: str) -> str:
    """Return a date in a form."""
    words = {
        "YYYY": f"{day.year:04d}",
        "YY": f"{day.year % 100:02d}",
        "MM": f"{day.month:02d}",
        "M": str(day.month),
        "DD": f"{day.day:02d}",
        "D": str(day.day),
    }
    return _PARTS.sub(lambda match: words[match.group()], form)
