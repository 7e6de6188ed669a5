"""Which webhook events cover every source, with as few as possible from our own writes."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.adapters.caspio.client import EventDefinition
from pipeline.model import Column, SourceSpec
from pipeline.webhooks.incoming import INSERT, UPDATE, table_of

Columns = Mapping[str, Column]

_FILE_TYPES = {"ATTACHMENT", "FILE"}

# Caspio refuses these types as the fields of an update event: their values do not change.
_CANNOT_CHANGE = {"AUTONUMBER", "PASSWORD", "PREFIXED AUTONUMBER", "GUID", "RANDOM ID", "TIMESTAMP"}


@dataclass(frozen=True, slots=True)
class WatchedTable:
    """A table with webhook events.

    Attributes:
        sources: Names of the sources it concerns.
        fields: Columns whose change sends a message.
        types: Types of the columns that messages carry, by name.
    """

    name: str
    sources: tuple[str, ...]
    fields: tuple[str, ...]
    types: Mapping[str, str]

    def events(self, event_sources: Sequence[str]) -> tuple[EventDefinition, EventDefinition]:
        """Return the two events: a record is added, a watched field changes. Deletes need none."""
        insert = EventDefinition(
            type=INSERT,
            table=self.name,
            sources=tuple(event_sources),
            payload_fields=tuple(self.types),
        )
        return insert, replace(insert, type=UPDATE, fields=self.fields)


@dataclass(frozen=True, slots=True)
class DesiredEvents:
    """The tables to watch, and by name why other sources are left to the schedule."""

    tables: tuple[WatchedTable, ...]
    skipped: Mapping[str, str]


def desired_events(
    specs: Iterable[SourceSpec], columns_of: Callable[[str], Columns]
) -> DesiredEvents:
    """Return what to watch for these sources.

    `columns_of` raises BadSettings for a table that does not exist.
    """
    specs = list(specs)
    written_by_us = {column for spec in specs for column in spec.columns}
    by_table: dict[str, list[SourceSpec]] = {}
    skipped: dict[str, str] = {}
    for spec in specs:
        table = table_of(spec)
        if table is None:
            kind = "a view" if spec.view else "a folder of the Files area"
            skipped[spec.name] = (
                f"{kind} has no webhook events; name the table behind it with webhook_table"
            )
        else:
            # Caspio ignores case in names, so two sources may write the same table differently.
            by_table.setdefault(table.casefold(), []).append(spec)
    tables = []
    for group in by_table.values():
        columns = columns_of(table_of(group[0]) or "")
        watched = watched_table(group, columns, written_by_us)
        if watched.types:
            tables.append(watched)
        else:
            reason = f"{watched.name} has no field for its files"
            skipped |= dict.fromkeys(watched.sources, reason)
    return DesiredEvents(tuple(tables), skipped)


def watched_table(
    specs: Sequence[SourceSpec], columns: Columns, written_by_us: set[str]
) -> WatchedTable:
    """Return what to watch in a table for its sources.

    The fields with files are watched. If other columns decide which records belong to a source,
    those are watched, too, except the ones that we write ourselves.
    """
    by_name: dict[str, None] = {}
    for spec in specs:
        by_name |= dict.fromkeys(carried_columns(spec, columns))
    carried = list(by_name)
    # Without a condition, a record belongs to the source whatever its other columns contain.
    fields = carried
    if any(spec.where or spec.view for spec in specs):
        # A column that we write would send a message for each of our own writes.
        watched = set(carried) | (changeable(columns) - written_by_us)
        fields = [name for name in columns if name in watched]
    types = {name: columns[name].type.upper() for name in carried}
    sources = tuple(spec.name for spec in specs)
    return WatchedTable(table_of(specs[0]) or "", sources, tuple(fields), types)


def changeable(columns: Columns) -> set[str]:
    """Return the columns whose value can change."""
    return {
        name
        for name, column in columns.items()
        if not column.is_formula and column.type.upper() not in _CANNOT_CHANGE
    }


def carried_columns(spec: SourceSpec, columns: Columns) -> list[str]:
    """Return the columns whose change concerns a source; messages carry them."""
    if spec.folder is not None:
        carried = set(_of_types(columns, {"FILE"}))
        if spec.index and spec.index.table == spec.webhook_table:
            carried.add(spec.index.path_column)
        return [name for name in columns if name in carried]
    file_fields = _of_types(columns, _FILE_TYPES)
    named = [name for name in file_fields if name in spec.fields]
    carried_fields = named or file_fields
    if spec.reprocess_column is not None and spec.reprocess_column in columns:
        return [*carried_fields, spec.reprocess_column]
    return carried_fields


def _of_types(columns: Columns, types: set[str]) -> list[str]:
    return [name for name, column in columns.items() if column.type.upper() in types]
