# ruff: noqa: S608  statements are put together from quoted names only
"""The SQLite database behind the account: definitions and one SQLite table for each Caspio table."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from infra.emulator.clock import Clock
from infra.emulator.errors import ApiError, bad_body, no_object, sql_error
from infra.emulator.quirks import Quirks
from infra.emulator.state.schema import Field, Relation, Table, View, field_from_stored
from infra.emulator.state.sql.expressions import predicate
from infra.emulator.state.sql.functions import install
from infra.emulator.state.sql.scope import Scope, parsed, physical, quote_name

_SCHEMA = """
CREATE TABLE IF NOT EXISTS defs (kind TEXT, name TEXT COLLATE NOCASE, body TEXT, PRIMARY KEY (kind, name));
CREATE TABLE IF NOT EXISTS attachments (
    tbl TEXT COLLATE NOCASE, field TEXT COLLATE NOCASE, pk INTEGER, base TEXT, extension TEXT, media_type TEXT,
    size INTEGER, created TEXT, updated TEXT, content TEXT, PRIMARY KEY (tbl, field, pk));
CREATE TABLE IF NOT EXISTS objects (
    number INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT, key TEXT, body TEXT, UNIQUE (kind, key));
CREATE TABLE IF NOT EXISTS history (tbl TEXT COLLATE NOCASE, pk INTEGER, row TEXT, PRIMARY KEY (tbl, pk));
CREATE TABLE IF NOT EXISTS folders (
    key TEXT PRIMARY KEY, parent TEXT, name TEXT COLLATE CASPIO, created TEXT, UNIQUE (parent, name));
CREATE TABLE IF NOT EXISTS files (
    key TEXT PRIMARY KEY, folder TEXT, name TEXT COLLATE CASPIO, size INTEGER, media_type TEXT COLLATE CASPIO,
    created TEXT, modified TEXT, content TEXT);
