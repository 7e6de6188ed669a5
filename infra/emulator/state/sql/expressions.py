"""The compilation of parsed SQL Server expressions, one small function for each kind of node."""

from collections.abc import Callable, Mapping, Sequence

from sqlglot import exp

from infra.emulator.errors import sql_error
from infra.emulator.state.sql.coercion import as_date, as_number, fitted, number_text
from infra.emulator.state.sql.functions import units
from infra.emulator.state.sql.scope import Scope, Sql, only, quote_text

Handler = Callable[[exp.Expression, Scope], Sql]
_COMPARISONS: Mapping[type[exp.Expression], str] = {
    exp.EQ: "=", exp.NEQ: "<>", exp.GT: ">", exp.GTE: ">=", exp.LT: "<", exp.LTE: "<=",
}  # fmt: skip
_ARITHMETIC: Mapping[type[exp.Expression], str] = {
    exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/", exp.Mod: "%",
}  # fmt: skip
_AGGREGATES: Mapping[type[exp.Expression], str] = {
    exp.Count: "count", exp.Sum: "sum", exp.Min: "min", exp.Max: "max", exp.Avg: "avg",
}  # fmt: skip


def value(node: exp.Expression | None, scope: Scope) -> Sql:
    """Compile something that has a value; a condition is none in SQL Server."""
    if node is None:
        raise sql_error("Incorrect syntax: an expression is missing.")
    handler = _HANDLERS.get(type(node))
    if handler is None:
        raise sql_error(f"Incorrect syntax near '{node.sql(dialect='tsql')[:60]}'.")
    compiled = handler(node, scope)
    if compiled.kind == "predicate":
        raise sql_error(
            f"Incorrect syntax near '{node.sql(dialect='tsql')[:60]}': a value is expected."
        )
    return compiled


def predicate(node: exp.Expression | None, scope: Scope) -> str:
    """Compile a condition; a bare value is none in SQL Server."""
    handler = None if node is None else _HANDLERS.get(type(node))
    compiled = handler(node, scope) if handler and node is not None else None
    if compiled is None or compiled.kind != "predicate":
        text = node.sql(dialect="tsql")[:60] if node is not None else ""
        raise sql_error(
            f"An expression of non-boolean type specified in a context where a condition is expected, near '{text}'."
        )
    return compiled.text


def _column(node: exp.Expression, scope: Scope) -> Sql:
    if not isinstance(node.this, exp.Identifier):
        raise sql_error(f"Incorrect syntax near '{node.sql(dialect='tsql')}'.")
    only(node, "this", "table")
    table = node.args.get("table")
    return scope.column(node.name, table.name if table is not None else "")


def _literal(node: exp.Expression, _: Scope) -> Sql:
    if isinstance(node, exp.Literal) and not node.is_string:
        return Sql(node.name if node.name.isdigit() else number_text(node.name), "number")
    return Sql(quote_text(node.name), "text", literal=node.name)


def _boolean(node: exp.Expression, _: Scope) -> Sql:
    # SQL Server has no boolean literals: the word is taken for a column.
    raise sql_error(f"Invalid column name '{str(node.this).lower()}'.")


def _comparison(node: exp.Expression, scope: Scope) -> Sql:
    left, right = fitted(value(node.this, scope), value(node.expression, scope))
    return Sql(f"({left} {_COMPARISONS[type(node)]} {right})", "predicate")


def _connector(node: exp.Expression, scope: Scope) -> Sql:
    word = "AND" if isinstance(node, exp.And) else "OR"
    # A long chain leans to the left; walking it by hand keeps a thousand terms off Python's stack.
    terms: list[exp.Expression] = []
    rest: exp.Expression = node
    while type(rest) is type(node):
        terms.append(rest.expression)
        rest = rest.this
    terms.append(rest)
    return Sql(
        "(" + f" {word} ".join(predicate(term, scope) for term in reversed(terms)) + ")",
        "predicate",
    )


def _not(node: exp.Expression, scope: Scope) -> Sql:
    return Sql(f"(NOT {predicate(node.this, scope)})", "predicate")


def _paren(node: exp.Expression, scope: Scope) -> Sql:
    handler = _HANDLERS.get(type(node.this))
    if handler is None:
        return value(node.this, scope)
    inner = handler(node.this, scope)
    return (
        inner
        if inner.kind == "predicate" or inner.literal is not None
        else Sql(f"({inner.text})", inner.kind)
    )


def _is(node: exp.Expression, scope: Scope) -> Sql:
    if not isinstance(node.expression, exp.Null):
        raise sql_error("Incorrect syntax near the keyword 'IS'.")
    return Sql(f"({value(node.this, scope).text} IS NULL)", "predicate")


