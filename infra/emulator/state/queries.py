# ruff: noqa: S608  statements are built from compiled clauses, quoted names and whole numbers only
"""Listings: a request's clauses, compiled to one SELECT."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlglot import exp

from infra.emulator.errors import sql_error
from infra.emulator.state.output_columns import OutputColumn, OutputColumns
from infra.emulator.state.schema import PK
from infra.emulator.state.sql.compiler import compile_condition, compile_value
from infra.emulator.state.sql.parsing import parse_clause, parse_condition
from infra.emulator.state.sql.scope import Scope
from infra.emulator.state.sql.subqueries import compile_order_term
from infra.emulator.state.values import Stored

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Query:
    """A listing's clauses, and which rows to answer: `size` rows of page `page`.

    Pages count from 1. Page 0 is a listing with a limit, which is `size`.
    """

    select: str = ""
    where: str = ""
    group_by: str = ""
    order_by: str = ""
    page: int = 0
    size: int = 100
    total: bool = False


@dataclass(frozen=True, slots=True)
class Listing:
    """The rows of a listing, and how many there are in all if the query asks for that."""

    rows: list[Row]
    total: int | None


@dataclass(frozen=True, slots=True)
class CompiledQuery:
    """A query for SQLite: `source` is FROM to GROUP BY, `order` is ORDER BY or blank.

    `is_ordered` is false if the request leaves the order of the rows to the server.
    """

    columns: Sequence[OutputColumn]
    source: str
    order: str
    is_grouped: bool
    is_ordered: bool

    def select(self, *, limit: int, offset: int) -> str:
        """Return the statement for some of the rows."""
        columns = ", ".join(column.sql.text for column in self.columns) or "NULL"
        return f"SELECT {columns}{self.source}{self.order} LIMIT {limit} OFFSET {offset}"

    def count(self) -> str:
        """Return the statement that counts all rows."""
        if self.is_grouped:
            return f"SELECT count(*) FROM (SELECT 1{self.source})"
        return f"SELECT count(*){self.source}"


def show_row(columns: Sequence[OutputColumn], values: Sequence[Stored]) -> Row:
    """Return a row of SQLite as a listing shows it."""
    pairs = zip(columns, values, strict=True)
    return {column.name: column.show(value) for column, value in pairs}


def where_condition(where: str, scope: Scope) -> str:
    """Compile a WHERE body and the view's own condition."""
    own = scope.condition()
    if not where.strip():
        return own
    return f"{own} AND {compile_condition(parse_condition(where), scope)}"


def compile_query(query: Query, offered: OutputColumns) -> CompiledQuery:
    """Compile a listing's clauses; ApiError SqlServerError where SQL Server would refuse them."""
    scope = offered.scope
    columns = offered.selected(query.select)
    source = f" FROM {scope.source()} WHERE {where_condition(query.where, scope)}"
    groups = [compile_value(term, scope).text for term in _terms(query.group_by, "group")]
    if groups:
        source += f" GROUP BY {', '.join(groups)}"
    is_grouped = bool(groups) or any(column.sql.aggregate for column in columns)
    if is_grouped:
        _refuse_ungrouped(columns, groups)

    terms = [order_term(node, scope, columns) for node in _terms(query.order_by, "order")]
    is_ordered = is_grouped or bool(terms)
    if not is_grouped:
        # SQL Server leaves the order of equal rows open, and paging then loses rows (§9.1, C,
        # observed). Here every other page puts equal rows in the opposite order.
        descending = " DESC" if terms and query.page % 2 else ""
        terms.append(f'{scope.alias}."PK_ID"{descending}')
    order = f" ORDER BY {', '.join(terms)}" if terms else ""
    return CompiledQuery(columns, source, order, is_grouped, is_ordered)


def _terms(clause: str, part: str) -> list[exp.Expression]:
    """Parse the terms of GROUP BY or ORDER BY; none for a blank clause."""
    if not clause.strip():
        return []
    prefix = f"SELECT 1 {part.upper()} BY"
    return list(parse_clause(clause, prefix=prefix, part=part).args[part].expressions)


def _refuse_ungrouped(columns: Sequence[OutputColumn], groups: Sequence[str]) -> None:
    for column in columns:
        if not column.sql.aggregate and column.sql.text not in groups:
            raise sql_error(
                f"Column '{column.name}' is invalid in the select list because it is not contained "
                "in either an aggregate function or the GROUP BY clause."
            )


def order_term(node: exp.Expression, scope: Scope, columns: Sequence[OutputColumn]) -> str:
    """Compile a term of ORDER BY, which may name an alias of the select list."""
    is_name = isinstance(node, exp.Ordered) and isinstance(node.this, exp.Column)
    name = node.this.name.lower() if is_name else ""
    if name and scope.relation.find(name) is None and name.upper() != PK:
        for column in columns:
            if column.name.lower() == name:
                return column.sql.text + (" DESC" if node.args.get("desc") else "")
    return compile_order_term(node, scope).text


def row_windows(query: Query, *, total: int, is_ordered: bool) -> list[tuple[int, int]]:
    """Return the (limit, offset) pairs to fetch; `total` counts for an unordered listing only.

    Paging without an order loses rows (§9.1, C, observed). An unordered listing that needs several
    answers does so here: every odd page leaves out an eighth of its rows, always the same ones, and
    shows as many rows of the next page instead.
    """
    size = query.size
    skip = max(0, query.page - 1) * size
    after = total - skip - size
    # Page 0, a listing with a limit, loses rows too.
    is_even_page = query.page > 0 and query.page % 2 == 0
    if is_ordered or is_even_page or after <= 0:
        return [(size, skip)]
    # At least one row of a page, however small it is.
    moved = max(min(1, query.page), size // 8)
    moved = min(after, moved)
    return [(size - moved, skip), (moved, skip + size)]
