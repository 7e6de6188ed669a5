"""Parsing one clause of a request with sqlglot."""

from sqlglot import exp, parse
from sqlglot.errors import ParseError

from infra.emulator.errors import sql_error


def parse_clause(clause: str, *, prefix: str, part: str) -> exp.Expression:
    """Parse a clause behind `prefix` and return the SELECT it makes.

    ApiError where it cannot be parsed, or where it holds more than the part of SELECT it is for.
    """
    try:
        statements = parse(f"{prefix} {clause}", read="tsql")
    except Exception as error:
        # Not only sqlglot's own errors: what it builds functions with does not expect that
        # arguments are missing, as in YEAR().
        near = clause[:40]
        if isinstance(error, ParseError) and error.errors:
            near = error.errors[0].get("highlight") or near
        raise sql_error(f"Incorrect syntax near '{near}'.") from error

    select = statements[0] if len(statements) == 1 else None
    if not isinstance(select, exp.Select):
        raise sql_error(f"Incorrect syntax near '{clause[:40]}'.")
    refuse_other_parts(select, "expressions", part)

    found = select.args.get(part)
    is_empty_group = isinstance(found, exp.Group) and not found.expressions
    if not found or is_empty_group:
        raise sql_error("Incorrect syntax: the clause is empty.")
    return select


def parse_condition(clause: str) -> exp.Expression:
    """Parse a WHERE body and return the condition."""
    condition: exp.Expression = (
        parse_clause(clause, prefix="SELECT 1 WHERE", part="where").args["where"].this
    )
    return condition


def refuse_other_parts(node: exp.Expression, *allowed: str) -> None:
    """Refuse a node that has other parts than those allowed."""
    for name, part in node.args.items():
        if part and name not in allowed:
            raise sql_error(f"Incorrect syntax near the keyword '{name.rstrip('_').upper()}'.")