def _in(node: exp.Expression, scope: Scope) -> Sql:
    only(node, "this", "expressions", "query", "negate")
    left = value(node.this, scope)
    query = node.args.get("query")
    if query is not None:
        inner = subquery(query, scope, columns=1)
        own = left.text if left.collated or left.kind != "text" else f"{left.text} COLLATE CASPIO"
        return _negated(node, f"{own} IN {inner.text}")
    pairs = [fitted(left, value(item, scope)) for item in node.expressions]
    if not pairs:
        raise sql_error("Incorrect syntax near 'IN'.")
    if len({own for own, _ in pairs}) == 1:
        return _negated(node, f"{pairs[0][0]} IN ({', '.join(other for _, other in pairs)})")
    return _negated(node, "(" + " OR ".join(f"{own} = {other}" for own, other in pairs) + ")")


def _between(node: exp.Expression, scope: Scope) -> Sql:
    only(node, "this", "low", "high", "negate")
    middle = value(node.this, scope)
    first, low = fitted(middle, value(node.args["low"], scope))
    second, high = fitted(middle, value(node.args["high"], scope))
    return _negated(node, f"({first} >= {low} AND {second} <= {high})")


def _like(node: exp.Expression, scope: Scope, escape: str = "") -> Sql:
    text, pattern = value(node.this, scope), value(node.expression, scope)
    return _negated(node, f"tsql_like({text.text}, {pattern.text}, {quote_text(escape)})")


def _escape(node: exp.Expression, scope: Scope) -> Sql:
    mark = node.expression
    if (
        not isinstance(node.this, exp.Like)
        or not isinstance(mark, exp.Literal)
        or len(mark.name) != 1
    ):
        raise sql_error("The invalid escape character was specified in a LIKE predicate.")
    return _like(node.this, scope, mark.name)


def _negated(node: exp.Expression, text: str) -> Sql:
    return Sql(f"(NOT {text})" if node.args.get("negate") else f"({text})", "predicate")


def _arithmetic(node: exp.Expression, scope: Scope) -> Sql:
    left, right = value(node.this, scope), value(node.expression, scope)
    if isinstance(node, exp.Add) and left.kind == right.kind == "text":
        return Sql(f"({left.text} || {right.text})", "text")
    sides = as_number(left), as_number(right)
    return Sql(
        f"({sides[0]} {_ARITHMETIC[type(node)]} {sides[1]})",
        "number",
        aggregate=left.aggregate or right.aggregate,
    )


def _negative(node: exp.Expression, scope: Scope) -> Sql:
    return Sql(f"(- {as_number(value(node.this, scope))})", "number")


def _case(node: exp.Expression, scope: Scope) -> Sql:
    only(node, "ifs", "default")
    branches = [
        (predicate(one.this, scope), value(one.args["true"], scope)) for one in node.args["ifs"]
    ]
    default = node.args.get("default")
    last = value(default, scope) if default is not None else Sql("NULL", "null")
    text = " ".join(f"WHEN {test} THEN {result.text}" for test, result in branches)
    return Sql(
        f"(CASE {text} ELSE {last.text} END)", _common([*(result for _, result in branches), last])
    )


def _coalesce(node: exp.Expression, scope: Scope) -> Sql:
    parts = [value(one, scope) for one in (node.this, *node.expressions)]
    fitted = [as_date(one) if parts[0].kind == "date" else one.text for one in parts]
    return Sql(f"coalesce({', '.join(fitted)})", _common(parts))


def _common(parts: Sequence[Sql]) -> str:
    kinds = [one.kind for one in parts if one.kind != "null"]
    return kinds[0] if kinds else "null"


def _call(name: str, kind: str, *parts: str) -> Handler:
    """Return a handler that passes the node's named parts to a SQLite function."""

    def handler(node: exp.Expression, scope: Scope) -> Sql:
        given = [node.args.get(part) for part in parts]
        arguments = [value(_bare(one), scope) for one in given if one is not None]
        same = arguments[0].kind if kind == "same" else kind
        return Sql(f"{name}({', '.join(one.text for one in arguments)})", same)

    return handler


def _substring(node: exp.Expression, scope: Scope) -> Sql:
    only(node, "this", "start", "length")
    parts = [value(node.args.get(name), scope).text for name in ("this", "start", "length")]
    return Sql(f"tsql_substring({', '.join(parts)})", "text")


def _charindex(node: exp.Expression, scope: Scope) -> Sql:
    only(node, "this", "substr", "position")
    wanted, text = value(node.args.get("substr"), scope), value(_bare(node.this), scope)
    start = node.args.get("position")
    first = value(start, scope).text if start is not None else "1"
    return Sql(f"tsql_charindex({wanted.text}, {text.text}, {first})", "number")


