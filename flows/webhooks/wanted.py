"""Which events a webhook is to have so that it tells of every source, and as little as can be of our own writes."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.adapters.caspio.client.areas.webhooks import EventDefinition
from pipeline.model import Column, SourceSpec
from pipeline.webhooks.incoming import INSERT, UPDATE, table_of

Columns = Mapping[str, Column]
_HOLD_FILES = {"ATTACHMENT", "FILE"}
_CANNOT_CHANGE = {"AUTONUMBER", "PASSWORD", "PREFIXED AUTONUMBER", "GUID", "RANDOM ID", "TIMESTAMP"}


@dataclass(frozen=True, slots=True)
class WatchedTable:
    """A table, the sources it concerns, and the types of the columns that messages about it carry."""

    name: str
    sources: tuple[str, ...]
    fields: tuple[str, ...]
    types: Mapping[str, str]

    def events(self, event_sources: Sequence[str]) -> tuple[EventDefinition, EventDefinition]:
        """Return the two events: a record is added, one of the watched fields changes. A delete needs nothing."""
        insert = EventDefinition(
            type=INSERT,
            table=self.name,
            sources=tuple(event_sources),
            payload_fields=tuple(self.types),
        )
        return insert, replace(insert, type=UPDATE, fields=self.fields)


@dataclass(frozen=True, slots=True)
class Wanted:
    """The tables to watch, and by name why the other sources are left to the schedule."""

    tables: tuple[WatchedTable, ...]
    skipped: Mapping[str, str]


def wanted(specs: Iterable[SourceSpec], columns_of: Callable[[str], Columns]) -> Wanted:
    """Say what to watch for these sources. `columns_of` raises BadSettings for a table that is not there."""
    specs = list(specs)
    ours = {column for spec in specs for column in spec.columns}
    by_table: dict[str, list[SourceSpec]] = {}
    skipped: dict[str, str] = {}
    for spec in specs:
        if (table := table_of(spec)) is None:
            skipped[spec.name] = (
                f"{_kind(spec)} tells of no changes; name the table behind it with webhook_table"
            )
        else:
            by_table.setdefault(table.casefold(), []).append(spec)
    watched = [
        _watched(group, columns_of(table_of(group[0]) or ""), ours) for group in by_table.values()
    ]
    for one in watched:
        if not one.types:
            skipped |= dict.fromkeys(one.sources, f"{one.name} has no field that holds its files")
    return Wanted(tuple(one for one in watched if one.types), skipped)


def _kind(spec: SourceSpec) -> str:
    return "a view" if spec.view else "a folder of the Files area"


def _watched(specs: Sequence[SourceSpec], columns: Columns, ours: set[str]) -> WatchedTable:
    """Watch the fields that hold files; where other columns decide what belongs to a source, all but those we write."""
    names = list(dict.fromkeys(name for spec in specs for name in _carrying(spec, columns)))
    fields = names
    if any(spec.where or spec.view for spec in specs):
        fields = [
            name
            for name, column in columns.items()
            if name in names
            or not (name in ours or column.is_formula or column.type.upper() in _CANNOT_CHANGE)
        ]
    types = {name: columns[name].type.upper() for name in names}
    return WatchedTable(
        table_of(specs[0]) or "", tuple(spec.name for spec in specs), tuple(fields), types
    )


def _carrying(spec: SourceSpec, columns: Columns) -> list[str]:
    """Return the columns whose change is news of a source."""
    if spec.folder is not None:
        index = (
            {spec.index.path_column}
            if spec.index and spec.index.table == spec.webhook_table
            else set()
        )
        return [
            name
            for name, column in columns.items()
            if column.type.upper() == "FILE" or name in index
        ]
    holders = [name for name, column in columns.items() if column.type.upper() in _HOLD_FILES]
    tick = [name for name in columns if name == spec.reprocess_column]
    return ([name for name in holders if name in spec.fields] or holders) + tick
