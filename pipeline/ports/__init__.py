"""The promises between the line and the world. Adapters keep them; contract suites in `tests/contracts` check them."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from pipeline.model import (
    Column,
    FileRef,
    Findings,
    RecordRef,
    RecordWork,
    SourceSpec,
    StoredObject,
    Value,
)
from pipeline.ports.ledger import (
    MOST_STARTS as MOST_STARTS,
    FileState as FileState,
    Ledger as Ledger,
    Manifest as Manifest,
    Repair as Repair,
    RunState as RunState,
    Usage as Usage,
)
from pipeline.ports.metrics import Telemetry as Telemetry


class Clock(Protocol):
    """The only place the time comes from."""

    def now(self) -> datetime:
        """Return the present as an aware datetime in UTC."""

    def monotonic(self) -> float:
        """Return seconds from an arbitrary start, never going back."""

    def sleep(self, seconds: float) -> None:
        """Wait."""


@dataclass(frozen=True, slots=True)
class Download:
    """An open download: `declared_bytes` is the Content-Length or None; `chunks` can be read once."""

    chunks: Iterator[bytes]
    declared_bytes: int | None


class FileSource(Protocol):
    """Lists records with their files and opens the files."""

    def pages(self, spec: SourceSpec) -> Iterator[Sequence[RecordWork]]:
        """Yield every record that has at least one file, in order, at most 1,000 a page, lazily.

        Raises:
            Unauthorized: the profile may not read the source.
            ServiceUnavailable: retries are used up.
        """

    def records(
        self, spec: SourceSpec, pks: Sequence[str], *, matching: bool = False
    ) -> Sequence[RecordWork]:
        """Return the named records of a table or view with their files as they are now; missing ones are left out.

        For a folder source `pks` are Files-area paths. With `matching` what does not belong to the source is left out,
        too: records that do not meet its `where`, and paths that are not below its folder.
        """

    def ticked(self, spec: SourceSpec) -> Mapping[str, RecordRef]:
        """Return the rows whose `reprocess_column` is Yes, by PK_ID; for a folder rows of its index table, by path."""

    def open(self, ref: FileRef) -> AbstractContextManager[Download]:
        """Open a file's bytes; the connection is closed when the context ends, however it ends.

        Raises:
            FileGone: the record has no such file any more.
        """


@dataclass(frozen=True, slots=True)
class Updated:
    """Answer to a guarded write: how many rows it met, and the row as it is now where the answer told."""

    affected: int
    row: Mapping[str, Value] | None


@dataclass(frozen=True, slots=True)
class Referrer:
    """A row whose FILE field holds a path."""

    table: str
    field: str
    pk: str


class RecordTarget(Protocol):
    """Reads and changes records and files, one at a time, each write guarded by the state it was planned against.

    Every write raises EffectInDoubt when it was sent and its answer lost; none is ever repeated by the adapter in
    that case. A refusal is RefusedByCaspio.
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
        """Write values where PK_ID matches and every guard column still holds its value, NULL and blank told apart."""

    def attachment_name(self, record: RecordRef, field: str) -> str | None:
        """Return the full name of the attachment as it is now, None without one."""

    def rename_attachment(
        self, record: RecordRef, field: str, *, base_name: str, guard: Mapping[str, Value]
    ) -> Updated:
        """Set the base name (no extension) of one record's attachment, under the same guard as `update`."""

    def file_exists(self, path: str) -> bool:
        """Say whether the Files area has a file at the path."""

    def file_sha256(self, path: str) -> str:
        """Return the SHA-256 of a Files-area file by reading it; FileGone when there is none."""

    def put_file(self, path: str, source: Path, *, media_type: str) -> bool:
        """Add a new file to an existing Files-area folder, never overwriting: False when the name is taken."""

    def referrers(self, path: str) -> Sequence[Referrer]:
        """Return every row of every table whose FILE field holds the path.

        Raises:
            Unauthorized: a table cannot be read, so that the answer would not be complete.
        """

    def delete_file(self, path: str) -> None:
        """Delete a Files-area file; FileGone when there is none."""

    def find(self, table: str, column: str, value: Value) -> Sequence[str]:
        """Return the PK_IDs of the rows whose column equals the value, at most 1,000."""

    def rows(
        self, table: str, columns: Sequence[str], *, equal: Mapping[str, Value], filled: str
    ) -> Mapping[str, Mapping[str, Value]]:
        """Return, by PK_ID, the named columns of every row that has these values and where `filled` is not empty."""

    def insert(self, table: str, values: Mapping[str, Value]) -> str:
        """Insert a row and return its PK_ID."""

    def delete(self, record: RecordRef, *, guard: Mapping[str, Value]) -> Updated:
        """Delete one row of a table under the same guard as `update`; its row is not told."""

    def tables_with_files(self) -> Sequence[str]:
        """Return the tables that have a FILE field: each costs `referrers` a call."""


class Archive(Protocol):
    """Write-once store of originals and replaceable store of what is derived from them. Keys use `/`."""

    def put(
        self, key: str, source: Path, *, sha256: str, media_type: str, replace: bool = False
    ) -> StoredObject:
        """Store a file and confirm its SHA-256 from the store's own answer or by reading it back.

        Put-if-absent unless `replace`: the same digest already there is success.

        Raises:
            ArchiveConflict: the key holds other bytes.
            ArchiveUnavailable: the store cannot be reached, refuses the credentials or is full.
        """

    def get(self, key: str, target: Path) -> StoredObject:
        """Write an object to a file, checking its digest where it is known; FileGone when there is none."""

    def head(self, key: str) -> StoredObject | None:
        """Return an object's size and digest, None when there is none."""

    def copy(self, key: str, new_key: str) -> StoredObject:
        """Copy within the store, replacing what is there; FileGone when there is nothing to copy."""

    def list(self, prefix: str) -> Iterator[StoredObject]:
        """Yield the objects under a prefix in key order, lazily."""

    def address(self, key: str) -> str:
        """Return the address a person can use: a path or an s3:// URL."""

    def check(self) -> str:
        """Write, read and remove a probe object; return what is worth knowing of the store, "" without anything.

        Raises:
            ArchiveUnavailable: with what to do.
        """


class Reader(Protocol):
    """Reads one document. No document makes it raise: what goes wrong is a status with problems."""

    def fingerprint(self) -> str:
        """Identify code, settings, models and language data of all kinds of file.

        It changes whenever any document may be read differently: then a file is released from
        quarantine.
        """

    def is_current(self, fingerprint: str) -> bool:
        """Return whether a document whose findings have this fingerprint would be read alike now.

        A document depends only on what files of its kind pass, and the files in it.
        """

    def read(self, path: Path, *, name: str, work_dir: Path) -> Findings:
        """Read a file, leaving derived files in `work_dir`, an existing empty folder. Safe from many threads."""
