"""Cells of CSV files that tasks import and export."""

from infra.emulator.errors import bad_value
from infra.emulator.state.schema import LIST_TYPES, Field

_FLAGS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def read_cell(field: Field, text: str) -> object:
    """Return a cell's value for a field; a blank is no value, ApiError for a wrong number."""
    if text == "":
        return None
    # A LIST field is written as its items' texts, and read in the same way.
    if field.type in LIST_TYPES:
        return [item.strip() for item in text.split(",")]
    if field.type == "YES/NO":
        return _FLAGS.get(text.lower(), text)
    if field.type in {"NUMBER", "INTEGER", "CURRENCY"}:
        try:
            return float(text)
        except ValueError as error:
            raise bad_value(field.name) from error
    return text


def write_cell(value: object) -> str:
    """Return a record's value as the text of a cell."""
    match value:
        case dict():
            return ", ".join(map(str, value.values()))
        case bool():
            return "Yes" if value else "No"
        case None:
            return ""
        case _:
            return str(value)
