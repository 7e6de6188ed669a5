"""Walk and remove folders that a child may have filled.

Folders are opened one below the other, so no path is too long and no link is followed. A child may
nest folders until no path reaches the bottom and no recursion comes back from it.
"""

import os
import secrets
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

OPEN_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_BLOCK_BYTES = 512  # the unit of st_blocks on every file system
DEEPEST = 40
"""Levels of folders that anything a reader does needs: files inside files are numbered folders, two
levels each.
"""


@dataclass(frozen=True, slots=True)
class FolderUsage:
    """What is in a folder: bytes on disk, and entries.

    `too_deep` says that folders deeper than DEEPEST were not counted.
    """

    disk_bytes: int
    files: int
    too_deep: bool


@contextmanager
def opened(path: str | os.PathLike[str], *, within: int | None = None) -> Iterator[int]:
    """Open a folder that is not a link, for a while; raises OSError."""
    number = os.open(path, OPEN_FOLDER, dir_fd=within)
    try:
        yield number
    finally:
        os.close(number)


def usage(folder: int) -> FolderUsage:
    """Count what is below an open folder; what disappears meanwhile is left out."""
    disk = files = 0
    too_deep = False
    open_folders = [os.dup(folder)]
    waiting: list[tuple[int, list[str]]] = []
    try:
        waiting.append((open_folders[-1], _names(open_folders[-1])))
        while waiting:
            here, names = waiting[-1]
            if not names:
                os.close(open_folders.pop())
                waiting.pop()
                continue
            name = names.pop()
            with suppress(OSError):  # the child removes what is looked at
                found = os.stat(name, dir_fd=here, follow_symlinks=False)
                files += 1
                disk += found.st_blocks * _BLOCK_BYTES
                is_folder = stat.S_ISDIR(found.st_mode)
                if is_folder and len(waiting) > DEEPEST:
                    too_deep = True
                elif is_folder:
                    below = os.open(name, OPEN_FOLDER, dir_fd=here)
                    open_folders.append(below)
                    waiting.append((below, _names(below)))
    finally:
        for number in open_folders:
            os.close(number)
    return FolderUsage(disk, files, too_deep)


def _names(folder: int) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def empty(folder: int) -> bool:
    """Remove everything in an open folder and return whether it is empty. Never raises.

    Folders in folders are moved up before their own folder is removed, so that two open folders
    suffice for any depth. Nothing else may be at work in the folder.
    """
    # A name that the child could not have taken.
    prefix = f".{secrets.token_hex(8)}-"
    lifted = 0
    while True:
        names = _names(folder)
        before = lifted
        removed = 0
        for name in names:
            if _is_folder(name, folder):
                lifted += lift(name, folder, f"{prefix}{lifted}")
                removed += _try(os.rmdir, name, folder)
            else:
                removed += _try(os.unlink, name, folder)
        if not names or not (removed or lifted > before):
            return not names


def lift(name: str, folder: int, target: str) -> int:
    """Remove the files in a folder, move its folders beside it, and count the moved ones."""
    lifted = 0
    # Its owner may have closed it to itself. It is not a link, and nobody else is here to make
    # one of it.
    with suppress(OSError):
        os.chmod(name, stat.S_IRWXU, dir_fd=folder)
        with opened(name, within=folder) as below:
            for inner in _names(below):
                if not _is_folder(inner, below):
                    _try(os.unlink, inner, below)
                    continue
                with suppress(OSError):
                    # To move a folder, one must be allowed to write in it: its entry for the one
                    # above changes.
                    os.chmod(inner, stat.S_IRWXU, dir_fd=below)
                    os.rename(inner, f"{target}-{lifted}", src_dir_fd=below, dst_dir_fd=folder)
                    lifted += 1
    return lifted


def _try(remove_one: Callable[..., None], name: str, folder: int) -> bool:
    try:
        remove_one(name, dir_fd=folder)
    except OSError:
        return False
    return True


def _is_folder(name: str, folder: int) -> bool:
    try:
        return stat.S_ISDIR(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
    except OSError:
        return False


def remove(name: str, folder: int) -> bool:
    """Remove a folder with its contents and return whether it is gone. Never raises."""
    with suppress(OSError), opened(name, within=folder) as inner:
        empty(inner)
    return _try(os.rmdir, name, folder)
