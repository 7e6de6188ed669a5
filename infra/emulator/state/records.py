# ruff: noqa: S608  statements are built from compiled clauses, quoted names and whole numbers only
"""Reading and changing the records of tables, and of views of one table."""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence

from infra.emulator.clock import format_seconds
from infra.emulator.errors import bad_value, read_only, sql_error
from infra.emulator.state.changes import DELETE, INSERT, UPDATE, Change, ChangeFeed
from infra.emulator.state.generated_values import initial_value
from infra.emulator.state.output_columns import OutputColumns
from infra.emulator.state.queries import (
    Listing,
    Query,
    Row,
    compile_query,
    row_windows,
    show_row,
    where_condition,
)
from infra.emulator.state.schema import PK, Field, Relation
from infra.emulator.state.sql.compiled import quote_name, sqlite_table
from infra.emulator.state.sql.scope import Scope, top_scope
from infra.emulator.state.sql.text import fold
from infra.emulator.state.store import Store, native_error
from infra.emulator.state.values import Stored, to_stored

# Keeps statements short: a change of a whole table names all its rows.
_PKS_PER_STATEMENT = 500


class Records:
    """The records of all tables.

    Attributes:
        changes: Where changes are reported.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self.changes = ChangeFeed(store)
        self._counts: dict[str, int] = {}
        self._counted_at = -1

    def _scope(self, relation: Relation) -> Scope:
        return top_scope(relation, catalog=self._store.catalog, view_pk=self._store.quirks.view_pk)

    def _fetch(self, statement: str) -> list[tuple[Stored, ...]]:
        try:
            return self._store.db.execute(statement).fetchall()
        except sqlite3.Error as error:
            raise native_error(error) from error

    def _columns(self, relation: Relation) -> OutputColumns:
        return OutputColumns(self._scope(relation), self._store.quirks.attachment_column)

    def page(self, relation: Relation, query: Query) -> Listing:
        """Return the rows that a listing asks for; ApiError SqlServerError for wrong clauses."""
        compiled = compile_query(query, self._columns(relation))
        total = 0
        if query.total or not compiled.is_ordered:
            statement = compiled.count()
            # To count a million rows takes longer than to show a thousand, so a count is kept until
            # something changes. A condition with the current time is counted every time.
            changes = self._store.db.total_changes
            if self._counted_at != changes:
                self._counted_at = changes
                self._counts = {}
            if statement not in self._counts or "tsql_now" in statement:
                self._counts[statement] = int(str(self._fetch(statement)[0][0]))
            total = self._counts[statement]

        rows: list[Row] = []
        windows = row_windows(query, total=total, is_ordered=compiled.is_ordered)
        for limit, offset in windows:
            fetched = self._fetch(compiled.select(limit=limit, offset=offset))
            rows += [show_row(compiled.columns, values) for values in fetched]
        return Listing(rows=rows, total=total if query.total else None)

    def matching(self, relation: Relation, where: str) -> list[int]:
        """Return the PK_IDs, as numbers and in order, of the rows that match a condition."""
        scope = self._scope(relation)
        statement = (
            f'SELECT {scope.alias}."PK_ID" FROM {scope.source()} '
            f"WHERE {where_condition(where, scope)} ORDER BY 1"
        )
        return [int(str(row[0])) for row in self._fetch(statement)]

    def rows(self, relation: Relation, pks: Sequence[int]) -> list[Row]:
        """Return rows by PK_ID as a listing shows them, without those that a view leaves out."""
        # §3.5 (C): a row changed through a view may stop matching it, and is then not in `Result`.
        scope = self._scope(relation)
        columns = self._columns(relation).all()
        listed = ", ".join(column.sql.text for column in columns)
        rows: list[Row] = []
        for start in range(0, len(pks), _PKS_PER_STATEMENT):
            some = ", ".join(map(str, pks[start : start + _PKS_PER_STATEMENT]))
            statement = (
                f"SELECT {listed} FROM {scope.source()} WHERE {scope.condition()} "
                f'AND {scope.alias}."PK_ID" IN ({some}) ORDER BY {scope.alias}."PK_ID"'
            )
            rows += [show_row(columns, values) for values in self._fetch(statement)]
        return rows

    def insert(self, relation: Relation, given: Mapping[str, object]) -> int:
        """Add a row and return its PK_ID; ApiError if a value is refused."""
        values = self._checked(relation, given, is_insert=True)
        with self._store.transaction():
            pk = self.add(relation.table.name, values)
        self._report(INSERT, relation.table.name, [pk])
        return pk

    def add(self, table_name: str, values: Mapping[str, Stored]) -> int:
        """Add a row of stored values inside a transaction, and fill in the other fields."""
        table = self._store.table(table_name)
        row: dict[str, Stored] = dict(values)
        for field in table.fields:
            if field.name not in row:
                row[field.name] = initial_value(self._store, table_name, field)
        for field in table.fields:
            self._check_unique(table_name, field, row[field.name], pks=[])

        names = ", ".join(map(quote_name, row)) or '"PK_ID"'
        marks = ", ".join("?" * len(row)) or "NULL"
        cursor = self._store.db.execute(
            f"INSERT INTO {sqlite_table(table_name)} ({names}) VALUES ({marks})", list(row.values())
        )
        return int(cursor.lastrowid or 0)

    def update(self, relation: Relation, where: str, given: Mapping[str, object]) -> list[int]:
        """Change the rows that match a condition and return their PK_IDs."""
        values = self._checked(relation, given, is_insert=False)
        pks = self.matching(relation, where)
        self.change(relation.table.name, pks, values)
        return pks

    def change(
        self,
        table_name: str,
        pks: Sequence[int],
        values: Mapping[str, Stored],
        *,
        silent: bool = False,
    ) -> None:
        """Write stored values into rows by PK_ID.

        With `silent`, OnUpdate TIMESTAMPs stay as they are and the change is not reported.
        """
        relation = self._store.relation(table_name, is_view=False)
        fields = relation.table.fields
        before = self.rows(relation, pks) if values else []
        row = dict(values)
        if not silent:
            # §3.6 (C): an OnUpdate TIMESTAMP is set by Caspio at every update.
            now = format_seconds(self._store.clock.now())
            row |= dict.fromkeys(relation.table.stamped_on_update, now)

        with self._store.transaction():
            for field in fields:
                if field.name in values and pks:
                    self._check_unique(table_name, field, values[field.name], pks=pks)
            if row:
                assignments = ", ".join(f"{quote_name(name)} = ?" for name in row)
                self._store.db.executemany(
                    f"UPDATE {sqlite_table(table_name)} SET {assignments} WHERE PK_ID = ?",
                    [(*row.values(), pk) for pk in pks],
                )
            self.changes.keep_before(table_name, before)
        if not silent:
            self._report_updates(relation, before)

    def delete(self, relation: Relation, where: str) -> list[int]:
        """Remove the rows that match a condition and return their PK_IDs, like `remove`."""
        pks = self.matching(relation, where)
        self.remove(relation, pks)
        return pks

    def remove(self, relation: Relation, pks: Sequence[int]) -> None:
        """Remove rows by PK_ID. The caller removes their attachments."""
        name = relation.table.name
        rows = self.rows(self._store.relation(name, is_view=False), pks)
        with self._store.transaction():
            self.changes.keep_before(name, rows)
            self._store.db.executemany(
                f"DELETE FROM {sqlite_table(name)} WHERE PK_ID = ?", [(pk,) for pk in pks]
            )
        if self.changes.wants(DELETE, name):
            source = self.changes.source
            self.changes.on_changes([Change(DELETE, name, source, row) for row in rows])

    def report_field_change(self, table_name: str, pks: Sequence[int], field: str) -> None:
        """Report a change that a field's stored value does not show: an attachment's bytes."""
        self._report(UPDATE, table_name, pks, [field])

    def _report(
        self, change_type: str, table_name: str, pks: Sequence[int], fields: Iterable[str] = ()
    ) -> None:
        if not pks or not self.changes.wants(change_type, table_name):
            return
        relation = self._store.relation(table_name, is_view=False)
        source = self.changes.source
        changed = frozenset(fields)
        self.changes.on_changes(
            [
                Change(change_type, relation.name, source, row, changed)
                for row in self.rows(relation, pks)
            ]
        )

    def _report_updates(self, relation: Relation, before: Sequence[Row]) -> None:
        """Report the records that have another value than before."""
        # §6.2 (C): an update event needs a value that really changed. A TIMESTAMP is not one.
        if not before or not self.changes.wants(UPDATE, relation.name):
            return
        stamps = {field.name for field in relation.fields if field.type == "TIMESTAMP"}
        after = {row[PK]: row for row in self.rows(relation, [row[PK] for row in before])}
        changes: list[Change] = []
        for old in before:
            new = after.get(old[PK], old)
            changed = {name for name in new if new[name] != old.get(name)} - stamps
            if changed:
                source = self.changes.source
                changes.append(Change(UPDATE, relation.name, source, new, frozenset(changed)))
        self.changes.on_changes(changes)

    def _checked(
        self, relation: Relation, given: Mapping[str, object], *, is_insert: bool
    ) -> dict[str, Stored]:
        """Return stored values by field; ApiError for unknown, read-only and repeated fields."""
        # §3.6 (C): PK_ID is never writable.
        locked = [name for name in given if name.upper() == PK]
        fields = relation.fields_named(name for name in given if name not in locked)
        locked += [one.name for one in fields.values() if one.is_locked(is_insert=is_insert)]
        if locked:
            raise read_only(*locked)
        if len({field.name for field in fields.values()}) < len(fields):
            raise bad_value(*fields)
        return {field.name: to_stored(field, given[name]) for name, field in fields.items()}

    def _check_unique(
        self, table_name: str, field: Field, new: Stored, *, pks: Sequence[int]
    ) -> None:
        """Refuse a unique field's value that another row has; `pks` are the rows that get it."""
        # §3.6 (C, observed): a blank counts as a value, and so does NULL without UniqueAllowNulls.
        is_free = new is None and field.unique_allow_nulls
        if not field.unique or is_free:
            return
        statement = (
            f"SELECT PK_ID FROM {sqlite_table(table_name)} WHERE {quote_name(field.name)} IS ?"
        )
        holders = {row[0] for row in self._store.db.execute(statement, (new,))}
        if len(pks) > 1 or holders - set(pks):
            # §8 (I): no answer to a violation is stored; this is SQL Server's own text.
            shown = fold(new) if isinstance(new, str) else new
            raise sql_error(
                f"Violation of UNIQUE KEY constraint on field '{field.name}'. Cannot insert "
                f"duplicate key; the duplicate key value is ({shown})."
            )
