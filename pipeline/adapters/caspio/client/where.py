"""Build every WHERE clause that is sent to Caspio: typed literals, known names, nothing pasted in.

A `Clause` is finished SQL. Values become literals here and nowhere else; names are checked against the schema before
they are used. Only a source's own `where` enters as the operator wrote it, in brackets of its own.
"""

import difflib
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NewType
from urllib.parse import quote

from pipeline.errors import BadSettings, RejectFile
from pipeline.model import Column, Value

Clause = NewType("Clause", str)

PK = "PK_ID"
LONG_TEXT = 100  # characters; longer texts are guarded by length and beginning
UNCOMPARABLE = ("LIST-", "ATTACHMENT", "PASSWORD")  # types that Caspio does not take in a WHERE
FLOAT_TOLERANCE = 1e-12  # relative; JSON shows 15 to 17 digits of a 53-bit number

_MAX_FLOAT = sys.float_info.max
_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_RESERVED = re.compile(
    r"add|all|alter|and|any|as|asc|authorization|backup|begin|between|break|browse|bulk|by|cascade|case|check|"
    r"checkpoint|close|clustered|coalesce|collate|column|commit|compute|constraint|contains|continue|convert|"
    r"create|cross|current|cursor|database|dbcc|deallocate|declare|default|delete|deny|desc|disk|distinct|"
    r"distributed|double|drop|dump|else|end|errlvl|escape|except|exec|execute|exists|exit|external|fetch|file|"
    r"fillfactor|for|foreign|freetext|from|full|function|goto|grant|group|having|holdlock|identity|if|in|index|"
    r"inner|insert|intersect|into|is|join|key|kill|left|like|lineno|load|merge|national|nocheck|nonclustered|"
    r"not|null|nullif|of|off|offsets|on|open|option|or|order|outer|over|percent|pivot|plan|precision|primary|"
    r"print|proc|procedure|public|raiserror|read|reconfigure|references|replication|restore|restrict|return|"
    r"revert|revoke|right|rollback|rowcount|rule|save|schema|select|set|setuser|shutdown|some|statistics|"
    r"system_user|table|tablesample|textsize|then|to|top|tran|transaction|trigger|truncate|union|unique|"
    r"unpivot|update|updatetext|use|user|values|varying|view|waitfor|when|where|while|with|within|writetext|"
    # Words of other dialects: whatever parses the clause on its way must not take them for more than names.
    r"analyze|cache|call|comment|connect_by_root|copy|current_date|current_time|current_timestamp|current_user|"
    r"describe|explain|false|glob|go|ilike|lateral|notnull|optimize|partitioned_by|pragma|prepare|qualify|regexp|"
    r"rename|rlike|session_user|show|true|uncache|using|vacuum|xor",
    re.IGNORECASE,
)
_TEXT_CONTROLS = "\t\n\r"  # people write these into text fields
_ISO_DATE = re.compile(r"(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(\.\d+)?")
_DIGITS = re.compile(r"[0-9]{1,18}")


def name(column: str) -> str:
    """Return a column's name as SQL, bracketed only where it must be."""
    if _PLAIN_NAME.fullmatch(column) and not _RESERVED.fullmatch(column):
        return column
    return "[" + column.replace("]", "]]") + "]"


def known(columns: Mapping[str, Column], wanted: Iterable[str], *, container: str) -> None:
    """Refuse names that the schema does not have.

    Raises:
        BadSettings: with every unknown name, and the nearest known one.
    """
    problems = [
        unknown_name(column, columns, container=container)
        for column in wanted
        if column not in columns
    ]
    if problems:
        raise BadSettings(problems)


def unknown_name(wanted: str, choices: Iterable[str], *, container: str) -> str:
    """Say that a name is unknown, and which one may be meant."""
    close = difflib.get_close_matches(wanted, sorted(choices), n=1, cutoff=0.5)
    hint = f"; did you mean {close[0]!r}?" if close else "; run `doctor` to see what there is"
    return f"{container} has no {wanted!r}{hint}"


def speakable(text: str) -> bool:
    """Say whether a text can stand in a literal: no control characters but tab and line ends, no half characters."""
    return all(_speakable(character) for character in text)


def _speakable(character: str) -> bool:
    if character < " ":
        return character in _TEXT_CONTROLS
    return character != "\x7f" and not "\ud800" <= character <= "\udfff"


