"""The columns of both sides, checked against what is there; rows in their common form."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from pipeline.errors import BadSettings
from pipeline.model import Column
from pipeline.model.sync import Common, MirrorColumn, RecordRow, Row, Side, SyncSpec, row_key
from pipeline.ports.mirror import Mirror, RecordTable
from pipeline.sync.conversions import (
    CASPIO_TYPES,
    MIRROR_KINDS,
    ColumnPair,
    Form,
    Unfit,
    mismatch,
    type_of,
)

# Other forms have several ways to write one value, such as 1 and 1.0.
_KEY_FORMS = {Form.TEXT, Form.INTEGER}
_KEY_TYPES = {name for name, known in CASPIO_TYPES.items() if known.form in _KEY_FORMS}
_UNREADABLE = {"ATTACHMENT", "PASSWORD"}
_DATES = {"DATE/TIME", "TIMESTAMP"}


class UnfitRow(Unfit):
    """A row has a value without a common form; its key has one."""

    def __init__(self, key: str, reason: str) -> None:
        """Keep the key."""
        self.key = key
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class Layout:
    """A sync with its columns as they are.

    Attributes:
        pairs: The columns by Caspio's name.
        to_create: The columns of the mirror's table if it does not exist yet.
    """

    spec: SyncSpec
    pairs: Mapping[str, ColumnPair]
    to_create: tuple[MirrorColumn, ...] = ()

    @property
    def writable(self) -> frozenset[str]:
        """Return the columns that Caspio lets be written."""
        return frozenset(name for name, pair in self.pairs.items() if pair.is_writable)

    @property
    def caspio_columns(self) -> tuple[str, ...]:
        """Return the columns to ask Caspio for."""
        return _with(self.spec.columns, self.spec.changed_column)

    @property
    def mirror_columns(self) -> tuple[str, ...]:
        """Return the columns to ask the mirror for."""
        return _with(self.spec.columns.values(), self.spec.mirror_changed_column)

    @property
    def mirror_keys(self) -> tuple[str, ...]:
        """Return the mirror's names of the key columns."""
        return tuple(self.spec.columns[name] for name in self.spec.keys)

    def of_record(self, record: RecordRow) -> Row:
        """Return a record in the common form; `UnfitRow` where a column has none."""

        def value(name: str) -> Common:
            pair = self.pairs[name]
            return pair.from_caspio(record.values.get(name), record.lists.get(name))

        return self._row(value)

    def of_stored(self, stored: Mapping[str, object]) -> Row:
        """Return a row of the mirror in the common form; `UnfitRow` where a column has none."""
        return self._row(
            lambda name: self.pairs[name].from_mirror(stored[self.pairs[name].here.name])
        )

    def _row(self, value: Callable[[str], Common]) -> Row:
        # The keys first: a row that cannot be converted is still known by them.
        keys = {name: value(name) for name in self.spec.keys}
        try:
            return {name: value(name) for name in self.pairs}
        except Unfit as unfit:
            raise UnfitRow(row_key(keys, self.spec.keys), str(unfit)) from None

    def key_and_row(self, stored: Mapping[str, object]) -> tuple[str, Row | None]:
        """Return the key of a row of the mirror, "" without one, and the row, None likewise."""
        return self._keyed(lambda: self.of_stored(stored))

    def key_of(self, record: RecordRow) -> str:
        """Return the key of a record, "" where it has none."""
        key, _row = self._keyed(lambda: self.of_record(record))
        return key

    def _keyed(self, make_row: Callable[[], Row]) -> tuple[str, Row | None]:
        try:
            row = make_row()
        except UnfitRow as unfit:
            return unfit.key, None
        except Unfit:
            return "", None
        return row_key(row, self.spec.keys), row

    def to_mirror(self, row: Row) -> dict[str, object]:
        """Return values as the mirror takes them; `Unfit` where it cannot hold one."""
        return {
            self.pairs[name].here.name: self.pairs[name].to_mirror(value)
            for name, value in row.items()
        }

    def to_caspio(self, row: Row) -> Row:
        """Return values as Caspio takes them; `Unfit` where it cannot hold one.

        Those of columns that are not in sync are as Caspio has shown them.
        """
        return {
            name: self.pairs[name].to_caspio(value) if name in self.pairs else value
            for name, value in row.items()
        }

    def require_fit(self, row: Row, side: Side) -> None:
        """Raise `Unfit` if a side cannot hold one of these values."""
        convert: Mapping[Side, Callable[[Row], object]] = {
            Side.CASPIO: self.to_caspio,
            Side.MIRROR: self.to_mirror,
        }
        convert[side](row)

    def mirror_key(self, key: str) -> dict[str, object]:
        """Return the key columns of the mirror with their values."""
        return self.to_mirror(self.caspio_key(key))

    def caspio_key(self, key: str) -> Row:
        """Return Caspio's key columns with their values."""
        return dict(zip(self.spec.keys, json.loads(key), strict=True))

    def known(self, base: Row | None) -> Row | None:
        """Return what is known of a row, of the columns as they are in sync now."""
        if base is None:
            return None
        names = {self._compared(name): name for name in self.pairs}
        return {names[tag]: value for tag, value in base.items() if tag in names}

    def remembered(self, row: Row) -> dict[str, Common]:
        """Return values as a base keeps them: another column or zone is a first meeting."""
        return {self._compared(name): value for name, value in row.items() if name in self.pairs}

    def _compared(self, name: str) -> str:
        here = self.pairs[name].here
        zone = self.spec.timezone if here.has_timezone else ""
        return f"{name}\x1f{here.name}\x1f{zone}"

    def changed(
        self, record: RecordRow | None, stored: Mapping[str, object] | None
    ) -> Mapping[Side, datetime]:
        """Return when each side says that it changed the row last."""
        found: dict[Side, datetime] = {}
        there = record.values.get(self.spec.changed_column) if record else None
        if isinstance(there, str) and there:
            moment = datetime.fromisoformat(there).replace(tzinfo=ZoneInfo(self.spec.timezone))
            # Clocks show some times twice, when they are set back: which one is meant is unknown.
            if moment.utcoffset() == moment.replace(fold=1).utcoffset():
                found[Side.CASPIO] = moment
        here = stored.get(self.spec.mirror_changed_column) if stored else None
        if isinstance(here, datetime):
            found[Side.MIRROR] = aware(here)
        return found


