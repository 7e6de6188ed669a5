"""The folder of one child, and folders that killed parents left behind.

caspio-ingest-child-XXXX/  owner      locked while the parent lives, unlocked by the system
                           stage/     empty: the child builds its mounts on it
                           documents/ the child reads it
                           own/       the child writes to it, one folder for each document
"""

import fcntl
import os
import shutil
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

from processors.sandbox import answers, file_tree
from processors.sandbox.confinement import Folders
from processors.sandbox.kernel.privileges import Identity

_PREFIX = "caspio-ingest-child-"
_LOCK = "owner"
_DOCUMENT = "document"


class ChildFolder:
    """A fresh folder for one child, locked by this process until it is removed.

    `identity` is the user that the child becomes, None where it does not; the folder is closed to
    everybody else.
    """

    def __init__(self, identity: Identity | None) -> None:
        self.identity = identity
        while True:
            folder = Path(tempfile.mkdtemp(prefix=_PREFIX)).resolve()
            self._lock = os.open(
                folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600
            )
            fcntl.flock(self._lock, fcntl.LOCK_EX)
            if (folder / _LOCK).exists():  # else somebody swept between the last two lines
                break
            os.close(self._lock)
        self._folder = folder
        self.folders = Folders(folder / "documents", folder / "own", folder / "stage")
        for path in (self.folders.stage, self.folders.documents, self.folders.own):
            path.mkdir(mode=0o700)
        if identity is not None:
            # The child's group may look into the folder and the documents, and its user owns one
            # folder.
            os.chown(self.folders.own, identity.uid, identity.gid)
            for path in (folder, self.folders.documents):
                os.chown(path, -1, identity.gid)
                path.chmod(0o750)
        # From now on both are reached by these: a name could be changed.
        self._documents = os.open(self.folders.documents, file_tree.OPEN_FOLDER)
        self.own = os.open(self.folders.own, file_tree.OPEN_FOLDER)

    def lay_out(self, path: Path, number: int) -> str:
        """Copy a document for the child, make a folder for its output and return its name.

        The child must not run meanwhile. A copy, since a child could change the times and the mode
        of the file itself, and a new one each time, since what an earlier document started may hold
        the last one open.

        Raises:
            OSError: the file cannot be read, or the disk is full.
        """
        self.clear()
        name = f"{number}"
        with path.open("rb") as source:
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
            target = os.open(_DOCUMENT, flags, 0o400, dir_fd=self._documents)
            with os.fdopen(target, "wb") as copy:
                if self.identity is not None:
                    os.fchown(target, -1, self.identity.gid)
                    os.fchmod(target, 0o440)
                shutil.copyfileobj(source, copy, 2**20)
        os.mkdir(name, 0o700, dir_fd=self.own)
        with file_tree.opened(name, within=self.own) as folder:
            os.mkdir(answers.WORK, 0o700, dir_fd=folder)
            if self.identity is not None:
                os.chown(answers.WORK, self.identity.uid, self.identity.gid, dir_fd=folder)
                os.fchown(folder, self.identity.uid, self.identity.gid)
        return name

    def clear(self) -> bool:
        """Remove the document and all that the child left; the child must not run meanwhile."""
        emptied = file_tree.empty(self._documents)
        return file_tree.empty(self.own) and emptied

    def remove(self) -> None:
        """Remove the folder, then give the lock back. The child must have ended. Never raises."""
        self.abandon()
        _remove(self._folder)
        with suppress(OSError):
            os.close(self._lock)

    def abandon(self) -> None:
        """Leave the folder alone, since something of the child may still run.

        It stays locked as long as this process lives.
        """
        for number in (self._documents, self.own):
            with suppress(OSError):
                os.close(number)


def sweep() -> None:
    """Remove the folders that killed parents left behind. Never raises.

    They have our name and user, and nobody holds their lock.
    """
    with suppress(OSError):
        for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
            with suppress(OSError):
                found = folder.lstat()
                if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
                    continue
                lock = os.open(folder / _LOCK, os.O_RDWR | os.O_NOFOLLOW)
                try:
                    # Raises BlockingIOError while the owner lives.
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    _remove(folder)
                finally:
                    os.close(lock)


def _remove(folder: Path) -> None:
    with suppress(OSError), file_tree.opened(folder.parent) as above:
        file_tree.remove(folder.name, above)
