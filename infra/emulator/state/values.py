"""What may be written to a field of each type, how it is kept, and how it is shown."""

import json
import math
import re
from collections.abc import Callable, Mapping

from infra.emulator.errors import bad_value, read_only
from infra.emulator.state.schema import DATE_TYPES, LIST_TYPES, TEXT_TYPES, Field
from infra.emulator.state.sql.functions import iso, parse_date

Stored = str | int | float | None
_STRING_LENGTH = 255
_TEXT_LENGTH = 64_000
_INT32 = 2**31
_LAST_BMP = "\uffff"
_ITEM = re.compile(r"\[(\d+)\]")


def stored(field: Field, value: object) -> Stored:
    """Check one value and return what is kept; ApiError where it does not fit, an odd one for 4-byte characters."""
    if value is None:
        return 0 if field.type == "YES/NO" else None
    if field.type in LIST_TYPES:
        return _list(field, value)
    if field.type in TEXT_TYPES:
        return _text(field, value)
    return _CHECKS[field.type](field, value)


def _text(field: Field, value: object) -> str:
    longest = _TEXT_LENGTH if field.type == "TEXT" else _STRING_LENGTH
    if not isinstance(value, str) or len(value) > longest:
        raise bad_value(field.name)
    if not value.isascii() and max(value) > _LAST_BMP:
        raise read_only(field.name, status=500)
    return value


def _number(field: Field, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise bad_value(field.name)
    return round(float(value), 4) if field.type == "CURRENCY" else float(value)


def _integer(field: Field, value: object) -> int:
    number = _number(field, value)
    if number != int(number) or not -_INT32 <= number < _INT32:
        raise bad_value(field.name)
    return int(number)


def _flag(field: Field, value: object) -> int:
    if not isinstance(value, bool) and value not in {0, 1}:
        raise bad_value(field.name)
    return int(bool(value))


def _date(field: Field, value: object) -> str:
    moment = parse_date(value) if isinstance(value, str) else None
    if moment is None:
        raise bad_value(field.name)
    return iso(moment)


def _list(field: Field, value: object) -> str:
    """Keep a LIST value as the JSON list of item numbers; items are given by number, by text, or as "[1], [2]"."""
    if isinstance(value, str):
        if not _ITEM.search(value) and value.strip():
            raise bad_value(field.name)
        value = [int(number) for number in _ITEM.findall(value)]
    if not isinstance(value, list):
        raise bad_value(field.name)
    return json.dumps([_item(field, one) for one in value])


def _item(field: Field, one: object) -> int:
    lowered = [item.lower() for item in field.items]
    if isinstance(one, str) and one.lower() in lowered:
        return lowered.index(one.lower()) + 1
    if isinstance(one, int) and not isinstance(one, bool) and 1 <= one <= len(lowered):
        return one
    raise bad_value(field.name)


_CHECKS: Mapping[str, Callable[[Field, object], Stored]] = {
    "NUMBER": _number,
    "CURRENCY": _number,
    "INTEGER": _integer,
    "AUTONUMBER": _integer,
    "YES/NO": _flag,
    **dict.fromkeys(DATE_TYPES, _date),
}


def presenter(field: Field) -> Callable[[Stored], object]:
    """Return how a kept value is shown: unset text as "", Yes/No as booleans, whole numbers without a fraction."""
    if field.type in LIST_TYPES:
        return lambda kept: (
            {str(n): field.items[n - 1] for n in json.loads(str(kept))} if kept else {}
        )
    if field.type == "ATTACHMENT" or field.type in DATE_TYPES:
        return _same
    if field.type in TEXT_TYPES:
        return _blank
    if field.type == "YES/NO":
        return bool
    return plain


def _same(kept: Stored) -> Stored:
    return kept


def _blank(kept: Stored) -> Stored:
    return "" if kept is None else kept


def plain(kept: Stored) -> Stored:
    """Show a whole number without a fraction."""
    return int(kept) if isinstance(kept, float) and kept.is_integer() else kept
