# ruff: noqa: S608  statements are built from compiled clauses, quoted names and whole numbers only
"""Listings: a request's clauses, compiled to one SELECT."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlglot import exp

from infra.emulator.errors import sql_error
from infra.emulator.state.schema import LIST_TYPES, PK, Field
from infra.emulator.state.sql.compiled import Sql, SqlKind, quote_name
from infra.emulator.state.sql.compiler import compile_condition, compile_value
from infra.emulator.state.sql.parsing import parse_clause, parse_condition
from infra.emulator.state.sql.scope import Scope
from infra.emulator.state.sql.subqueries import compile_order_term
from infra.emulator.state.values import Stored, presenter, show_number, show_unchanged

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Query:
    """A listing's clauses and its page. With `page` 0, `limit` applies instead of paging."""

    select: str = ""
    where: str = ""
    group_by: str = ""
    order_by: str = ""
    limit: int = 100
    page: int = 0
    page_size: int = 25
    total: bool = False

    @property
    def size(self) -> int:
        """The largest number of rows to answer."""
        return self.page_size if self.page else self.limit

    @property
    def skip(self) -> int:
        """The number of rows before the page."""
        return (self.page - 1) * self.page_size if self.page else 0


@dataclass(frozen=True, slots=True)
class Listing:
    """The rows of a listing, and how many there are in all if the query asks for that."""

    rows: list[Row]
    total: int | None


@dataclass(frozen=True, slots=True)
class OutputColumn:
    """One column of the select list, and the function that shows its values."""

    name: str
    sql: Sql
    show: Callable[[Stored], object]


@dataclass(frozen=True, slots=True)
class CompiledQuery:
    """A query for SQLite: `source` is FROM to GROUP BY, `order` is ORDER BY or blank.

    `ordered` reports whether the request's own order decides the order of all rows.
    """

    columns: Sequence[OutputColumn]
    source: str
    order: str
    grouped: bool
    ordered: bool

    def select(self, *, limit: int, offset: int) -> str:
        """Return the statement for some of the rows."""
        columns = ", ".join(column.sql.text for column in self.columns) or "NULL"
        return f"SELECT {columns}{self.source}{self.order} LIMIT {limit} OFFSET {offset}"

    def count(self) -> str:
        """Return the statement that counts all rows."""
        if self.grouped:
            return f"SELECT count(*) FROM (SELECT 1{self.source})"
        return f"SELECT count(*){self.source}"

    def show(self, values: Sequence[Stored]) -> Row:
        """Return a row of SQLite as a listing shows it."""
        return {
            column.name: column.show(value)
            for column, value in zip(self.columns, values, strict=True)
        }


def where_condition(where: str, scope: Scope) -> str:
    """Compile a WHERE body and the view's own condition."""
    own = scope.condition()
    if not where.strip():
        return own
    return f"{own} AND {compile_condition(parse_condition(where), scope)}"


def all_columns(scope: Scope, *, attachment_column: str) -> list[OutputColumn]:
    """Return PK_ID and every field that a listing without a select list shows."""
    columns = [OutputColumn(PK, scope.pk(), show_unchanged)]
    for field in scope.relation.fields:
        # §3.9 (C): `*` leaves PASSWORD fields out.
        is_absent = field.type == "ATTACHMENT" and attachment_column == "absent"
        if field.type != "PASSWORD" and not is_absent:
            columns.append(_field_column(field, scope, attachment_column))
    return columns


def _field_column(field: Field, scope: Scope, attachment_column: str) -> OutputColumn:
    sql = Sql(f"{scope.alias}.{quote_name(field.name)}", "text", column=field)
    return OutputColumn(field.name, sql, _presenter(field, attachment_column))


def _presenter(field: Field, attachment_column: str) -> Callable[[Stored], object]:
    if field.type == "ATTACHMENT" and attachment_column == "null":
        return lambda _: None
    return presenter(field)


def compile_query(query: Query, scope: Scope, *, attachment_column: str) -> CompiledQuery:
    """Compile a listing's clauses; ApiError SqlServerError where SQL Server would refuse them."""
    columns = _select_list(query.select, scope, attachment_column)
    source = f" FROM {scope.source()} WHERE {where_condition(query.where, scope)}"
    groups: list[str] = []
    if query.group_by.strip():
        clause = parse_clause(query.group_by, prefix="SELECT 1 GROUP BY", part="group")
        groups = [compile_value(term, scope).text for term in clause.args["group"].expressions]
        source += f" GROUP BY {', '.join(groups)}"

    grouped = bool(groups) or any(column.sql.aggregate for column in columns)
    if grouped:
        _refuse_ungrouped(columns, groups)
    return CompiledQuery(
        columns=columns,
        source=source,
        order=_order(query, scope, columns, grouped=grouped),
        grouped=grouped,
        ordered=grouped or bool(query.order_by.strip()),
    )


