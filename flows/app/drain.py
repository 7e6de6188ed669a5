"""Stopping in good order: the first SIGTERM lets a run finish what is in hand, the second ends the process at once."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

from pipeline.errors import StopRequested

_SAID = b"Stopping: what is in hand is finished. A second SIGTERM stops at once.\n"


@dataclass(slots=True)
class Drain:
    """Whether this process was asked to stop."""

    requested: bool = False

    def request(self) -> None:
        """Ask for it, and say so; a signal's handler may call this in the middle of anything."""
        self.requested = True
        os.write(2, _SAID)  # the one way to print that is safe in the middle of another print

    def require(self) -> None:
        """Let go on what may go on.

        Raises:
            StopRequested: nothing new may be begun.
        """
        if self.requested:
            raise StopRequested(
                "It was asked to stop: what was in hand is finished, and the next run goes on from there."
            )


@contextmanager
def draining(drain: Drain) -> Iterator[None]:
    """Take the first SIGTERM as a request to stop; the second has its plain effect, whoever else listens for it.

    A signal only reaches the main thread; elsewhere this does nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGTERM)

    def request(_number: int, _frame: FrameType | None) -> None:
        # Prefect's own handler would wait for every document in hand.
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        drain.request()

    signal.signal(signal.SIGTERM, request)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
