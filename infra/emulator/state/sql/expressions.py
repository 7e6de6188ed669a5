"""Columns, literals, operators and conditions."""

from collections.abc import Callable, Mapping, Sequence

from sqlglot import exp

from infra.emulator.errors import sql_error
from infra.emulator.state.sql.coercion import as_date, as_number, as_same_kind, number_literal
from infra.emulator.state.sql.compiled import Sql, SqlKind, quote_text
from infra.emulator.state.sql.compiler import (
    compile_condition,
    compile_node,
    compile_value,
    compiles,
    excerpt,
    without_casts,
)
from infra.emulator.state.sql.parsing import refuse_other_parts
from infra.emulator.state.sql.scope import Scope
from infra.emulator.state.sql.subqueries import compile_subquery

_COMPARISONS: Mapping[type[exp.Expression], str] = {
    exp.EQ: "=",
    exp.NEQ: "<>",
    exp.GT: ">",
    exp.GTE: ">=",
    exp.LT: "<",
    exp.LTE: "<=",
}
_ARITHMETIC: Mapping[type[exp.Expression], str] = {
    exp.Add: "+",
    exp.Sub: "-",
    exp.Mul: "*",
    exp.Div: "/",
    exp.Mod: "%",
}
_AGGREGATES: Mapping[type[exp.Expression], str] = {
    exp.Count: "count",
    exp.Sum: "sum",
    exp.Min: "min",
    exp.Max: "max",
    exp.Avg: "avg",
}


@compiles(exp.Column)
def _column(node: exp.Expression, scope: Scope) -> Sql:
    if not isinstance(node.this, exp.Identifier):
        raise sql_error(f"Incorrect syntax near '{excerpt(node)}'.")
    refuse_other_parts(node, "this", "table")
    table = node.args.get("table")
    return scope.column(node.name, "" if table is None else table.name)


@compiles(exp.Literal, exp.National)
def _literal(node: exp.Expression, _: Scope) -> Sql:
    if isinstance(node, exp.Literal) and not node.is_string:
        text = node.name if node.name.isdigit() else number_literal(node.name)
        return Sql(text, "number")
    return Sql(quote_text(node.name), "text", literal=node.name)


@compiles(exp.Null)
def _null(_: exp.Expression, __: Scope) -> Sql:
    return Sql("NULL", "null")


@compiles(exp.Boolean)
def _boolean(node: exp.Expression, _: Scope) -> Sql:
    # §4 (C): `= true` is refused. SQL Server reads the word as the name of a column.
    raise sql_error(f"Invalid column name '{str(node.this).lower()}'.")


@compiles(*_COMPARISONS)
def _comparison(node: exp.Expression, scope: Scope) -> Sql:
    left = compile_value(node.this, scope)
    right = compile_value(node.expression, scope)
    first, second = as_same_kind(left, right)
    return Sql(f"({first} {_COMPARISONS[type(node)]} {second})", "predicate")


@compiles(exp.And, exp.Or)
def _connector(node: exp.Expression, scope: Scope) -> Sql:
    # sqlglot nests a chain to the left. A loop keeps a thousand terms off Python's stack.
    terms: list[exp.Expression] = []
    rest: exp.Expression = node
    while type(rest) is type(node):
        terms.append(rest.expression)
        rest = rest.this
    terms.append(rest)

    word = " AND " if isinstance(node, exp.And) else " OR "
    conditions = [compile_condition(term, scope) for term in reversed(terms)]
    return Sql(f"({word.join(conditions)})", "predicate")


@compiles(exp.Not)
def _not(node: exp.Expression, scope: Scope) -> Sql:
    return Sql(f"(NOT {compile_condition(node.this, scope)})", "predicate")


@compiles(exp.Paren)
def _paren(node: exp.Expression, scope: Scope) -> Sql:
    if not isinstance(node.this, exp.Expression):
        raise sql_error("Incorrect syntax near ')'.")
    inner = compile_node(node.this, scope)
    if inner.kind == "predicate" or inner.literal is not None:
        return inner
    return Sql(f"({inner.text})", inner.kind)


@compiles(exp.Is)
def _is_null(node: exp.Expression, scope: Scope) -> Sql:
    if not isinstance(node.expression, exp.Null):
        raise sql_error("Incorrect syntax near the keyword 'IS'.")
    return Sql(f"({compile_value(node.this, scope).text} IS NULL)", "predicate")


@compiles(exp.In)
def _in(node: exp.Expression, scope: Scope) -> Sql:
    refuse_other_parts(node, "this", "expressions", "query", "negate")
    left = compile_value(node.this, scope)
    query = node.args.get("query")
    if query is not None:
        inner = compile_subquery(query, scope, columns=1)
        needs_collation = left.kind == "text" and not left.collated
        own = f"{left.text} COLLATE CASPIO" if needs_collation else left.text
        return _condition(node, f"{own} IN {inner.text}")

    pairs = [as_same_kind(left, compile_value(item, scope)) for item in node.expressions]
    if not pairs:
        raise sql_error("Incorrect syntax near 'IN'.")
    # Items of several kinds convert the left side in several ways.
    lefts = {own for own, _ in pairs}
    if len(lefts) == 1:
        items = ", ".join(item for _, item in pairs)
        return _condition(node, f"{lefts.pop()} IN ({items})")
    return _condition(node, "(" + " OR ".join(f"{own} = {item}" for own, item in pairs) + ")")


@compiles(exp.Between)
def _between(node: exp.Expression, scope: Scope) -> Sql:
    refuse_other_parts(node, "this", "low", "high", "negate")
    middle = compile_value(node.this, scope)
    first, low = as_same_kind(middle, compile_value(node.args["low"], scope))
    second, high = as_same_kind(middle, compile_value(node.args["high"], scope))
    return _condition(node, f"({first} >= {low} AND {second} <= {high})")


