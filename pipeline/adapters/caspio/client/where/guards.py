"""Guards: conditions that match a record only in the state that a write was planned against."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta

from pipeline.adapters.caspio.client.errors import UnusableValue
from pipeline.adapters.caspio.client.values import Column, Value
from pipeline.adapters.caspio.client.where.clauses import (
    Clause,
    both,
    either,
    equals,
    pk_equals,
    size,
)
from pipeline.adapters.caspio.client.where.literals import (
    is_sendable,
    is_sendable_character,
    text_literal,
)
from pipeline.adapters.caspio.client.where.names import name

LONG_TEXT = 100
"""Characters. Longer texts are guarded by length and beginning: an address has room for 2,047
characters, a text field for 64,000."""

NOT_COMPARABLE = ("LIST-", "ATTACHMENT", "PASSWORD")
"""Types that Caspio does not take in a condition (caspio-api.md, sections 3.8 and 4)."""

_BEYOND_BMP = "\uffff"  # characters above it are two UTF-16 units
_ISO_DATE = re.compile(r"(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(\.\d+)?")


def guard(
    pk: str, columns: Mapping[str, Column], values: Mapping[str, Value], *, is_view: bool, room: int
) -> Clause:
    """Return the condition that matches one record in one state, in `room` encoded characters.

    Long texts are guarded by less and less of their beginning until the condition fits.

    Raises:
        UnusableValue: it cannot be made to fit.
    """
    for long_text in (LONG_TEXT, 40, 16, 4):
        guards = [
            holds(columns[column], value, long_text=long_text) for column, value in values.items()
        ]
        clause = both(pk_equals(pk, is_view=is_view), *guards)
        if size(clause) <= room:
            return clause
    raise UnusableValue(
        f"record {pk}: the condition for a safe write has {size(clause):,} characters, there is "
        f"room for {room:,}. Map fewer columns of this source."
    )


def holds(column: Column, value: Value, *, long_text: int = LONG_TEXT) -> Clause | None:
    """Return the guard that a column still has a value; None for a type that cannot be compared.

    None is matched by NULL alone. "" is matched by blank and by NULL: Caspio shows a text that
    nobody ever set as "", whichever of the two the table has, and a guard that asked for blank
    would never match there.
    """
    kind = column.type.upper()
    if kind.startswith(NOT_COMPARABLE):
        return None
    if value == "":
        return either([equals(column.name, ""), equals(column.name, None)])
    if isinstance(value, str):
        if kind in {"DATE/TIME", "TIMESTAMP"}:
            return _holds_date(column.name, value)
        if len(value) > long_text or not is_sendable(value):
            return _holds_long(name(column.name), value, long_text)
    return equals(column.name, value)


def _holds_date(column: str, value: str) -> Clause:
    """Compare a date with a fraction to the second.

    SQL Server's datetime has a resolution of 1/300 s, so the digits shown are not the value that is
    compared.
    """
    found = _ISO_DATE.fullmatch(value)
    if found is None or found[2] is None:
        return equals(column, value)
    try:
        after = datetime.fromisoformat(found[1]) + timedelta(seconds=1)
    except (ValueError, OverflowError):
        return equals(column, value)
    field = name(column)
    return Clause(f"{field} >= '{found[1]}' AND {field} < '{after.isoformat()}'")


def _holds_long(field: str, value: str, longest: int) -> Clause:
    """Compare length and beginning.

    SQL Server's LEN does not count blanks at the end, and counts a character beyond U+FFFF once or
    twice depending on the collation
    (https://learn.microsoft.com/sql/t-sql/functions/len-transact-sql). So trailing blanks are cut
    on both sides, both lengths match, and what is compared ends before the first such character. It
    begins behind control characters, which no literal can have.
    """
    trimmed = value.rstrip(" ")
    wide = sum(character > _BEYOND_BMP for character in trimmed)
    lengths = ", ".join(map(str, sorted({len(trimmed), len(trimmed) + wide})))
    length = f"LEN(RTRIM({field})) IN ({lengths})"

    start, stretch = _comparable_stretch(trimmed, longest)
    if stretch and start == 0:
        part = f"LEFT({field}, {len(stretch)})"
    elif stretch:
        part = f"SUBSTRING({field}, {start + 1}, {len(stretch)})"
    elif trimmed[:1] > _BEYOND_BMP:
        # LEFT would cut this character in half or not, depending on the collation; LIKE takes it
        # whole.
        return Clause(f"{length} AND {field} LIKE {text_literal(trimmed[0] + '%')}")
    else:
        return Clause(length)
    return Clause(f"{length} AND {part} = {text_literal(stretch)}")


def _comparable_stretch(text: str, longest: int) -> tuple[int, str]:
    """Return where the first part begins that a literal can have, and the part; "" for none."""
    start = 0
    while start < len(text) and not is_sendable_character(text[start]):
        start += 1
    if any(character > _BEYOND_BMP for character in text[:start]):
        return start, ""  # its position is not known: such a character counts once or twice
    stretch = ""
    for character in text[start : start + longest]:
        if character > _BEYOND_BMP or not is_sendable_character(character):
            break
        stretch += character
    return start, stretch
