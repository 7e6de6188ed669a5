"""SQL Server's functions and comparisons, for a connection to SQLite."""

import sqlite3

from infra.emulator.clock import Clock, format_seconds
from infra.emulator.state.sql import dates, text


def install_functions(db: sqlite3.Connection, clock: Clock) -> None:
    """Add the collation CASPIO and the functions, whose names begin with `tsql_`."""
    db.create_collation("CASPIO", text.compare)
    db.create_function("tsql_now", 0, lambda: format_seconds(clock.now()))
    # A deterministic function is computed once for equal arguments.
    db.create_function("tsql_number", 1, _as_number, deterministic=True)
    db.create_function("tsql_like", 3, text.like, deterministic=True)
    db.create_function("tsql_len", 1, text.length, deterministic=True)
    db.create_function("tsql_datalength", 1, text.datalength, deterministic=True)
    db.create_function("tsql_left", 2, text.left, deterministic=True)
    db.create_function("tsql_right", 2, text.right, deterministic=True)
    db.create_function("tsql_substring", 3, text.substring, deterministic=True)
    db.create_function("tsql_charindex", 3, text.charindex, deterministic=True)
    db.create_function("tsql_replace", 3, text.replace, deterministic=True)
    db.create_function("tsql_upper", 1, text.upper, deterministic=True)
    db.create_function("tsql_lower", 1, text.lower, deterministic=True)
    db.create_function("tsql_dateadd", 3, dates.dateadd, deterministic=True)
    db.create_function("tsql_datediff", 3, dates.datediff, deterministic=True)
    db.create_function("tsql_part", 2, dates.date_part, deterministic=True)


def _as_number(value: object) -> float | None:
    """Convert a text to a number; ValueError, which SQLite reports, for one that is not."""
    return None if value is None else float(str(value))
