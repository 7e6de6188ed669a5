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
from processors.sandbox.kernel.privileges import ChildIdentity

_PREFIX = "caspio-ingest-child-"
_LOCK = "owner"
_DOCUMENT = "document"


class OpenFolder:
    """The folder of a child, reached by its open parts: `documents`, and `own`.

    `identity` is the user that the child becomes, None where it does not.
    """

    def __init__(self, *, documents: int, own: int, identity: ChildIdentity | None) -> None:
        self.documents = documents
        self.own = own
        self.identity = identity

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
            target = os.open(_DOCUMENT, flags, 0o400, dir_fd=self.documents)
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
        emptied = file_tree.empty(self.documents)
        return file_tree.empty(self.own) and emptied

    def close(self) -> None:
        """Leave the folder as it is, and look into it no more."""
        numbers, self.documents, self.own = (self.documents, self.own), -1, -1
        for number in numbers:
            with suppress(OSError):
                os.close(number)


class ChildFolder(OpenFolder):
    """A fresh folder for one child, locked by this process until it is removed.

    It is closed to everybody but this user and the child's.
    """

    def __init__(self, identity: ChildIdentity | None) -> None:
        self._folder, self._lock = locked_folder()
        folder = self._folder
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
        super().__init__(
            documents=os.open(self.folders.documents, file_tree.OPEN_FOLDER),
            own=os.open(self.folders.own, file_tree.OPEN_FOLDER),
            identity=identity,
        )

    def remove(self) -> None:
        """Remove the folder, then give the lock back. The child must have ended. Never raises.

        A folder that is only closed stays locked as long as this process lives.
        """
        self.close()
        remove_locked(self._folder, self._lock)


def locked_folder() -> tuple[Path, int]:
    """Make a temporary folder for this user alone, and lock it; return it with the lock.

    If this process is killed, `sweep` removes it.
    """
    while True:
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX)).resolve()
        lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        fcntl.flock(lock, fcntl.LOCK_EX)
        if (folder / _LOCK).exists():  # else somebody swept between the last two lines
            return folder, lock
        os.close(lock)


def remove_locked(folder: Path, lock: int) -> None:
    """Remove a folder of `locked_folder`, then give the lock back. Never raises."""
    _remove(folder)
    with suppress(OSError):
        os.close(lock)


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
