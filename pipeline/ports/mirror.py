"""What the two sides of a sync promise: a table or view of Caspio, and a table of a database."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pipeline.model import Column
from pipeline.model.sync import MirrorChange, MirrorColumn, RecordRow, Row


@dataclass(frozen=True, slots=True)
class MirrorAnswer:
    """What became of one change of the mirror.

    `met` says whether the row was as the change expects it. `refusal` is why the database refused
    it, "" otherwise.
    """

    met: bool
    refusal: str = ""


class Mirror(Protocol):
    """One table of a SQL database.

    Raises:
        ServiceUnavailable: the database cannot be reached; nothing was changed.
        EffectInDoubt: the answer to a commit was lost.
        BadSettings: the address or the table cannot be used.
    """

    def columns(self) -> Mapping[str, MirrorColumn] | None:
        """Return the columns by name, None if there is no such table."""

    def is_unique(self, names: Sequence[str]) -> bool:
        """Say whether the database itself keeps two rows from having the same key."""

    def create(self, columns: Sequence[MirrorColumn], keys: Sequence[str]) -> None:
        """Create the table; a table of that name that is there already stays as it is."""

    def rows(
        self, keys: Sequence[Mapping[str, object]], columns: Sequence[str]
    ) -> Sequence[Mapping[str, object]]:
        """Return those of the rows with these keys that exist, in any order."""

    def pages(
        self,
        columns: Sequence[str],
        keys: Sequence[str],
        *,
        since: tuple[str, datetime] | None = None,
    ) -> Iterator[Sequence[Mapping[str, object]]]:
        """Yield all rows in order of their keys, or those whose column is not before a time."""

    def write(self, changes: Sequence[MirrorChange]) -> Sequence[MirrorAnswer]:
        """Carry out changes of different rows in one transaction; return an answer to each.

        A change of a row that is not as `guard` has it changes nothing. So does an insert of a key
        that is there. One that the database refuses leaves the others alone.
        """


@dataclass(frozen=True, slots=True)
class Written:
    """Answer to a guarded write at Caspio: how many records it met, and the record where shown."""

    affected: int
    record: RecordRow | None = None


class RecordTable(Protocol):
    """One table or view of Caspio; each write is guarded, and sent once.

    Every write raises EffectInDoubt when its answer was lost, RefusedByCaspio when it was refused.
    """

    def columns(self) -> Mapping[str, Column]:
        """Return the columns by name, PK_ID among them."""

    def pages(
        self, columns: Sequence[str], *, since: tuple[str, str] | None = None
    ) -> Iterator[Sequence[RecordRow]]:
        """Yield all records in order of PK_ID, 1,000 at a time; one call each.

        With `since`, only those whose column is not before a date.
        """

    def exported(
        self, task: str, path: str, columns: Sequence[str]
    ) -> Iterator[Sequence[RecordRow]]:
        """Run an export task, and yield the records of its file, which do not have their PK_ID."""

    def by_pk(self, pks: Sequence[str], columns: Sequence[str]) -> Sequence[RecordRow]:
        """Return those of these records that exist, in as few calls as addresses have room for."""

    def by_key(self, keys: Sequence[Row], columns: Sequence[str]) -> Sequence[RecordRow]:
        """Return the records that have one of these keys; case makes no difference to Caspio."""

    def can_find(self, key: Row, columns: Sequence[str]) -> bool:
        """Say, without a call, whether `by_key` can ask for a key."""

    def update(self, pk: str, *, guard: Row, values: Row) -> Written:
        """Write values to the record if every guard column still has its value."""

    def insert(self, values: Row) -> Written:
        """Insert a record."""

    def delete(self, pk: str, *, guard: Row) -> Written:
        """Delete the record if every guard column still has its value."""
