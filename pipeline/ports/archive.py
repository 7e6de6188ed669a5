"""What an archive promises."""

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from pipeline.errors import ArchiveConflict
from pipeline.model import StoredObject


class Archive(Protocol):
    """Write-once store of originals and replaceable store of what is derived from them.

    Keys use `/`.
    """

    def put(
        self,
        key: str,
        source: Path,
        *,
        sha256: str,
        media_type: str,
        replace: bool = False,
        unchanging: bool = False,
    ) -> StoredObject:
        """Store a file and confirm its SHA-256 from the store's own answer or by reading it back.

        Put-if-absent unless `replace`: the same digest already there is success. `unchanging` says
        that nobody writes to the file any more until it is deleted: a store on the same disk may
        keep it as it is, instead of a copy.

        Raises:
            ArchiveConflict: the key holds other bytes.
            ArchiveUnavailable: the store cannot be reached, refuses the credentials or is full.
        """

    def get(self, key: str, target: Path) -> StoredObject:
        """Write an object to a file, checking its digest where it is known.

        FileGone when there is none.
        """

    def head(self, key: str) -> StoredObject | None:
        """Return an object's size and digest, None when there is none.

        No bytes need to be read for it: `is_proven` says whether the digest is of the bytes.
        """

    def hash_bytes(self, key: str) -> StoredObject | None:
        """Read an object; return the size and the digest of its bytes, None when there is none."""

    def copy(self, key: str, new_key: str) -> StoredObject:
        """Copy within the store, replacing what is there; FileGone without an original."""

    def list(self, prefix: str) -> Iterator[StoredObject]:
        """Yield the objects under a prefix in key order, lazily."""

    def address(self, key: str) -> str:
        """Return the address that a user can open: a path or an s3:// URL."""

    def check(self) -> str:
        """Write, read and remove a probe object.

        Return what is worth knowing of the store, "" for nothing.

        Raises:
            ArchiveUnavailable: with what to do.
        """


def require_same(existing: StoredObject, sha256: str) -> StoredObject:
    """Return an object that is there already, if it has this digest.

    Raises:
        ArchiveConflict: it has other bytes.
    """
    if existing.sha256 != sha256:
        raise ArchiveConflict(
            f"The archive has {existing.key} with SHA-256 {existing.sha256}, not {sha256}; neither "
            "was changed. Compare the two and move the wrong one away."
        )
    return existing
