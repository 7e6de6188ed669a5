# ruff: noqa: S608  statements are built from compiled clauses and quoted names only
"""Sub-selects, and the terms of ORDER BY."""

from sqlglot import exp

from infra.emulator.errors import sql_error
from infra.emulator.state.sql.compiled import Sql
from infra.emulator.state.sql.compiler import compile_condition, compile_value
from infra.emulator.state.sql.parsing import refuse_other_parts
from infra.emulator.state.sql.scope import Scope


def compile_subquery(node: exp.Expression, outer: Scope, *, columns: int) -> Sql:
    """Compile a SELECT inside a clause; `columns` is how many it must return, 0 for any number."""
    select = node.this if isinstance(node, exp.Subquery) else node
    if not isinstance(select, exp.Select):
        raise sql_error("Incorrect syntax near the sub-select.")
    refuse_other_parts(
        select, "expressions", "from_", "where", "group", "distinct", "limit", "order"
    )

    source = select.args.get("from_")
    table = None if source is None else source.this
    if not isinstance(table, exp.Table):
        raise sql_error("Incorrect syntax near the keyword 'FROM'.")
    refuse_other_parts(table, "this", "alias")
    scope = outer.inner(table)
    chosen: list[Sql] = []
    for column in select.expressions:
        if isinstance(column, exp.Star):
            chosen.append(Sql("*", "null"))
        else:
            chosen.append(compile_value(column.unalias(), scope))
    if columns and len(chosen) != columns:
        raise sql_error(
            "Only one expression can be specified in the select list of this sub-select."
        )

    distinct = "DISTINCT " if select.args.get("distinct") else ""
    listed = ", ".join(column.text for column in chosen)
    text = f"SELECT {distinct}{listed} FROM {scope.source()} WHERE {scope.condition()}"
    return Sql(f"({text}{inner_clauses(select, scope)})", chosen[0].kind, collated=True)


def inner_clauses(select: exp.Select, scope: Scope) -> str:
    """Return what follows a sub-select's own WHERE: its condition, groups, order and TOP."""
    text = ""
    where = select.args.get("where")
    if where is not None:
        text += f" AND {compile_condition(where.this, scope)}"

    group = select.args.get("group")
    if group is not None:
        terms = [compile_value(term, scope).text for term in group.expressions]
        text += f" GROUP BY {', '.join(terms)}"

    order = select.args.get("order")
    if order is not None:
        terms = [compile_order_term(term, scope).text for term in order.expressions]
        text += f" ORDER BY {', '.join(terms)}"

    limit = select.args.get("limit")
    if limit is not None:
        number = limit.expression.unnest()
        if not isinstance(number, exp.Literal) or not number.name.isdigit():
            raise sql_error("The number of rows provided for a TOP clause must be a whole number.")
        text += f" LIMIT {int(number.name)}"
    return text


def compile_order_term(node: exp.Expression, scope: Scope) -> Sql:
    """Compile one term of ORDER BY."""
    # SQL Server and SQLite both put NULL first.
    is_ordered = isinstance(node, exp.Ordered)
    term = compile_value(node.this if is_ordered else node, scope)
    needs_collation = term.kind == "text" and not term.collated

    text = f"{term.text} COLLATE CASPIO" if needs_collation else term.text
    if is_ordered and node.args.get("desc"):
        text += " DESC"
    return Sql(text, term.kind, aggregate=term.aggregate)
