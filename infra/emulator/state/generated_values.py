"""Values that Caspio fills in itself when a record is added."""

# ruff: noqa: S608  statements are built from quoted names only

import secrets
import uuid

from infra.emulator.clock import format_seconds
from infra.emulator.state.schema import Field
from infra.emulator.state.sql.compiled import quote_name, sqlite_table
from infra.emulator.state.store import Store
from infra.emulator.state.values import Stored

_DIGITS = "0123456789"
# Without I and O, which look like 1 and 0.
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
# The characters of a RANDOM ID by its Format (§3.7, C).
_RANDOM_CHARACTERS = {"0": _DIGITS, "U": _LETTERS, "0U": _DIGITS + _LETTERS}
_DEFAULT_RANDOM_LENGTH = 12


def initial_value(store: Store, table_name: str, field: Field) -> Stored:
    """Return the value of a field that an insert does not name."""
    value: Stored = None
    match field.type:
        case "TIMESTAMP" if field.on_insert:
            value = format_seconds(store.clock.now())
        case "GUID":
            value = str(uuid.uuid4())
        case "RANDOM ID":
            value = random_id(field)
        case "AUTONUMBER":
            value = _largest(store, table_name, quote_name(field.name)) + 1
        case "PREFIXED AUTONUMBER":
            # The format's own length is the width, such as 001.
            number = _largest(store, table_name, "PK_ID") + 1
            value = field.prefix + str(number).zfill(len(field.format))
        case "YES/NO":
            value = 0
        case "STRING" | "TEXT" | "PASSWORD" | "FILE":
            # A column that only the list of users shows has its first value; text that was never
            # set is NULL or blank, as the quirk says.
            unset = "" if store.quirks.unset_text == "blank" else None
            value = field.hidden or unset
        case _:
            pass
    return value


def random_id(field: Field) -> str:
    """Return a value for a RANDOM ID field."""
    characters = _RANDOM_CHARACTERS.get(field.format, _DIGITS + _LETTERS)
    length = field.length or _DEFAULT_RANDOM_LENGTH
    return field.prefix + "".join(secrets.choice(characters) for _ in range(length))


def _largest(store: Store, table_name: str, column: str) -> int:
    row = store.db.execute(f"SELECT max({column}) FROM {sqlite_table(table_name)}").fetchone()
    return int(row[0] or 0)
