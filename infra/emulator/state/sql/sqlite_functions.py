"""SQL Server's functions and comparisons, for a connection to SQLite."""

import sqlite3
from collections.abc import Callable
from typing import Any

from infra.emulator.clock import Clock, format_seconds
from infra.emulator.state.sql import dates, text

# Name in SQLite -> number of arguments, function.
_FUNCTIONS: dict[str, tuple[int, Callable[..., Any]]] = {
    "tsql_number": (1, lambda value: float(str(value))),
    "tsql_like": (3, text.like),
    "tsql_len": (1, text.length),
    "tsql_datalength": (1, text.datalength),
    "tsql_left": (2, text.left),
    "tsql_right": (2, text.right),
    "tsql_substring": (3, text.substring),
    "tsql_charindex": (3, text.charindex),
    "tsql_replace": (3, text.replace),
    "tsql_upper": (1, lambda value: str(value).upper()),
    "tsql_lower": (1, lambda value: str(value).lower()),
    "tsql_dateadd": (3, dates.dateadd),
    "tsql_datediff": (3, dates.datediff),
    "tsql_part": (2, dates.date_part),
}


def install_functions(db: sqlite3.Connection, clock: Clock) -> None:
    """Add the collation CASPIO and the functions, whose names begin with `tsql_`."""
    db.create_collation("CASPIO", text.compare)
    db.create_function("tsql_now", 0, lambda: format_seconds(clock.now()))
    for name, (arguments, function) in _FUNCTIONS.items():
        # A deterministic function is computed once for equal arguments.
        db.create_function(name, arguments, null_for_null(function), deterministic=True)


def null_for_null(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that answers NULL if any argument is NULL, as those of T-SQL do."""

    def wrapped(*arguments: object) -> object:
        is_null = any(argument is None for argument in arguments)
        return None if is_null else function(*arguments)

    return wrapped
