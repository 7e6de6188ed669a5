"""Converting the two sides of an operator to the same kind."""

import math

from infra.emulator.errors import existing, sql_error
from infra.emulator.state.sql.compiled import Sql, quote_text
from infra.emulator.state.sql.dates import format_date, parse_date


def as_same_kind(left: Sql, right: Sql) -> tuple[str, str]:
    """Return both sides of a comparison as expressions of one kind."""
    # T-SQL, data type precedence: the side of the lower type is converted. Dates come before
    # numbers, numbers before bit, and text comes last.
    kinds = {left.kind, right.kind}
    if "date" in kinds and "text" in kinds:
        return as_date(left), as_date(right)
    if "text" in kinds and kinds & {"number", "bool"}:
        return as_number(left), as_number(right)
    if kinds == {"text"} and not (left.collated or right.collated):
        return f"{left.text} COLLATE CASPIO", right.text
    return left.text, right.text


def as_date(side: Sql) -> str:
    """Return a side as a date: text literals are converted, other expressions stay."""
    if side.literal is None:
        return side.text
    # T-SQL: a blank text converts to the first day of 1900.
    text = "Conversion failed when converting date and/or time from character string."
    moment = existing(parse_date(side.literal or "1900-01-01"), sql_error(text))
    return quote_text(format_date(moment))


def as_number(side: Sql) -> str:
    """Return a side as a number: text literals are converted now, other text row by row."""
    if side.kind != "text":
        return side.text
    if side.literal is None:
        return f"tsql_number({side.text})"
    # T-SQL: 'true' and 'false' convert to bit 1 and 0, and a blank text to 0.
    text = side.literal.strip()
    words = {"true": "1", "false": "0", "": "0"}
    return number_literal(words.get(text.lower(), text))


def number_literal(text: str) -> str:
    """Return a number for SQLite; ApiError for a text that is not one."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise sql_error(f"Conversion failed when converting the value '{text}' to a number.")
    # In brackets: two minus signs in a row would begin a comment.
    return f"({number!r})"
