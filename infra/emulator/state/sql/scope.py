"""Scopes: which columns a clause may name."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlglot import exp

from infra.emulator.errors import existing, sql_error
from infra.emulator.state.schema import PK, Relation
from infra.emulator.state.sql.compiled import Sql, kind_of_field, quote_name, sqlite_table

Catalog = Callable[[str], Relation | None]
"""Finds what a sub-select names: a table, or a view by its name after `_v_`."""


@dataclass(frozen=True, slots=True)
class Scope:
    """The relation that a SELECT reads, its alias in SQLite, and the scope around it."""

    relation: Relation
    alias: str
    names: frozenset[str]
    catalog: Catalog
    view_pk: str
    outer: "Scope | None" = None

    @property
    def depth(self) -> int:
        """The number of scopes around this one."""
        return 0 if self.outer is None else self.outer.depth + 1

    def source(self) -> str:
        """Return the FROM part."""
        return f"{sqlite_table(self.relation.table.name)} AS {self.alias}"

    def condition(self) -> str:
        """Return the view's own condition, "1" for a table."""
        return self.relation.condition.replace("{alias}", self.alias) or "1"

    def pk(self) -> Sql:
        """Return PK_ID: a number in a table, in a view text or a number."""
        # SPEC (C): PK_ID of a view is a string, which lists the PK_IDs of its tables.
        if self.relation.is_view and self.view_pk == "text":
            return Sql(f'CAST({self.alias}."PK_ID" AS TEXT)', "text", collated=True)
        return Sql(f'{self.alias}."PK_ID"', "number")

    def column(self, name: str, table: str = "") -> Sql:
        """Find a column in this scope or in those around it; ApiError in SQL Server's words."""
        if not table or table.lower() in self.names:
            if name.upper() == PK:
                return self.pk()
            field = self.relation.find(name)
            if field is not None:
                text = f"{self.alias}.{quote_name(field.name)}"
                return Sql(text, kind_of_field(field), collated=True, column=field)
        if self.outer is not None:
            return self.outer.column(name, table)
        # §4 (C): an unknown field in a clause gives SQL Server's own text.
        raise sql_error(f"Invalid column name '{name}'.")

    def inner(self, table: exp.Table) -> "Scope":
        """Return the scope of a sub-select that reads a table or view; ApiError without one."""
        error = sql_error(f"Invalid object name '{table.name}'.")
        relation = existing(self.catalog(table.name), error)
        return Scope(
            relation=relation,
            alias=f"r{self.depth + 1}",
            names=frozenset({(table.alias or table.name).lower()}),
            catalog=self.catalog,
            view_pk=self.view_pk,
            outer=self,
        )


def top_scope(relation: Relation, *, catalog: Catalog, view_pk: str) -> Scope:
    """Return the scope of a request's own clauses."""
    # §3.5 (C): sub-selects name a view with the prefix `_v_`.
    names = frozenset({relation.name.lower(), f"_v_{relation.name}".lower()})
    return Scope(relation=relation, alias="r0", names=names, catalog=catalog, view_pk=view_pk)