def _refuse_ungrouped(columns: Sequence[OutputColumn], groups: Sequence[str]) -> None:
    for column in columns:
        if not column.sql.aggregate and column.sql.text not in groups:
            raise sql_error(
                f"Column '{column.name}' is invalid in the select list because it is not contained "
                "in either an aggregate function or the GROUP BY clause."
            )


def _select_list(select: str, scope: Scope, attachment_column: str) -> list[OutputColumn]:
    # §2.6 (C): a blank list and `*` are all fields.
    if not select.strip():
        return all_columns(scope, attachment_column=attachment_column)

    columns: list[OutputColumn] = []
    nodes = parse_clause(select, prefix="SELECT", part="expressions").expressions
    for number, node in enumerate(nodes, start=1):
        if isinstance(node, exp.Star):
            columns += all_columns(scope, attachment_column=attachment_column)
        else:
            columns.append(_selected_column(node, number, scope, attachment_column))
    return columns


def _selected_column(
    node: exp.Expression, number: int, scope: Scope, attachment_column: str
) -> OutputColumn:
    inner = node.this if isinstance(node, exp.Alias) else node
    is_column = isinstance(inner, exp.Column)
    # A LIST field may be selected, though no clause may compute with it (§3.8, C).
    field = scope.relation.find(inner.name) if is_column else None
    if field is not None and field.type in LIST_TYPES:
        listed = _field_column(field, scope, attachment_column)
        return OutputColumn(node.alias or field.name, listed.sql, listed.show)

    sql = compile_value(inner, scope)
    if sql.column is not None:
        show = _presenter(sql.column, attachment_column)
        return OutputColumn(node.alias or sql.column.name, sql, show)
    # The only plain column that is no field is PK_ID.
    name = PK if is_column else f"Column{number}"
    return OutputColumn(node.alias or name, sql, _presenter_of_kind(sql.kind))


def _presenter_of_kind(kind: SqlKind) -> Callable[[Stored], object]:
    if kind == "bool":
        return lambda stored: None if stored is None else bool(stored)
    return show_number if kind == "number" else show_unchanged


def _order(query: Query, scope: Scope, columns: Sequence[OutputColumn], *, grouped: bool) -> str:
    terms: list[str] = []
    if query.order_by.strip():
        clause = parse_clause(query.order_by, prefix="SELECT 1 ORDER BY", part="order")
        nodes = clause.args["order"].expressions
        terms = [_order_term(node, scope, columns) for node in nodes]
    if not grouped:
        # SQL Server leaves the order of equal rows open, and paging then loses rows (§9.1, C,
        # observed). Here every other page puts equal rows in the opposite order.
        descending = " DESC" if terms and query.page % 2 else ""
        terms.append(f'{scope.alias}."PK_ID"{descending}')
    return f" ORDER BY {', '.join(terms)}" if terms else ""


def _order_term(node: exp.Expression, scope: Scope, columns: Sequence[OutputColumn]) -> str:
    """Compile a term of ORDER BY, which may name an alias of the select list."""
    is_name = isinstance(node, exp.Ordered) and isinstance(node.this, exp.Column)
    name = node.this.name.lower() if is_name else ""
    if name and scope.relation.find(name) is None and name.upper() != PK:
        for column in columns:
            if column.name.lower() == name:
                return column.sql.text + (" DESC" if node.args.get("desc") else "")
    return compile_order_term(node, scope).text


def row_windows(query: Query, *, total: int, ordered: bool) -> list[tuple[int, int]]:
    """Return the (limit, offset) pairs to fetch; `total` counts for an unordered listing only.

    Paging without an order loses rows (§9.1, C, observed). An unordered listing that needs several
    answers does so here: every odd page leaves out an eighth of its rows, always the same ones, and
    shows as many rows of the next page instead.
    """
    size = query.size
    skip = query.skip
    after = total - skip - size
    is_even_page = query.page > 0 and query.page % 2 == 0
    if ordered or after <= 0 or is_even_page:
        return [(size, skip)]
    moved = size // 8
    if query.page:
        moved = max(1, moved)
    moved = min(after, moved)
    return [(size - moved, skip), (moved, skip + size)]
