"""Records in sync: a table or view of Caspio, a table of a SQL database, and what changes in them.

A row is known by its *key*: the values of the key columns as one text. Values of both sides are
compared in one form that JSON can hold; `pipeline.sync.conversions` has the table of it.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from pipeline.model import Column, EffectState

Common = str | int | float | bool | None
"""A value in the form in which both sides are compared."""

Row = Mapping[str, Common]
"""A row by the names that its columns have at Caspio."""

PK = "PK_ID"
_SYNC = "sync:"


class Side(StrEnum):
    """Where a row is."""

    CASPIO = "caspio"
    MIRROR = "mirror"

    @property
    def other(self) -> "Side":
        """Return the other side."""
        return Side.MIRROR if self is Side.CASPIO else Side.CASPIO

    @property
    def in_words(self) -> str:
        """Name the side in a message."""
        return "Caspio" if self is Side.CASPIO else "the mirror"


class Direction(StrEnum):
    """Which side's changes are carried over."""

    PULL = "pull"  # Caspio's to the mirror
    PUSH = "push"  # the mirror's to Caspio
    BOTH = "both"

    def writes(self, side: Side) -> bool:
        """Say whether anything may be written to a side."""
        return self is Direction.BOTH or self is (
            Direction.PULL if side is Side.MIRROR else Direction.PUSH
        )


class ConflictRule(StrEnum):
    """Which value wins where both sides have changed one column."""

    NEWEST = "newest"
    CASPIO = "caspio"
    MIRROR = "mirror"
    ASK = "ask"


@dataclass(frozen=True, slots=True)
class SyncSpec:
    """A table or view, a table of a mirror, and how the two are kept in sync.

    Attributes:
        columns: The mirror's column by Caspio's; the keys are among them.
        keys: Caspio's names of the key columns.
        changed_column: DATE/TIME or TIMESTAMP column of Caspio that every change moves, "" without.
        mirror_changed_column: The same of the mirror.
        database: Identifies the mirror's database: a digest of where it is.
        delete_from: The sides on which rows may be deleted because they are gone on the other.
        max_deletions: Share of the known rows, 0 to 1, above which nothing is deleted unasked.
        timezone: The zone of the account's dates.
        sweep_hours: Hours after which a run compares every row again.
        export_task: Key of an export task for the first load, "" to load by pages.
        export_file: The path in the Files area that the task writes.
        webhook_table: For a view: the table whose changes webhooks report, "" for none.
    """

    name: str
    container: str
    mirror_table: str
    columns: Mapping[str, str]
    keys: tuple[str, ...]
    is_view: bool = False
    mirror_schema: str = ""
    direction: Direction = Direction.PULL
    conflict: ConflictRule = ConflictRule.ASK
    changed_column: str = ""
    mirror_changed_column: str = ""
    delete_from: frozenset[Side] = frozenset()
    max_deletions: float = 0.05
    timezone: str = "UTC"
    sweep_hours: float = 24.0
    export_task: str = ""
    export_file: str = ""
    webhook_table: str = ""
    database: str = ""

    @property
    def identity(self) -> str:
        """Identify what the ledger knows of the rows; other places or keys are another one."""
        keys = [(name, self.columns[name]) for name in self.keys]
        place = [self.database, self.mirror_schema, self.mirror_table]
        parts = [self.container, self.is_view, place, keys]
        return f"{self.name}-{hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:8]}"

    @property
    def policy(self) -> str:
        """Identify the settings that decide about differences: 8 hex digits."""
        compared = [sorted(self.columns.items()), self.timezone]
        parts = [self.direction, self.conflict, sorted(self.delete_from), compared]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:8]

    @property
    def reported_table(self) -> str:
        """Return the table whose changes webhooks report for it, "" for none.

        A sync that only pushes carries no change of Caspio over.
        """
        if not self.direction.writes(Side.MIRROR):
            return ""
        return self.webhook_table if self.is_view else self.container

    @property
    def source(self) -> str:
        """Name the sync where the ledger has names of sources; no source has a colon in its own."""
        return f"{_SYNC}{self.name}"


