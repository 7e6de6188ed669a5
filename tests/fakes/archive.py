import hashlib
from collections.abc import Iterator
from pathlib import Path

from pipeline.archive_layout import checked_key, checked_prefix
from pipeline.errors import ArchiveConflict, ArchiveUnavailable, FileGone
from pipeline.model import StoredObject


class MemoryArchive:
    """An archive in a dictionary. Look into `objects`, or fill it.

    Set `down` to a sentence to make it unavailable.
    `stored` lists the keys in the order they were put or copied.
    """

    def __init__(self, objects: dict[str, bytes] | None = None) -> None:
        self.objects = dict(objects or {})
        self.media_types: dict[str, str] = {}
        self.stored: list[str] = []
        self.down = ""

    def put(
        self,
        key: str,
        source: Path,
        *,
        sha256: str,
        media_type: str,
        replace: bool = False,
        unchanging: bool = False,  # noqa: ARG002 - a copy of the bytes is kept
    ) -> StoredObject:
        """Store a file."""
        self._reach(key)
        data = source.read_bytes()
        if _sha256(data) != sha256:
            raise ArchiveConflict(f"{source} does not have SHA-256 {sha256}. Fetch it again.")
        there = self.objects.get(key)
        if there is not None and there != data and not replace:
            raise ArchiveConflict(f"The archive holds other bytes under {key}. Compare the two.")
        return self._keep(key, data, media_type)

    def _keep(self, key: str, data: bytes, media_type: str) -> StoredObject:
        self.objects[key] = data
        self.media_types[key] = media_type
        self.stored.append(key)
        return StoredObject(key, len(data), _sha256(data))

    def get(self, key: str, target: Path) -> StoredObject:
        """Write an object to a file."""
        data = self._read(key)
        target.write_bytes(data)
        return StoredObject(key, len(data), _sha256(data))

    def head(self, key: str) -> StoredObject | None:
        """Return an object's size and digest, None when there is none."""
        self._reach(key)
        data = self.objects.get(key)
        return None if data is None else StoredObject(key, len(data), _sha256(data))

    def hash_bytes(self, key: str) -> StoredObject | None:
        """Return the size and the digest of the bytes."""
        return self.head(key)

    def copy(self, key: str, new_key: str) -> StoredObject:
        """Copy within the store."""
        self._reach(new_key)
        return self._keep(new_key, self._read(key), self.media_types.get(key, ""))

    def list(self, prefix: str) -> Iterator[StoredObject]:
        """Yield the objects under a prefix in key order."""
        self._reach("x")
        checked_prefix(prefix)
        for key in sorted(self.objects):
            if key.startswith(prefix):
                yield StoredObject(key, len(self.objects[key]), None)

    def address(self, key: str) -> str:
        """Return a made-up address."""
        return f"memory:{checked_key(key)}"

    def check(self) -> str:
        """Raise when `down`."""
        self._reach("probe")
        return ""

    def _reach(self, key: str) -> None:
        if self.down:
            raise ArchiveUnavailable(self.down)
        checked_key(key)

    def _read(self, key: str) -> bytes:
        self._reach(key)
        if key not in self.objects:
            raise FileGone(f"The archive has no {key}. Run `caspio-ingest verify --repair`.")
        return self.objects[key]


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