@compiles(exp.Like)
def _like(node: exp.Expression, scope: Scope) -> Sql:
    return _compile_like(node, scope, escape="")


@compiles(exp.Escape)
def _like_with_escape(node: exp.Expression, scope: Scope) -> Sql:
    mark = node.expression
    is_character = isinstance(mark, exp.Literal) and len(mark.name) == 1
    if not is_character or not isinstance(node.this, exp.Like):
        raise sql_error("The invalid escape character was specified in a LIKE predicate.")
    return _compile_like(node.this, scope, escape=mark.name)


def _compile_like(node: exp.Expression, scope: Scope, *, escape: str) -> Sql:
    text = compile_value(node.this, scope).text
    pattern = compile_value(node.expression, scope).text
    return _condition(node, f"tsql_like({text}, {pattern}, {quote_text(escape)})")


def _condition(node: exp.Expression, text: str) -> Sql:
    """Return a condition, negated where sqlglot noted that in the node."""
    return Sql(f"(NOT {text})" if node.args.get("negate") else f"({text})", "predicate")


@compiles(*_ARITHMETIC)
def _arithmetic(node: exp.Expression, scope: Scope) -> Sql:
    left = compile_value(node.this, scope)
    right = compile_value(node.expression, scope)
    # T-SQL: `+` joins two texts; every other operator, and `+` with a number, converts to numbers.
    if isinstance(node, exp.Add) and left.kind == right.kind == "text":
        return Sql(f"({left.text} || {right.text})", "text")
    text = f"({as_number(left)} {_ARITHMETIC[type(node)]} {as_number(right)})"
    return Sql(text, "number", aggregate=left.aggregate or right.aggregate)


@compiles(exp.Neg)
def _negative(node: exp.Expression, scope: Scope) -> Sql:
    return Sql(f"(- {as_number(compile_value(node.this, scope))})", "number")


@compiles(exp.Case)
def _case(node: exp.Expression, scope: Scope) -> Sql:
    refuse_other_parts(node, "ifs", "default")
    results: list[Sql] = []
    branches: list[str] = []
    for branch in node.args["ifs"]:
        condition = compile_condition(branch.this, scope)
        result = compile_value(branch.args["true"], scope)
        results.append(result)
        branches.append(f"WHEN {condition} THEN {result.text}")

    default = node.args.get("default")
    last = Sql("NULL", "null") if default is None else compile_value(default, scope)
    kind = _first_kind([*results, last])
    return Sql(f"(CASE {' '.join(branches)} ELSE {last.text} END)", kind)


@compiles(exp.Coalesce)
def _coalesce(node: exp.Expression, scope: Scope) -> Sql:
    parts = [compile_value(part, scope) for part in (node.this, *node.expressions)]
    is_date = parts[0].kind == "date"
    texts = [as_date(part) if is_date else part.text for part in parts]
    return Sql(f"coalesce({', '.join(texts)})", _first_kind(parts))


def _first_kind(parts: Sequence[Sql]) -> SqlKind:
    """Return the kind of the first part that is not NULL."""
    return next((part.kind for part in parts if part.kind != "null"), "null")


# The first types that fit count: a date is a temporal type as well.
_CASTS: Sequence[tuple[Sequence[exp.DType | str], SqlKind, Callable[[Sql], str]]] = (
    (tuple(exp.DataType.TEXT_TYPES), "text", lambda sql: f"CAST({sql.text} AS TEXT)"),
    (
        (*exp.DataType.INTEGER_TYPES, "bit"),
        "number",
        lambda sql: f"CAST({as_number(sql)} AS INTEGER)",
    ),
    (
        (*exp.DataType.NUMERIC_TYPES, "money"),
        "number",
        lambda sql: f"CAST({as_number(sql)} AS REAL)",
    ),
    (("date",), "date", lambda sql: f"substr({as_date(sql)}, 1, 10) || 'T00:00:00'"),
    (tuple(exp.DataType.TEMPORAL_TYPES), "date", as_date),
)


@compiles(exp.Cast, exp.Convert)
def _cast(node: exp.Expression, scope: Scope) -> Sql:
    # CONVERT names the type first, CAST the value.
    is_cast = isinstance(node, exp.Cast)
    target = node.args["to"] if is_cast else node.this
    if not isinstance(target, exp.DataType):
        raise sql_error(f"Incorrect syntax near '{excerpt(node)}'.")
    inner = compile_value(without_casts(node.this if is_cast else node.expression), scope)

    for types, kind, written in _CASTS:
        if target.is_type(*types):
            return Sql(written(inner), kind)
    raise sql_error(f"Type {excerpt(target)} is not a defined system type.")


@compiles(*_AGGREGATES)
def _aggregate(node: exp.Expression, scope: Scope) -> Sql:
    name = _AGGREGATES[type(node)]
    inner = node.this
    distinct = ""
    if isinstance(inner, exp.Distinct):
        inner = inner.expressions[0]
        distinct = "DISTINCT "
    if isinstance(inner, exp.Star) and name == "count":
        return Sql("count(*)", "number", aggregate=True)

    argument = compile_value(inner, scope)
    kind = argument.kind if name in {"min", "max"} else "number"
    return Sql(f"{name}({distinct}{argument.text})", kind, aggregate=True)


@compiles(exp.Subquery)
def _scalar_subquery(node: exp.Expression, scope: Scope) -> Sql:
    return compile_subquery(node, scope, columns=1)


@compiles(exp.Exists)
def _exists(node: exp.Expression, scope: Scope) -> Sql:
    return Sql(f"EXISTS {compile_subquery(node.this, scope, columns=0).text}", "predicate")
