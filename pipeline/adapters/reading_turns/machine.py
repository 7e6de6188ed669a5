"""The queue in a folder: a file that processes change one after another under a lock.

The kernel frees the locks of a process that dies, however it dies, so a dead process keeps no place
for longer than the next one waits. Who gets a place is woken by a datagram; that the datagram may
be lost costs a moment, since each who waits also looks by itself.
"""

import errno
import fcntl
import json
import os
import secrets
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import TextIO

from pipeline.adapters.reading_turns.queue import (
    Queue,
    Ticket,
    served,
    with_ticket,
    without_processes,
    without_ticket,
)
from pipeline.errors import BadSettings, TryLater

LOOK_S = 0.5
"""Seconds after which one who waits looks by itself, also for processes that have died."""

_STATE, _LOCK = "queue.json", "lock"
_ID_BYTES = 8


class MachineTurns:
    """The turns of one process, for one account.

    Args:
        folder: shared by all processes of this machine; None for the default of this user.
        places: documents that all of them read at the same time.

    Raises:
        BadSettings: the folder cannot be written, or is not this user's alone.
    """

    def __init__(self, folder: Path | None, *, account: str, places: int) -> None:
        self._folder = folder or default_folder()
        self._account = account
        self._places = places
        self._process = secrets.token_hex(_ID_BYTES)
        self._closed = threading.Event()
        # Threads of one process queue here, and not each at the file.
        self._one = threading.Lock()
        self._alive: TextIO | None = None
        try:
            with self._locked():
                self._sweep()
                self._show_life()
        except OSError as error:
            problem = f"reading.folder: {self._folder} cannot be used: {error.strerror}."
            raise BadSettings([f"{problem} Name a folder of this user."]) from error

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for a place, and keep it while the context lasts.

        Raises:
            TryLater: this was closed meanwhile.
        """
        ticket = Ticket(secrets.token_hex(_ID_BYTES), self._account, self._process)
        try:
            queue = self._change(lambda queue: with_ticket(queue, ticket))
            if not _reads(queue, ticket):
                self._wait(ticket)
            yield
        finally:
            self._change(lambda queue: without_ticket(queue, ticket.id))

    def close(self) -> None:
        """End the waiting of all threads, which get TryLater, and give up all places."""
        self._closed.set()
        queue = self._change(lambda queue: queue)
        for ticket in queue.tickets:
            if ticket.process == self._process:
                self._wake(ticket)
        self._change(lambda queue: without_processes(queue, {self._process}))
        self._alive_file(self._process).unlink(missing_ok=True)
        if self._alive is not None:
            self._alive.close()

    def _wait(self, ticket: Ticket) -> None:
        with ExitStack() as stack:
            bell = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
            bell.settimeout(LOOK_S)
            path = self._bell(ticket)
            stack.callback(path.unlink, missing_ok=True)
            try:
                bell.bind(str(path))
            except OSError:
                # The path of the folder is too long for a socket: then this looks more often.
                bell.settimeout(LOOK_S / 10)
            while not self._closed.is_set():
                # Again before the first wait: its turn may have come before it had a bell.
                if _reads(self._change(self._without_dead), ticket):
                    return
                self._listen(bell)
        raise TryLater("Reading was stopped because the program ends; the next run reads it.")

    def _listen(self, bell: socket.socket) -> None:
        """Wait until the bell rings, or for the time until the next look."""
        try:
            bell.recv(1)
        except TimeoutError:
            return
        except OSError:
            self._closed.wait(LOOK_S / 10)

    def _change(self, act: Callable[[Queue], Queue]) -> Queue:
        """Change the queue, give free places, and wake those who got one."""
        with self._one, self._locked():
            self._show_life()
            before = self._read()
            after = served(act(before), self._places)
            if after != before:
                # Renamed into its place: who reads never finds half a queue.
                fresh = self._folder / f".{self._process}.new"
                fresh.write_text(json.dumps(asdict(after)), encoding="utf-8")
                fresh.replace(self._folder / _STATE)
        reading = {one.id for one in before.tickets if one.reads}
        for ticket in after.tickets:
            if ticket.reads and ticket.id not in reading:
                self._wake(ticket)
        return after

    @contextmanager
    def _locked(self) -> Iterator[None]:
        path = self._folder / _LOCK
        while True:
            # Each time: temporary folders are emptied of what nobody used for days.
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            # In a folder for everybody, somebody else may have made it before.
            if self._folder.lstat().st_uid != os.geteuid():
                raise PermissionError(errno.EPERM, "it belongs to another user")
            with path.open("a") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                # The lock of a file that was removed meanwhile keeps nobody out.
                if path.exists() and os.path.samestat(os.fstat(lock.fileno()), path.stat()):
                    yield
                    return

    def _show_life(self) -> None:
        """Hold the lock by which others know that this process lives.

        Under the lock of all: nobody may find the file between its creation and its lock.
        """
        path = self._alive_file(self._process)
        if self._closed.is_set() or (self._alive is not None and path.exists()):
            return
        if self._alive is not None:
            self._alive.close()
        self._alive = path.open("w")
        fcntl.flock(self._alive, fcntl.LOCK_EX)

    def _sweep(self) -> None:
        """Remove the files of processes that died while nobody waited."""
        for path in self._folder.glob("*.alive"):
            self._lives(path.stem)
        # Left by a process that was killed while it wrote; who writes now holds the lock.
        for path in self._folder.glob(".*.new"):
            path.unlink(missing_ok=True)

    def _read(self) -> Queue:
        try:
            found = json.loads((self._folder / _STATE).read_text(encoding="utf-8"))
            tickets = tuple(Ticket(**one) for one in found["tickets"])
            return Queue(tickets, dict(found["served"]), int(found["turn"]))
        except FileNotFoundError:
            return Queue()
        except (ValueError, TypeError, KeyError):
            # Another version wrote it. At worst a few documents more are read at once for a while.
            return Queue()

    def _without_dead(self, queue: Queue) -> Queue:
        """Return the queue without the tickets of processes that have no lock any more."""
        dead = {one for one in queue.processes - {self._process} if not self._lives(one)}
        for ticket in queue.tickets:
            if ticket.process in dead:
                self._bell(ticket).unlink(missing_ok=True)
        return without_processes(queue, dead) if dead else queue

    def _lives(self, process: str) -> bool:
        path = self._alive_file(process)
        try:
            with path.open("r") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except FileNotFoundError:
            return False
        path.unlink(missing_ok=True)
        return False

    def _wake(self, ticket: Ticket) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender, suppress(OSError):
            sender.setblocking(False)  # noqa: FBT003 - the name of the socket's method says it
            sender.sendto(b".", str(self._bell(ticket)))

    def _alive_file(self, process: str) -> Path:
        return self._folder / f"{process}.alive"

    def _bell(self, ticket: Ticket) -> Path:
        return self._folder / f"{ticket.id}.bell"


def default_folder() -> Path:
    """Return the folder of this user's queue."""
    return Path(tempfile.gettempdir()) / f"caspio-ingest-{os.geteuid()}-reading"


def _reads(queue: Queue, ticket: Ticket) -> bool:
    found = queue.ticket(ticket.id)
    return found is not None and found.reads
