"""The archive in a folder: for development, and for small installations that back it up.

Everything in it is made for this user only: folders 0700, files 0600.
"""

import errno
import hashlib
import io
import os
import secrets
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from pipeline.archive_layout import checked_key, checked_prefix
from pipeline.errors import ArchiveConflict, ArchiveUnavailable, FileGone, full_work_folder
from pipeline.model import StoredObject
from pipeline.ports.archive import require_same
from pipeline.private_files import private

# 1 MiB, as in the S3 archive.
_CHUNK = 1 << 20
# Below the root and not in /tmp: link(2) and rename(2) work within one file system only.
_INCOMING = ".incoming"
_NO_SPACE = "Free space there, or name another folder in [archive] url."
_NO_RIGHT = "Give this user the right to write there, or name another folder in [archive] url."
_NO_LINKS = (
    "The file system may lack hard links, which put-if-absent needs; name another folder in "
    "[archive] url."
)
_READ_ONLY = "The file system is read-only; remount it or name another folder in [archive] url."
_NO_FOLDER = (
    "There is a file where a folder is needed; move it away or name another folder in "
    "[archive] url."
)
# ENOTSUP and EPERM are what link(2) gives on file systems without hard links, such as FAT.
_WAYS_OUT = {
    errno.ENOSPC: _NO_SPACE,
    errno.EDQUOT: _NO_SPACE,
    errno.EACCES: _NO_RIGHT,
    errno.EROFS: _READ_ONLY,
    errno.EPERM: _NO_LINKS,
    errno.ENOTSUP: _NO_LINKS,
    errno.ENOTDIR: _NO_FOLDER,
}
_OTHERWISE = "Check the disk and the folder in [archive] url, then run again."


class LocalArchive:
    """Keep objects as files below a folder, each at the path that its key says.

    A new object is written to a hidden folder of the same file system, read back, and only then
    linked to its place, so that a reader never sees half of it and two writers cannot both win: of
    two link(2) calls to one name, the second fails. Digests are not stored: `head` reads the file,
    which also finds damage by a failing disk; `list` leaves them out.
    """

    def __init__(self, root: Path) -> None:
        self._root = Path(root).absolute()

    def put(
        self,
        key: str,
        source: Path,
        *,
        sha256: str,
        media_type: str,  # noqa: ARG002 - a file has no media type
        replace: bool = False,
        unchanging: bool = False,
    ) -> StoredObject:
        """Store a file and confirm its SHA-256 by reading it back.

        The same digest already there is success. A file that is `unchanging` gets a second name in
        the archive, where file system and owner allow that: a new file costs as much as all else.

        Raises:
            ArchiveConflict: the key holds other bytes, or the file's bytes have not the digest
                given.
            ArchiveUnavailable: the folder cannot be written or the disk is full.
        """
        path = self._path(key)
        there = None if replace else self.head(key)
        if there is not None:
            return require_same(there, sha256)
        with source.open("rb") as stream, _translated(path, "store"), self._incoming() as incoming:
            linked = unchanging and _link(source, stream, incoming)
            size_bytes = _flush(stream) if linked else _write(stream, incoming)
            # Read back from the file: what was written was in memory, not on the disk.
            stored = StoredObject(key, size_bytes, _sha256(incoming))
            if stored.sha256 != sha256:
                raise ArchiveConflict(
                    f"{source} has SHA-256 {stored.sha256}, not {sha256}, so it is not stored as "
                    f"{key}: it changed after it was read. Fetch it again."
                )
            placed = _place(incoming, path, replace=replace)
        # Another writer was faster: its bytes must be these.
        return stored if placed else require_same(self._described(key), sha256)

    def get(self, key: str, target: Path) -> StoredObject:
        """Write an object to a file and return the digest of the bytes.

        FileGone when there is none, DiskFull when the file cannot be written.
        """
        path = self._path(key)
        with _translated(path, "read"), self._opened(key) as stream, _in_work_folder():
            digest = _copy(stream, target)
        return StoredObject(key, target.stat().st_size, digest)

    def head(self, key: str) -> StoredObject | None:
        """Return an object's size and digest by reading it, None when there is none."""
        try:
            return self._described(key)
        except FileGone:
            return None

    def hash_bytes(self, key: str) -> StoredObject | None:
        """Return the size and the digest of the bytes, None when there is none."""
        return self.head(key)

    def copy(self, key: str, new_key: str) -> StoredObject:
        """Copy within the store, replacing what is there; FileGone without an original."""
        path = self._path(new_key)
        with _translated(path, "copy"), self._opened(key) as stream, self._incoming() as incoming:
            size_bytes = _write(stream, incoming)
            digest = _sha256(incoming)
            _place(incoming, path, replace=True)
        return StoredObject(new_key, size_bytes, digest)

    def list(self, prefix: str) -> Iterator[StoredObject]:
        """Yield the objects under a prefix in key order, lazily, without their digests."""
        folder, _, start = checked_prefix(prefix).rpartition("/")
        with _translated(self._root / folder, "list"):
            yield from self._walk(folder + "/" if folder else "", start)

    def _walk(self, folder: str, start: str) -> Iterator[StoredObject]:
        # A folder has a slash at its end, so that the order is that of the keys.
        names: list[str] = []
        with (
            suppress(FileNotFoundError, NotADirectoryError),
            os.scandir(self._root / folder) as entries,
        ):
            names = sorted(f"{one.name}/" if one.is_dir() else one.name for one in entries)
        for name in names:
            # Unfinished files are no objects.
            if not name.startswith(start) or folder + name == _INCOMING + "/":
                continue
            if name.endswith("/"):
                yield from self._walk(folder + name, "")
                continue
            # A file may have been deleted since the folder was read: a listing is lazy.
            with suppress(FileNotFoundError):
                yield StoredObject(folder + name, (self._root / folder / name).stat().st_size, None)

    def delete_all(self) -> int:
        """Delete the folder with every object; return how many there were.

        Only for an account that is deleted: no run deletes anything.
        """
        objects = sum(1 for _ in self.list(""))
        with _translated(self._root, "delete"), suppress(FileNotFoundError):
            shutil.rmtree(self._root)
        return objects

    def address(self, key: str) -> str:
        """Return the path of an object."""
        return str(self._path(key))

    def check(self) -> str:
        """Write, read and remove a probe object; raises ArchiveUnavailable with what to do."""
        path = self._path(f"probe-{secrets.token_hex(8)}")
        with _translated(path, "check"), self._incoming() as incoming:
            _write(io.BytesIO(b"probe"), incoming)
            placed = _place(incoming, path, replace=False)
            read = path.read_bytes() if placed else b""
            path.unlink(missing_ok=True)
        if read != b"probe":
            raise ArchiveUnavailable(
                f"The archive folder {self._root} returns different bytes from those written. "
                f"{_OTHERWISE}"
            )
        return ""

    def _path(self, key: str) -> Path:
        if checked_key(key).split("/")[0] == _INCOMING:
            raise ValueError(
                f"{key!r} is not an archive key: {_INCOMING} is where unfinished files are"
            )
        return self._root / key

    def _described(self, key: str) -> StoredObject:
        path = self._path(key)
        with _translated(path, "read"), self._opened(key):
            return StoredObject(key, path.stat().st_size, _sha256(path))

    @contextmanager
    def _opened(self, key: str) -> Iterator[BinaryIO]:
        try:
            stream = self._path(key).open("rb")
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as exc:
            raise FileGone(
                f"The archive has no {key} in {self._root}. Run `caspio-ingest verify --repair`."
            ) from exc
        with stream:
            yield stream

    @contextmanager
    def _incoming(self) -> Iterator[Path]:
        """Name a new file in the hidden folder; what is left of it is deleted at the end."""
        folder = self._root / _INCOMING
        _make_folders(folder)
        path = folder / secrets.token_hex(16)
        try:
            yield path
        finally:
            path.unlink(missing_ok=True)


