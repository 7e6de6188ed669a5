"""What a run of a sync works with, and the rows of both sides side by side."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from pipeline.model.sync import RecordRow, Row, RowState, Side, SyncSpec, row_key
from pipeline.ports import Archive, Clock
from pipeline.ports.ledger import EffectLedger, SyncLedger
from pipeline.ports.mirror import Mirror, RecordTable
from pipeline.sync.conversions import Unfit
from pipeline.sync.layout import Layout, UnfitRow
from pipeline.sync.report import SyncReport

T = TypeVar("T")
_NONE: Mapping[str, str] = MappingProxyType({})

_LONGEST_KEY = 1000
"""Characters; the ledger's index has room for about 2,700 bytes."""


@dataclass(frozen=True, slots=True)
class SyncContext:
    """Everything that a run of one sync needs.

    Attributes:
        before_each: Called before each page and each call that writes; it may raise.
        dry_run: True if nothing is written, not even to the ledger.
    """

    layout: Layout
    table: RecordTable
    mirror: Mirror
    ledger: SyncLedger
    reviews: EffectLedger
    archive: Archive
    clock: Clock
    work_dir: Path
    run_id: str
    report: SyncReport
    before_each: Callable[[], None] = lambda: None
    dry_run: bool = False

    @property
    def spec(self) -> SyncSpec:
        """Return the settings of the sync."""
        return self.layout.spec

    @property
    def plans_table(self) -> bool:
        """Say whether a run would first make the mirror's table, of whose rows nothing is known."""
        return self.dry_run and bool(self.layout.to_create)


@dataclass(frozen=True, slots=True)
class Pair:
    """One row as both sides show it: as it came, and in the common form; None where it is not.

    A row that a side shows and that has no common form is refused: it stays as it is.
    """

    key: str
    record: RecordRow | None
    caspio: Row | None
    stored: Mapping[str, object] | None
    mirror: Row | None
    state: RowState | None
    is_refused: bool = False

    @property
    def pk(self) -> str:
        """Return the record's PK_ID, or the last one that is known."""
        if self.record is not None:
            return self.record.pk
        return self.state.pk if self.state else ""

    def row(self, side: Side) -> Row | None:
        """Return the row of a side in the common form, None where it is not."""
        return self.caspio if side is Side.CASPIO else self.mirror


def pair_records(
    context: SyncContext, records: Sequence[RecordRow], *, handled: Mapping[str, str] = _NONE
) -> list[Pair]:
    """Return records of Caspio, each with its row of the mirror.

    Two records with one key are refused; `handled` has the PK_IDs of earlier ones by their keys.
    """
    there = _of_records(context, records, handled)
    known = _known(context, there)
    _refuse_second(context, there, known)
    return _pairs(there, _rows_of(context, there), known)


def pair_rows(context: SyncContext, rows: Sequence[Mapping[str, object]]) -> list[Pair]:
    """Return rows of the mirror, each with its record of Caspio, which is read by PK_ID or key."""
    here = _of_rows(context, rows)
    known = _known(context, here)
    fit = [key for key, (_, row) in here.items() if row is not None]
    records, unasked = _records_of(context, fit, known)
    return _pairs(_of_records(context, records), here, known, unasked)


def pair_states(context: SyncContext, states: Sequence[RowState]) -> list[Pair]:
    """Return rows that the ledger knows, read again from both sides."""
    known = {state.key: state for state in states}
    records, unasked = _records_of(context, list(known), known)
    return _pairs(_of_records(context, records), _rows_of(context, known), known, unasked)


def found_again(context: SyncContext, pairs: Sequence[Pair], side: Side) -> set[str]:
    """Read a side again; return the keys of those rows that it has."""
    if side is Side.MIRROR:
        return set(_rows_of(context, [pair.key for pair in pairs]))
    states = {pair.key: pair.state for pair in pairs if pair.state is not None}
    records, unasked = _records_of(context, [pair.key for pair in pairs], states)
    return {*_of_records(context, records), *unasked}


def _rows_of(context: SyncContext, keys: Iterable[str]) -> "Found[Mapping[str, object]]":
    """Return the mirror's rows; a key that it cannot hold has none."""
    wanted = []
    for key in keys:
        with suppress(Unfit):
            wanted.append(context.layout.mirror_key(key))
    if not wanted or context.plans_table:
        return {}
    return _of_rows(context, context.mirror.rows(wanted, context.layout.mirror_columns))


def _known(context: SyncContext, keys: Iterable[str]) -> dict[str, RowState]:
    if context.plans_table:
        return {}
    states = context.ledger.rows(context.spec.identity, list(keys))
    return {state.key: state for state in states}


Found = dict[str, tuple[T, Row | None]]
"""What one side shows, by key; without a row where it has no common form, and was refused."""


