"""Bringing two sides of an operator to one kind."""

import math

from infra.emulator.errors import sql_error
from infra.emulator.state.sql.functions import iso, parse_date
from infra.emulator.state.sql.scope import Sql, quote_text


def fitted(left: Sql, right: Sql) -> tuple[str, str]:
    """Bring two sides to one kind, as SQL Server's precedence of types does."""
    kinds = {left.kind, right.kind}
    if "date" in kinds and "text" in kinds:
        return as_date(left), as_date(right)
    if "text" in kinds and kinds & {"number", "bool"}:
        return as_number(left), as_number(right)
    if kinds == {"text"} and not (left.collated or right.collated):
        return f"{left.text} COLLATE CASPIO", right.text
    return left.text, right.text


def as_date(side: Sql) -> str:
    """Write a side as a date: text literals are read, whatever else stays."""
    if side.literal is None:
        return side.text
    moment = parse_date(side.literal or "1900-01-01")
    if moment is None:
        raise sql_error("Conversion failed when converting date and/or time from character string.")
    return quote_text(iso(moment))


def as_number(side: Sql) -> str:
    """Write a side as a number: text literals are read, other text is read by SQLite row by row."""
    if side.literal is not None:
        words = {"true": "1", "false": "0"}
        return number_text(words.get(side.literal.strip().lower(), side.literal.strip() or "0"))
    return f"tsql_number({side.text})" if side.kind == "text" else side.text


def number_text(text: str) -> str:
    """Write a number for SQLite; ApiError for what is none."""
    try:
        number = float(text)
    except ValueError as error:
        raise sql_error(
            f"Conversion failed when converting the value '{text}' to a number."
        ) from error
    if not math.isfinite(number):
        raise sql_error(f"Conversion failed when converting the value '{text}' to a number.")
    # In brackets: two minus signs in a row would begin a comment.
    return f"({number!r})"
