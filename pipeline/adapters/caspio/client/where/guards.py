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

_LONGEST = (None, 800, 400, 200, 100, 40, 16, 4)
"""Characters of each text in a guard; the first for which the guard fits is taken. None is the
whole text: an address has room for 2,047 characters, a text field for 64,000."""

_SLICES = 4  # each takes room in the address
_LEAST_SLICE = 10  # shorter ones would say less than their `SUBSTRING(…)` takes

NOT_COMPARABLE = ("LIST-", "ATTACHMENT", "PASSWORD")
"""Types that Caspio does not take in a condition (caspio-api.md, sections 3.8 and 4)."""

_BEYOND_BMP = "\uffff"  # characters above it are two UTF-16 units
_WIDE = re.compile(f"[^\0-{_BEYOND_BMP}]")
_WILDCARD = re.compile(r"[%_\[]")
_ANY = "\0"  # in place of the wildcard %, until those of the text are escaped
_ISO_DATE = re.compile(r"(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(\.\d+)?")


def guard(
    pk: str, columns: Mapping[str, Column], values: Mapping[str, Value], *, is_view: bool, room: int
) -> Clause:
    """Return the condition that matches one record in one state, in `room` encoded characters.

    Texts are guarded whole if that fits. If not, their length and less and less of them is
    compared, in slices from their beginning to their end.

    Raises:
        UnusableValue: it cannot be made to fit.
    """
    for longest in _LONGEST:
        guards = [
            holds(columns[column], value, longest=longest) for column, value in values.items()
        ]
        clause = both(pk_equals(pk, is_view=is_view), *guards)
        if size(clause) <= room:
            return clause
    raise UnusableValue(
        f"record {pk}: the condition for a safe write has {size(clause):,} characters, there is "
        f"room for {room:,}. Map fewer columns of this source."
    )


def holds(column: Column, value: Value, *, longest: int | None = None) -> Clause | None:
    """Return the guard that a column still has a value; None for a type that cannot be compared.

    Of a text, at most `longest` characters are compared. SQL Server takes capital and small letters
    for equal, and ignores blanks at the end.

    None is matched by NULL alone. "" is matched by blank and by NULL: Caspio shows a text that
    nobody ever set as "", whichever of the two the table has, and a guard that asked for blank
    would never match there.

    Raises:
        UnusableValue: it is a text of nothing but control characters.
    """
    kind = column.type.upper()
    if kind.startswith(NOT_COMPARABLE):
        return None
    if value == "":
        return either([equals(column.name, ""), equals(column.name, None)])
    if isinstance(value, str):
        if kind in {"DATE/TIME", "TIMESTAMP"}:
            return _holds_date(column.name, value)
        is_long = longest is not None and len(value) > longest
        if is_long or not is_sendable(value):
            return _holds_parts(name(column.name), value, longest)
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


def _holds_parts(field: str, value: str, longest: int | None) -> Clause:
    """Compare length and slices.

    SQL Server's LEN does not count blanks at the end, and counts a character beyond U+FFFF once or
    twice depending on the collation
    (https://learn.microsoft.com/sql/t-sql/functions/len-transact-sql). So trailing blanks are cut
    on both sides, both lengths match, and places are compared up to the first such character only.
    LIKE compares what is behind it, from the end of the text. Control characters are left out,
    because no literal can have them.

    Raises:
        UnusableValue: it has no others.
    """
    trimmed = value.rstrip(" ")
    wide = sum(character > _BEYOND_BMP for character in trimmed)
    lengths = ", ".join(map(str, sorted({len(trimmed), len(trimmed) + wide})))
    parts = [f"LEN(RTRIM({field})) IN ({lengths})"]
    placed = _WIDE.split(trimmed, maxsplit=1)[0]
    for start, piece in _slices(placed, longest):
        place = f"SUBSTRING({field}, {start + 1}, {len(piece)})"
        if start == 0:
            place = f"LEFT({field}, {len(piece)})"
        parts.append(f"{place} = {text_literal(piece)}")
    if wide:
        pattern = _ending(trimmed[len(placed) :], longest)
        parts.append(f"RTRIM({field}) LIKE {text_literal(pattern)}")
    if trimmed and len(parts) == 1:
        raise UnusableValue(
            f"the value {value[:80]!r} has nothing but control characters, so a change of it would "
            "not be noticed. Remove it in Caspio."
        )
    return Clause(" AND ".join(parts))


def _ending(text: str, longest: int | None) -> str:
    """Return a LIKE pattern for texts with this end; of a long one, only both its ends count."""
    pieces = [text]
    if longest is not None and len(text) > longest:
        pieces = [text[: longest // 2], text[-(longest // 2) :]]
    sendable = "".join(
        character if is_sendable_character(character) else _ANY
        for character in _ANY.join(["", *pieces])
    )
    return _WILDCARD.sub(r"[\g<0>]", sendable).replace(_ANY, "%")


def _slices(text: str, longest: int | None) -> list[tuple[int, str]]:
    """Return pieces that a literal can have, each with its place in the text, counted from 0.

    They are all of the text or, with `longest`, so many characters spread over it: somebody may
    have changed its end alone.
    """
    if longest is None:
        pieces: list[tuple[int, str]] = []
        start = 0
        while piece := _piece(text, start, longest=len(text)):
            pieces.append(piece)
            start = piece[0] + len(piece[1])
        return pieces
    count = _SLICES if longest >= _SLICES * _LEAST_SLICE else 1
    length = longest // count
    last = max(0, len(text) - length)
    starts = dict.fromkeys(number * last // max(1, count - 1) for number in range(count))
    found = (_piece(text, start, longest=length) for start in starts)
    return list(dict.fromkeys(piece for piece in found if piece))


def _piece(text: str, start: int, *, longest: int) -> tuple[int, str] | None:
    """Return the first piece from a place on that a literal can have, and where it begins."""
    while start < len(text) and not is_sendable_character(text[start]):
        start += 1
    stop = start
    while stop < min(len(text), start + longest) and is_sendable_character(text[stop]):
        stop += 1
    return (start, text[start:stop]) if stop > start else None
