"""What a source of files promises."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from pipeline.model import FileRef, RecordRef, RecordWork, SourceSpec


@dataclass(frozen=True, slots=True)
class Download:
    """An open download: `declared_bytes` is the Content-Length or None, `chunks` is read once."""

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
        """Return the named records of a table or view with their files as they are now.

        Missing records are left out. For a folder source `pks` are Files-area paths. With
        `matching`, what does not belong to the source is left out too: records that do not meet its
        `where`, paths that are not in its folder.
        """

    def reprocess_requests(self, spec: SourceSpec) -> Mapping[str, RecordRef]:
        """Return the rows whose `reprocess_column` is Yes, by PK_ID.

        For a folder source these are rows of its index table, by path.
        """

    def open(self, ref: FileRef) -> AbstractContextManager[Download]:
        """Open a file's bytes.

        The connection is closed when the context ends, with or without an error.

        Raises:
            FileGone: the record has no such file any more.
        """
