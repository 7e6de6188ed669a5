"""Convert text into values of Caspio's column types, and compare such values. Pure."""

import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation

from pipeline.model import Column, Value

STRING_CHARS = 255
TEXT_CHARS = 64_000
_INT_RANGE = 2**31
_MONEY = Decimal(922_337_203_685_477)  # SQL Server's money has 15 digits before the point
_FIRST_YEAR = 1753  # SQL Server's datetime begins there
_BASIC_PLANE_END = 0xFFFF
# Spreadsheets run text that begins with these; East Asian ones take the wide forms, too.
_FORMULA_SIGNS = "=+-@\uff1d\uff0b\uff0d\uff20"
_LEADING_SIGNS = re.compile(rf"^[\s{re.escape(_FORMULA_SIGNS)}]+")
_SIGNED_NUMBER = re.compile(r"[+-][\d.,]+")
_INVISIBLE = frozenset(
    {"Cc", "Cf", "Cs"}
)  # control, format (bidirectional) and surrogate characters
_TAG = re.compile(r"<[^<>]{0,1000}>")
_LONG_TAG = re.compile(r"<[^<>]*>")
_TIME = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(:\d\d(?:\.\d+)?)?")


class UnfitText(ValueError):
    """A text does not fit a column's type; the message says why."""


def convert(text: str, column: Column, *, allow_formulas: bool = False) -> Value:
    """Turn a normalized finding into a value of the column's Caspio type.

    Raises:
        UnfitText: the text is not a number, date or yes/no, or exceeds what the type holds.
    """
    max_chars = TEXT_TYPES.get(column.type)
    if max_chars is not None:
        return clean_text(text, max_chars=max_chars, allow_formulas=allow_formulas)
    converter = _CONVERTERS.get(column.type)
    if converter is None:
        raise UnfitText(f"a column of type {column.type} cannot be written")
    return converter(text)


def _decimal(text: str) -> Decimal:
    try:
        number = Decimal(text.strip())
    except InvalidOperation as error:
        raise UnfitText(f"{text!r} is not a number") from error
    if not number.is_finite() or not math.isfinite(float(number)):
        raise UnfitText(f"{text!r} is not a finite number")
    return number


def _currency(text: str) -> float:
    number = _decimal(text)
    # CURRENCY has four decimals; Caspio would round what is more precise without a word.
    if abs(number) > _MONEY:
        raise UnfitText(f"{text!r} is beyond what a CURRENCY column holds")
    return float(round(number, 4))


def _integer(text: str) -> int:
    number = _decimal(text)
    if number != number.to_integral_value():
        raise UnfitText(f"{text!r} is not a whole number")
    if not -_INT_RANGE <= number < _INT_RANGE:
        raise UnfitText(f"{text!r} is beyond what an INTEGER column holds")
    return int(number)


def _date(text: str) -> str:
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise UnfitText(f"{text!r} is not a date such as 2026-03-31") from error
    if moment.year < _FIRST_YEAR:
        raise UnfitText(f"{text!r} is before {_FIRST_YEAR}, where DATE/TIME begins")
    return moment.replace(tzinfo=None, microsecond=0).isoformat()


def _yes_no(text: str) -> bool:
    word = text.strip().lower()
    if word in {"true", "yes", "1"}:
        return True
    if word in {"false", "no", "0"}:
        return False
    raise UnfitText(f"{text!r} is neither yes nor no")


_CONVERTERS: Mapping[str, Callable[[str], Value]] = {
    "NUMBER": lambda text: float(_decimal(text)),
    "CURRENCY": _currency,
    "INTEGER": _integer,
    "DATE/TIME": _date,
    "YES/NO": _yes_no,
}
TEXT_TYPES = {"STRING": STRING_CHARS, "TEXT": TEXT_CHARS}
"""Column types of text, with the most characters of each."""

WRITABLE_TYPES = frozenset({*TEXT_TYPES, *_CONVERTERS})
"""Column types that this program writes.

Files, passwords, timestamps and generated values are Caspio's. Lists cannot be compared in a WHERE
clause, so that no guarded write is possible.
"""


