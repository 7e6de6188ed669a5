# ruff: noqa: S608  statements are put together from compiled clauses, quoted names and whole numbers only
"""Reading and changing records of tables and of views on one table."""

import secrets
import sqlite3
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from sqlglot import exp

from infra.emulator.clock import to_seconds
from infra.emulator.errors import bad_value, no_field, read_only, sql_error
from infra.emulator.state.changes import TYPES, Change, Watch
from infra.emulator.state.schema import LIST_TYPES, PK, TEXT_TYPES, Field, Relation
from infra.emulator.state.sql.expressions import ordering, predicate, value
from infra.emulator.state.sql.functions import fold
from infra.emulator.state.sql.scope import Scope, Sql, parsed, physical, quote_name, top_scope
from infra.emulator.state.store import Store, native
from infra.emulator.state.values import Stored, plain, presenter, stored

Row = dict[str, Any]
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
_DIGITS = "0123456789"


@dataclass(frozen=True, slots=True)
class Query:
    """A listing's clauses and its window. `page` 0 means that `limit` rules instead of paging."""

    select: str = ""
    where: str = ""
    group_by: str = ""
    order_by: str = ""
    limit: int = 100
    page: int = 0
    page_size: int = 25
    total: bool = False


@dataclass(frozen=True, slots=True)
class Listing:
    """Rows of a listing, and how many there are in all where that was asked for."""

    rows: list[Row]
    total: int | None


@dataclass(frozen=True, slots=True)
class _Output:
    name: str
    sql: Sql
    show: Callable[[Stored], object]


