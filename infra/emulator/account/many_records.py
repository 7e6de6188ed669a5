# ruff: noqa: S608  statements are put together from quoted names and whole numbers only
"""Seeds that declare many records: one statement makes them, and their attachments are rules, not rows."""

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from infra.emulator.clock import to_milliseconds
from infra.emulator.state.schema import Table
from infra.emulator.state.sql.scope import physical, quote_name, quote_text

if TYPE_CHECKING:
    from infra.emulator.account.account import Account

_HOLE = re.compile(r"\{n(?::0(\d{1,2}))?\}")
_NUMBERS = (
    "WITH RECURSIVE counted(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < {count})"
)


def seed_many(account: "Account", table: Table, data: Mapping[str, Any]) -> None:
    """Fill a table from `{"count", "values": {column: template}, "attachments": {column: {"name", "size", "seed"}}}`.

    Templates hold `{n}` or `{n:06}` for the record's number, which is its PK_ID. An attachment is `size` bytes that
    look random, or `text`, a template of its own; its bytes are made when they are read. ValueError for else.
    """
    if set(data) - {"count", "values", "attachments"} or int(data["count"]) < 1:
        raise ValueError(f"{table.name}: many records have count, values and attachments.")
    columns: dict[str, str] = {}
    for column, template in data.get("values", {}).items():
        field = _field(table, column)
        columns[field] = f"CAST({_expression(str(template))} AS {_sql_type(table, column)})"
    for column, rule in data.get("attachments", {}).items():
        field = _field(table, column)
        columns[field] = _expression(str(rule["name"]))
        account.attachments.declare(
            table.name, field, dict(rule), to_milliseconds(account.store.clock.tick())
        )
    names = ", ".join(quote_name(one) for one in ("PK_ID", *columns))
    values = ", ".join(("n", *columns.values()))
    with account.store.transaction():
        account.store.db.execute(
            f"INSERT INTO {physical(table.name)} ({names}) {_NUMBERS.format(count=int(data['count']))} "
            f"SELECT {values} FROM counted"
        )


def filled(template: str, number: int) -> str:
    """Fill the record's number into a template."""
    return _HOLE.sub(lambda hole: str(number).zfill(int(hole[1] or 0)), template)


def _expression(template: str) -> str:
    pattern = _HOLE.sub(
        lambda hole: f"%0{hole[1]}d" if hole[1] else "%d", template.replace("%", "%%")
    )
    holes = len(_HOLE.findall(template))
    return f"printf({quote_text(pattern)}{', n' * holes})"


def _field(table: Table, column: str) -> str:
    found = table.find(column)
    if found is None:
        raise ValueError(
            f"The seed's table {table.name} has no field {column!r}; add it or correct the records."
        )
    return found.name


def _sql_type(table: Table, column: str) -> str:
    found = table.find(column)
    return found.sql_type.split()[0] if found is not None else "TEXT"


def kept_rule(rule: Mapping[str, Any], created: str) -> str:
    """Return a rule as it is stored."""
    return json.dumps([rule.get("size", 0), rule.get("seed", 0), rule.get("text", ""), created])
