"""Work that takes longer than a request: one at a time, in a thread, with its result kept."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

import structlog

from flows.app.drain import Drain
from flows.app.run_report import Report
from pipeline.errors import IngestError
from pipeline.model import Status
from pipeline.ports import Clock

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of work. `ended_at` is None while it is done; `result` says how it ended."""

    name: str
    began_at: datetime
    ended_at: datetime | None = None
    result: str = ""
    failed: bool = False


Work = Callable[[Callable[[Drain], None]], str]
"""Does the work and returns its result. It passes on what can ask it to stop."""


_MOST_REASONS = 20


def in_words(report: Report, *, nothing: str) -> str:
    """Return how a run ended: its documents by status, and what was left alone and why."""
    counts: Mapping[str, int] = report.document["documents"]
    said = ", ".join(f"{count:,} {status}" for status, count in counts.items() if count)
    left = [one.reason for one in report.outcomes if one.status is not Status.DONE and one.reason]
    return ". ".join([said or nothing, *left[:_MOST_REASONS]])


@dataclass(slots=True)
class Jobs:
    """The last job of each name, and the one that is being done."""

    clock: Clock
    _jobs: dict[str, Job] = field(default_factory=dict)
    _thread: threading.Thread | None = None
    _drain: Drain | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, name: str, work: Work) -> bool:
        """Begin a job unless another one is being done; say whether it was begun."""
        with self._lock:
            if self._thread is not None:
                return False
            self._jobs[name] = Job(name, self.clock.now())
            # No daemon: the end of the program waits until the records in progress are finished.
            self._thread = threading.Thread(target=self._run, args=(name, work), name=name)
            self._thread.start()
            return True

    def job(self, name: str) -> Job | None:
        """Return the last job of a name."""
        with self._lock:
            return self._jobs.get(name)

    def wait(self) -> None:
        """Wait for the job that is being done."""
        thread = self._thread
        if thread is not None:
            thread.join()

    def close(self) -> None:
        """Ask the job to stop after the records in progress, and wait for it."""
        with self._lock:
            if self._drain is not None:
                self._drain.requested = True
        self.wait()

    def _run(self, name: str, work: Work) -> None:
        failed = True
        try:
            result, failed = work(self._stoppable), False
        except IngestError as error:
            result = str(error)
        except Exception as error:  # noqa: BLE001 - at the end of a run; its result is shown
            _log.error("a job failed", job=name, exc_info=error)
            result = f"It ended with an unexpected {type(error).__name__}; see the log."
        with self._lock:
            ended = replace(self._jobs[name], ended_at=self.clock.now())
            self._jobs[name] = replace(ended, result=result, failed=failed)
            self._thread = self._drain = None

    def _stoppable(self, drain: Drain) -> None:
        with self._lock:
            self._drain = drain