def is_sync(source: str) -> bool:
    """Say whether a name of a source in the ledger is that of a sync."""
    return source.startswith(_SYNC)


def sync_name(source: str) -> str:
    """Return the name of a sync from its name as a source in the ledger."""
    return source.removeprefix(_SYNC)


class ChangeKind(StrEnum):
    """What is done with a row on one side."""

    INSERT = "insert"
    UPDATE = "update"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class SyncEffect:
    """One change of one row on one side, with the values it replaces.

    `before` has the whole row as it was, empty for an insert; `after` the values that are written,
    empty for a deletion. `pk` is Caspio's PK_ID, "" where it is not known. `id` is 0 until the
    ledger has the effect, `undoes` the id of the effect that this one takes back.
    """

    sync: str
    key: str
    pk: str
    side: Side
    kind: ChangeKind
    before: Row
    after: Row
    state: EffectState = EffectState.INTENT
    note: str = ""
    id: int = 0
    run_id: str = ""
    at: datetime | None = None
    undoes: int = 0


@dataclass(frozen=True, slots=True)
class RowState:
    """What the ledger knows of one row.

    Attributes:
        base: The values that both sides had last, None where they never agreed; each by the
            columns that were compared (`Layout.remembered`).
        left_as: `left_mark` of a difference that is to stay, "" for none: a conflict that waits
            for a user, what the settings leave, or what an undo left.
    """

    key: str
    pk: str = ""
    base: Row | None = None
    left_as: str = ""


@dataclass(frozen=True, slots=True)
class SyncProgress:
    """How far a sync has come.

    Attributes:
        caspio_mark: The latest value of `changed_column` seen, "" before the first whole run.
        mirror_mark: The same of the mirror, as an ISO text.
        swept_at: When every row was compared last.
        deleted: Rows that runs for named records have deleted since.
    """

    caspio_mark: str = ""
    mirror_mark: str = ""
    swept_at: datetime | None = None
    deleted: int = 0


@dataclass(frozen=True, slots=True)
class RecordRow:
    """A record of Caspio as a listing shows it: PK_ID, values, and chosen items of LIST fields."""

    pk: str
    values: Mapping[str, Common]
    lists: Mapping[str, Sequence[Common]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MirrorColumn:
    """A column of the mirror's table.

    Attributes:
        kind: The Python type that its values have, such as `str`, `int` or `datetime`.
        length: The longest text in characters, None for no limit.
        scale: Decimals that a decimal keeps, or the seconds of a time; None for all.
        loss: How it changes values that are written to it, "" where it keeps them.
    """

    name: str
    kind: type
    nullable: bool = True
    length: int | None = None
    scale: int | None = None
    has_timezone: bool = False
    loss: str = ""


@dataclass(frozen=True, slots=True)
class MirrorChange:
    """A change of one row of the mirror, in the mirror's own values and names.

    It takes effect only where the row with this key still has all values of `guard`.
    """

    kind: ChangeKind
    key: Mapping[str, object]
    guard: Mapping[str, object]
    values: Mapping[str, object]


def row_key(row: Row, keys: Sequence[str]) -> str:
    """Return the key of a row: its key columns as one text."""
    return json.dumps([row[name] for name in keys], ensure_ascii=False)


def row_digest(row: Row | None) -> str:
    """Identify what a side has of one row: 16 hex digits; None is a missing row."""
    text = json.dumps(row, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:16]


def pk_column(*, is_view: bool) -> Column:
    """Return PK_ID as a column: Caspio's schema leaves it out."""
    return Column(PK, "STRING" if is_view else "AUTONUMBER", editable=False, unique=True)


UNDONE = "undone"
"""In place of the policy in the mark of what an undo left: no change of settings ends it."""


def left_mark(policy: str, caspio: Row | None, mirror: Row | None) -> str:
    """Identify a difference that stays: under which policy, and what each side has."""
    return f"{policy} {row_digest(caspio)} {row_digest(mirror)}"
