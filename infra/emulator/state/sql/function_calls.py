"""Calls of SQL Server's functions."""

from collections.abc import Mapping

from sqlglot import exp

from infra.emulator.errors import sql_error
from infra.emulator.state.sql.coercion import as_date
from infra.emulator.state.sql.compiled import Sql, SqlKind
from infra.emulator.state.sql.compiler import compile_value, compiles, without_casts
from infra.emulator.state.sql.dates import DATE_PARTS
from infra.emulator.state.sql.parsing import refuse_other_parts
from infra.emulator.state.sql.scope import Scope

# Node -> function of SQLite, kind of its result ("same": that of the first argument), and the parts
# of the node that are its arguments, in order. Names beginning with `tsql_` are those of
# `sqlite_functions`; the others answer alike in SQLite and SQL Server.
_CALLS: Mapping[type[exp.Expression], tuple[str, str, tuple[str, ...]]] = {
    exp.Nullif: ("nullif", "same", ("this", "expression")),
    exp.Length: ("tsql_len", "number", ("this",)),
    exp.Upper: ("tsql_upper", "text", ("this",)),
    exp.Lower: ("tsql_lower", "text", ("this",)),
    exp.Left: ("tsql_left", "text", ("this", "expression")),
    exp.Right: ("tsql_right", "text", ("this", "expression")),
    exp.Replace: ("tsql_replace", "text", ("this", "expression", "replacement")),
    exp.Abs: ("abs", "number", ("this",)),
    exp.Round: ("round", "number", ("this", "decimals")),
}
_TRIMS = {"": "trim", "LEADING": "ltrim", "TRAILING": "rtrim"}
_PARTS: Mapping[type[exp.Expression], str] = {exp.Year: "year", exp.Month: "month", exp.Day: "day"}


@compiles(*_CALLS)
def _call(node: exp.Expression, scope: Scope) -> Sql:
    name, result, parts = _CALLS[type(node)]
    arguments = [
        compile_value(without_casts(node.args[part]), scope)
        for part in parts
        if node.args.get(part) is not None
    ]
    kind: SqlKind = "number" if result == "number" else "text"
    if result == "same":
        kind = arguments[0].kind
    return Sql(f"{name}({', '.join(argument.text for argument in arguments)})", kind)


@compiles(exp.Substring)
def _substring(node: exp.Expression, scope: Scope) -> Sql:
    # T-SQL: all three arguments are required.
    text = compile_value(node.this, scope).text
    start = compile_value(node.args.get("start"), scope).text
    length = compile_value(node.args.get("length"), scope).text
    return Sql(f"tsql_substring({text}, {start}, {length})", "text")


@compiles(exp.StrPosition)
def _charindex(node: exp.Expression, scope: Scope) -> Sql:
    refuse_other_parts(node, "this", "substr", "position")
    wanted = compile_value(node.args.get("substr"), scope).text
    text = compile_value(without_casts(node.this), scope).text
    position = node.args.get("position")
    start = "1" if position is None else compile_value(position, scope).text
    return Sql(f"tsql_charindex({wanted}, {text}, {start})", "number")


@compiles(exp.Trim)
def _trim(node: exp.Expression, scope: Scope) -> Sql:
    # sqlglot reads LTRIM, RTRIM and TRIM as one kind of node that has a side.
    refuse_other_parts(node, "this", "position")
    name = _TRIMS[str(node.args.get("position") or "").upper()]
    return Sql(f"{name}({compile_value(without_casts(node.this), scope).text})", "text")


@compiles(exp.CurrentTimestamp)
def _getdate(_: exp.Expression, __: Scope) -> Sql:
    return Sql("tsql_now()", "date")


@compiles(*_PARTS)
def _date_part(node: exp.Expression, scope: Scope) -> Sql:
    value = compile_value(without_casts(node.this), scope)
    return Sql(f"tsql_part('{_PARTS[type(node)]}', {value.text})", "number")


@compiles(exp.DateAdd, exp.DateDiff)
def _date_arithmetic(node: exp.Expression, scope: Scope) -> Sql:
    part = str(node.args.get("unit") or "").lower()
    if part not in DATE_PARTS:
        raise sql_error(f"'{part}' is not a recognized date part.")
    first = compile_value(without_casts(node.expression), scope)
    second = compile_value(without_casts(node.this), scope)
    if isinstance(node, exp.DateAdd):
        return Sql(f"tsql_dateadd('{part}', {first.text}, {as_date(second)})", "date")
    return Sql(f"tsql_datediff('{part}', {as_date(first)}, {as_date(second)})", "number")


@compiles(exp.Anonymous)
def _unknown_to_sqlglot(node: exp.Expression, scope: Scope) -> Sql:
    if node.name.upper() == "DATALENGTH" and len(node.expressions) == 1:
        argument = compile_value(node.expressions[0], scope)
        return Sql(f"tsql_datalength({argument.text})", "number")
    raise sql_error(f"'{node.name}' is not a recognized built-in function name.")
