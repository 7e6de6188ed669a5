"""Two sides of a sync: an account of the emulator, and an SQLite or PostgreSQL database."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from flows.app.settings import load_settings
from flows.app.sync.run import SyncResult, plan_one, run_one, status_of, undo_one
from flows.app.sync.wiring import named_sync, placed_spec
from flows.app.wiring import AppContext, connect
from infra.emulator import Emulator
from tests.fakes.clock import RunningClock

CREDENTIALS = {"CASPIO_CLIENT_ID": "id", "CASPIO_CLIENT_SECRET": "secret"}
FIELDS = [
    {"Name": "Code", "Type": "STRING", "Unique": True},
    {"Name": "Title", "Type": "STRING"},
    {"Name": "Note", "Type": "TEXT"},
    {"Name": "Amount", "Type": "CURRENCY"},
    {"Name": "Day", "Type": "DATE/TIME"},
    {"Name": "Paid", "Type": "YES/NO"},
    {"Name": "Changed", "Type": "TIMESTAMP", "OnInsert": True, "OnUpdate": True},
    {"Name": "Tags", "Type": "LIST-STRING", "ListField": ["new", "paid"]},
]
COLUMNS = {
    "Code": "code",
    "Title": "title",
    "Note": "note",
    "Amount": "amount",
    "Day": "day",
    "Paid": "paid",
}
TABLE = "Orders"


@dataclass
class World:
    """Settings with one sync named `orders`."""

    folder: Path
    emulator: Emulator
    url: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.url = self.url or f"sqlite:///{self.folder / 'mirror.db'}"
        self.engine = sa.create_engine(self.url)
        self.config = self.folder / "caspio-ingest.toml"
        self.settle()

    def settle(self, **options: Any) -> None:
        """Write the settings."""
        options = {"direction": "both", "keys": ["Code"], **self.options, **options}
        columns = options.pop("columns", COLUMNS)
        lines = [
            f'[caspio]\nurl = "{self.emulator.url}"\nrate = "100000/300s"',
            '[[sources]]\nname = "s"\ntable = "Orders"',
            '[[sync]]\nname = "orders"\ntable = "Orders"\nurl = "env:MIRROR_URL"',
            'mirror = "orders"',
            *(f"{name} = {json.dumps(value)}" for name, value in options.items()),
            "[sync.columns]",
            *(f'{there} = "{here}"' for there, here in columns.items()),
        ]
        self.config.write_text("\n".join(lines))
        os.environ.update(CREDENTIALS, MIRROR_URL=self.url)

    @contextmanager
    def context(self) -> Iterator[AppContext]:
        """Connect the account."""
        with ExitStack() as stack:
            context = stack.enter_context(connect(load_settings(self.config)))
            # What may still be under way after a kill is waited for without waiting.
            ports = replace(context.ports, clock=RunningClock())
            yield replace(context, ports=self.ports(ports))

    def ports(self, ports: Any) -> Any:
        """Return the ports of a run."""
        return ports

    def run(self, **options: Any) -> SyncResult:
        """Run the sync."""
        with self.context() as context:
            return run_one(context, "orders", **options)

    def plan(self, **options: Any) -> SyncResult:
        """Plan the sync."""
        with self.context() as context:
            return plan_one(context, "orders", **options)

    def undo(self, run_id: str) -> SyncResult:
        """Undo a run."""
        with self.context() as context:
            return undo_one(context, "orders", run_id)

    def status(self) -> Mapping[str, Any]:
        """Return the status."""
        with self.context() as context:
            return status_of(
                context.ports.ledger, placed_spec(named_sync(context.settings, "orders"))
            )

    def there(self) -> dict[str, dict[str, Any]]:
        """Return Caspio's records by code."""
        rows = self.emulator.control.dump()["tables"][TABLE]
        return {row["Code"]: row for row in rows}

    def here(self) -> dict[str, dict[str, Any]]:
        """Return the mirror's rows by code."""
        with self.engine.connect() as connection:
            rows = connection.execute(sa.text("SELECT * FROM orders")).mappings()
            return {row["code"]: dict(row) for row in rows}

    def edit_there(self, code: str, **values: Any) -> None:
        """Change a record as a user does."""
        self.emulator.control.edit(TABLE, self.there()[code]["PK_ID"], values)

    def add_there(self, code: str, **values: Any) -> None:
        """Add a record as a user does."""
        self.emulator.control.change({"table": TABLE, "insert": {"Code": code, **values}})

    def delete_there(self, code: str) -> None:
        """Delete a record as a user does."""
        pk = self.there()[code]["PK_ID"]
        self.emulator.control.change({"table": TABLE, "pk": pk, "delete": True})

    def sql(self, statement: str, **values: Any) -> None:
        """Change the mirror as a user does."""
        with self.engine.begin() as connection:
            connection.execute(sa.text(statement), values)

    def edit_here(self, code: str, column: str, value: Any) -> None:
        """Change a row of the mirror as a user does."""
        self.sql(
            f"UPDATE orders SET {column} = :value WHERE code = :code",  # noqa: S608 - a test's own
            value=value,
            code=code,
        )

    def add_here(self, code: str, title: str = "", *, paid: bool = False) -> None:
        """Add a row to the mirror as a user does."""
        statement = "INSERT INTO orders (code, title, paid) VALUES (:code, :title, :paid)"
        self.sql(statement, code=code, title=title, paid=paid)

    def delete_here(self, code: str) -> None:
        """Delete a row of the mirror as a user does."""
        self.sql("DELETE FROM orders WHERE code = :code", code=code)


def record(number: int) -> dict[str, Any]:
    """Return a record of a seed."""
    return {
        "Code": f"c{number}",
        "Title": f"Order {number}",
        "Note": "two\nlines" if number % 2 else "",
        "Amount": number + 0.25,
        "Day": "2026-03-31T08:30:00",
        "Paid": bool(number % 2),
        "Tags": ["new"],
    }


@contextmanager
def world(
    folder: Path,
    *,
    records: int = 3,
    many: Mapping[str, Any] | None = None,
    url: str = "",
    **options: Any,
) -> Iterator[World]:
    """Set up an account with some orders, and a mirror without a table."""
    seed = folder / "seed"
    seed.mkdir()
    account: dict[str, Any] = {
        "name": "acme",
        "tables": {
            TABLE: {"fields": FIELDS, "records": many or [record(n + 1) for n in range(records)]}
        },
    }
    account["tasks"] = {"all": {"kind": "export", "table": TABLE, "file": "/Exports/orders.csv"}}
    (seed / "account.json").write_text(json.dumps(account))
    with Emulator(seed=seed) as emulator:
        made = World(folder, emulator, url, options)
        try:
            yield made
        finally:
            made.engine.dispose()
