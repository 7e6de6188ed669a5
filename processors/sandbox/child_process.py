"""One child process with its supervisor, seen from the parent.

Requests go through a socket, answers through a file and one byte, so that no child can keep its
parent waiting in the middle of a message.
"""

import json
import os
import select
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from pipeline.logs import logger
from processors.contract import Limits
from processors.sandbox import answers, file_tree, launch
from processors.sandbox.answers import Bug, ChildAnswer, ProtocolError
from processors.sandbox.child_folder import OpenFolder
from processors.sandbox.isolation import Granted
from processors.sandbox.kernel.privileges import ChildIdentity

START_S = 120.0  # for a child that must import everything on a busy machine
_TAKE_S = 30.0  # an idle child takes a document within milliseconds, on a busy machine in seconds
_STOP_S = 15.0
END_S = 20.0
_DISMISS_S = 2.0


class ChildEnded(Exception):
    """The child has ended.

    `code` is its exit code: negative for a signal, None where it is unknown.
    """

    def __init__(self, code: int | None) -> None:
        super().__init__(f"ended with {code}")
        self.code = code


class Irregular(Exception):
    """The child did something that a healthy one does not do; no document is to blame for it."""


@dataclass(frozen=True, slots=True)
class ChildState:
    """What is known of a child: its supervisor, its user, and what it has done and was granted.

    `granted` is None as long as it has not said that it is ready.
    """

    pid: int
    documents: int
    identity: ChildIdentity | None
    granted: Granted | None


class ChildProcess:
    """A child and its supervisor.

    `pid` is the supervisor, `control` the socket to it, `line` the one to the child. `start_s` is
    how long the child may take until it is ready. `documents` is how many it has been given,
    `taken` whether it has begun with the latest one, `must_be_replaced` whether it asked for that.
    """

    def __init__(
        self,
        *,
        pid: int,
        control: socket.socket,
        line: socket.socket,
        folder: OpenFolder,
        limits: Limits,
        start_s: float = START_S,
    ) -> None:
        self.pid = pid
        self.folder = folder
        self.documents = 0
        self.taken = False
        self.must_be_replaced = False
        self._control = control
        self._line = line
        self._starting = threading.Lock()
        self._granted: Granted | None = None
        self._start_s = start_s
        self._take_s = min(_TAKE_S, limits.stall_s)
        self._stopped = False
        self._ended = False
        self._report = b""

    @property
    def is_new(self) -> bool:
        """Say whether it has seen no document: only such a child may judge one."""
        return self.documents == 0

    def state(self) -> ChildState:
        """Return what another process must know of it to go on with it."""
        return ChildState(self.pid, self.documents, self.folder.identity, self._granted)

    def go_on(self, state: ChildState) -> None:
        """Go on where another process left it."""
        self.documents, self.folder.identity = state.documents, state.identity
        self._granted = state.granted
        self._stopped = False  # as long as the supervisor has not said so to this process

    def parts(self) -> tuple[int, ...]:
        """Return the open sockets and folders that another process needs to go on with it."""
        folder = self.folder
        return self._control.fileno(), self._line.fileno(), folder.documents, folder.own

    def rest(self) -> bool:
        """Leave the child stopped, with nothing of a document; say whether it is fit for another.

        Raises:
            Ended, Irregular: it is not.
        """
        is_alone = self.stop() and not self.must_be_replaced
        said_more = bool(select.select([self._line], [], [], 0)[0])
        return is_alone and not said_more and self.folder.clear()

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
                    raise ChildEnded(None)
            return self._granted

    def _greeting(self) -> Granted:
        try:
            answer = answers.read(self.folder.own)
        except ProtocolError as exc:
            raise ChildEnded(None) from exc
        if isinstance(answer, Granted):
            if not answer.own_user:
                self.folder.identity = None
            return answer
        if isinstance(answer, Bug):
            logger(__name__).error("reader_did_not_start", trace=answer.trace)
        raise ChildEnded(None)

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
            raise Irregular("it sent an answer that nobody had asked for")
        self.documents += 1
        folder = self.folder.lay_out(path, self.documents)
        request = json.dumps([name, folder, *([as_class] if as_class else [])]).encode()
        self._line.settimeout(self._take_s)
        try:
            self._line.sendall(launch.REQUEST.pack(len(request)) + request)
            self.taken = False
            self._control.sendall(launch.RESUME)
        except OSError as exc:
            raise Irregular("it does not accept a request") from exc
        self._stopped = False
        deadline = time.monotonic() + self._take_s
        while not self.taken:
            self.wait(0.1)
            if time.monotonic() > deadline:
                raise Irregular("it does not accept the document")
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
            raise ChildEnded(self._exit_code() if not said else None)
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
            raise ChildEnded(self._exit_code()) from exc
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

    def answer(self, folder: str) -> ChildAnswer:
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
                raise ChildEnded(None)
            self._report += part
        kind, number = launch.REPORT.unpack(self._report)
        self._report = b""
        if kind == launch.ENDED:
            self._ended = True
            raise ChildEnded(number)
        if kind == launch.FAILED:
            trace = b""
            while len(trace) < number and (part := self._received(number - len(trace))):
                trace += part
            logger(__name__).error("supervisor_failed", trace=trace.decode("utf-8", "replace"))
            raise ChildEnded(None)
        return kind, number

    def _received(self, size: int) -> bytes:
        """Receive a part of a report, nothing if the supervisor is gone."""
        try:
            return self._control.recv(size)
        except ConnectionError:  # it was killed before it took what was sent to it
            return b""

    def _exit_code(self) -> int | None:
        """Return how the child ended, as the supervisor reports it when nothing of it is left."""
        self._control.settimeout(END_S)
        try:
            while True:
                self._receive()
        except ChildEnded as exc:
            return exc.code
        except OSError:
            return None

    def dismiss(self) -> None:
        """Let an idle child end by itself.

        The CPU time of a child that ends by itself is added to that of this process's children.
        """
        with suppress(OSError, ChildEnded):
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
        return self._ended

    def end(self) -> None:
        """End the child and all it started, and close what leads to it."""
        self.kill()
        self.close()

    def close(self) -> None:
        """Close the sockets and the folder."""
        self.folder.close()
        for end in (self._line, self._control):
            end.close()
