"""Which webhook events cover every source, with as few as possible from our own writes."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set as AbstractSet
from dataclasses import dataclass, field, replace

from pipeline.adapters.caspio.client import EventDefinition
from pipeline.model import Column, SourceSpec
from pipeline.model.sync import Side, SyncSpec
from pipeline.sync.conversions import CASPIO_TYPES
from pipeline.webhooks.incoming import DELETE, INSERT, UPDATE, table_of

Columns = Mapping[str, Column]

_FILE_TYPES = {"ATTACHMENT", "FILE"}

# Caspio refuses these types as the fields of an update event: their values do not change.
_CANNOT_CHANGE = {"AUTONUMBER", "PASSWORD", "PREFIXED AUTONUMBER", "GUID", "RANDOM ID", "TIMESTAMP"}


# A message of more than 10 MB is not sent at all (caspio-api.md, section 5), and of these one value
# may have 64,000 characters. Without it, an own write is found by a look at the record.
_SHORT = CASPIO_TYPES.keys() - {"TEXT"}
_NAME_A_TABLE = "has no webhook events; name the table behind it with webhook_table"


@dataclass(frozen=True, slots=True)
class WatchedTable:
    """A table with webhook events.

    Attributes:
        carried: Types of the columns that messages carry, by name, for each source and sync.
        fields: Columns whose change sends a message.
        has_deletes: Whether deleted records are reported, too.
    """

    name: str
    carried: Mapping[str, Mapping[str, str]]
    fields: tuple[str, ...]
    has_deletes: bool = False

    def events(self, event_sources: Sequence[str]) -> tuple[EventDefinition, ...]:
        """Return the events: a record is added, a watched field changes, a record is deleted."""
        payload: dict[str, None] = {}
        for types in self.carried.values():
            payload |= dict.fromkeys(types)
        insert = EventDefinition(
            type=INSERT,
            table=self.name,
            sources=tuple(event_sources),
            payload_fields=tuple(payload),
        )
        update = replace(insert, type=UPDATE, fields=self.fields)
        return (insert, update, replace(insert, type=DELETE))[: 3 if self.has_deletes else 2]


@dataclass(frozen=True, slots=True)
class DesiredEvents:
    """The tables to watch, and by name why other sources and syncs are left to the schedule."""

    tables: tuple[WatchedTable, ...]
    skipped: Mapping[str, str]


def desired_events(
    specs: Iterable[SourceSpec],
    columns_of: Callable[[str], Columns],
    syncs: Iterable[SyncSpec] = (),
) -> DesiredEvents:
    """Return what to watch for these sources and syncs.

    `columns_of` raises BadSettings for a table that does not exist.
    """
    specs = list(specs)
    written_by_us = {column for spec in specs for column in spec.columns}
    by_table, skipped = _by_table(specs, syncs)
    tables = []
    for group in by_table.values():
        columns = columns_of(group.table)
        reason = f"{group.table} has no field for its files"
        without = [spec for spec in group.specs if not carried_columns(spec, columns)]
        skipped |= {spec.name: reason for spec in without}
        useful = replace(group, specs=[spec for spec in group.specs if spec not in without])
        if useful.specs or useful.syncs:
            tables.append(_watched(useful, columns, written_by_us))
    return DesiredEvents(tuple(tables), skipped)


@dataclass(frozen=True, slots=True)
class _EventGroup:
    """The sources and the syncs of one table."""

    table: str
    specs: list[SourceSpec] = field(default_factory=list)
    syncs: list[SyncSpec] = field(default_factory=list)


def _by_table(
    specs: Iterable[SourceSpec], syncs: Iterable[SyncSpec]
) -> tuple[dict[str, _EventGroup], dict[str, str]]:
    """Return the groups, and by name why a source or sync is in none."""
    # Caspio ignores case in names, so two sources may write the same table differently.
    groups: dict[str, _EventGroup] = {}
    skipped: dict[str, str] = {}
    for spec in specs:
        table = table_of(spec)
        if table is None:
            kind = "a view" if spec.view else "a folder of the Files area"
            skipped[spec.name] = f"{kind} {_NAME_A_TABLE}"
        else:
            groups.setdefault(table.casefold(), _EventGroup(table)).specs.append(spec)
    for sync in syncs:
        if table := sync.reported_table:
            groups.setdefault(table.casefold(), _EventGroup(table)).syncs.append(sync)
        elif sync.direction.writes(Side.MIRROR):
            skipped[sync.source] = f"a view {_NAME_A_TABLE}"
        else:
            skipped[sync.source] = "it only pushes: no change at Caspio is carried over"
    return groups, skipped


def _watched(group: _EventGroup, columns: Columns, written_by_us: set[str]) -> WatchedTable:
    """Return what to watch in a table for its sources and syncs."""
    carried = {spec.name: carried_columns(spec, columns) for spec in group.specs}
    for sync in group.syncs:
        carried[sync.source] = [name for name in _of_types(columns, _SHORT) if name in sync.columns]
    return WatchedTable(
        group.table,
        {
            source: {name: columns[name].type.upper() for name in of_one}
            for source, of_one in carried.items()
        },
        tuple(_watched_fields(group, columns, written_by_us)),
        has_deletes=any(Side.MIRROR in sync.delete_from for sync in group.syncs),
    )


def _watched_fields(group: _EventGroup, columns: Columns, written_by_us: set[str]) -> Iterator[str]:
    """Yield the fields with files, and the columns in sync.

    If other columns decide which records belong to a source, those are watched, too, except the
    ones that we write ourselves.
    """
    # Without a condition, a record belongs to the source whatever its other columns contain.
    watched = {name for spec in group.specs for name in carried_columns(spec, columns)}
    if any(spec.where or spec.view for spec in group.specs):
        # A column that we write would send a message for each of our own writes.
        watched |= changeable(columns) - written_by_us
    for sync in group.syncs:
        # Any column may decide whether a view shows the record.
        watched |= changeable(columns) & (columns.keys() if sync.is_view else sync.columns.keys())
    yield from (name for name in columns if name in watched)


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


def _of_types(columns: Columns, types: AbstractSet[str]) -> list[str]:
    return [name for name, column in columns.items() if column.type.upper() in types]
