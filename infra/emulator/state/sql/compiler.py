"""The compiler: one function for each kind of node that sqlglot parses."""

from collections.abc import Callable

from sqlglot import exp

from infra.emulator.errors import existing, sql_error
from infra.emulator.state.sql.compiled import Sql
from infra.emulator.state.sql.scope import Scope

Compile = Callable[[exp.Expression, Scope], Sql]
_COMPILERS: dict[type[exp.Expression], Compile] = {}


def compiles(*kinds: type[exp.Expression]) -> Callable[[Compile], Compile]:
    """Register a function as the one that compiles nodes of exactly these kinds."""

    def register(function: Compile) -> Compile:
        for kind in kinds:
            _COMPILERS[kind] = function
        return function

    return register


def compile_node(node: exp.Expression, scope: Scope) -> Sql:
    """Compile a value or a condition; ApiError for a node that no function is registered for."""
    # Exactly this kind: a subclass may have parts that the function does not know.
    function = _COMPILERS.get(type(node))
    if function is None:
        raise sql_error(f"Incorrect syntax near '{excerpt(node)}'.")
    return function(node, scope)


def compile_value(node: exp.Expression | None, scope: Scope) -> Sql:
    """Compile an expression that has a value; SQL Server takes no condition in its place."""
    node = existing(node, sql_error("Incorrect syntax: an expression is missing."))
    compiled = compile_node(node, scope)
    if compiled.kind == "predicate":
        raise sql_error(f"Incorrect syntax near '{excerpt(node)}': a value is expected.")
    return compiled


def compile_condition(node: exp.Expression | None, scope: Scope) -> str:
    """Compile a condition; SQL Server takes no plain value in its place."""
    node = existing(node, sql_error("Incorrect syntax: a condition is missing."))
    compiled = compile_node(node, scope)
    if compiled.kind != "predicate":
        raise sql_error(
            "An expression of non-boolean type specified in a context where a condition is "
            f"expected, near '{excerpt(node)}'."
        )
    return compiled.text


def excerpt(node: exp.Expression) -> str:
    """Return the start of a node's SQL, for an error text."""
    try:
        return node.sql(dialect="tsql")[:60]
    except Exception:  # noqa: BLE001  sqlglot parses nodes that it cannot write
        return node.key.upper()


def without_casts(node: exp.Expression) -> exp.Expression:
    """Remove the casts that sqlglot puts around the arguments of LEN, LEFT, YEAR and DATEDIFF."""
    # A cast of the request itself has no type annotation.
    implied = isinstance(node, exp.TsOrDsToDate | exp.TimeStrToTime)
    implied = implied or (isinstance(node, exp.Cast) and bool(node.type))
    if implied and isinstance(node.this, exp.Expression):
        return without_casts(node.this)
    return node
