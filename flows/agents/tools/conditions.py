"""Turn a typed filter into a condition of ours, and examine one that was written as text."""

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from flows.agents.tools.schemas import MOST_CONDITIONS, MOST_DEPTH
from flows.agents.tools.tool import Refusal
from pipeline.adapters.caspio.client import UnusableValue, where
from pipeline.adapters.caspio.client.values import Value

if TYPE_CHECKING:
    from sqlglot.expressions import Expression

_COMPARISONS = {"ne": "<>", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}
_NAME = re.compile(r"[^\x00-\x1f\x7f]{1,255}")


def condition(filter_: Mapping[str, Any]) -> str:
    """Return the condition of a filter; every value in it becomes a literal.

    Raises:
        Refusal: it is malformed, too large or too deep, or a value cannot be sent.
    """
    # A list, so that all levels of the filter count down the same number.
    left = [MOST_CONDITIONS]
    try:
        return _condition(filter_, left, depth=0)
    except UnusableValue as error:
        raise Refusal(str(error)) from error


def _condition(filter_: Mapping[str, Any], left: list[int], *, depth: int) -> str:
    left[0] -= 1
    if depth > MOST_DEPTH or left[0] < 0:
        most = f"{MOST_CONDITIONS} conditions and {MOST_DEPTH} levels"
        raise Refusal(f"The filter has more than {most}. Ask for less at a time.")
    parts = [name for name in ("and", "or", "field") if name in filter_]
    if len(parts) != 1:
        raise Refusal("A filter has field and op, or 'and', or 'or', and only one of these.")
    if parts[0] == "field":
        return _comparison(filter_)
    if filter_.keys() != {parts[0]} or not filter_[parts[0]]:
        raise Refusal(f"A filter with {parts[0]!r} has a list of filters, and nothing beside it.")
    inner = [_condition(one, left, depth=depth + 1) for one in filter_[parts[0]]]
    return where.both(*inner) if parts[0] == "and" else where.either(inner)


def _comparison(filter_: Mapping[str, Any]) -> str:
    column, op = field_name(filter_["field"]), filter_.get("op")
    field, value = where.name(column), _given_value(filter_)
    match op:
        case "is_null" | "not_null":
            return f"{field} IS {'NOT ' if op == 'not_null' else ''}NULL"
        case "eq":
            return where.equals(column, _scalar(value))
        case "contains" | "starts_with":
            return _part_of_text(column, op, value)
        case "in":
            if not isinstance(value, list) or not 0 < len(value) <= MOST_CONDITIONS:
                raise Refusal(f"in needs a list of 1 to {MOST_CONDITIONS} values.")
            return where.either([where.equals(column, _scalar(one)) for one in value])
        case str() if op in _COMPARISONS:
            return f"{field} {_COMPARISONS[op]} {_literal(_scalar(value))}"
    raise Refusal(f"There is no operator {op!r}. Each condition has a field, an op and a value.")


def _given_value(filter_: Mapping[str, Any]) -> object:
    """Return the value of a comparison, None where its operator takes none.

    Raises:
        Refusal: it is missing, or there is one too many.
    """
    op, value = filter_.get("op"), filter_.get("value")
    if op in {"is_null", "not_null"}:
        # is_null with false would mean the opposite of what it says.
        if value is not None:
            raise Refusal(f"{op} takes no value. The opposite of is_null is not_null.")
    elif op and "value" not in filter_:
        # One that was forgotten is not null: the condition would match all that is empty.
        raise Refusal(f"{op} needs a value. What is empty is found by is_null.")
    return value


def _part_of_text(column: str, op: str, value: object) -> str:
    if not isinstance(value, str) or not value:
        raise Refusal(f"{op} needs a text as its value.")
    if op == "starts_with":
        return where.starts_with(column, value)
    # Not LIKE, whose wildcards would have to be escaped.
    return f"CHARINDEX({where.text_literal(value)}, {where.name(column)}) > 0"


def _scalar(value: object) -> Value:
    if value is None or isinstance(value, str | int | float):
        return value
    raise Refusal("A value is a text, a number, true, false or null.")


def _literal(value: Value) -> str:
    match value:
        case None:
            raise Refusal("Compare with null by is_null or not_null.")
        case bool():
            # Before int, of which it is a kind: SQL Server writes a bit as 0 or 1.
            return str(int(value))
        case int() | float():
            return where.number_literal(value)
    return where.text_literal(value)


def field_name(given: str) -> str:
    """Return a name that can be a field's; it is quoted where it is used.

    Raises:
        Refusal: it is empty, too long or has control characters.
    """
    if not _NAME.fullmatch(given):
        raise Refusal(f"{given[:80]!r} cannot be the name of a field.")
    return given


def names_text(names: Sequence[str]) -> str:
    """Return field names as SQL, each quoted where it must be."""
    return ",".join(where.name(field_name(name)) for name in names)


def order_text(order: Sequence[Mapping[str, Any]]) -> str:
    """Return an order as SQL."""
    return ",".join(
        where.name(field_name(one["field"])) + (" DESC" if one.get("descending") else "")
        for one in order
    )


def checked_text(text: str) -> str:
    """Return a condition written as text, after parsing it: comparisons of fields and literals.

    What is sent is written again from what was parsed, so that nothing unparsed gets through.

    Raises:
        Refusal: it cannot be parsed, or has anything else in it, such as a sub-select, which would
            reach tables that the token may not touch.
    """
    from sqlglot import exp
    from sqlglot.dialects.tsql import TSQL

    allowed = (
        exp.And, exp.Or, exp.Not, exp.Paren, exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE,
        exp.Like, exp.Escape, exp.Between, exp.In, exp.Is, exp.Null, exp.Boolean, exp.Literal,
        exp.National, exp.Neg, exp.Column, exp.Identifier, exp.Left, exp.Right, exp.Length,
        exp.Upper, exp.Lower, exp.Trim, exp.StrPosition,
    )  # fmt: skip
    found = _parsed(text)
    for node in found.walk():
        if not isinstance(node, allowed) or node.args.get("query"):
            what = type(node).__name__
            raise Refusal(f"where_text may compare fields with values; {what} is not allowed.")
        if isinstance(node, exp.Column) and node.table:
            raise Refusal("where_text names fields alone, without their table.")
    written: str = found.sql(dialect=TSQL, comments=False)
    return written


def _parsed(text: str) -> "Expression":
    from sqlglot import errors, exp, parse
    from sqlglot.dialects.tsql import TSQL

    try:
        # As the condition of a query: alone, a text could be another statement.
        statements = parse(_QUERY + text, read=TSQL)
    except errors.SqlglotError as error:
        raise Refusal("where_text cannot be parsed as a condition. Use where instead.") from error
    query = statements[0]
    known = {name for name, value in query.args.items() if value} if query else set()
    if len(statements) > 1 or not isinstance(query, exp.Select) or not known <= _OF_A_QUERY:
        raise Refusal("where_text is a condition alone, without other clauses.")
    condition: Expression = query.args["where"].this
    return condition


_QUERY = "SELECT 1 FROM t WHERE "
_OF_A_QUERY = frozenset({"expressions", "from", "from_", "where", "kind"})
