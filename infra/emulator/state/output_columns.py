"""The columns of a listing: what a select list names, and how their values are shown."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlglot import exp

from infra.emulator.state.schema import LIST_TYPES, PK, Field
from infra.emulator.state.sql.compiled import Sql, SqlKind, quote_name
from infra.emulator.state.sql.compiler import compile_value
from infra.emulator.state.sql.parsing import parse_clause
from infra.emulator.state.sql.scope import Scope
from infra.emulator.state.values import Stored, presenter, show_number, show_unchanged

# How values that are not fields are shown, by their kind.
_SHOW_KIND: Mapping[SqlKind, Callable[[Stored], object]] = {
    "bool": lambda stored: None if stored is None else bool(stored),
    "number": show_number,
}


@dataclass(frozen=True, slots=True)
class OutputColumn:
    """One column, and the function that shows its values."""

    name: str
    sql: Sql
    show: Callable[[Stored], object]


@dataclass(frozen=True, slots=True)
class OutputColumns:
    """The columns that a relation offers; `attachment_column` is the quirk."""

    scope: Scope
    attachment_column: str

    def all(self) -> list[OutputColumn]:
        """Return PK_ID and every field that a listing without a select list shows."""
        columns = [OutputColumn(PK, self.scope.pk(), show_unchanged)]
        for field in self.scope.relation.fields:
            # §3.9 (C): `*` leaves PASSWORD fields out.
            is_absent = field.type == "ATTACHMENT" and self.attachment_column == "absent"
            if field.type != "PASSWORD" and not is_absent:
                columns.append(self._of_field(field))
        return columns

    def selected(self, select: str) -> list[OutputColumn]:
        """Return the columns of a select list; a blank one is all (§2.6, C)."""
        if not select.strip():
            return self.all()
        columns: list[OutputColumn] = []
        nodes = parse_clause(select, prefix="SELECT", part="expressions").expressions
        for number, node in enumerate(nodes, start=1):
            if isinstance(node, exp.Star):
                columns += self.all()
            else:
                columns.append(self._of_node(node, number))
        return columns

    def _of_node(self, node: exp.Expression, number: int) -> OutputColumn:
        inner = node.this if isinstance(node, exp.Alias) else node
        is_column = isinstance(inner, exp.Column)
        # A LIST field may be selected, though no clause may compute with it (§3.8, C).
        field = self.scope.relation.find(inner.name) if is_column else None
        if field is not None and field.type in LIST_TYPES:
            column = self._of_field(field)
            return OutputColumn(node.alias or field.name, column.sql, column.show)

        sql = compile_value(inner, self.scope)
        if sql.column is not None:
            return OutputColumn(node.alias or sql.column.name, sql, self._presenter(sql.column))
        # The only plain column that is not a field is PK_ID.
        name = PK if is_column else f"Column{number}"
        return OutputColumn(node.alias or name, sql, _SHOW_KIND.get(sql.kind, show_unchanged))

    def _of_field(self, field: Field) -> OutputColumn:
        sql = Sql(f"{self.scope.alias}.{quote_name(field.name)}", "text", column=field)
        return OutputColumn(field.name, sql, self._presenter(field))

    def _presenter(self, field: Field) -> Callable[[Stored], object]:
        if field.type == "ATTACHMENT" and self.attachment_column == "null":
            return lambda _: None
        return presenter(field)
