# ruff: noqa: S608  statements are built from quoted names only
"""The SQLite database of an account: its definitions, and one SQLite table for each table."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path

from infra.emulator.clock import Clock
from infra.emulator.errors import ApiError, bad_body, existing, no_object, sql_error
from infra.emulator.quirks import Quirks
from infra.emulator.state.schema import (
    Field,
    Relation,
    Table,
    View,
    table_from_stored,
    view_from_stored,
)
from infra.emulator.state.sql.compiled import quote_name, sqlite_table
from infra.emulator.state.sql.compiler import compile_condition
from infra.emulator.state.sql.parsing import parse_condition
from infra.emulator.state.sql.scope import Scope
from infra.emulator.state.sql.sqlite_functions import install_functions

_SCHEMA = """
CREATE TABLE IF NOT EXISTS defs (
    kind TEXT, name TEXT COLLATE NOCASE, body TEXT, PRIMARY KEY (kind, name));
CREATE TABLE IF NOT EXISTS attachments (
    tbl TEXT COLLATE NOCASE, field TEXT COLLATE NOCASE, pk INTEGER, base TEXT, extension TEXT,
    media_type TEXT, size INTEGER, created TEXT, updated TEXT, content TEXT,
    PRIMARY KEY (tbl, field, pk));
CREATE TABLE IF NOT EXISTS objects (
    number INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT, key TEXT, body TEXT, UNIQUE (kind, key));
CREATE TABLE IF NOT EXISTS history (
    tbl TEXT COLLATE NOCASE, pk INTEGER, row TEXT, PRIMARY KEY (tbl, pk));
CREATE TABLE IF NOT EXISTS folders (
    key TEXT PRIMARY KEY, parent TEXT, name TEXT COLLATE CASPIO, created TEXT,
    UNIQUE (parent, name));
CREATE TABLE IF NOT EXISTS files (
    key TEXT PRIMARY KEY, folder TEXT, name TEXT COLLATE CASPIO, size INTEGER,
    media_type TEXT COLLATE CASPIO, created TEXT, modified TEXT, content TEXT);