def _copy(stream: BinaryIO, target: Path) -> str:
    """Copy bytes, hashing them on the way."""
    digest = hashlib.sha256()
    with open(target, "wb", opener=private) as output:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
            output.write(chunk)
    return digest.hexdigest()


def _write(stream: BinaryIO, target: Path) -> int:
    """Write bytes and return how many; they are on the disk before this returns."""
    with open(target, "wb", opener=private) as output:
        shutil.copyfileobj(stream, output, _CHUNK)
        output.flush()
        # Before the link: after a power cut a name must not point to a file whose bytes are lost.
        os.fsync(output.fileno())
        return output.tell()


def _link(source: Path, stream: BinaryIO, target: Path) -> bool:
    """Give a file a second name, with the rights of the archive; False where that is impossible.

    `stream` is the open file. Another file may have taken its name: then the second name is
    useless, and is removed.
    """
    number = stream.fileno()
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:  # another file system, one without links, or another user's file
        return False
    found = os.fstat(number)
    if not os.path.samestat(found, os.lstat(target)) or found.st_uid != os.geteuid():
        target.unlink()
        return False
    if stat.S_IMODE(found.st_mode) & ~0o600:
        os.fchmod(number, 0o600)
    return True


def _flush(stream: BinaryIO) -> int:
    """Put the bytes of a file on the disk, as `_write` does, and return how many they are."""
    os.fsync(stream.fileno())
    return os.fstat(stream.fileno()).st_size


def _sha256(path: Path) -> str:
    with path.open("rb", buffering=0) as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _place(incoming: Path, path: Path, *, replace: bool) -> bool:
    """Link a finished file to its place in one step; False when the place is taken."""
    made = _make_folders(path.parent)
    try:
        # rename(2) replaces in one step; link(2) refuses in one step.
        if replace:
            incoming.replace(path)
        else:
            path.hardlink_to(incoming)
    except FileExistsError:
        return False
    for folder in (path.parent, *made):
        # A file whose name is lost at a power cut is lost, so the folder goes to the disk, too.
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    return True


def _make_folders(folder: Path) -> list[Path]:
    """Create a folder and its parents for this user only; return those whose entries changed."""
    missing: list[Path] = []
    while not folder.exists():
        missing.append(folder)
        folder = folder.parent
    for parent in reversed(missing):
        parent.mkdir(mode=0o700, exist_ok=True)
    return [parent.parent for parent in missing]


@contextmanager
def _translated(path: Path, doing: str) -> Iterator[None]:
    """Raise ArchiveUnavailable with a way out for what the operating system refuses."""
    try:
        yield
    except OSError as exc:
        way_out = _WAYS_OUT.get(exc.errno or 0, _OTHERWISE)
        raise ArchiveUnavailable(
            f"The archive cannot {doing} {path}: {exc.strerror or exc}. {way_out}"
        ) from exc


@contextmanager
def _in_work_folder() -> Iterator[None]:
    """Raise DiskFull if there is no space: what is read needs none, so it is not the archive's."""
    try:
        yield
    except OSError as exc:
        full = full_work_folder(exc)
        if full is not None:
            raise full from exc
        raise
