"""SQL Server clauses, compiled for SQLite.

sqlglot parses a clause; `compiler` then compiles each node of the tree with the function that
`expressions`, `function_calls` or `subqueries` registers for its kind. Columns are looked up in the
relations in scope and literals are quoted again, so a clause can do no more than read those
relations: what is not understood is refused, and no text of the request reaches SQLite.
"""

from infra.emulator.state.sql import expressions, function_calls, subqueries

__all__ = ["expressions", "function_calls", "subqueries"]
