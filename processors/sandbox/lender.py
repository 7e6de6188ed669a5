"""Keep children between the runs of one host, and lend each to one run at a time.

A child ends with the process that started it, and each run of a flow is a process of its own. So
the process that starts the runs starts the children as well, and hands their sockets and folders
to a run through a Unix socket:

    lender ── control socket ── supervisor ── child
       └── connection ── run ── the same control socket, the child's line and folder

The run reads with a child as with one of its own, and applies the same limits. While it does, the
lender touches nothing but the connection. When that closes without a word, because the run died or
the child misbehaved, the lender ends the child.
"""

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol, Self

from pipeline.logs import logger
from processors.sandbox import handover
from processors.sandbox.child_folder import locked_folder, remove_locked
from processors.sandbox.child_process import ChildEnded, ChildState, Irregular

_ASK_S = 5.0
"""A run names its child as soon as it is connected."""
_DIGEST_BYTES = 32
_BACKLOG = 16
_PAUSE_S = 1.0
"""Until somebody is let in again after a failure, such as too many open files."""


class Lendable(Protocol):
    """What a lender does with a child; see `StartedChild`."""

    @property
    def has_ended(self) -> bool:
        """Say whether nothing of it is left."""

    def state(self) -> ChildState:
        """Return what a run must know of it."""

    def go_on(self, state: ChildState) -> None:
        """Go on where a run has left it."""

    def parts(self) -> tuple[int, ...]:
        """Return the open files that a run needs."""

    def rest(self) -> bool:
        """Leave it stopped and clean; say whether it is fit for another run."""

    def end(self) -> None:
        """End it, and all it started."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What a lender lends now: children with this digest, as many at once, and how one starts."""

    digest: bytes
    most: int
    start: Callable[[], Lendable]


class Cancellable(Protocol):
    """A call that is made later."""

    def cancel(self) -> None:
        """Do not make it."""


Later = Callable[[Callable[[], None]], Cancellable]
"""Calls something when children have rested long enough to be ended."""


@dataclass(slots=True)
class _Shelf:
    """The children that nobody has borrowed, and how many are lent."""

    resting: list[tuple[bytes, Lendable]] = field(default_factory=list)
    lent: int = 0
    closed: threading.Event = field(default_factory=threading.Event)


class Lender:
    """Lends children to the runs of this user that could start the same.

    `offered` says what is lent, each time somebody asks; None for nothing. `later` ends children
    that rest. `path` is the socket, in a folder that is closed to other users.

    Raises:
        OSError: the folder for temporary files takes no socket; the sentence says what to do.
    """

    def __init__(self, offered: Callable[[], Offer | None], *, later: Later) -> None:
        self._offered = offered
        self._later = later
        self._ending: Cancellable | None = None
        self._shelf = _Shelf()
        self._lock = threading.Lock()
        self._loans: set[socket.socket] = set()
        self._folder, self._folder_lock = locked_folder()
        self.path = self._folder / "lender"
        self._door = socket.socket(socket.AF_UNIX)
        try:
            with handover.address(self.path) as address:
                self._door.bind(address)
            self._door.listen(_BACKLOG)
        except OSError as error:
            self._door.close()
            remove_locked(self._folder, self._folder_lock)
            raise OSError(
                f"No socket can be made at {self.path}: {error}. Set TMPDIR to a folder with a "
                "short path."
            ) from error
        self._thread = threading.Thread(target=self._run, name="lender", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def close(self) -> None:
        """End every child, also those that are lent; runs go on with children of their own."""
        with self._lock:
            self._shelf.closed.set()
            for connection in self._loans:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        with suppress(OSError):
            self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()
        self._thread.join()
        self._end_resting()
        remove_locked(self._folder, self._folder_lock)

    def _run(self) -> None:
        try:
            self._let_in()
        finally:
            # However this ends: whoever comes now shall be refused at once, not wait for an answer.
            self._door.close()
            self.path.unlink(missing_ok=True)

    def _let_in(self) -> None:
        """Answer those who connect, each in a thread that lives as long as the loan."""
        loans: list[threading.Thread] = []
        while not self._shelf.closed.is_set():
            loans = [each for each in loans if each.is_alive()]
            try:
                loans.append(self._answering(self._door.accept()[0]))
            except (OSError, RuntimeError) as error:
                # Too many open files or threads, or a run that went away: it may pass.
                if not self._shelf.closed.is_set():
                    logger(__name__).warning("lender_failed", error=str(error))
                    self._shelf.closed.wait(_PAUSE_S)
        for each in loans:
            each.join()

    def _answering(self, connection: socket.socket) -> threading.Thread:
        """Answer in a thread of its own; raises RuntimeError where none can be started."""
        thread = threading.Thread(target=self._answer, args=(connection,), daemon=True)
        try:
            thread.start()
        except RuntimeError:
            connection.close()
            raise
        return thread

    def _answer(self, connection: socket.socket) -> None:
        with connection:
            child = None
            try:
                connection.settimeout(_ASK_S)
                if not handover.is_same_user(connection):
                    return
                wanted = handover.receive(connection, _DIGEST_BYTES)
                child = self._taken(wanted, connection)
                if child is None:
                    return
                handover.send_state(connection, child.state())
                handover.send_parts(connection, child.parts())
                connection.settimeout(None)
                child.go_on(handover.receive_state(connection))
                is_fit = child.rest()
            except (OSError, ValueError, TypeError, KeyError, handover.Gone, ChildEnded, Irregular):
                is_fit = False
            if child is not None:
                self._take_back(child, wanted, connection, is_fit=is_fit)

    def _taken(self, wanted: bytes, connection: socket.socket) -> Lendable | None:
        """Return a child for a run that wants one with this digest, None where there is none."""
        offer = self._offered()
        with self._lock:
            shelf = self._shelf
            if offer is None or shelf.closed.is_set() or wanted != offer.digest:
                return None
            if shelf.lent >= offer.most:
                return None
            # After a change of settings or code, those that rest are of no use any more.
            useless = [one for digest, one in shelf.resting if digest != wanted or one.has_ended]
            fit = [pair for pair in shelf.resting if pair[1] not in useless]
            child = fit.pop()[1] if fit else offer.start()
            shelf.resting = fit
            shelf.lent += 1
            self._loans.add(connection)
            self._end_later()
        for one in useless:
            _end(one)
        return child

    def _take_back(
        self, child: Lendable, digest: bytes, connection: socket.socket, *, is_fit: bool
    ) -> None:
        with self._lock:
            self._shelf.lent -= 1
            self._loans.discard(connection)
            kept = is_fit and not self._shelf.closed.is_set()
            if kept:
                self._shelf.resting.append((digest, child))
            self._end_later()
        if not kept:
            _end(child)

    def _end_later(self) -> None:
        """End what rests when nobody has borrowed or returned anything for long enough."""
        if self._ending is not None:
            self._ending.cancel()
        self._ending = None
        if not self._shelf.resting:
            return
        try:
            self._ending = self._later(self._end_resting)
        except RuntimeError as error:
            # No thread for a timer. The next loan or return tries again; until then they rest.
            logger(__name__).warning("lender_failed", error=str(error))

    def _end_resting(self) -> None:
        with self._lock:
            resting, self._shelf.resting = self._shelf.resting, []
            self._end_later()
        for _, child in resting:
            _end(child)


def _end(child: Lendable) -> None:
    """End a child that nobody waits for.

    That it cannot be ended is no reason to refuse a loan, or to leave the others running.
    """
    try:
        child.end()
    except OSError as error:
        logger(__name__).warning("lender_failed", error=str(error))
