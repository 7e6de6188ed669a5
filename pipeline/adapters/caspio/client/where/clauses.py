"""Conditions for records: by value, by PK_ID, by many PK_IDs."""

import re
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import NewType

from pipeline.adapters.caspio.client.errors import UnusableValue
from pipeline.adapters.caspio.client.http.request import encoded
from pipeline.adapters.caspio.client.values import Value
from pipeline.adapters.caspio.client.where.literals import number_literal, text_literal
from pipeline.adapters.caspio.client.where.names import name

Clause = NewType("Clause", str)
"""A condition as finished SQL, without WHERE. Make one of your own with `Clause("Total > 100")`."""

PK = "PK_ID"
FLOAT_TOLERANCE = 1e-12
"""Relative. JSON shows 15 to 17 digits of a 53-bit number: its last bit may be lost."""

_MAX_FLOAT = sys.float_info.max
_DIGITS = re.compile(r"[0-9]{1,18}")


def equals(column: str, value: Value) -> Clause:
    """Compare a column with a value; None matches NULL only, "" matches blank only."""
    field = name(column)
    match value:
        case None:
            return Clause(f"{field} IS NULL")
        case bool():  # before int, which a bool is
            return Clause(f"{field} = {int(value)}")
        case int():
            return Clause(f"{field} = {number_literal(value)}")
        case float():
            number_literal(value)  # refuses infinity before the bounds hide it
            if value.is_integer() and abs(value) < 2**53:  # whole numbers up to here lose no digit
                return Clause(f"{field} = {int(value)}")
            breadth = abs(value) * FLOAT_TOLERANCE
            low = max(-_MAX_FLOAT, value - breadth)
            high = min(_MAX_FLOAT, value + breadth)
            return Clause(f"{field} >= {number_literal(low)} AND {field} <= {number_literal(high)}")
    return Clause(f"{field} = {text_literal(value)}")


def starts_with(column: str, prefix: str) -> Clause:
    """Compare a column's beginning.

    LIKE would need its wildcards escaped, and `_` is common in folder names.
    """
    return Clause(f"LEFT({name(column)}, {len(prefix)}) = {text_literal(prefix)}")


def both(*clauses: str | None) -> Clause:
    """Join conditions so that all must match; None and "" are left out."""
    parts = [clause for clause in clauses if clause]
    if len(parts) == 1:
        return Clause(parts[0])
    return Clause(" AND ".join(f"({part})" for part in parts))


def either(clauses: Sequence[str]) -> Clause:
    """Join conditions so that one must match."""
    if len(clauses) == 1:
        return Clause(clauses[0])
    return Clause(" OR ".join(f"({part})" for part in clauses))


def size(clause: str) -> int:
    """Return how many characters a condition takes in an address."""
    return len(encoded(clause))


def pk_literal(pk: str, *, is_view: bool) -> str:
    """Return a PK_ID as a literal.

    It is a number in a table, and text in a view, whose PK_ID may list those of several tables
    (caspio-api.md, section 3.5).

    Raises:
        UnusableValue: a table's PK_ID is not a whole number.
    """
    if is_view:
        return text_literal(pk)
    if not _DIGITS.fullmatch(pk):
        raise UnusableValue(
            f"{pk!r} is not a PK_ID. Give the number that Caspio shows for the record."
        )
    return pk


def pk_equals(pk: str, *, is_view: bool) -> Clause:
    """Return the condition that matches one record."""
    return Clause(f"{PK} = {pk_literal(pk, is_view=is_view)}")


def pk_after(pk: str, *, is_view: bool) -> Clause:
    """Return the condition for what comes after a record in order of PK_ID."""
    return Clause(f"{PK} > {pk_literal(pk, is_view=is_view)}")


def pk_range(first: str, last: str, *, is_view: bool) -> Clause:
    """Return the condition for all records from the first to the last, in order of PK_ID."""
    low, high = (pk_literal(pk, is_view=is_view) for pk in (first, last))
    return Clause(f"{PK} BETWEEN {low} AND {high}")


def pk_clauses(
    pks: Sequence[str], *, is_view: bool, room: int, span: int = 1000
) -> Iterator[tuple[Clause, Sequence[str]]]:
    """Yield conditions that together match the given records, each with the records it is for.

    Numbers of a table that are within a `span` become one range, which may match other records too:
    fewer than `span` in all, so that one answer has room for them. Others become IN lists of at
    most `room` encoded characters.
    """
    if not is_view and len(pks) > 1:
        numbers = sorted(int(pk_literal(pk, is_view=False)) for pk in pks)
        if numbers[-1] - numbers[0] < span:
            yield pk_range(str(numbers[0]), str(numbers[-1]), is_view=False), pks
            return
    yield from in_lists(PK, pks, literal=lambda pk: pk_literal(pk, is_view=is_view), room=room)


def in_lists(
    column: str, values: Sequence[str], *, literal: Callable[[str], str] = text_literal, room: int
) -> Iterator[tuple[Clause, Sequence[str]]]:
    """Yield `column IN (…)` conditions of at most `room` encoded characters, each with its values.

    A single value that is too long for the room gets a condition of its own all the same; the call
    refuses it.
    """
    head = f"{name(column)} IN ("
    chunk: list[str] = []
    used = size(head)
    for value in values:
        length = size(literal(value)) + 1  # and a comma or the closing bracket
        if chunk and used + length > room:
            yield Clause(head + ",".join(map(literal, chunk)) + ")"), chunk
            chunk, used = [], size(head)
        chunk.append(value)
        used += length
    if chunk:
        yield Clause(head + ",".join(map(literal, chunk)) + ")"), chunk