class Records:
    """The records of all tables."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.watch = Watch(store)
        self._counts: dict[str, int] = {}
        self._counted_at = -1

    def scope(self, relation: Relation) -> Scope:
        """Return the scope in which a request's clauses are understood."""
        return top_scope(relation, catalog=self._store.catalog, view_pk=self._store.quirks.view_pk)

    def page(self, relation: Relation, query: Query) -> Listing:
        """Return the rows a listing asks for; ApiError SqlServerError for clauses that cannot be."""
        scope = self.scope(relation)
        outputs = self._outputs(query.select, scope)
        source, grouped = self._source(query, scope, outputs)
        columns = ", ".join(one.sql.text for one in outputs) or "NULL"
        order = self._order(query, scope, outputs, grouped=grouped)
        unordered = not query.order_by.strip() and not grouped
        total = self._count(source, grouped=grouped) if query.total or unordered else None
        window = _window(query, total=total, unordered=unordered)
        rows = [
            row
            for size, skip in window
            for row in self._fetch(f"SELECT {columns}{source}{order} LIMIT {size} OFFSET {skip}")
        ]
        names, shows = [one.name for one in outputs], [one.show for one in outputs]
        shown = [
            {name: show(cell) for name, show, cell in zip(names, shows, row, strict=True)}
            for row in rows
        ]
        return Listing(rows=shown, total=total if query.total else None)

    def _fetch(self, statement: str) -> list[tuple[Stored, ...]]:
        try:
            return self._store.db.execute(statement).fetchall()
        except sqlite3.Error as error:
            raise native(error) from error

    def _count(self, source: str, *, grouped: bool) -> int:
        statement = (
            f"SELECT count(*) FROM (SELECT 1{source})" if grouped else f"SELECT count(*){source}"
        )
        # Counting a million rows takes longer than showing a thousand, so a count is kept until something changes.
        changes = self._store.db.total_changes
        if self._counted_at != changes:
            self._counted_at, self._counts = changes, {}
        if statement not in self._counts or "tsql_now" in statement:
            self._counts[statement] = int(str(self._fetch(statement)[0][0]))
        return self._counts[statement]

    def _source(self, query: Query, scope: Scope, outputs: Sequence[_Output]) -> tuple[str, bool]:
        text = f" FROM {scope.source()} WHERE {scope.condition()} AND {self.condition(query.where, scope)}"
        groups: list[str] = []
        if query.group_by.strip():
            select = parsed(query.group_by, prefix="SELECT 1 GROUP BY", part="group")
            groups = [value(one, scope).text for one in select.args["group"].expressions]
            text += " GROUP BY " + ", ".join(groups)
        grouped = bool(groups) or any(one.sql.aggregate for one in outputs)
        loose = [
            one.name
            for one in outputs
            if grouped and not one.sql.aggregate and one.sql.text not in groups
        ]
        if loose:
            raise sql_error(
                f"Column '{loose[0]}' is invalid in the select list because it is not contained in either an aggregate "
                "function or the GROUP BY clause."
            )
        return text, grouped

    def condition(self, where: str, scope: Scope) -> str:
        """Compile a WHERE body, "1" where it is blank."""
        if not where.strip():
            return "1"
        return predicate(
            parsed(where, prefix="SELECT 1 WHERE", part="where").args["where"].this, scope
        )

    def _order(
        self, query: Query, scope: Scope, outputs: Sequence[_Output], *, grouped: bool
    ) -> str:
        terms: list[str] = []
        if query.order_by.strip():
            select = parsed(query.order_by, prefix="SELECT 1 ORDER BY", part="order")
            terms = [self._term(one, scope, outputs) for one in select.args["order"].expressions]
        if not grouped:
            # Equal rows have no order of their own at SQL Server: every other page breaks the tie the other way.
            terms.append(f'{scope.alias}."PK_ID"{" DESC" if terms and query.page % 2 else ""}')
        return " ORDER BY " + ", ".join(terms) if terms else ""

    def _term(self, node: exp.Expression, scope: Scope, outputs: Sequence[_Output]) -> str:
        """Compile a term of ORDER BY, which may name an alias of the select list."""
        name = (
            node.this.name
            if isinstance(node, exp.Ordered) and isinstance(node.this, exp.Column)
            else ""
        )
        aliased = next((one for one in outputs if name and one.name.lower() == name.lower()), None)
        if aliased is None or scope.relation.find(name) is not None or name.upper() == PK:
            return ordering(node, scope).text
        return aliased.sql.text + (" DESC" if node.args.get("desc") else "")

    def _outputs(self, select: str, scope: Scope) -> list[_Output]:
        if not select.strip():
            return self._all(scope)
        nodes = parsed(select, prefix="SELECT", part="expressions").expressions
        outputs: list[_Output] = []
        for number, node in enumerate(nodes, start=1):
            outputs += (
                self._all(scope)
                if isinstance(node, exp.Star)
                else [self._output(node, number, scope)]
            )
        return outputs

    def _all(self, scope: Scope) -> list[_Output]:
        hidden = {"PASSWORD"} | (
            {"ATTACHMENT"} if self._store.quirks.attachment_column == "absent" else set()
        )
        chosen = [field for field in scope.relation.fields if field.type not in hidden]
        return [
            _Output(PK, scope.pk(), _same),
            *(self._field_output(field, scope) for field in chosen),
        ]

    def _field_output(self, field: Field, scope: Scope) -> _Output:
        column = Sql(f"{scope.alias}.{quote_name(field.name)}", "text", column=field)
        return _Output(field.name, column, self._presenter(field))

    def _presenter(self, field: Field) -> Callable[[Stored], object]:
        if field.type == "ATTACHMENT" and self._store.quirks.attachment_column == "null":
            return _nothing
        return presenter(field)

    def _output(self, node: exp.Expression, number: int, scope: Scope) -> _Output:
        inner = node.this if isinstance(node, exp.Alias) else node
        listed = scope.relation.find(inner.name) if isinstance(inner, exp.Column) else None
        if listed is not None and listed.type in LIST_TYPES:
            found = self._field_output(listed, scope)
            return _Output(node.alias or listed.name, found.sql, found.show)
        compiled = value(inner, scope)
        if compiled.column is not None:
            return _Output(
                node.alias or compiled.column.name, compiled, self._presenter(compiled.column)
            )
        is_pk = isinstance(inner, exp.Column)
        return _Output(
            node.alias or (PK if is_pk else f"Column{number}"), compiled, _shown(compiled.kind)
        )

    def matching(self, relation: Relation, where: str) -> list[int]:
        """Return the PK_IDs, as numbers, of the rows a condition meets, in order."""
        scope = self.scope(relation)
        condition = self.condition(where, scope)
        statement = f'SELECT {scope.alias}."PK_ID" FROM {scope.source()} WHERE {scope.condition()} AND {condition} ORDER BY 1'
        return [int(str(row[0])) for row in self._fetch(statement)]

    def rows(self, relation: Relation, pks: Sequence[int]) -> list[Row]:
        """Return rows by PK_ID as a listing shows them; those that a view does not meet (any more) are left out."""
        found: list[Row] = []
        for start in range(0, len(pks), 500):
            part = ", ".join(map(str, pks[start : start + 500]))
            scope = self.scope(relation)
            outputs = self._all(scope)
            columns = ", ".join(one.sql.text for one in outputs)
            statement = (
                f"SELECT {columns} FROM {scope.source()} WHERE {scope.condition()}"
                f' AND {scope.alias}."PK_ID" IN ({part}) ORDER BY {scope.alias}."PK_ID"'
            )
            found += [
                {one.name: one.show(cell) for one, cell in zip(outputs, row, strict=True)}
                for row in self._fetch(statement)
            ]
        return found

    def insert(self, relation: Relation, given: Mapping[str, object]) -> int:
        """Add a row and return its PK_ID; ApiError where a value is refused."""
        values = self._checked(relation, given)
        with self._store.transaction():
            pk = self.add(relation.table.name, values)
        self._tell(TYPES[0], relation.table.name, [pk])
        return pk

    def _tell(
        self, kind: str, table_name: str, pks: Sequence[int], fields: Iterable[str] = ()
    ) -> None:
        if pks and self.watch.listens(kind, table_name):
            rows = self.rows(self._store.relation(table_name, is_view=False), pks)
            self.watch.tell(
                [Change(kind, self._store.table(table_name).name, self.watch.source, row, frozenset(fields))
                 for row in rows]
            )  # fmt: skip

    def announce(self, table_name: str, pks: Sequence[int], field: str) -> None:
        """Tell that a field of records has changed where its kept value does not show it: an attachment's bytes."""
        self._tell(TYPES[1], table_name, pks, [field])

    def add(self, table_name: str, values: Mapping[str, Stored]) -> int:
        """Add a row of kept values inside a transaction, filling what nobody gave."""
        table = self._store.table(table_name)
        row: dict[str, Stored] = dict(values)
        for field in table.fields:
            if field.name not in row:
                row[field.name] = self._initial(field, table_name)
        for field in table.fields:
            if field.unique:
                self._check_unique(table_name, field, row[field.name], pks=[])
        names = ", ".join(map(quote_name, row)) or '"PK_ID"'
        marks = ", ".join("?" * len(row)) or "NULL"
        cursor = self._store.db.execute(
            f"INSERT INTO {physical(table_name)} ({names}) VALUES ({marks})", list(row.values())
        )
        return int(cursor.lastrowid or 0)

    def update(self, relation: Relation, where: str, given: Mapping[str, object]) -> list[int]:
        """Change the rows a condition meets and return their PK_IDs."""
        values = self._checked(relation, given, insert=False)
        pks = self.matching(relation, where)
        self.change(relation.table.name, pks, values)
        return pks

    def change(
        self,
        table_name: str,
        pks: Sequence[int],
        values: Mapping[str, Stored],
        *,
        stamp: bool = True,
    ) -> None:
        """Set kept values in rows by PK_ID; `stamp` moves their OnUpdate TIMESTAMPs."""
        table = self._store.table(table_name)
        before = self.rows(self._store.relation(table_name, is_view=False), pks) if values else []
        row = dict(values)
        now = to_seconds(self._store.clock.now())
        row |= {
            field.name: now
            for field in table.fields
            if stamp and field.type == "TIMESTAMP" and field.on_update
        }
        with self._store.transaction():
            for field in table.fields:
                if field.unique and field.name in values and pks:
                    self._check_unique(table_name, field, values[field.name], pks=pks)
            if row:
                sets = ", ".join(f"{quote_name(name)} = ?" for name in row)
                self._store.db.executemany(
                    f"UPDATE {physical(table_name)} SET {sets} WHERE PK_ID = ?",
                    [(*row.values(), pk) for pk in pks],
                )
            self.watch.keep(table_name, before)
        if stamp:
            self._tell_changed(table_name, before)

    def _tell_changed(self, table_name: str, before: Sequence[Row]) -> None:
        """Tell of the records that have another value than before; a TIMESTAMP that moves is none."""
        if not before or not self.watch.listens(TYPES[1], table_name):
            return
        relation = self._store.relation(table_name, is_view=False)
        own = {field.name for field in relation.fields if field.type == "TIMESTAMP"}
        after = {row[PK]: row for row in self.rows(relation, [row[PK] for row in before])}
        changes = []
        for old in before:
            new = after.get(old[PK], old)
            fields = frozenset(
                name for name in new if name not in own and new[name] != old.get(name)
            )
            if fields:
                changes.append(Change(TYPES[1], relation.name, self.watch.source, new, fields))
        self.watch.tell(changes)

    def delete(self, relation: Relation, where: str) -> list[int]:
        """Remove the rows a condition meets and return their PK_IDs; attachments are the caller's to remove."""
        pks = self.matching(relation, where)
        self.remove(relation, pks)
        return pks

    def remove(self, relation: Relation, pks: Sequence[int]) -> None:
        """Remove rows by PK_ID; attachments are the caller's to remove."""
        name = relation.table.name
        rows = self.rows(self._store.relation(name, is_view=False), pks)
        with self._store.transaction():
            self.watch.keep(name, rows)
            self._store.db.executemany(
                f"DELETE FROM {physical(relation.table.name)} WHERE PK_ID = ?",
                [(pk,) for pk in pks],
            )
        if self.watch.listens(TYPES[2], name):
            self.watch.tell(
                [Change(TYPES[2], name, self.watch.source, row, frozenset()) for row in rows]
            )

    def quiet(self) -> AbstractContextManager[None]:
        """Tell nobody of changes for a while."""
        return self.watch.quiet()

    def _checked(
        self, relation: Relation, given: Mapping[str, object], *, insert: bool = True
    ) -> dict[str, Stored]:
        found = {name: relation.find(name) for name in given if name.upper() != PK}
        missing = [name for name, field in found.items() if field is None]
        if missing:
            raise no_field(*missing)
        fields = {name: field for name, field in found.items() if field is not None}
        locked = [name for name in given if name.upper() == PK]
        locked += [field.name for field in fields.values() if field.read_only]
        locked += [
            field.name for field in fields.values() if field.type == "PASSWORD" and not insert
        ]
        if locked:
            raise read_only(*locked)
        if len({field.name for field in fields.values()}) < len(fields):
            raise bad_value(*fields)
        return {field.name: stored(field, given[name]) for name, field in fields.items()}

    def _initial(self, field: Field, table_name: str) -> Stored:
        if field.type == "TIMESTAMP":
            return to_seconds(self._store.clock.now()) if field.on_insert else None
        if field.type == "GUID":
            return str(uuid.uuid4())
        if field.type == "RANDOM ID":
            letters = {"0": _DIGITS, "U": _LETTERS}.get(field.format, _DIGITS + _LETTERS)
            return field.prefix + "".join(
                secrets.choice(letters) for _ in range(field.length or 12)
            )
        if field.type in {"AUTONUMBER", "PREFIXED AUTONUMBER"}:
            return self._next_number(field, table_name)
        if field.type == "YES/NO" or field.hidden:
            return field.hidden or 0
        blank = (
            self._store.quirks.unset_text == "blank"
            and field.type in TEXT_TYPES
            and field.type != "ATTACHMENT"
        )
        return "" if blank else None

    def _next_number(self, field: Field, table_name: str) -> Stored:
        if field.type == "AUTONUMBER":
            row = self._store.db.execute(
                f"SELECT max({quote_name(field.name)}) FROM {physical(table_name)}"
            ).fetchone()
            return int(row[0] or 0) + 1
        row = self._store.db.execute(f"SELECT max(PK_ID) FROM {physical(table_name)}").fetchone()
        return field.prefix + str(int(row[0] or 0) + 1).zfill(len(field.format))

    def _check_unique(
        self, table_name: str, field: Field, new: Stored, *, pks: Sequence[int]
    ) -> None:
        """Refuse a value another row has; a blank is a value, NULL is one unless UniqueAllowNulls says otherwise."""
        if new is None and field.unique_allow_nulls:
            return
        statement = f"SELECT PK_ID FROM {physical(table_name)} WHERE {quote_name(field.name)} IS ?"
        holders = [row[0] for row in self._store.db.execute(statement, (new,))]
        if len(pks) > 1 or set(holders) - set(pks):
            shown = fold(new) if isinstance(new, str) else new
            raise sql_error(
                f"Violation of UNIQUE KEY constraint on field '{field.name}'. Cannot insert duplicate key; "
                f"the duplicate key value is ({shown})."
            )


def _window(query: Query, *, total: int | None, unordered: bool) -> list[tuple[int, int]]:
    """Return (rows, offset) pairs to fetch.

    An unordered listing that does not fit in one answer behaves as the real one was seen to: every odd page leaves out
    an eighth of its rows for rows of the next page, always the same ones.
    """
    size = query.page_size if query.page else query.limit
    skip = (query.page - 1) * size if query.page else 0
    after = (total or 0) - skip - size
    if not unordered or after <= 0 or (query.page and query.page % 2 == 0):
        return [(size, skip)]
    moved = min(after, max(1, size // 8) if query.page else size // 8)
    return [(size - moved, skip), (moved, skip + size)]


def _same(kept: Stored) -> Stored:
    return kept


def _nothing(_: Stored) -> None:
    return None


def _shown(kind: str) -> Callable[[Stored], object]:
    if kind == "bool":
        return lambda kept: None if kept is None else bool(kept)
    return plain if kind == "number" else _same
