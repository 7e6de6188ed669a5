"""Compiled expressions, and the quoting of names and texts for SQLite."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from infra.emulator.errors import sql_error
from infra.emulator.state.schema import DATE_TYPES, LIST_TYPES, NUMBER_TYPES, Field

SqlKind = Literal["text", "number", "date", "bool", "null", "predicate"]
_KINDS: Mapping[str, SqlKind] = {
    **dict.fromkeys(DATE_TYPES, "date"),
    **dict.fromkeys(NUMBER_TYPES, "number"),
    "YES/NO": "bool",
}


@dataclass(frozen=True, slots=True)
class Sql:
    """A compiled expression.

    Attributes:
        text: The expression for SQLite.
        kind: How its value compares; "predicate" is a condition, which has no value.
        literal: The value of a text literal.
        collated: Whether SQLite already compares it like SQL Server.
        column: The field, if it is a plain column.
        aggregate: Whether it is computed from several rows.
    """

    text: str
    kind: SqlKind
    literal: str | None = None
    collated: bool = False
    column: Field | None = None
    aggregate: bool = False


def kind_of_field(field: Field) -> SqlKind:
    """Return how the values of a field compare; ApiError if it cannot be used in a clause."""
    # §3.8, §3.9 (C): neither of these can.
    if field.type == "PASSWORD" or field.type in LIST_TYPES:
        raise sql_error(f"The field '{field.name}' of type {field.type} cannot be used here.")
    return _KINDS.get(field.type, "text")


def quote_name(name: str) -> str:
    """Quote an identifier for SQLite."""
    return '"' + name.replace('"', '""') + '"'


def quote_text(text: str) -> str:
    """Quote a text literal for SQLite; ApiError for one with NUL, where SQLite ends a statement."""
    if "\0" in text:
        raise sql_error("Invalid character in a literal.")
    return "'" + text.replace("'", "''") + "'"


def sqlite_table(name: str) -> str:
    """Return the quoted name of the SQLite table with a table's rows."""
    return quote_name("t_" + name.lower())
