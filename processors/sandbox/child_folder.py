"""The folder of one child in the system's temporary folder, and what others left there when they were killed.

A lock on a file in it says that its owner lives; the system takes the lock back when the owner dies, however it dies.
"""

import fcntl
import os
import shutil
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

_PREFIX = "caspio-ingest-child-"
_LOCK = "owner"


class Home:
    """A fresh folder, locked by this process until it is removed."""

    def __init__(self) -> None:
        while True:
            folder = Path(tempfile.mkdtemp(prefix=_PREFIX)).resolve()
            self._lock = os.open(
                folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600
            )
            fcntl.flock(self._lock, fcntl.LOCK_EX)
            if (folder / _LOCK).exists():  # else somebody swept between the last two lines
                break
            os.close(self._lock)
        self.folder = folder

    def remove(self) -> None:
        """Remove the folder, then give the lock back."""
        shutil.rmtree(self.folder, ignore_errors=True)
        with suppress(OSError):
            os.close(self._lock)


def sweep() -> None:
    """Remove the folders of owners that were killed: ours by name and user, and locked by nobody."""
    with suppress(OSError):
        for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
            with suppress(OSError):
                _remove_if_left(folder)


def _remove_if_left(folder: Path) -> None:
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        return
    lock = os.open(folder / _LOCK, os.O_RDWR | os.O_NOFOLLOW)
    try:
        fcntl.flock(
            lock, fcntl.LOCK_EX | fcntl.LOCK_NB
        )  # raises BlockingIOError while the owner lives
        shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(lock)
