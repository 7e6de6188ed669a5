"""What a target of writes promises."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pipeline.model import Column, RecordRef, Value


@dataclass(frozen=True, slots=True)
class Updated:
    """Answer to a guarded write: how many rows it matched, and the row as it is now if shown."""

    affected: int
    row: Mapping[str, Value] | None


@dataclass(frozen=True, slots=True)
class ShownFile:
    """A file as Caspio shows it at this moment, in the terms of `FileRef`."""

    name: str
    size_bytes: int | None
    listed_date: str
    extension: str | None = None


@dataclass(frozen=True, slots=True)
class Referrer:
    """A row whose FILE field holds a path."""

    table: str
    field: str
    pk: str


class RecordTarget(Protocol):
    """Reads and changes records and files, each write guarded by the state it was planned for.

    Every write raises EffectInDoubt when it was sent and its answer lost; none is ever repeated by
    the adapter in that case. A refusal is RefusedByCaspio. After any other error than EffectInDoubt
    nothing has changed.
    """

    def columns(self, container: str, *, is_view: bool) -> Mapping[str, Column]:
        """Return the schema of a table or view by column name; PK_ID is not part of it."""

    def read(self, record: RecordRef, columns: Sequence[str]) -> Mapping[str, Value] | None:
        """Return the named columns as they are now, None if the record is gone."""

    def update(
        self,
        record: RecordRef,
        *,
        guard: Mapping[str, Value],
        values: Mapping[str, Value],
        columns: Sequence[str] = (),
    ) -> Updated:
        """Write values where PK_ID matches and every guard column still has its value.

        The guard distinguishes NULL from blank. `row` in the answer has the columns named and those
        written.
        """

    def attachment(self, record: RecordRef, field: str) -> ShownFile | None:
        """Return the attachment as it is now, None without one."""

    def attachments_of(
        self, records: Sequence[RecordRef], field: str
    ) -> Mapping[RecordRef, ShownFile]:
        """Return the attachments of a few records of one table or view, in one call.

        A record that is missing may have one all the same: how many an answer has at most is not
        documented.
        """

    def rename_attachment(
        self,
        record: RecordRef,
        field: str,
        *,
        base_name: str,
        extension: str | None = None,
        guard: Mapping[str, Value],
        until_s: float | None = None,
    ) -> Updated:
        """Set the base name (no extension) of one record's attachment, guarded as `update` is.

        `extension` is the one that was listed for the file, which it keeps. A rename that died
        half-way, and took it off, is finished when it is made again.

        Raises:
            TooLate: the call could not leave before `until_s`, by the monotonic clock.
        """

    def file(self, path: str) -> ShownFile | None:
        """Return the Files-area file at a path as it is now, None without one."""

    def file_sha256(self, path: str) -> str:
        """Return the SHA-256 of a Files-area file by reading it; FileGone when there is none."""

    def put_file(self, path: str, source: Path, *, media_type: str) -> bool:
        """Add a new file to an existing Files-area folder; False when the name is taken.

        It never overwrites.
        """

    def folder_files(self, folder: str) -> Mapping[str, ShownFile] | None:
        """Return the files of a Files-area folder as they are now, by their path in lower case.

        One call. None where one call does not show them all, or there is no such folder.
        """

    def referrers(
        self, paths: Sequence[str], index: tuple[str, str] | None = None
    ) -> Mapping[str, Sequence[Referrer]]:
        """Return, by path, every row that names one: in FILE fields of all tables, and in an index.

        `index` is a table and its column of paths. Paths that differ in case alone are one file.

        Raises:
            Unauthorized: a table cannot be read, so that the answer would not be complete.
        """

    def referrer_calls(self, paths: Sequence[str], index: tuple[str, str] | None = None) -> int:
        """Return how many calls it takes to find the rows that name these paths."""

    def delete_file(self, path: str) -> None:
        """Delete a Files-area file; FileGone when there is none."""

    def find(self, table: str, column: str, value: Value) -> Sequence[str]:
        """Return the PK_IDs of the rows whose column equals the value, at most 1,000."""

    def rows(
        self, table: str, columns: Sequence[str], *, equal: Mapping[str, Value], filled: str
    ) -> Mapping[str, Mapping[str, Value]]:
        """Return, by PK_ID, columns of every row with these values and `filled` not empty."""

    def insert(self, table: str, values: Mapping[str, Value]) -> str:
        """Insert a row and return its PK_ID."""

    def delete(self, record: RecordRef, *, guard: Mapping[str, Value]) -> Updated:
        """Delete one row of a table under the same guard as `update`.

        The answer does not have its row.
        """

    def tables_with_files(self) -> Sequence[str]:
        """Return the tables that have a FILE field."""