CREATE INDEX IF NOT EXISTS files_by_name ON files (folder, name);
"""


class Store:
    """Holds definitions and hands out the connection. Used by one thread at a time.

    Attributes:
        db: Connection in autocommit mode; changes run inside `transaction`.
    """

    def __init__(self, *, path: str, data_dir: Path, clock: Clock, quirks: Quirks) -> None:
        self.clock = clock
        self.quirks = quirks
        self.data_dir = data_dir
        self.db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        install(self.db, clock)
        # The state survives the process, not a power cut; that keeps seeding and writing quick.
        self.db.execute("PRAGMA synchronous = OFF")
        self.db.executescript(_SCHEMA)
        self._tables = {table.name.lower(): table for table in map(_table, self._bodies("table"))}
        self._views = {view.name.lower(): view for view in map(_view, self._bodies("view"))}

    def close(self) -> None:
        """Close the database."""
        self.db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Run a group of changes as one; SQLite's complaints become Caspio's."""
        self.db.execute("BEGIN")
        try:
            yield
        except sqlite3.Error as error:
            self.db.execute("ROLLBACK")
            raise native(error) from error
        except BaseException:
            self.db.execute("ROLLBACK")
            raise
        self.db.execute("COMMIT")

    @property
    def seeded(self) -> bool:
        """Say whether the state was there before."""
        return self.db.execute("SELECT 1 FROM defs WHERE kind = 'seeded'").fetchone() is not None

    def mark_seeded(self) -> None:
        """Remember that the seed is in."""
        self.db.execute("INSERT OR REPLACE INTO defs VALUES ('seeded', '', '')")

    def tables(self) -> list[Table]:
        """Return all tables by name."""
        return sorted(self._tables.values(), key=lambda table: table.name.lower())

    def views(self) -> list[View]:
        """Return all views by name."""
        return sorted(self._views.values(), key=lambda view: view.name.lower())

    def table(self, name: str) -> Table:
        """Return a table by its name in any case; 404 without one."""
        found = self._tables.get(name.lower())
        if found is None:
            raise no_object()
        return found

    def view(self, name: str) -> View:
        """Return a view by its name in any case; 404 without one."""
        found = self._views.get(name.lower())
        if found is None:
            raise no_object()
        return found

    def relation(self, name: str, *, is_view: bool) -> Relation:
        """Return what records of a table or view are read from; 404 without one."""
        if not is_view:
            table = self.table(name)
            return Relation(name=table.name, table=table, fields=table.visible)
        view = self.view(name)
        table = self.table(view.table)
        chosen = (
            table.visible
            if view.fields is None
            else tuple(_required(table, one) for one in view.fields)
        )
        return Relation(
            name=view.name,
            table=table,
            fields=chosen,
            is_view=True,
            condition=self._condition(view, table),
        )

    def catalog(self, name: str) -> Relation | None:
        """Find what a sub-select names: a table, or a view after `_v_`."""
        is_view = name.lower().startswith("_v_")
        key = name[3:] if is_view else name
        known = self._views if is_view else self._tables
        return self.relation(key, is_view=is_view) if key.lower() in known else None

    def _condition(self, view: View, table: Table) -> str:
        if not view.where.strip():
            return ""
        scope = Scope(
            relation=Relation(name=table.name, table=table, fields=table.fields), alias="{alias}",
            names=frozenset({table.name.lower()}), catalog=self.catalog, view_pk=self.quirks.view_pk,
        )  # fmt: skip
        select = parsed(view.where, prefix="SELECT 1 WHERE", part="where")
        return predicate(select.args["where"].this, scope)

    def create_table(self, table: Table) -> None:
        """Add an empty table; ApiError where the name is taken."""
        if table.name.lower() in self._tables or table.name.lower() in self._views:
            raise bad_body(f"Name {table.name} is taken")
        columns = "".join(f", {quote_name(one.name)} {one.sql_type}" for one in table.fields)
        with self.transaction():
            self.db.execute(
                f"CREATE TABLE {physical(table.name)} (PK_ID INTEGER PRIMARY KEY AUTOINCREMENT{columns})"
            )
            for one in table.fields:
                self._index(table, one)
            self._save(table)

    def create_view(self, view: View) -> None:
        """Add a view; ApiError or KeyError where its condition or columns cannot be."""
        self._condition(view, self.table(view.table))
        body = json.dumps(
            {
                "name": view.name,
                "table": view.table,
                "where": view.where,
                "fields": view.fields,
                "note": view.note,
            }
        )
        self.db.execute("INSERT OR REPLACE INTO defs VALUES ('view', ?, ?)", (view.name, body))
        self._views[view.name.lower()] = view

    def add_field(self, table: Table, field: Field) -> None:
        """Add an empty column."""
        if table.find(field.name) is not None:
            raise bad_body(f"Name {field.name} is taken")
        with self.transaction():
            self.db.execute(
                f"ALTER TABLE {physical(table.name)} ADD COLUMN {quote_name(field.name)} {field.sql_type}"
            )
            self._save(Table(name=table.name, fields=(*table.fields, field), note=table.note))

    def change_field(self, table: Table, old: Field, new: Field) -> None:
        """Rename or redefine a column; another type than TEXT for STRING needs a column without values."""
        if new.name.lower() != old.name.lower() and table.find(new.name) is not None:
            raise bad_body(f"Name {new.name} is taken")
        fields = tuple(new if one == old else one for one in table.fields)
        where = physical(table.name)
        with self.transaction():
            if new.type != old.type and (old.type, new.type) != ("STRING", "TEXT"):
                self._retype(table, old, new)
            if new.name != old.name:
                self.db.execute(
                    f"ALTER TABLE {where} RENAME COLUMN {quote_name(old.name)} TO {quote_name(new.name)}"
                )
                self.db.execute(
                    "UPDATE attachments SET field = ? WHERE tbl = ? AND field = ?",
                    (new.name, table.name, old.name),
                )
            self._save(Table(name=table.name, fields=fields, note=table.note))

    def _retype(self, table: Table, old: Field, new: Field) -> None:
        where, column = physical(table.name), quote_name(old.name)
        if self.db.execute(f"SELECT 1 FROM {where} WHERE {column} IS NOT NULL LIMIT 1").fetchone():
            raise sql_error(f"Error converting data type {old.type} to {new.type}.")
        self._drop_column(table, old)
        self.db.execute(f"ALTER TABLE {where} ADD COLUMN {column} {new.sql_type}")

    def _drop_column(self, table: Table, field: Field) -> None:
        """Drop a column and, first, the indexes on it: SQLite refuses otherwise."""
        where = physical(table.name)
        indexes = self.db.execute(
            f"SELECT l.name FROM pragma_index_list({where}) l, pragma_index_info(l.name) i WHERE i.name = ?",
            (field.name,),
        ).fetchall()
        for (name,) in indexes:
            self.db.execute(f"DROP INDEX {quote_name(name)}")
        self.db.execute(f"ALTER TABLE {where} DROP COLUMN {quote_name(field.name)}")

    def drop_field(self, table: Table, field: Field) -> None:
        """Remove a column with its values and attachments."""
        fields = tuple(one for one in table.fields if one != field)
        with self.transaction():
            self._drop_column(table, field)
            self.db.execute(
                "DELETE FROM attachments WHERE tbl = ? AND field = ?", (table.name, field.name)
            )
            self._save(Table(name=table.name, fields=fields, note=table.note))

    def _index(self, table: Table, field: Field) -> None:
        """Make looking for a unique field's value quick; refusing a second one is the records' business."""
        if field.unique:
            name = quote_name(f"i_{table.name}_{field.name}".lower())
            self.db.execute(
                f"CREATE INDEX IF NOT EXISTS {name} ON {physical(table.name)} ({quote_name(field.name)})"
            )

    def _save(self, table: Table) -> None:
        body = {
            "name": table.name,
            "note": table.note,
            "fields": [one.stored() for one in table.fields],
        }
        self.db.execute(
            "INSERT OR REPLACE INTO defs VALUES ('table', ?, ?)", (table.name, json.dumps(body))
        )
        self._tables[table.name.lower()] = table

    def _bodies(self, kind: str) -> list[str]:
        return [row[0] for row in self.db.execute("SELECT body FROM defs WHERE kind = ?", (kind,))]


def _table(body: str) -> Table:
    data = json.loads(body)
    return Table(
        name=data["name"], fields=tuple(map(field_from_stored, data["fields"])), note=data["note"]
    )


def _view(body: str) -> View:
    data = json.loads(body)
    fields = None if data["fields"] is None else tuple(data["fields"])
    return View(
        name=data["name"],
        table=data["table"],
        where=data["where"],
        fields=fields,
        note=data["note"],
    )


def _required(table: Table, name: str) -> Field:
    found = table.find(name)
    if found is None:
        raise sql_error(f"Invalid column name '{name}'.")
    return found


def native(error: sqlite3.Error) -> ApiError:
    """Return a database error as Caspio passes it on."""
    return sql_error(f"The statement could not be carried out: {error}.")
