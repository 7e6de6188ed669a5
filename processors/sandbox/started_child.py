"""Start children as processes of this one, and say what makes two of them alike."""

import hashlib
import json
import os
import pickle
import socket
import struct
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from pipeline.logs import logger
from processors.contract import ReadSettings
from processors.sandbox import launch
from processors.sandbox.child_folder import ChildFolder
from processors.sandbox.child_process import END_S, START_S, ChildProcess
from processors.sandbox.confinement import Confinement
from processors.sandbox.kernel import privileges

_DISMISSED_S = 1.0
# By default Python looks for garbage after every 700 objects, and a start makes half a million that
# stay: looking less often saves a tenth of it, for a few MiB.
_PROGRAM = (
    "import gc, sys; gc.set_threshold(50_000, 20, 20); control, line, *sys.path = sys.argv[1:]; "
    "from processors.sandbox.supervisor import main; main(int(control), int(line))"
)
_KEPT = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TESSDATA_PREFIX", "LD_LIBRARY_PATH")
_ONE_CORE = {"OMP_THREAD_LIMIT": "1", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


@dataclass(frozen=True, slots=True)
class ChildPlan:
    """All that a child is started with.

    `job` names what the child does with a document, as "module:name", and `code` where its code is.
    `without` leaves out layers, for tests. `cache` is the folder of what the first child makes for
    all. `most_documents` is how many a child reads before a new one replaces it.
    """

    settings: ReadSettings
    job: str
    code: tuple[Path, ...]
    without: frozenset[str]
    cache: Path | None
    most_documents: int

    def start(self, *, warm: bool) -> "StartedChild":
        """Start a child; `warm` lets it load its models before it says that it is ready."""
        return StartedChild(self, warm=warm)

    def digest(self, owner: str) -> bytes:
        """Identify a child that is started now for an account: one with the same may stand in.

        It covers the settings with their passwords, and the code as it is now.
        """
        said = [
            owner,
            asdict(self.settings),
            self.job,
            sorted(self.without),
            self.cache,
            self.most_documents,
            [os.environ.get(name) for name in _KEPT],  # noqa: TID251 - what a child is given
            self.code_digest().hex(),
        ]
        return _digest(said)

    def code_digest(self) -> bytes:
        """Identify Python, the libraries and each file of the code, by their dates and sizes.

        They may be replaced while a program runs, whose children are started from them.
        """
        return _digest([sys.executable, sys.version, *_stamps(self.code)])


def _digest(said: Sequence[object]) -> bytes:
    # Paths are all that JSON does not know. What has no order, such as a set, raises TypeError: it
    # would give each process another digest.
    return hashlib.sha256(json.dumps(said, default=os.fspath).encode()).digest()


def _stamps(code: tuple[Path, ...]) -> Iterator[tuple[str, int, int]]:
    """Yield the date and the size of each file of the code, and of the folders of libraries."""
    libraries = [path for path in map(Path, sys.path) if path.name == "site-packages"]
    for top in (*libraries, *(path for path in code if not path.is_dir())):
        with suppress(OSError):
            yield str(top), top.stat().st_mtime_ns, top.stat().st_size
    yield from _stamps_below(path for path in code if path.is_dir())


def _stamps_below(folders: Iterable[Path]) -> Iterator[tuple[str, int, int]]:
    """Yield the date and the size of each file in and below these folders."""
    waiting = list(folders)
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            # The order of a folder's entries may change without them.
            for entry in sorted(entries, key=lambda one: one.name):
                if entry.name == "__pycache__":
                    continue
                if entry.is_dir(follow_symlinks=False):
                    # Its date and size change with what Python leaves in it.
                    waiting.append(Path(entry.path))
                else:
                    found = entry.stat(follow_symlinks=False)
                    yield entry.path, found.st_mtime_ns, found.st_size


class StartedChild(ChildProcess):
    """A child whose supervisor is a process of this one."""

    def __init__(self, plan: ChildPlan, *, warm: bool) -> None:
        control, supervisors = socket.socketpair()
        line, childs = socket.socketpair()
        with supervisors, childs:
            # A child is given few variables: no secret is among them.
            given = os.environ  # noqa: TID251 - to drop most of it
            kept = {name: given[name] for name in _KEPT if name in given}
            self._process = subprocess.Popen(  # noqa: S603 - this Python and a program of ours
                [
                    sys.executable,
                    "-I",
                    "-c",
                    _PROGRAM,
                    str(supervisors.fileno()),
                    str(childs.fileno()),
                    *map(os.path.abspath, sys.path),
                ],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=(supervisors.fileno(), childs.fileno()),
                env=kept | _ONE_CORE,
                cwd="/",
                start_new_session=True,
            )
        pid, limits = self._process.pid, plan.settings.limits
        identity = None if "identity" in plan.without else privileges.identity_for(pid)
        self._own_folder = ChildFolder(identity)
        super().__init__(
            pid=pid,
            control=control,
            line=line,
            folder=self._own_folder,
            limits=limits,
            start_s=START_S + (limits.wall_s if warm else 0),
        )
        folders = self._own_folder.folders
        confinement = Confinement(folders, limits, plan.code, identity, plan.without)
        data = pickle.dumps(launch.Launch(plan.settings, confinement, plan.job, warm, plan.cache))
        with suppress(OSError):  # it ended at once: `wait` notices
            control.sendall(struct.pack("=I", len(data)) + data)

    @property
    def has_ended(self) -> bool:
        """Say whether its supervisor is gone, which ends last."""
        return self._process.poll() is not None

    def kill(self) -> bool:
        """End the child and all it started; return whether nothing of it is left for certain."""
        super().kill()
        with suppress(subprocess.TimeoutExpired):
            # Somebody else may have got its last report. It ends well only after it ended all.
            self._ended |= self._process.wait(END_S) == 0
        return self._ended

    def end(self) -> None:
        """End the child and all it started, and remove its folder."""
        if self.kill():
            self._own_folder.remove()
        else:
            # The child ends with its supervisor, but what it started may not.
            self._process.kill()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_DISMISSED_S)
            logger(__name__).warning("reader_not_ended", process=self.pid)
        self.close()
