"""One child process with its supervisor, seen from the parent.

Requests go through a socket, answers through a file and one byte, so that no child can keep its
parent waiting in the middle of a message.
"""

import json
import os
import pickle
import select
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import structlog

from processors.contract import ReadSettings
from processors.sandbox import answers, file_tree, launch
from processors.sandbox.answers import Answer, Bug, ProtocolError
from processors.sandbox.child_folder import ChildFolder
from processors.sandbox.confinement import Confinement
from processors.sandbox.isolation import Granted
from processors.sandbox.kernel import privileges

_START_S = 120.0  # for a child that must import everything on a busy machine
_TAKE_S = 30.0  # an idle child takes a document within milliseconds, on a busy machine in seconds
_STOP_S = 15.0
_END_S = 20.0
_DISMISS_S = 2.0
# By default Python looks for garbage after every 700 objects, and a start makes half a million that
# stay: looking less often saves a tenth of it, for a few MiB.
_PROGRAM = (
    "import gc, sys; gc.set_threshold(50_000, 20, 20); control, line, *sys.path = sys.argv[1:]; "
    "from processors.sandbox.supervisor import main; main(int(control), int(line))"
)
_KEPT = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TESSDATA_PREFIX", "LD_LIBRARY_PATH")
_ONE_CORE = {"OMP_THREAD_LIMIT": "1", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


class Ended(Exception):
    """The child has ended.

    `code` is its exit code: negative for a signal, None where it is unknown.
    """

    def __init__(self, code: int | None) -> None:
        super().__init__(f"ended with {code}")
        self.code = code


class Irregular(Exception):
    """The child did something that a healthy one does not do; no document is to blame for it."""


class ChildProcess:
    """A child and its supervisor.

    `job` names what the child does with a document. `without` leaves out layers, for tests. `warm`
    lets it load its models before it says that it is ready. `cache` is the folder of what the
    first child makes for all. `pid` is its supervisor. `documents` is
    how many it has been given, `taken` whether it has begun with the latest one,
    `must_be_replaced` whether it asked for that.
    """

    def __init__(
        self,
        settings: ReadSettings,
        job: str,
        *,
        code: tuple[Path, ...],
        without: frozenset[str],
        warm: bool,
        cache: Path | None,
    ) -> None:
        self._starting = threading.Lock()
        self._granted: Granted | None = None
        self._failure = ""
        self._start_s = _START_S + (settings.limits.wall_s if warm else 0)
        self._take_s = min(_TAKE_S, settings.limits.stall_s)
        self._control, control = socket.socketpair()
        self._line, line = socket.socketpair()
        with control, line:
            # A child is given few variables: no secret is among them.
            given = os.environ  # noqa: TID251 - to drop most of it
            kept = {name: given[name] for name in _KEPT if name in given}
            self._process = subprocess.Popen(  # noqa: S603 - this Python and a program of ours
                [
                    sys.executable,
                    "-I",
                    "-c",
                    _PROGRAM,
                    str(control.fileno()),
                    str(line.fileno()),
                    *map(os.path.abspath, sys.path),
                ],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=(control.fileno(), line.fileno()),
                env=kept | _ONE_CORE,
                cwd="/",
                start_new_session=True,
            )
        self.pid = self._process.pid
        self.documents = 0
        self.taken = False
        self.must_be_replaced = False
        self._stopped = False
        self._ended = False
        self._report = b""
        identity = None if "identity" in without else privileges.identity_for(self.pid)
        self.folder = ChildFolder(identity)
        confinement = Confinement(self.folder.folders, settings.limits, code, identity, without)
        data = pickle.dumps(launch.Launch(settings, confinement, job, warm, cache))
        with suppress(OSError):  # it ended at once: `wait` notices
            self._control.sendall(struct.pack("=I", len(data)) + data)

    def ready(self) -> Granted:
        """Wait until the child has given up what it does not need, and return what it was granted.

        Raises:
            Ended: it died before, or did not come so far.
        """
        with self._starting:
            deadline = time.monotonic() + self._start_s
            while self._granted is None:
                if self.wait(1.0):
                    self._granted = self._greeting()
                elif time.monotonic() > deadline:
                    raise Ended(None)
            return self._granted

    def _greeting(self) -> Granted:
        try:
            answer = answers.read(self.folder.own)
        except ProtocolError as exc:
            raise Ended(None) from exc
        if isinstance(answer, Granted):
            if not answer.own_user:
                self.folder.identity = None
            return answer
        if isinstance(answer, Bug):
            structlog.get_logger(__name__).error("reader_did_not_start", trace=answer.trace)
        raise Ended(None)

    def give(self, path: Path, name: str, *, as_class: str = "") -> str:
        """Stop the child, hand over a document and resume it; return the name of its folder.

        `as_class` is the class that a user says it has.

        Raises:
            Ended, Irregular: it is fit for no document, and this one is not to blame.
            OSError: the file cannot be copied.
        """
        if not self.stop():
            raise Irregular("something that it started still runs")
        if select.select([self._line], [], [], 0)[0]:
            raise Irregular("it said something while it had nothing to do")
        self.documents += 1
        folder = self.folder.lay_out(path, self.documents)
        request = json.dumps([name, folder, *([as_class] if as_class else [])]).encode()
        self._line.settimeout(self._take_s)
        try:
            self._line.sendall(launch.REQUEST.pack(len(request)) + request)
            self.taken = False
            self._control.sendall(launch.RESUME)
        except OSError as exc:
            raise Irregular("it takes no request") from exc
        self._stopped = False
        deadline = time.monotonic() + self._take_s
        while not self.taken:
            self.wait(0.1)
            if time.monotonic() > deadline:
                raise Irregular("it does not take the document")
        return folder

    def wait(self, seconds: float) -> bool:
        """Say whether the child has answered within so many seconds; raises Ended."""
        ready, _, _ = select.select([self._line, self._control], [], [], seconds)
        # Its last word first: it may have answered and then ended.
        if self._line in ready:
            said = b""
            with suppress(OSError):
                said = os.read(self._line.fileno(), 1)
            if said == launch.TAKEN and not self.taken:
                self.taken = True
                return False
            if said in {launch.ANSWERED, launch.REPLACE}:
                self.must_be_replaced = said == launch.REPLACE
                return True
            raise Ended(self._exit_code() if not said else None)
        if self._control in ready:
            self._receive()
        return False

    def stop(self) -> bool:
        """Stop the child and return whether no other process of it runs.

        A stopped child changes nothing any more.

        Raises:
            Ended: it is gone.
            Irregular: it cannot be stopped.
        """
        if self._stopped:
            return True
        try:
            self._control.sendall(launch.STOP)
        except OSError as exc:
            raise Ended(self._exit_code()) from exc
        deadline = time.monotonic() + _STOP_S
        while time.monotonic() < deadline:
            if select.select([self._control], [], [], 1.0)[0]:
                kind, number = self._receive()
                if kind == launch.STOPPED:
                    if number < 0:
                        break
                    self._stopped = True
                    return number == 0
        raise Irregular("it cannot be stopped")

    def answer(self, folder: str) -> Answer:
        """Return what the stopped child has answered; raises ProtocolError."""
        with self._opened(folder) as opened:
            return answers.read(opened)

    @contextmanager
    def work(self, folder: str) -> Iterator[int]:
        """Open the folder of the files that the stopped child has left; raises ProtocolError."""
        with self._opened(folder, answers.WORK) as opened:
            yield opened

    @contextmanager
    def _opened(self, *names: str) -> Iterator[int]:
        with ExitStack() as stack:
            opened = self.folder.own
            try:
                for name in names:
                    opened = stack.enter_context(file_tree.opened(name, within=opened))
            except OSError as exc:
                raise ProtocolError("its folder is gone") from exc
            yield opened

    def _receive(self) -> tuple[bytes, int]:
        """Receive a report of the supervisor; raises Ended where it is the last one."""
        while len(self._report) < launch.REPORT.size:
            part = self._received(launch.REPORT.size - len(self._report))
            if not part:
                raise Ended(None)
            self._report += part
        kind, number = launch.REPORT.unpack(self._report)
        self._report = b""
        if kind == launch.ENDED:
            self._ended = True
            raise Ended(number)
        if kind == launch.FAILED:
            trace = b""
            while len(trace) < number and (part := self._received(number - len(trace))):
                trace += part
            structlog.get_logger(__name__).error(
                "supervisor_failed", trace=trace.decode("utf-8", "replace")
            )
            raise Ended(None)
        return kind, number

    def _received(self, size: int) -> bytes:
        """Receive a part of a report, nothing if the supervisor is gone."""
        try:
            return self._control.recv(size)
        except ConnectionError:  # it was killed before it took what was sent to it
            return b""

    def _exit_code(self) -> int | None:
        """Return how the child ended, as the supervisor reports it when nothing of it is left."""
        self._control.settimeout(_END_S)
        try:
            while True:
                self._receive()
        except Ended as exc:
            return exc.code
        except OSError:
            return None

    def dismiss(self) -> None:
        """Let an idle child end by itself.

        The CPU time of a child that ends by itself is added to that of this process's children.
        """
        with suppress(OSError, Ended):
            self._line.shutdown(socket.SHUT_RDWR)
            self._control.sendall(launch.RESUME)
            if select.select([self._control], [], [], _DISMISS_S)[0]:
                self._receive()

    def interrupt(self) -> None:
        """Ask the supervisor to end the child. Any thread may call this.

        A thread that waits for an answer gets Ended.
        """
        with suppress(OSError):
            self._control.shutdown(socket.SHUT_WR)

    def kill(self) -> bool:
        """End the child and all it started; return whether nothing of it is left for certain."""
        self.interrupt()
        if not self._ended:
            self._exit_code()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_END_S)
        return self._ended

    def end(self) -> None:
        """End the child and all it started, and remove its folder."""
        if self.kill():
            self.folder.remove()
        else:
            # The child ends with its supervisor, but what it started may not.
            self._process.kill()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(1.0)
            self.folder.abandon()
            structlog.get_logger(__name__).warning("reader_not_ended", process=self.pid)
        for end in (self._line, self._control):
            end.close()
