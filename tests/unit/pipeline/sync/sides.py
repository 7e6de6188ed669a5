"""A sync of a table in a dictionary and a mirror in a SQLite file."""

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.adapters.sql_mirror import SqlMirror
from pipeline.errors import EffectInDoubt
from pipeline.model import Column
from pipeline.model.sync import PK, Direction, RecordRow, Row, SyncSpec, pk_column
from pipeline.ports.mirror import Written
from pipeline.sync.context import SyncContext
from pipeline.sync.layout import make_layout
from pipeline.sync.report import SyncReport
from pipeline.sync.run import run_sync
from pipeline.sync.undo import undo_sync
from tests.fakes.archive import MemoryArchive
from tests.fakes.clock import FakeClock
from tests.fakes.ledger import MemoryLedger

COLUMNS = (
    Column("Code", "STRING", unique=True),
    Column("Title", "STRING"),
    Column("Note", "STRING"),
)
SPEC = SyncSpec(
    name="s",
    container="T",
    mirror_table="t",
    columns={"Code": "code", "Title": "title"},
    keys=("Code",),
    direction=Direction.BOTH,
)


@dataclass
class Records:
    """Caspio's side: `rows` by PK_ID. A view shows those that `shown` says.

    Set `is_lost` to lose the answer of the next insert.
    """

    fields: tuple[Column, ...] = COLUMNS
    shown: Callable[[Row], bool] = lambda _: True
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    is_lost: bool = False
    last: int = 0
    page: int = 1000
    asked_since: list[tuple[str, str] | None] = field(default_factory=list)

    def add(self, **values: Any) -> str:
        """Add a record; return its PK_ID."""
        self.last += 1
        empty: dict[str, Any] = dict.fromkeys(column.name for column in self.fields)
        self.rows[str(self.last)] = empty | values
        return str(self.last)

    def columns(self) -> Mapping[str, Column]:
        """Return the columns."""
        return {PK: pk_column(is_view=False), **{one.name: one for one in self.fields}}

    def pages(
        self,
        columns: Sequence[str],
        *,
        since: tuple[str, str] | None = None,
    ) -> Iterator[Sequence[RecordRow]]:
        """Yield all records, also where only those since a date are asked for."""
        self.asked_since.append(since)
        found = self.by_pk(list(self.rows), columns)
        for start in range(0, len(found), self.page):
            yield found[start : start + self.page]

    def exported(
        self,
        task: str,  # noqa: ARG002 - there is no file
        path: str,  # noqa: ARG002
        columns: Sequence[str],
    ) -> Iterator[Sequence[RecordRow]]:
        """Yield all records."""
        return self.pages(columns)

    def by_pk(self, pks: Sequence[str], columns: Sequence[str]) -> Sequence[RecordRow]:
        """Return records."""
        found = {pk: self.rows[pk] for pk in pks if pk in self.rows}
        return [self._row(pk, columns) for pk, row in found.items() if self.shown(row)]

    def by_key(self, keys: Sequence[Row], columns: Sequence[str]) -> Sequence[RecordRow]:
        """Return records."""
        assert all(self.can_find(key, columns) for key in keys), "nobody may ask for it"
        pks = [
            pk for pk, row in self.rows.items() if any(key.items() <= row.items() for key in keys)
        ]
        return self.by_pk(pks, columns)

    def can_find(self, key: Row, columns: Sequence[str]) -> bool:  # noqa: ARG002 - room for all
        """Say whether a key can be asked for."""
        return not any("\x07" in str(value) for value in key.values())

    def _row(self, pk: str, columns: Sequence[str]) -> RecordRow:
        values = {name: self.rows[pk][name] for name in columns if name != PK}
        return RecordRow(pk, {PK: int(pk), **values})

    def update(self, pk: str, *, guard: Row, values: Row) -> Written:
        """Write values."""
        if not self._is_as(pk, guard):
            return Written(0)
        self.rows[pk].update(values)
        return Written(1)

    def insert(self, values: Row) -> Written:
        """Insert a record."""
        pk = self.add(**values)
        if self.is_lost:
            self.is_lost = False
            raise EffectInDoubt("lost")
        is_shown = self.shown(self.rows[pk])
        return Written(1, self._row(pk, list(self.rows[pk])) if is_shown else None)

    def delete(self, pk: str, *, guard: Row) -> Written:
        """Delete the record."""
        if not self._is_as(pk, guard):
            return Written(0)
        del self.rows[pk]
        return Written(1)

    def _is_as(self, pk: str, guard: Row) -> bool:
        return pk in self.rows and all(
            self.rows[pk].get(name) == value for name, value in guard.items() if name != PK
        )


@dataclass
class Sides:
    """Both sides of a sync, and its ledger."""

    folder: Path
    spec: SyncSpec = SPEC
    records: Records = field(default_factory=Records)
    ledger: MemoryLedger = field(default_factory=MemoryLedger)
    archive: MemoryArchive = field(default_factory=MemoryArchive)
    runs: int = 0

    def context(self, *, dry_run: bool = False) -> SyncContext:
        """Look at both sides, as each run does."""
        self.runs += 1
        run_id = f"r{self.runs}"
        mirror = SqlMirror(f"sqlite:///{self.folder / 'mirror.db'}", self.spec.mirror_table)
        return SyncContext(
            layout=make_layout(self.spec, self.records, mirror),
            table=self.records,
            mirror=mirror,
            ledger=self.ledger.syncs,
            reviews=self.ledger.effects,
            archive=self.archive,
            clock=FakeClock(),
            work_dir=self.folder,
            run_id=run_id,
            report=SyncReport("s", run_id, planned_only=dry_run),
            dry_run=dry_run,
        )

    def run(self, **options: Any) -> SyncContext:
        """Run the sync, and return what it worked with."""
        return self.run_with(self.context(), **options)

    def run_with(self, context: SyncContext, **options: Any) -> SyncContext:
        """Run the sync with a context of one's own."""
        run_sync(context, **options)
        context.mirror.close()  # type: ignore[attr-defined]  # a SqlMirror
        return context

    def plan(self) -> SyncContext:
        """Plan the sync."""
        context = self.context(dry_run=True)
        run_sync(context)
        return context

    def undo(self, run: SyncContext) -> SyncContext:
        """Undo a run."""
        context = self.context()
        undo_sync(context, run.run_id)
        return context

    def sql(self, statement: str) -> list[tuple[Any, ...]]:
        """Carry out a statement in the mirror; return what it finds."""
        with sqlite3.connect(self.folder / "mirror.db") as connection:
            return list(connection.execute(statement))

    def mirrored(self) -> list[tuple[Any, ...]]:
        """Return the rows of the mirror."""
        return self.sql(f"SELECT * FROM {self.spec.mirror_table} ORDER BY 1")  # noqa: S608 - a test's own
