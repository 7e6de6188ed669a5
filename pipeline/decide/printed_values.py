"""Normalize what is printed in the field of a form, where it can be read in one way only. Pure.

The values that rules find are normalized by the rules, which know the language of the document. The
value of a label is as it is printed, and only the column says whether it is an amount or a date.
"""

import re
from datetime import date

from pipeline.decide.column_values import UnfitText

_NUMBER_TYPES = frozenset({"NUMBER", "CURRENCY", "INTEGER"})
# A sign or parenthesis, a currency in front, digits with their separators, a currency behind.
_NUMBER = re.compile(
    r"(?P<sign>[-\u2212(]?)\s*(?:[A-Z]{3}|[^\w\s.,()-])?\s*(?P<inner>[-\u2212]?)"
    r"(?P<digits>\d[\d.,' \u00a0\u202f]*?)\s*(?:[A-Z]{3}|[^\w\s.,()-])?(?P<end>[-\u2212)]?)"
)
_EXACT_DIGITS = 15  # a float keeps as many
_EXACT_CODE = re.compile(rf"\s*0*\d{{1,{_EXACT_DIGITS}}}\s*", re.ASCII)
_ONE_SEPARATOR = re.compile(r"(\d+)[.,]\d{3}")  # three digits are between separators of thousands
_NUMERIC_DATE = re.compile(r"(\d{1,2})([./-])\s?(\d{1,2})\2\s?(\d{4})")
_NAMED_DATE = re.compile(
    r"(?:(?P<day>\d{1,2})(?:st|nd|rd|th)?\.? (?P<month>[A-Za-z]{3,9})\.?|"
    r"(?P<month_first>[A-Za-z]{3,9})\.? (?P<day_second>\d{1,2})(?:st|nd|rd|th)?),? (?P<year>\d{4})"
)
_MONTHS = (
    *("january", "february", "march", "april", "may", "june", "july", "august", "september"),
    *("october", "november", "december"),
)
_MOST_MONTH = 12


def code_for(text: str, column_type: str) -> str:
    """Return a number of a document as `convert` takes it; "1.024" is no amount.

    Raises:
        UnfitText: a column of numbers does not keep all of it. Zeros in front are not missed.
    """
    if column_type in _NUMBER_TYPES and not _EXACT_CODE.fullmatch(text):
        raise UnfitText(f"{text!r} is not a number of up to {_EXACT_DIGITS} digits")
    return text


def normalized(text: str, column_type: str) -> str:
    """Return a printed value as `convert` takes it for a type of column; other text is unchanged.

    Raises:
        UnfitText: it can be read as two numbers or two dates.
    """
    text = " ".join(text.split())
    if column_type in _NUMBER_TYPES:
        return _number(text)
    if column_type == "DATE/TIME":
        return _date(text)
    return text


def _number(text: str) -> str:
    match = _NUMBER.fullmatch(text)
    if match is None:
        return text
    digits = _digits_of(match)
    if _is_two(digits):
        whole, decimals = re.split("[.,]", digits)
        raise UnfitText(
            f"{text!r} is {whole}{decimals} or {whole}.{decimals}; it is left to a user"
        )
    whole, decimals = _parts(digits)
    return f"{_sign_of(match)}{re.sub('[.,]', '', whole)}{decimals and '.'}{decimals}"


def two_numbers(text: str) -> tuple[str, str] | None:
    """Return the two numbers that a text may mean, the greater one first, each without its doubt.

    None where it is one number or none.
    """
    match = _NUMBER.fullmatch(" ".join(text.split()))
    if match is None or not _is_two(_digits_of(match)):
        return None
    whole, decimals = re.split("[.,]", _digits_of(match))
    # A fourth decimal, as a separator of thousands has three digits behind it.
    return f"{_sign_of(match)}{whole}{decimals}", f"{_sign_of(match)}{whole}.{decimals}0"


def _digits_of(match: re.Match[str]) -> str:
    return re.sub(r"[' \u00a0\u202f]", "", match["digits"])


def _sign_of(match: re.Match[str]) -> str:
    return "-" if match["sign"] or match["inner"] or match["end"] else ""


def _is_two(digits: str) -> bool:
    """Say whether digits are one thousand and more in one country, one and a bit in the other."""
    found = _ONE_SEPARATOR.fullmatch(digits)
    return found is not None and bool(found[1].strip("0"))


def _parts(digits: str) -> tuple[str, str]:
    """Split digits at the decimal separator: the last one, unless it separates thousands."""
    whole, separator, decimals = re.fullmatch(r"(.*?)(?:([.,])(\d*))?", digits).groups("")  # type: ignore[union-attr]  # it matches every text
    if not separator or digits.count(separator) > 1:
        return digits, ""
    return whole, decimals


def _date(text: str) -> str:
    named, numeric = _NAMED_DATE.fullmatch(text), _NUMERIC_DATE.fullmatch(text)
    if named is not None:
        word = (named["month"] or named["month_first"]).lower()
        months = [number for number, name in enumerate(_MONTHS, start=1) if name.startswith(word)]
        day = int(named["day"] or named["day_second"])
        return _iso(int(named["year"]), months[0], day, text) if len(months) == 1 else text
    if numeric is not None:
        first, separator, second, year = numeric.groups()
        day, month = _in_order(int(first), int(second), separator, text)
        return _iso(int(year), month, day, text)
    return text


def _in_order(first: int, second: int, separator: str, text: str) -> tuple[int, int]:
    """Return day and month of a date that is printed in numbers."""
    # Dates with points begin with the day everywhere; with slashes it depends on the country.
    if separator == "." or first == second or first > _MOST_MONTH:
        return first, second
    if second > _MOST_MONTH:
        return second, first
    raise UnfitText(f"{text!r} is two dates, by country; it is left to a user")


def two_dates(text: str) -> tuple[str, str] | None:
    """Return the ISO dates that a text may mean, the one whose day comes first before the other.

    None where it is one date or none.
    """
    numeric = _NUMERIC_DATE.fullmatch(" ".join(text.split()))
    if numeric is None:
        return None
    first, separator, second, year = numeric.groups()
    try:
        _in_order(int(first), int(second), separator, text)
    except UnfitText:
        return (
            _iso(int(year), int(second), int(first), text),
            _iso(int(year), int(first), int(second), text),
        )
    return None


def _iso(year: int, month: int, day: int, text: str) -> str:
    try:
        return date(year, month, day).isoformat()
    except ValueError as error:
        raise UnfitText(f"{text!r} is not a date: {error}") from error
