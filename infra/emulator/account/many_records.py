# ruff: noqa: S608  statements are built from quoted names and whole numbers only
"""Seeds with very many records: one statement adds them, and rules generate their attachments."""

from collections.abc import Mapping
from typing import Any

from infra.emulator.account.account import Account
from infra.emulator.clock import format_milliseconds
from infra.emulator.state.attachment_rules import NUMBER_HOLE, AttachmentRule
from infra.emulator.state.schema import Field, Table
from infra.emulator.state.sql.compiled import quote_name, quote_text, sqlite_table

_MOST_RECORDS = 100_000_000  # far above any account; a larger number is a mistake


def seed_many(account: Account, table: Table, data: Mapping[str, Any]) -> None:
    """Fill a table from `{"count", "values", "attachments"}`; ValueError for anything else.

    `values` is column -> template, `attachments` column -> `{"name", "size", "seed", "text"}`.
    Templates have `{n}` or `{n:06}` for the record's number, which is its PK_ID. `name` is
    a template. An attachment is `size` bytes that look random, or `text`, a template; its bytes are
    generated when they are read.
    """
    if set(data) - {"count", "values", "attachments"}:
        raise ValueError(
            "Many records have count, values and attachments; remove what else is there."
        )
    count = data["count"]
    if isinstance(count, bool) or not isinstance(count, int) or not 0 < count <= _MOST_RECORDS:
        raise ValueError(f"count must be a whole number from 1 to {_MOST_RECORDS:,}; correct it.")

    columns = {"PK_ID": "n"}
    for column, template in data.get("values", {}).items():
        field = _field(table, column)
        affinity = field.sql_type.split()[0]
        columns[field.name] = f"CAST({_template_sql(str(template))} AS {affinity})"
    for column, rule in data.get("attachments", {}).items():
        field = _field(table, column)
        columns[field.name] = _template_sql(str(rule["name"]))
        content = {name: value for name, value in rule.items() if name != "name"}
        created = format_milliseconds(account.store.clock.unique_now())
        account.attachments.rules.put(
            AttachmentRule(table=table.name, field=field.name, created=created, **content)
        )

    names = ", ".join(map(quote_name, columns))
    with account.store.transaction():
        account.store.db.execute(
            f"INSERT INTO {sqlite_table(table.name)} ({names}) "
            "WITH RECURSIVE counted(n) AS "
            f"(SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < {count}) "
            f"SELECT {', '.join(columns.values())} FROM counted"
        )


def _template_sql(template: str) -> str:
    """Return a template as an expression of SQLite over the record's number `n`."""
    escaped = template.replace("%", "%%")
    pattern = NUMBER_HOLE.sub(lambda hole: f"%0{hole[1]}d" if hole[1] else "%d", escaped)
    holes = len(NUMBER_HOLE.findall(template))
    return f"printf({quote_text(pattern)}{', n' * holes})"


def _field(table: Table, column: str) -> Field:
    found = table.find(column)
    if found is None:
        raise ValueError(
            f"The seed's table {table.name} has no field {column!r}; add it or correct the records."
        )
    return found