def _end(name: str) -> Handler:
    """Return a handler for LEFT or RIGHT."""

    def handler(node: exp.Expression, scope: Scope) -> Sql:
        text, length = value(_bare(node.this), scope), value(node.expression, scope)
        return Sql(f"{name}({text.text}, {length.text})", "text")

    return handler


def _trim(node: exp.Expression, scope: Scope) -> Sql:
    """Cut blanks off one end or both: sqlglot reads LTRIM, RTRIM and TRIM as one node with a side."""
    only(node, "this", "position")
    name = {"LEADING": "ltrim", "TRAILING": "rtrim"}.get(
        str(node.args.get("position") or "").upper(), "trim"
    )
    return Sql(f"{name}({value(_bare(node.this), scope).text})", "text")


def _bare(node: exp.Expression) -> exp.Expression:
    """Take off the casts that sqlglot puts round the arguments of LEN, LEFT, YEAR and DATEDIFF."""
    if isinstance(node, exp.TsOrDsToDate | exp.TimeStrToTime) or (
        isinstance(node, exp.Cast) and node.type
    ):
        return _bare(node.this) if isinstance(node.this, exp.Expression) else node
    return node


def _part(unit: str) -> Handler:
    def handler(node: exp.Expression, scope: Scope) -> Sql:
        return Sql(f"tsql_part('{unit}', {value(_bare(node.this), scope).text})", "number")

    return handler


def _date_math(node: exp.Expression, scope: Scope) -> Sql:
    unit = str(node.args.get("unit") or "").lower()
    if unit not in units():
        raise sql_error(f"'{unit}' is not a recognized date part.")
    first, second = value(_bare(node.expression), scope), value(_bare(node.this), scope)
    if isinstance(node, exp.DateAdd):
        return Sql(f"tsql_dateadd('{unit}', {first.text}, {as_date(second)})", "date")
    return Sql(f"tsql_datediff('{unit}', {as_date(first)}, {as_date(second)})", "number")


def _cast(node: exp.Expression, scope: Scope) -> Sql:
    target = node.args["to"] if isinstance(node, exp.Cast) else node.this
    inner = value(_bare(node.this if isinstance(node, exp.Cast) else node.expression), scope)
    if target.is_type(*exp.DataType.TEXT_TYPES):
        return Sql(f"CAST({inner.text} AS TEXT)", "text")
    if target.is_type(*exp.DataType.INTEGER_TYPES, "bit"):
        return Sql(f"CAST({as_number(inner)} AS INTEGER)", "number")
    if target.is_type(*exp.DataType.NUMERIC_TYPES, "money"):
        return Sql(f"CAST({as_number(inner)} AS REAL)", "number")
    if target.is_type(*exp.DataType.TEMPORAL_TYPES):
        text = as_date(inner)
        return Sql(
            f"substr({text}, 1, 10) || 'T00:00:00'" if target.is_type("date") else text, "date"
        )
    raise sql_error(f"Type {target.sql(dialect='tsql')} is not a defined system type.")


def _aggregate(node: exp.Expression, scope: Scope) -> Sql:
    name = _AGGREGATES[type(node)]
    inner = node.this
    distinct = isinstance(inner, exp.Distinct)
    if isinstance(inner, exp.Distinct):
        inner = inner.expressions[0]
    if isinstance(inner, exp.Star) and name == "count":
        return Sql("count(*)", "number", aggregate=True)
    argument = value(inner, scope)
    kind = argument.kind if name in {"min", "max"} else "number"
    return Sql(f"{name}({'DISTINCT ' if distinct else ''}{argument.text})", kind, aggregate=True)


def _anonymous(node: exp.Expression, scope: Scope) -> Sql:
    if node.name.upper() == "DATALENGTH" and len(node.expressions) == 1:
        return Sql(f"tsql_datalength({value(node.expressions[0], scope).text})", "number")
    raise sql_error(f"'{node.name}' is not a recognized built-in function name.")


def _scalar(node: exp.Expression, scope: Scope) -> Sql:
    return subquery(node, scope, columns=1)


def _exists(node: exp.Expression, scope: Scope) -> Sql:
    return Sql(f"EXISTS {subquery(node.this, scope, columns=0).text}", "predicate")


def subquery(node: exp.Expression, outer: Scope, *, columns: int) -> Sql:
    """Compile a SELECT inside a clause; `columns` is how many it must return, 0 for any number."""
    select = node.this if isinstance(node, exp.Subquery) else node
    if not isinstance(select, exp.Select):
        raise sql_error("Incorrect syntax near the sub-select.")
    only(select, "expressions", "from_", "where", "group", "distinct", "limit", "order")
    scope = _inner_scope(select, outer)
    chosen = [_inner_column(one, scope) for one in select.expressions]
    if columns and len(chosen) != columns:
        raise sql_error(
            "Only one expression can be specified in the select list of this sub-select."
        )
    text = f"SELECT {'DISTINCT ' if select.args.get('distinct') else ''}{', '.join(one.text for one in chosen)}"
    text += f" FROM {scope.source()} WHERE {scope.condition()}{_inner_rest(select, scope)}"
    return Sql(f"({text})", chosen[0].kind, collated=True)


