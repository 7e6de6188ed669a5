"""A lender's children without processes, and runs that borrow them."""

import errno
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from processors.sandbox import handover
from processors.sandbox.child_process import ChildState
from processors.sandbox.isolation import Granted
from processors.sandbox.kernel.privileges import ChildIdentity
from processors.sandbox.lender import Lender, Offer

DIGEST, ANOTHER = b"d" * 32, b"e" * 32
GRANTED = Granted(namespaces=("pid", "network"), landlock=4, memory_mib=512)
WAIT_S = 240.0


class Child:
    """A child that only knows what a lender does to it."""

    def __init__(self, number: int, folder: Path) -> None:
        self.is_fit = self.can_end = True
        self.ended = threading.Event()
        self.known = ChildState(number, 0, ChildIdentity(7, 8), None)
        self._ends = [*socket.socketpair(), *socket.socketpair()]
        self._folders = [os.open(folder, os.O_RDONLY) for _ in range(2)]

    @property
    def has_ended(self) -> bool:
        """Say whether it was ended."""
        return self.ended.is_set()

    def state(self) -> ChildState:
        """Return its state."""
        return self.known

    def go_on(self, state: ChildState) -> None:
        """Take another state."""
        self.known = state

    def parts(self) -> tuple[int, ...]:
        """Return two sockets and two folders."""
        return self._ends[0].fileno(), self._ends[2].fileno(), *self._folders

    def rest(self) -> bool:
        """Say whether it is fit for another run."""
        return self.is_fit

    def end(self) -> None:
        """Note that it was ended; raises OSError as a child with a broken socket does."""
        if not self.can_end:
            raise OSError(errno.ENOTCONN, os.strerror(errno.ENOTCONN))
        for each in self._ends:
            each.close()
        while self._folders:
            os.close(self._folders.pop())
        self.ended.set()


@dataclass
class Timer:
    """A call that a test makes when it likes."""

    call: Callable[[], None]
    is_cancelled: bool = False

    def cancel(self) -> None:
        """Note that it is not wanted any more."""
        self.is_cancelled = True


@dataclass
class Loan:
    """What a run has borrowed, and its connection."""

    connection: socket.socket
    state: ChildState
    parts: tuple[int, ...]

    def bring_back(self) -> None:
        """Return the child after one more document, and wait until the lender has it."""
        read = replace(self.state, documents=self.state.documents + 1, granted=GRANTED)
        handover.send_state(self.connection, read)
        assert self.connection.recv(1) == b""
        self.close()

    def close(self) -> None:
        """Close the connection and what was received."""
        self.connection.close()
        for number in self.parts:
            os.close(number)
        self.parts = ()


@dataclass
class Shop:
    """A lender of such children, and everything that it started."""

    folder: Path
    most: int = 2
    children: list[Child] = field(default_factory=list)
    timers: list[Timer] = field(default_factory=list)
    offers: bytes | None = DIGEST
    can_time: bool = True

    def offer(self) -> Offer | None:
        """Return what is lent."""
        if self.offers is None:
            return None
        return Offer(self.offers, self.most, self._start)

    def later(self, call: Callable[[], None]) -> Timer:
        """Keep a call for the test; raises RuntimeError as a timer without a thread does."""
        if not self.can_time:
            raise RuntimeError("can't start new thread")
        self.timers.append(Timer(call))
        return self.timers[-1]

    def _start(self) -> Child:
        self.children.append(Child(len(self.children) + 1, self.folder))
        return self.children[-1]


@contextmanager
def asked(lender: Lender, digest: bytes = DIGEST) -> Iterator[Loan | None]:
    """Ask for a child as a run does; None is a refusal."""
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(WAIT_S)
    connection.connect(str(lender.path))
    loan = None
    try:
        # A lender that refuses may have closed the connection already.
        connection.sendall(digest)
        state = handover.receive_state(connection)
        loan = Loan(connection, state, handover.receive_parts(connection))
        yield loan
    except (handover.Gone, ConnectionError):
        yield None
    finally:
        connection.close()
        if loan is not None:
            loan.close()
