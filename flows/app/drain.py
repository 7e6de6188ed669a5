"""Stop in good order: the first SIGTERM lets a run finish its records, the second ends it.

A process that is just starting would die of a signal. So a worker and the processes of its runs
share a folder: a process says there that it understands SIGTERM from now on, and finds there
whether it was asked to stop before that.
"""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from pipeline.environment import environment
from pipeline.errors import StopRequested

STOP_FOLDER = "CASPIO_STOP_FOLDER"
"""Environment variable that names the folder to the processes of a worker's runs."""

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


@dataclass(frozen=True, slots=True)
class StopFolder:
    """What a worker and the processes of its runs pass to each other about a stop."""

    path: Path

    def ask(self) -> None:
        """Ask every process to stop, also those that are only starting."""
        (self.path / "stop").touch()

    def asked(self) -> bool:
        """Say whether all are asked to stop."""
        return (self.path / "stop").exists()

    def understand(self, pid: int) -> None:
        """Note that a process understands SIGTERM from now on."""
        (self.path / str(pid)).touch()

    def understands(self, pid: int) -> bool:
        """Say whether a process understands SIGTERM; if not, it will ask whether it is to stop."""
        return (self.path / str(pid)).exists()


@contextmanager
def draining(drain: Drain) -> Iterator[None]:
    """Treat the first SIGTERM as a request to stop; the second has its default effect.

    Signals only reach the main thread; in other threads this does nothing.

    Raises:
        StopRequested: this process's worker was asked to stop while the process was starting.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGTERM)
    was_asked = False

    def request(_number: int, _frame: FrameType | None) -> None:
        nonlocal was_asked
        was_asked = True
        # Prefect's own handler would wait for every record in progress.
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        drain.request()

    def ignore_once(_number: int, _frame: FrameType | None) -> None:
        signal.signal(signal.SIGTERM, before)

    signal.signal(signal.SIGTERM, request)
    try:
        _follow_worker(drain)
        yield
    finally:
        # The worker's first request may still come: to a run that learned of the stop from the
        # folder, or that has only its end to report. Prefect's own handler would call it crashed.
        is_late = environment(STOP_FOLDER) is not None and not was_asked
        signal.signal(signal.SIGTERM, ignore_once if is_late else before)


def _follow_worker(drain: Drain) -> None:
    folder = environment(STOP_FOLDER)
    if folder is None:
        return
    stops = StopFolder(Path(folder))
    # In this order: a request between the two comes as a signal.
    stops.understand(os.getpid())
    if stops.asked():
        drain.request()
        drain.require()
