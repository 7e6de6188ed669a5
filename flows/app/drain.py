"""Stop in good order: the first SIGTERM lets a run finish its records, the second ends it."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

from pipeline.errors import StopRequested

_MESSAGE = b"Stopping: records in progress are finished. A second SIGTERM stops at once.\n"


@dataclass(slots=True)
class Drain:
    """Whether this process was asked to stop."""

    requested: bool = False

    def request(self) -> None:
        """Request the stop, and say so; a signal handler may call this at any point."""
        self.requested = True
        os.write(2, _MESSAGE)  # the only way to print that is safe inside another print

    def require(self) -> None:
        """Return if the run may continue.

        Raises:
            StopRequested: nothing new may be started.
        """
        if self.requested:
            raise StopRequested(
                "The run was asked to stop. Records in progress are finished. "
                "The next run continues."
            )


@contextmanager
def draining(drain: Drain) -> Iterator[None]:
    """Treat the first SIGTERM as a request to stop; the second has its default effect.

    Signals only reach the main thread; in other threads this does nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGTERM)

    def request(_number: int, _frame: FrameType | None) -> None:
        # Prefect's own handler would wait for every record in progress.
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        drain.request()

    signal.signal(signal.SIGTERM, request)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
