"""Values of each field type: which are accepted, how they are stored, and how they are shown."""

import json
import math
import re
from collections.abc import Callable

from infra.emulator.errors import bad_value, read_only
from infra.emulator.state.schema import DATE_TYPES, LIST_TYPES, TEXT_TYPES, Field
from infra.emulator.state.sql.dates import format_date, parse_date

Stored = str | int | float | None

# §3.7 (C): STRING has 255 characters, TEXT 64,000.
_STRING_LENGTH = 255
_TEXT_LENGTH = 64_000
# §3.7: INTEGER is a 32-bit number (I); CURRENCY has four decimals, as SQL Server's money has.
_INTEGER_LIMIT = 2**31
_CURRENCY_DECIMALS = 4
_LAST_TWO_BYTE_CHARACTER = "\uffff"
_LIST_ITEM = re.compile(r"\[(\d+)\]")


def to_stored(field: Field, value: object) -> Stored:
    """Check one value and return what is stored; ApiError if it does not match the field's type."""
    if value is None:
        # §3.6 (C): Yes/No fields are never null.
        return 0 if field.type == "YES/NO" else None
    if field.type in LIST_TYPES:
        return _to_list(field, value)
    if field.type in TEXT_TYPES:
        return _to_text(field, value)
    if field.type in DATE_TYPES:
        return _to_date(field, value)
    if field.type == "YES/NO":
        return _to_flag(field, value)
    return _to_number(field, value)


def _to_text(field: Field, value: object) -> str:
    limit = _TEXT_LENGTH if field.type == "TEXT" else _STRING_LENGTH
    if not isinstance(value, str) or len(value) > limit:
        raise bad_value(field.name)
    # §8 (C, observed): emoji are refused as AlterReadOnlyData, with status 500.
    if not value.isascii() and max(value) > _LAST_TWO_BYTE_CHARACTER:
        raise read_only(field.name, status=500)
    return value


def _to_number(field: Field, value: object) -> float:
    # Python counts True as a number, Caspio does not.
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise bad_value(field.name)
    number = float(value)
    if field.type == "CURRENCY":
        return round(number, _CURRENCY_DECIMALS)
    if field.type == "NUMBER":
        return number
    if number != int(number) or not -_INTEGER_LIMIT <= number < _INTEGER_LIMIT:
        raise bad_value(field.name)
    return int(number)


def _to_flag(field: Field, value: object) -> int:
    if not isinstance(value, int | float) or value not in {0, 1}:
        raise bad_value(field.name)
    return int(value)


def _to_date(field: Field, value: object) -> str:
    moment = parse_date(value) if isinstance(value, str) else None
    if moment is None:
        raise bad_value(field.name)
    return format_date(moment)


def _to_list(field: Field, value: object) -> str:
    """Return a LIST value as a JSON list of item numbers."""
    # §3.8 (C): items are given as their numbers, as their texts in any case, or as "[1], [2]".
    items = value
    if isinstance(value, str):
        items = [int(number) for number in _LIST_ITEM.findall(value)]
        if not items and value.strip():
            raise bad_value(field.name)
    if not isinstance(items, list):
        raise bad_value(field.name)

    lowered = [item.lower() for item in field.items]
    numbers: list[int] = []
    for item in items:
        is_number = isinstance(item, int) and not isinstance(item, bool)
        if isinstance(item, str) and item.lower() in lowered:
            numbers.append(lowered.index(item.lower()) + 1)
        elif is_number and 1 <= item <= len(lowered):
            numbers.append(item)
        else:
            raise bad_value(field.name)
    return json.dumps(numbers)


def presenter(field: Field) -> Callable[[Stored], object]:
    """Return the function that shows a stored value as records do."""
    if field.type in LIST_TYPES:
        return lambda stored: _show_list(field, stored)
    if field.type == "ATTACHMENT" or field.type in DATE_TYPES:
        return show_unchanged
    if field.type in TEXT_TYPES:
        return _show_text
    if field.type == "YES/NO":
        return bool
    return show_number


def _show_list(field: Field, stored: Stored) -> dict[str, str]:
    # §3.8 (C): read as an object keyed by item id.
    numbers = json.loads(str(stored)) if stored else []
    return {str(number): field.items[number - 1] for number in numbers}


def _show_text(stored: Stored) -> Stored:
    # §3.6 (C): text that was never set reads "".
    return "" if stored is None else stored


def show_unchanged(stored: Stored) -> Stored:
    """Show a stored value as it is."""
    return stored


def show_number(stored: Stored) -> Stored:
    """Show a whole number without a fraction."""
    if isinstance(stored, float) and stored.is_integer():
        return int(stored)
    return stored
