"""Values of fields: which a type accepts, how it stores them, and how records show them."""

import json
import math
import re
from collections.abc import Callable
from functools import partial
from typing import Protocol

from infra.emulator.errors import bad_value, existing, read_only
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


class ValueRules(Protocol):
    """What holds for the values of some field types."""

    def to_stored(self, field: Field, value: object, /) -> Stored:
        """Return what is stored for a value that is not null; ApiError if the type refuses it."""
        ...

    def show(self, field: Field, stored: Stored, /) -> object:
        """Return a stored value as records show it."""
        ...


class TextRules:
    """STRING, TEXT and the other types of text."""

    def to_stored(self, field: Field, value: object) -> Stored:
        """Accept a text that is not too long."""
        limit = _TEXT_LENGTH if field.type == "TEXT" else _STRING_LENGTH
        if not isinstance(value, str) or len(value) > limit:
            raise bad_value(field.name)
        # §8 (C, observed): emoji are refused as AlterReadOnlyData, with status 500.
        if not value.isascii() and max(value) > _LAST_TWO_BYTE_CHARACTER:
            raise read_only(field.name, status=500)
        return value

    def show(self, field: Field, stored: Stored) -> object:
        """Show text that was never set as "" (§3.6, C), except for attachments."""
        if field.type == "ATTACHMENT":
            return stored
        return "" if stored is None else stored


class NumberRules:
    """NUMBER, INTEGER, CURRENCY and AUTONUMBER."""

    def to_stored(self, field: Field, value: object) -> Stored:
        """Accept a finite number, for INTEGER and AUTONUMBER a whole one of 32 bits."""
        # Python counts True as a number, Caspio does not.
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise bad_value(field.name)
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if not math.isfinite(number):
            raise bad_value(field.name)

        match field.type:
            case "CURRENCY":
                return round(number, _CURRENCY_DECIMALS)
            case "NUMBER":
                return number
            case _:
                is_int32 = -_INTEGER_LIMIT <= number < _INTEGER_LIMIT
                if not is_int32 or not number.is_integer():
                    raise bad_value(field.name)
                return int(number)

    def show(self, _: Field, stored: Stored) -> object:
        """Show a whole number without a fraction."""
        return show_number(stored)


class FlagRules:
    """YES/NO."""

    def to_stored(self, field: Field, value: object) -> Stored:
        """Accept true, false, 1 and 0."""
        if not isinstance(value, int | float) or value not in {0, 1}:
            raise bad_value(field.name)
        return int(value)

    def show(self, _: Field, stored: Stored) -> object:
        """Show a JSON boolean (§3.6, C)."""
        return bool(stored)


class DateRules:
    """DATE/TIME and TIMESTAMP."""

    def to_stored(self, field: Field, value: object) -> Stored:
        """Accept a date as a text."""
        moment = parse_date(value) if isinstance(value, str) else None
        return format_date(existing(moment, bad_value(field.name)))

    def show(self, _: Field, stored: Stored) -> object:
        """Show the date as it is stored."""
        return stored


class ListRules:
    """LIST-STRING, LIST-NUMBER and LIST-DATE/TIME."""

    def to_stored(self, field: Field, value: object) -> Stored:
        """Accept a list of items, and return a JSON list of their numbers."""
        # §3.8 (C): items are given as their numbers, as their texts in any case, or as "[1], [2]".
        items = value
        if isinstance(value, str):
            items = [int(number) for number in _LIST_ITEM.findall(value)]
            if not items and value.strip():
                raise bad_value(field.name)
        if not isinstance(items, list):
            raise bad_value(field.name)
        return json.dumps([self._item_number(field, item) for item in items])

    def _item_number(self, field: Field, item: object) -> int:
        # Numbers count from 1.
        texts = ["", *(text.lower() for text in field.items)]
        match item:
            case str() if item and item.lower() in texts:
                return texts.index(item.lower())
            case int() if 1 <= item < len(texts) and not isinstance(item, bool):
                return item
            case _:
                raise bad_value(field.name)

    def show(self, field: Field, stored: Stored) -> object:
        """Show an object keyed by item number (§3.8, C)."""
        numbers = json.loads(str(stored)) if stored else []
        return {str(number): field.items[number - 1] for number in numbers}


_RULES: dict[str, ValueRules] = {
    "YES/NO": FlagRules(),
    **dict.fromkeys(TEXT_TYPES, TextRules()),
    **dict.fromkeys(DATE_TYPES, DateRules()),
    **dict.fromkeys(LIST_TYPES, ListRules()),
}
_NUMBER_RULES = NumberRules()


def to_stored(field: Field, value: object) -> Stored:
    """Check one value and return what is stored; ApiError if it does not match the field's type."""
    if value is None:
        # §3.6 (C): Yes/No fields are never null.
        return 0 if field.type == "YES/NO" else None
    return _RULES.get(field.type, _NUMBER_RULES).to_stored(field, value)


def presenter(field: Field) -> Callable[[Stored], object]:
    """Return the function that shows the field's stored values as records do."""
    return partial(_RULES.get(field.type, _NUMBER_RULES).show, field)


def show_unchanged(stored: Stored) -> Stored:
    """Show a stored value as it is."""
    return stored


def show_number(stored: Stored) -> Stored:
    """Show a whole number without a fraction."""
    if isinstance(stored, float) and stored.is_integer():
        return int(stored)
    return stored
