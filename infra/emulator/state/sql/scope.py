"""Parse SQL Server clauses and write them anew for SQLite; what is not understood is refused, nothing is pasted.

A clause is parsed by sqlglot, then every node is compiled by the table at the end of `expressions.py`. Columns are
looked up in the relations in scope, literals are quoted afresh, so a clause can do no more than read those relations.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlglot import exp, parse
from sqlglot.errors import SqlglotError

from infra.emulator.errors import sql_error
from infra.emulator.state.schema import DATE_TYPES, LIST_TYPES, PK, Field, Relation

Catalog = Callable[[str], Relation | None]
"""Finds what a sub-select names: a table, or a view by its name after `_v_`."""


def quote_name(name: str) -> str:
    """Quote an identifier for SQLite."""
    return '"' + name.replace('"', '""') + '"'


def quote_text(text: str) -> str:
    """Quote a text literal for SQLite, which cuts texts at NUL."""
    if "\0" in text:
        raise sql_error("Invalid character in a literal.")
    return "'" + text.replace("'", "''") + "'"


def physical(table: str) -> str:
    """Return the quoted SQLite name of a table's rows."""
    return quote_name("t_" + table.lower())


@dataclass(frozen=True, slots=True)
class Sql:
    """A compiled expression.

    `kind` is text, number, date, bool, null or predicate; `literal` is the value of a text literal; `collated` says
    that SQLite already compares it as SQL Server would; `column` names the plain column it is.
    """

    text: str
    kind: str
    literal: str | None = None
    collated: bool = False
    column: Field | None = None
    aggregate: bool = False


@dataclass(frozen=True, slots=True)
class Scope:
    """The relation a SELECT reads, the alias it has in SQLite, and the scopes around it."""

    relation: Relation
    alias: str
    names: frozenset[str]
    catalog: Catalog
    view_pk: str
    outer: "Scope | None" = None

    @property
    def depth(self) -> int:
        """Count the scopes from the outermost."""
        return 0 if self.outer is None else self.outer.depth + 1

    def source(self) -> str:
        """Write the FROM part."""
        return f"{physical(self.relation.table.name)} AS {self.alias}"

    def condition(self) -> str:
        """Write the view's own condition, "1" for a table."""
        return self.relation.condition.replace("{alias}", self.alias) or "1"

    def pk(self) -> Sql:
        """Return PK_ID: text in a view, a number in a table."""
        if self.relation.is_view and self.view_pk == "text":
            return Sql(f'CAST({self.alias}."PK_ID" AS TEXT)', "text", collated=True)
        return Sql(f'{self.alias}."PK_ID"', "number")

    def column(self, name: str, table: str = "") -> Sql:
        """Find a column here or in the scopes around; ApiError with SQL Server's words without one."""
        if not table or table.lower() in self.names:
            if name.upper() == PK:
                return self.pk()
            field = self.relation.find(name)
            if field is not None:
                return self._field(field)
        if self.outer is not None:
            return self.outer.column(name, table)
        raise sql_error(f"Invalid column name '{name}'.")

    def _field(self, field: Field) -> Sql:
        if field.type == "PASSWORD" or field.type in LIST_TYPES:
            raise sql_error(f"The field '{field.name}' of type {field.type} cannot be used here.")
        return Sql(
            f"{self.alias}.{quote_name(field.name)}", kind_of(field), collated=True, column=field
        )


def kind_of(field: Field) -> str:
    """Return how a field's values compare."""
    if field.type in DATE_TYPES:
        return "date"
    if field.type == "YES/NO":
        return "bool"
    return "number" if field.type in {"NUMBER", "INTEGER", "CURRENCY", "AUTONUMBER"} else "text"


def top_scope(relation: Relation, *, catalog: Catalog, view_pk: str) -> Scope:
    """Return the scope of a request's own clauses."""
    names = frozenset({relation.name.lower(), f"_v_{relation.name}".lower()})
    return Scope(relation=relation, alias="r0", names=names, catalog=catalog, view_pk=view_pk)


def parsed(clause: str, *, prefix: str, part: str) -> exp.Expression:
    """Parse one clause of a SELECT and return that part; anything besides it in the text is an error."""
    try:
        statements = parse(f"{prefix} {clause}", read="tsql")
    except (SqlglotError, RecursionError) as error:
        raise sql_error(f"Incorrect syntax near '{_near(clause, error)}'.") from error
    select = statements[0] if len(statements) == 1 else None
    if not isinstance(select, exp.Select):
        raise sql_error(f"Incorrect syntax near '{clause[:40]}'.")
    only(select, "expressions", part)
    found = select.args.get(part)
    if not found or (isinstance(found, exp.Group) and not found.expressions):
        raise sql_error("Incorrect syntax: the clause is empty.")
    return select


def only(node: exp.Expression, *parts: str) -> None:
    """Refuse a node that has more parts than those named."""
    extra = [name for name, value in node.args.items() if value and name not in parts]
    if extra:
        raise sql_error(f"Incorrect syntax near the keyword '{extra[0].rstrip('_').upper()}'.")


def _near(clause: str, error: Exception) -> str:
    details: Sequence[dict[str, object]] = getattr(error, "errors", [])
    found = details[0].get("highlight") if details else None
    return str(found or clause[:40])