CREATE INDEX IF NOT EXISTS files_by_name ON files (folder, name);
"""


class Store:
    """Keeps the definitions and provides the connection. One thread uses it at a time.

    Attributes:
        db: Connection in autocommit mode; changes run inside `transaction`.
    """

    def __init__(self, *, path: str, data_dir: Path, clock: Clock, quirks: Quirks) -> None:
        self.clock = clock
        self.quirks = quirks
        self.data_dir = data_dir
        self.db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        install_functions(self.db, clock)
        # The state survives the process, not a power failure. That keeps seeding and writing fast.
        self.db.execute("PRAGMA synchronous = OFF")
        self.db.executescript(_SCHEMA)

        self._tables: dict[str, Table] = {}
        self._views: dict[str, View] = {}
        for kind, body in self.db.execute("SELECT kind, body FROM defs").fetchall():
            if kind == "table":
                table = table_from_stored(body)
                self._tables[table.name.lower()] = table
            elif kind == "view":
                view = view_from_stored(body)
                self._views[view.name.lower()] = view

    def close(self) -> None:
        """Close the database."""
        self.db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Run a group of changes as one; an error of SQLite becomes an ApiError."""
        self.db.execute("BEGIN")
        try:
            yield
        except sqlite3.Error as error:
            self.db.execute("ROLLBACK")
            raise native_error(error) from error
        except BaseException:
            self.db.execute("ROLLBACK")
            raise
        self.db.execute("COMMIT")

    @property
    def seeded(self) -> bool:
        """Whether a seed was written into this state."""
        return self.db.execute("SELECT 1 FROM defs WHERE kind = 'seeded'").fetchone() is not None

    def mark_seeded(self) -> None:
        """Record that the seed is written."""
        self.db.execute("INSERT OR REPLACE INTO defs VALUES ('seeded', '', '')")

    def tables(self) -> list[Table]:
        """Return all tables by name."""
        return sorted(self._tables.values(), key=lambda table: table.name.lower())

    def views(self) -> list[View]:
        """Return all views by name."""
        return sorted(self._views.values(), key=lambda view: view.name.lower())

    def table(self, name: str) -> Table:
        """Return a table by its name in any case; 404 if it does not exist."""
        return existing(self._tables.get(name.lower()), no_object())

    def view(self, name: str) -> View:
        """Return a view by its name in any case; 404 if it does not exist."""
        return existing(self._views.get(name.lower()), no_object())

    def relation(self, name: str, *, is_view: bool) -> Relation:
        """Return what the records of a table or view are read from; 404 if it does not exist."""
        if not is_view:
            table = self.table(name)
            return Relation(name=table.name, table=table, fields=table.visible)

        view = self.view(name)
        table = self.table(view.table)
        fields = table.visible
        if view.fields is not None:
            fields = tuple(table.required(name) for name in view.fields)
        condition = self._condition_of_view(view, table)
        return Relation(
            name=view.name, table=table, fields=fields, is_view=True, condition=condition
        )

    def catalog(self, name: str) -> Relation | None:
        """Find what a sub-select names: a table, or a view by its name after `_v_`."""
        is_view = name.lower().startswith("_v_")
        known = self._views if is_view else self._tables
        own_name = name[len("_v_") :] if is_view else name
        if own_name.lower() not in known:
            return None
        return self.relation(own_name, is_view=is_view)

    def _condition_of_view(self, view: View, table: Table) -> str:
        """Compile a view's own condition; "{alias}" marks where the table's alias goes."""
        if not view.where.strip():
            return ""
        scope = Scope(
            relation=Relation(name=table.name, table=table, fields=table.fields),
            alias="{alias}",
            names=frozenset({table.name.lower()}),
            catalog=self.catalog,
            view_pk=self.quirks.view_pk,
        )
        return compile_condition(parse_condition(view.where), scope)

    def create_table(self, table: Table) -> None:
        """Add an empty table; ApiError if the name is taken."""
        key = table.name.lower()
        if key in self._tables or key in self._views:
            raise bad_body(f"Name {table.name} is taken")

        columns = ["PK_ID INTEGER PRIMARY KEY AUTOINCREMENT"]
        columns += [f"{quote_name(field.name)} {field.sql_type}" for field in table.fields]
        with self.transaction():
            self.db.execute(f"CREATE TABLE {sqlite_table(table.name)} ({', '.join(columns)})")
            for field in table.fields:
                # Finds a unique field's value fast; `Records` refuses a second one.
                if field.unique:
                    index = quote_name(f"i_{table.name}_{field.name}".lower())
                    self.db.execute(
                        f"CREATE INDEX IF NOT EXISTS {index} "
                        f"ON {sqlite_table(table.name)} ({quote_name(field.name)})"
                    )
            self._save(table)

    def create_view(self, view: View) -> None:
        """Add a view; ApiError where its table or its condition is wrong."""
        self._condition_of_view(view, self.table(view.table))
        body = json.dumps(asdict(view))
        self.db.execute("INSERT OR REPLACE INTO defs VALUES ('view', ?, ?)", (view.name, body))
        self._views[view.name.lower()] = view

    def add_field(self, table: Table, field: Field) -> None:
        """Add an empty column."""
        if table.find(field.name) is not None:
            raise bad_body(f"Name {field.name} is taken")
        with self.transaction():
            self._add_column(table, field.name, field.sql_type)
            self._save(replace(table, fields=(*table.fields, field)))

    def change_field(self, table: Table, old: Field, new: Field) -> None:
        """Rename or redefine a column.

        Only STRING may become TEXT while the column has values; other types need an empty column.
        """
        if new.name.lower() != old.name.lower() and table.find(new.name) is not None:
            raise bad_body(f"Name {new.name} is taken")

        fields = tuple(new if field == old else field for field in table.fields)
        where = sqlite_table(table.name)
        with self.transaction():
            if new.type != old.type and (old.type, new.type) != ("STRING", "TEXT"):
                values = self.db.execute(
                    f"SELECT 1 FROM {where} WHERE {quote_name(old.name)} IS NOT NULL LIMIT 1"
                )
                if values.fetchone():
                    raise sql_error(f"Error converting data type {old.type} to {new.type}.")
                self._drop_column(table, old)
                self._add_column(table, old.name, new.sql_type)
            if new.name != old.name:
                self.db.execute(
                    f"ALTER TABLE {where} "
                    f"RENAME COLUMN {quote_name(old.name)} TO {quote_name(new.name)}"
                )
                self.db.execute(
                    "UPDATE attachments SET field = ? WHERE tbl = ? AND field = ?",
                    (new.name, table.name, old.name),
                )
            self._save(replace(table, fields=fields))

    def drop_field(self, table: Table, field: Field) -> None:
        """Remove a column with its values and attachments."""
        fields = tuple(kept for kept in table.fields if kept != field)
        with self.transaction():
            self._drop_column(table, field)
            self.db.execute(
                "DELETE FROM attachments WHERE tbl = ? AND field = ?", (table.name, field.name)
            )
            self._save(replace(table, fields=fields))

    def _add_column(self, table: Table, name: str, sql_type: str) -> None:
        where = sqlite_table(table.name)
        self.db.execute(f"ALTER TABLE {where} ADD COLUMN {quote_name(name)} {sql_type}")

    def _drop_column(self, table: Table, field: Field) -> None:
        # SQLite does not drop a column that has an index.
        where = sqlite_table(table.name)
        indexes = self.db.execute(
            f"SELECT l.name FROM pragma_index_list({where}) l, pragma_index_info(l.name) i "
            "WHERE i.name = ?",
            (field.name,),
        ).fetchall()
        for (name,) in indexes:
            self.db.execute(f"DROP INDEX {quote_name(name)}")
        self.db.execute(f"ALTER TABLE {where} DROP COLUMN {quote_name(field.name)}")

    def _save(self, table: Table) -> None:
        body = json.dumps(asdict(table))
        self.db.execute("INSERT OR REPLACE INTO defs VALUES ('table', ?, ?)", (table.name, body))
        self._tables[table.name.lower()] = table


def native_error(error: sqlite3.Error) -> ApiError:
    """Return an error of the database as Caspio does."""
    # §8 (C): Code SqlServerError with the database's own text.
    return sql_error(f"The statement could not be carried out: {error}.")