def clean_text(text: str, *, max_chars: int, allow_formulas: bool = False) -> str:
    """Make a document's text fit to be data in a record.

    NFC; without tags, control and bidirectional characters; characters beyond the basic plane,
    which Caspio refuses, become U+FFFD; without a leading sign that starts a formula in
    spreadsheets, unless allowed; cut at a word with an ellipsis.
    """
    text = _TAG.sub(" ", text)
    if _LONG_TAG.search(text):  # a very long tag, or "<a<b>c>": one tag was inside another
        text = re.sub("[<>]", " ", text)
    # One kind of line end, so that a text which is read back compares equal.
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = "".join(
        "\ufffd" if ord(char) > _BASIC_PLANE_END else char
        for char in text
        if char in "\n\t" or unicodedata.category(char) not in _INVISIBLE
    )
    # After the removals, since what was removed may have been between a letter and its accent.
    text = unicodedata.normalize("NFC", text).strip()
    # "-5.00" is a number and stays; "=1+1" or "@SUM" would run when the table is opened in a
    # spreadsheet. See OWASP, "CSV Injection".
    if not allow_formulas and text[:1] in _FORMULA_SIGNS and not _SIGNED_NUMBER.fullmatch(text):
        text = _LEADING_SIGNS.sub("", text)
    return _cut_at_word(text, max_chars)


def _cut_at_word(text: str, max_chars: int) -> str:
    if len(text) <= max_chars:
        return text
    head = text[: max_chars - 1]
    space = max(head.rfind(" "), head.rfind("\n"))
    # A text that is almost one word, such as a URL, is cut inside of it.
    if space > max_chars // 2:
        head = head[:space]
    return head.rstrip() + "…"


def is_empty(value: Value) -> bool:
    """Say whether nobody has put anything there; No of a YES/NO column counts as empty.

    So do blanks alone, which SQL Server treats as an empty text. A line end or a tab is something
    that a user has typed.
    """
    return value is None or value is False or (isinstance(value, str) and not value.strip(" "))


def as_shown(value: Value, column_type: str) -> str:
    """Return a value as a column of a type shows it: 118.00 for money, never 118.0.

    A time is shown without the T of ISO 8601; where the type is not known, as "", too.
    """
    match value:
        case None | "":
            return "empty"
        case bool():
            return "Yes" if value else "No"
        case int() | float() if column_type == "CURRENCY" and math.isfinite(value):
            return _amount(value)
        case float() if math.isfinite(value):
            return f"{Decimal(repr(value + 0)):f}".removesuffix(".0")
        case _:
            return _time(str(value)) if column_type in {"", "DATE/TIME"} else str(value)


def _time(text: str) -> str:
    """Return a time as users write it; another text as it is."""
    time = _TIME.fullmatch(text)
    if time is None:
        return text
    seconds = time[3] if time[3] and time[3].strip(":0.") else ""
    # Caspio has no dates without a time: midnight means that there is none.
    return f"{time[1]} {time[2]}{seconds}".removesuffix(" 00:00")


def _amount(value: float) -> str:
    """Return an amount with all its decimals, and two at least: none is rounded away."""
    # Zero has no sign here, and no amount an exponent.
    whole, _, decimals = f"{Decimal(repr(value + 0)):,f}".partition(".")
    return f"{whole}.{decimals:0<2}"


def same(current: Value, other: Value, column: Column) -> bool:
    """Compare two values as the column's type sees them."""
    if is_empty(current) or is_empty(other):
        return is_empty(current) and is_empty(other)
    match column.type:
        case "NUMBER" | "CURRENCY" | "INTEGER":
            return _same_number(current, other)
        case "DATE/TIME":
            return _to_second(current) == _to_second(other)
        case "YES/NO":
            return bool(current) == bool(other)
        case _:
            # SQL Server ignores blanks at the end of a text, and no others. See the page
            # https://learn.microsoft.com/sql/t-sql/language-elements/string-comparison-assignment
            return str(current).rstrip(" ") == str(other).rstrip(" ")


def holds(current: Value, wanted: Value, column: Column) -> bool:
    """Say whether a column holds a wanted value already; in texts, case makes no difference.

    SQL Server compares texts so: to filters, lookups and unique columns of Caspio "Receipt" and
    "receipt" are one value. How it is spelled is left to whoever wrote it. What must notice every
    change, such as compare and set, takes `same`.
    """
    return same(_without_case(current), _without_case(wanted), column)


def alike(one: Value, other: Value) -> bool:
    """Say whether two values of one column are equal, or texts that differ in case only."""
    return _without_case(one) == _without_case(other)


def _without_case(value: Value) -> Value:
    return value.casefold() if isinstance(value, str) else value


def _same_number(current: Value, other: Value) -> bool:
    """Compare numbers; JSON and SQL Server's float change the last digits on the way."""
    try:
        return math.isclose(float(str(current)), float(str(other)), rel_tol=1e-12, abs_tol=1e-9)
    except ValueError:
        return False


def _to_second(value: Value) -> str:
    try:
        return datetime.fromisoformat(str(value)).replace(tzinfo=None, microsecond=0).isoformat()
    except ValueError:
        return str(value)