def agreed_values(base: Row, columns: Mapping[str, str]) -> Row:
    """Return the values of a base by Caspio's column, without the schema of either side.

    A column that was compared in more than one zone is left out: only a layout knows which counts.
    """
    found: dict[str, list[Common]] = {}
    for tag, value in base.items():
        name, here, _ = tag.split("\x1f")
        if columns.get(name) == here:
            found.setdefault(name, []).append(value)
    return {name: values[0] for name, values in found.items() if len(values) == 1}


def aware(moment: datetime) -> datetime:
    """Return a moment with its zone; without one it is UTC, as databases write times by default."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _with(columns: Iterable[str], changed: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*columns, changed] if changed else columns))


def make_layout(spec: SyncSpec, table: RecordTable, mirror: Mirror) -> Layout:
    """Look at both sides, and return the columns in sync.

    Raises:
        BadSettings: lists everything that does not fit.
    """
    theirs, ours = table.columns(), mirror.columns()
    _refuse(spec, list(_problems_at_caspio(spec, theirs)))
    to_create: tuple[MirrorColumn, ...] = ()
    if ours is None:
        # The best type for each form is the first.
        types = {name: MIRROR_KINDS[known.form][0] for name, known in CASPIO_TYPES.items()}
        to_create = tuple(
            MirrorColumn(here, types[theirs[name].type.upper()])
            for name, here in spec.columns.items()
        )
        if spec.mirror_changed_column:
            to_create += (MirrorColumn(spec.mirror_changed_column, datetime),)
        ours = {column.name: column for column in to_create}
    problems = list(_problems_in_mirror(spec, theirs, ours))
    keys = [spec.columns[name] for name in spec.keys]
    if not to_create and not mirror.is_unique(keys):
        problems.append(
            f"{spec.mirror_table} has no primary key or unique constraint over {', '.join(keys)}: "
            "two rows could have the same key. Add one."
        )
    _refuse(spec, problems)
    zone = ZoneInfo(spec.timezone)
    pairs = {
        name: ColumnPair(theirs[name], ours[here], zone) for name, here in spec.columns.items()
    }
    return Layout(spec, pairs, to_create)


def _refuse(spec: SyncSpec, problems: Sequence[str]) -> None:
    if problems:
        raise BadSettings([f"sync {spec.name!r}: {problem}" for problem in problems])


def _problems_at_caspio(spec: SyncSpec, theirs: Mapping[str, Column]) -> Iterator[str]:
    for name in _with(spec.columns, spec.changed_column):
        if name not in theirs:
            yield f"{spec.container} has no column {name!r}"
        elif type_of(theirs[name]) is None:
            yield f"column {name!r} is of type {theirs[name].type}, which cannot be in sync"
    for name in spec.keys:
        if name in theirs and theirs[name].type.upper() not in _KEY_TYPES:
            yield f"key {name!r} is of type {theirs[name].type}; a key is a text or a whole number"
    if _may_repeat(spec, theirs):
        yield (
            f"key {spec.keys[0]!r} is not Unique at Caspio, so that two records could have one "
            "key. Make it Unique."
        )
    if Side.CASPIO in spec.delete_from and (lost := unreadable(theirs)):
        names = ", ".join(lost)
        yield f"no record may be deleted at Caspio: nobody could put back what is in {names}"
    changed = theirs.get(spec.changed_column)
    if changed is not None and changed.type.upper() not in _DATES:
        yield f"changed_column {changed.name!r} is of type {changed.type}, not a date"


def _may_repeat(spec: SyncSpec, theirs: Mapping[str, Column]) -> bool:
    """Say whether a sync writes to records whose one key column may hold a value twice."""
    column = theirs.get(spec.keys[0])
    if spec.is_view or len(spec.keys) > 1 or column is None or column.unique:
        return False
    known = type_of(column)
    # What Caspio sets itself it sets to something else each time.
    return spec.direction.writes(Side.CASPIO) and known is not None and known.is_writable


def _problems_in_mirror(
    spec: SyncSpec, theirs: Mapping[str, Column], ours: Mapping[str, MirrorColumn]
) -> Iterator[str]:
    for name, here in spec.columns.items():
        if here not in ours:
            yield f"{spec.mirror_table} has no column {here!r}"
        elif problem := mismatch(theirs[name], ours[here]):
            yield problem
    changed = spec.mirror_changed_column
    if changed and changed not in ours:
        yield f"{spec.mirror_table} has no column {changed!r}"
    elif changed and ours[changed].kind is not datetime:
        yield f"mirror_changed_column {changed!r} is not a date with a time"


def unreadable(columns: Mapping[str, Column]) -> list[str]:
    """Return the columns whose values nobody could put back."""
    return [name for name, column in columns.items() if column.type.upper() in _UNREADABLE]