def _of_records(
    context: SyncContext, records: Iterable[RecordRow], handled: Mapping[str, str] = _NONE
) -> Found[RecordRow]:
    found: Found[RecordRow] = {}
    for record in records:
        name = f"record {record.pk} of {context.spec.container}"
        key, row = _converted(context, name, partial(context.layout.of_record, record))
        other = found[key][0].pk if key in found else handled.get(key)
        if other is not None and (other != record.pk or not other):
            context.report.refuse(name, f"its key {key} is that of record {other} as well")
        elif key:
            found[key] = (record, row)
    return found


def _refuse_second(
    context: SyncContext, there: Found[RecordRow], known: Mapping[str, RowState]
) -> None:
    """Refuse records whose key is still that of another record, which the ledger knows."""
    others = {
        state.pk: key
        for key, state in known.items()
        if state.pk and there[key][0].pk not in {state.pk, ""}
    }
    if not others:
        return
    for other in context.table.by_pk(list(others), context.layout.caspio_columns):
        key = others[other.pk]
        if context.layout.key_of(other) == key:
            record, row = there[key]
            if row is not None:
                name = f"record {record.pk} of {context.spec.container}"
                context.report.refuse(name, f"its key {key} is that of record {other.pk} as well")
            there[key] = (record, None)


def _of_rows(
    context: SyncContext, rows: Iterable[Mapping[str, object]]
) -> Found[Mapping[str, object]]:
    found: Found[Mapping[str, object]] = {}
    for row in rows:
        keys = [str(row[name]) for name in context.layout.mirror_keys]
        name = f"row {', '.join(keys)} of {context.spec.mirror_table}"
        key, common = _converted(context, name, partial(context.layout.of_stored, row))
        if key:
            found[key] = (row, common)
    return found


def _pairs(
    there: Found[RecordRow],
    here: Found[Mapping[str, object]],
    known: Mapping[str, RowState],
    unasked: Collection[str] = (),
) -> list[Pair]:
    pairs = []
    for key in {**there, **here, **known}:
        record, caspio = there.get(key, (None, None))
        row, mirror = here.get(key, (None, None))
        is_refused = (record is not None and caspio is None) or (row is not None and mirror is None)
        is_refused = is_refused or key in unasked
        pairs.append(Pair(key, record, caspio, row, mirror, known.get(key), is_refused))
    return pairs


def _records_of(
    context: SyncContext, keys: Sequence[str], known: Mapping[str, RowState]
) -> tuple[list[RecordRow], set[str]]:
    """Return the records of rows, by PK_ID where that is known, else by key.

    Keys that no condition can name are refused and returned, too: nobody knows their records.
    """
    columns, wanted = context.layout.caspio_columns, set(keys)
    pk_of = {key: state.pk for key, state in known.items() if state.pk and key in wanted}
    pks = list(pk_of.values())
    found = {record.pk: record for record in context.table.by_pk(pks, columns)}
    # A record may have been deleted and made again, with the same key and another PK_ID.
    missing = [key for key in keys if pk_of.get(key) not in found]
    records, unasked = _by_key(context, missing)
    found |= {record.pk: record for record in records}
    # Caspio finds "a" for "A" as well, and the key of a known record may have been changed.
    here = [record for record in found.values() if context.layout.key_of(record) in wanted]
    return here, unasked


def _by_key(context: SyncContext, keys: Sequence[str]) -> tuple[Sequence[RecordRow], set[str]]:
    """Ask Caspio for records by key; return them, and the keys that it cannot be asked for."""
    columns = context.layout.caspio_columns
    rows = {key: context.layout.caspio_key(key) for key in keys}
    unasked = {key for key, row in rows.items() if not context.table.can_find(row, columns)}
    for key in unasked:
        context.report.refuse(key, "Caspio cannot be asked for it: too long, or control characters")
    asked = [row for key, row in rows.items() if key not in unasked]
    return context.table.by_key(asked, columns) if asked else [], unasked


def _converted(
    context: SyncContext, name: str, convert: Callable[[], Row]
) -> tuple[str, Row | None]:
    """Return a row's key and its common form; "" where not even the key has one."""
    try:
        row = convert()
    except Unfit as unfit:
        context.report.refuse(name, str(unfit))
        return (unfit.key, None) if isinstance(unfit, UnfitRow) else ("", None)
    if any(row[column] in {None, ""} for column in context.spec.keys):
        context.report.refuse(name, "its key is empty")
        return "", None
    key = row_key(row, context.spec.keys)
    if len(key) > _LONGEST_KEY:
        context.report.refuse(name, f"its key has more than {_LONGEST_KEY:,} characters")
        return "", None
    try:
        context.layout.mirror_key(key)
    except Unfit as unfit:
        context.report.refuse(name, str(unfit))
        return key, None
    return key, row