def _inner_scope(select: exp.Select, outer: Scope) -> Scope:
    source = select.args.get("from_")
    table = source.this if source is not None else None
    if not isinstance(table, exp.Table):
        raise sql_error("Incorrect syntax near the keyword 'FROM'.")
    only(table, "this", "alias")
    relation = outer.catalog(table.name)
    if relation is None:
        raise sql_error(f"Invalid object name '{table.name}'.")
    names = frozenset({(table.alias or table.name).lower()})
    return Scope(
        relation=relation, alias=f"r{outer.depth + 1}", names=names, catalog=outer.catalog, view_pk=outer.view_pk,
        outer=outer,
    )  # fmt: skip


def _inner_column(node: exp.Expression, scope: Scope) -> Sql:
    if isinstance(node, exp.Star):
        return Sql("*", "null")
    return value(node.this if isinstance(node, exp.Alias) else node, scope)


def _inner_rest(select: exp.Select, scope: Scope) -> str:
    where, group, order, limit = (
        select.args.get(name) for name in ("where", "group", "order", "limit")
    )
    text = f" AND {predicate(where.this, scope)}" if where is not None else ""
    if group is not None:
        text += " GROUP BY " + ", ".join(value(one, scope).text for one in group.expressions)
    if order is not None:
        text += " ORDER BY " + ", ".join(ordering(one, scope).text for one in order.expressions)
    if limit is not None:
        text += f" LIMIT {_row_count(limit.expression)}"
    return text


def _row_count(node: exp.Expression) -> int:
    inner = node.unnest()
    if not isinstance(inner, exp.Literal) or not inner.name.isdigit():
        raise sql_error("The number of rows provided for a TOP clause must be a whole number.")
    return int(inner.name)


def ordering(node: exp.Expression, scope: Scope) -> Sql:
    """Compile one term of ORDER BY; SQL Server and SQLite both put NULL first."""
    inner = node.this if isinstance(node, exp.Ordered) else node
    descending = bool(node.args.get("desc")) if isinstance(node, exp.Ordered) else False
    term = value(inner, scope)
    collate = "" if term.collated or term.kind != "text" else " COLLATE CASPIO"
    return Sql(
        f"{term.text}{collate}{' DESC' if descending else ''}", term.kind, aggregate=term.aggregate
    )


_HANDLERS: Mapping[type[exp.Expression], Handler] = {
    exp.Column: _column,
    exp.Literal: _literal,
    exp.National: _literal,
    exp.Boolean: _boolean,
    exp.Null: lambda _node, _scope: Sql("NULL", "null"),
    **dict.fromkeys(_COMPARISONS, _comparison),
    **dict.fromkeys(_ARITHMETIC, _arithmetic),
    **dict.fromkeys(_AGGREGATES, _aggregate),
    exp.And: _connector,
    exp.Or: _connector,
    exp.Not: _not,
    exp.Paren: _paren,
    exp.Is: _is,
    exp.In: _in,
    exp.Between: _between,
    exp.Like: _like,
    exp.Escape: _escape,
    exp.Neg: _negative,
    exp.Case: _case,
    exp.Coalesce: _coalesce,
    exp.Nullif: _call("nullif", "same", "this", "expression"),
    exp.Length: _call("tsql_len", "number", "this"),
    exp.Upper: _call("tsql_upper", "text", "this"),
    exp.Lower: _call("tsql_lower", "text", "this"),
    exp.Trim: _trim,
    exp.Substring: _substring,
    exp.StrPosition: _charindex,
    exp.Left: _end("tsql_left"),
    exp.Right: _end("tsql_right"),
    exp.Abs: _call("abs", "number", "this"),
    exp.Round: _call("round", "number", "this", "decimals"),
    exp.Replace: _call("tsql_replace", "text", "this", "expression", "replacement"),
    exp.CurrentTimestamp: lambda _node, _scope: Sql("tsql_now()", "date"),
    exp.DateAdd: _date_math,
    exp.DateDiff: _date_math,
    exp.Year: _part("year"),
    exp.Month: _part("month"),
    exp.Day: _part("day"),
    exp.Cast: _cast,
    exp.Convert: _cast,
    exp.Anonymous: _anonymous,
    exp.Subquery: _scalar,
    exp.Exists: _exists,
}