def text_literal(text: str) -> str:
    """Return a text as a literal, quotes doubled, marked as Unicode where it is not ASCII.

    Raises:
        RejectFile: it holds a character that cannot be sent in a clause.
    """
    if not speakable(text):
        raise RejectFile(
            f"the value {text[:80]!r} holds a control character and cannot be searched for. Remove it in Caspio."
        )
    prefix = "" if text.isascii() else "N"
    return f"{prefix}'" + text.replace("'", "''") + "'"


def number_literal(value: float) -> str:
    """Return a number as a literal; one with an exponent is a float to SQL Server as it is to us.

    Raises:
        RejectFile: it is infinite or not a number.
    """
    if repr(value).lstrip("-") in {"inf", "nan"}:
        raise RejectFile(
            f"{value} is no number that a record can hold. Look at the value read from the document."
        )
    return repr(value)


def equals(column: str, value: Value) -> Clause:
    """Compare a column with a value; None is NULL and nothing else, "" is blank and nothing else."""
    field = name(column)
    if value is None:
        return Clause(f"{field} IS NULL")
    if isinstance(value, bool):
        return Clause(f"{field} = {int(value)}")
    if isinstance(value, int):
        return Clause(f"{field} = {number_literal(value)}")
    if isinstance(value, float):
        return _equals_float(field, value)
    return Clause(f"{field} = {text_literal(value)}")


def _equals_float(field: str, value: float) -> Clause:
    """Compare within a hair's breadth: the text of a float that travelled as JSON may have lost its last bit."""
    number_literal(value)  # refuses infinity before the bounds hide it
    if value.is_integer() and abs(value) < 2**53:
        return Clause(f"{field} = {int(value)}")
    breadth = abs(value) * FLOAT_TOLERANCE
    low, high = max(-_MAX_FLOAT, value - breadth), min(_MAX_FLOAT, value + breadth)
    return Clause(f"{field} >= {number_literal(low)} AND {field} <= {number_literal(high)}")


def holds(column: Column, value: Value, *, long_text: int = LONG_TEXT) -> Clause | None:
    """Return the guard that a column still holds a value; None for a type that Caspio does not compare.

    None is met by NULL alone; "" by blank and by NULL, since Caspio shows a text nobody ever set as "" whichever of the
    two the table holds, and a guard that asked for blank would never be met there.

    A text longer than `long_text`, or with a character that no literal can carry, is guarded by its length and its
    beginning: an address has room for 2,047 characters, a text field for 64,000.
    """
    if column.type.upper().startswith(UNCOMPARABLE):
        return None
    if value == "":
        return either([equals(column.name, ""), equals(column.name, None)])
    if isinstance(value, str):
        if column.type.upper() in {"DATE/TIME", "TIMESTAMP"}:
            return _holds_date(column.name, value)
        if len(value) > long_text or not speakable(value):
            return _holds_long(name(column.name), value, long_text)
    return equals(column.name, value)


def _holds_date(column: str, value: str) -> Clause:
    """Compare a date to the second where it has a fraction: a datetime keeps 1/300 s, and not the digits shown."""
    found = _ISO_DATE.fullmatch(value)
    if found is None or found[2] is None:
        return equals(column, value)
    try:
        after = datetime.fromisoformat(found[1]) + timedelta(seconds=1)
    except (ValueError, OverflowError):
        return equals(column, value)
    field = name(column)
    return Clause(f"{field} >= '{found[1]}' AND {field} < '{after.isoformat()}'")


def _holds_long(field: str, value: str, prefix: int) -> Clause:
    """Compare length and beginning.

    LEN does not count blanks at the end, and counts a character beyond U+FFFF once or twice depending on the collation;
    so trailing blanks are cut on both sides, both counts are let through, and what is compared ends before the first
    such character. It begins behind control characters, which no literal can carry.
    """
    trimmed = value.rstrip(" ")
    lengths = sorted(
        {len(trimmed), len(trimmed) + sum(character > "\uffff" for character in trimmed)}
    )
    start, stretch = _stretch(trimmed, prefix)
    length = f"LEN(RTRIM({field})) IN ({', '.join(map(str, lengths))})"
    if (
        not stretch and trimmed[:1] > "\uffff"
    ):  # LEFT would cut it in half or not, LIKE takes it whole
        return Clause(f"{length} AND {field} LIKE {text_literal(trimmed[0] + '%')}")
    if not stretch:
        return Clause(length)
    part = (
        f"LEFT({field}, {len(stretch)})"
        if start == 0
        else f"SUBSTRING({field}, {start + 1}, {len(stretch)})"
    )
    return Clause(f"{length} AND {part} = {text_literal(stretch)}")


