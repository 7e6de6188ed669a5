"""Keep what takes long to make from installed packages, such as compiled networks, in files.

The files are in a cache folder of the user and are safe to delete. A reader process opens them
before it is confined, as it imports its code; a process that has seen a document never writes one.
"""

import hashlib
import mmap
import os
import stat
import tempfile
import zlib
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_SUFFIX = ".prepared"
# A checksum finds what a full or failing disk damaged, in a fifth of the time of a digest: a reader
# process checks 80 MiB. Neither keeps out whoever may write the file, since both are in it.
_CHECKSUM_BYTES = 4
_HEADER_BYTES = 64  # the checksum, and zeros: arrays begin where a processor reads them fastest
_LAYOUT = "2"  # of these files
# Several versions or settings on one machine take turns; more than these are leftovers.
_MOST_VERSIONS = 4


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to make the content of one file.

    `made_from` names everything that the content depends on: sources, versions, this machine.
    """

    name: str
    made_from: tuple[str, ...]
    make: Callable[[], bytes]

    @property
    def file_name(self) -> str:
        """Return the name of its file, another one for each thing that it can be made from."""
        digest = hashlib.sha256("\0".join((_LAYOUT, *self.made_from)).encode()).hexdigest()
        return f"{self.name}-{digest[:32]}{_SUFFIX}"


_opened: dict[str, memoryview] = {}
"""Contents by the name of their recipe. They belong to the process, as imported modules do."""


def content(name: str) -> memoryview | None:
    """Return the content that `open_all` opened under this name, None where there is none.

    None also means that the file was damaged: then the caller makes it again for itself.
    """
    found = _opened.get(name)
    if found is None:
        return None
    header, rest = bytes(found[:_HEADER_BYTES]), found[_HEADER_BYTES:]
    return rest if _header(rest) == header else None


def open_all(recipes: Iterable[Recipe], *, folder: Path) -> None:
    """Open the files of these recipes; make those that are missing in a process of their own.

    Call it in a process with a single thread. It never raises: whatever cannot be made or opened
    has no content.
    """
    wanted = list(recipes)
    with suppress(OSError):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # If others can write into the folder, any of its content could be theirs.
        if not _is_private(folder.stat()):
            return
        missing = [one for one in wanted if not (folder / one.file_name).is_file()]
        if missing:
            _make_elsewhere(missing, folder)
    for recipe in wanted:
        with suppress(OSError, ValueError):  # an empty file cannot be mapped
            _opened[recipe.name] = _mapped(folder / recipe.file_name)


def source(path: Path) -> str:
    """Identify a file that something is made from, without reading it."""
    found = path.stat()
    return f"{path.name} {found.st_size} {found.st_mtime_ns}"


def _make_elsewhere(recipes: Iterable[Recipe], folder: Path) -> None:
    """Make contents in a forked process.

    Libraries start threads when they work, and a thread that runs already cannot be confined.
    """
    process = os.fork()
    if process == 0:
        code = 1
        with suppress(BaseException):
            for recipe in recipes:
                write(recipe, folder)
            code = 0
        os._exit(code)
    os.waitpid(process, 0)


def write(recipe: Recipe, folder: Path) -> None:
    """Make one file, and remove those that were made from something older."""
    made = recipe.make()
    handle, name = tempfile.mkstemp(prefix=f".{recipe.name}-", dir=folder)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(_header(made))
            file.write(made)
            file.flush()
            os.fsync(handle)
        Path(name).replace(folder / recipe.file_name)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    others = [path for path in folder.glob(f"{recipe.name}-*{_SUFFIX}") if path.is_file()]
    for old in sorted(others, key=lambda path: path.stat().st_mtime_ns)[:-_MOST_VERSIONS]:
        old.unlink(missing_ok=True)


def _mapped(path: Path) -> memoryview:
    """Map a file into memory: processes share it, and only what is used is read.

    Raises:
        OSError: it is not there, or others may write it.
    """
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        found = os.fstat(handle)
        if not (stat.S_ISREG(found.st_mode) and _is_private(found)):
            raise PermissionError(str(path))
        return memoryview(mmap.mmap(handle, 0, access=mmap.ACCESS_READ))
    finally:
        os.close(handle)


def _is_private(found: os.stat_result) -> bool:
    return found.st_uid == os.geteuid() and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _header(content: bytes | memoryview) -> bytes:
    checksum = zlib.crc32(content).to_bytes(_CHECKSUM_BYTES, "big")
    return checksum.ljust(_HEADER_BYTES, b"\0")