def _stretch(text: str, longest: int) -> tuple[int, str]:
    """Return the first stretch of a text that a literal can carry, and where it begins; "" where there is none."""
    start = next((n for n, character in enumerate(text) if _speakable(character)), len(text))
    if any(character > "\uffff" for character in text[:start]):
        return start, ""  # it is not known how many places such a character counts for
    stretch = ""
    for character in text[start : start + longest]:
        if character > "\uffff" or not _speakable(character):
            break
        stretch += character
    return start, stretch


def guard(
    pk: str, columns: Mapping[str, Column], values: Mapping[str, Value], *, is_view: bool, room: int
) -> Clause:
    """Return the clause that meets one record in one state, short enough for `room` encoded characters.

    Long texts are guarded by less and less of their beginning until the clause fits.

    Raises:
        RejectFile: it cannot be made to fit.
    """
    for long_text in (LONG_TEXT, 40, 16, 4):
        parts = [
            holds(columns[column], value, long_text=long_text) for column, value in values.items()
        ]
        clause = both(pk_equals(pk, is_view=is_view), *(part for part in parts if part is not None))
        if size(clause) <= room:
            return clause
    raise RejectFile(
        f"record {pk}: the condition for a safe write has {size(clause):,} characters, there is room for {room:,}. "
        "Map fewer columns of this source."
    )


def starts_with(column: str, prefix: str) -> Clause:
    """Compare a column's beginning; LIKE would need its wildcards escaped, and `_` is common in folder names."""
    return Clause(f"LEFT({name(column)}, {len(prefix)}) = {text_literal(prefix)}")


def both(*clauses: str | None) -> Clause:
    """Join clauses so that all must hold; None and "" are left out."""
    parts = [clause for clause in clauses if clause]
    return Clause(parts[0] if len(parts) == 1 else " AND ".join(f"({part})" for part in parts))


def either(clauses: Sequence[str]) -> Clause:
    """Join clauses so that one must hold."""
    return Clause(clauses[0] if len(clauses) == 1 else " OR ".join(f"({part})" for part in clauses))


def size(clause: str) -> int:
    """Return how many characters a clause takes in an address."""
    return len(quote(clause, safe="-._~!$()*,:@/?"))


def pk_literal(pk: str, *, is_view: bool) -> str:
    """Return a PK_ID as a literal: a number for tables, text for views, whose PK_ID may list several.

    Raises:
        RejectFile: a table's PK_ID is not a whole number.
    """
    if is_view:
        return text_literal(pk)
    if not _DIGITS.fullmatch(pk):
        raise RejectFile(
            f"{pk!r} is not a PK_ID. Give the number that Caspio shows for the record."
        )
    return pk


def pk_equals(pk: str, *, is_view: bool) -> Clause:
    """Return the clause that meets one record."""
    return Clause(f"{PK} = {pk_literal(pk, is_view=is_view)}")


def pk_after(pk: str, *, is_view: bool) -> Clause:
    """Return the clause for what comes after a record in order of PK_ID."""
    return Clause(f"{PK} > {pk_literal(pk, is_view=is_view)}")


def pk_range(first: str, last: str, *, is_view: bool) -> Clause:
    """Return the clause for all records from the first to the last, in order of PK_ID."""
    return Clause(
        f"{PK} BETWEEN {pk_literal(first, is_view=is_view)} AND {pk_literal(last, is_view=is_view)}"
    )


def pk_clauses(
    pks: Sequence[str], *, is_view: bool, room: int, span: int = 1000
) -> Iterator[tuple[Clause, Sequence[str]]]:
    """Yield clauses that together meet the given records, each with the records it stands for.

    Whole numbers of a table that lie within a `span` become one range, which may meet other records too (fewer than
    `span` records in all); others become IN lists of at most `room` encoded characters.
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
    """Yield `column IN (…)` clauses of at most `room` encoded characters, each with its values, in order."""
    head = f"{name(column)} IN ("
    chunk: list[str] = []
    used = 0
    for value in values:
        length = size(literal(value)) + 1
        if chunk and size(head) + used + length > room:
            yield Clause(head + ",".join(map(literal, chunk)) + ")"), chunk
            chunk, used = [], 0
        chunk.append(value)
        used += length
    if chunk:
        yield Clause(head + ",".join(map(literal, chunk)) + ")"), chunk
