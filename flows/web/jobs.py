"""Work that takes longer than a request: one at a time, in a thread, with its result kept."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import chain

import structlog

from flows.app.drain import Drain
from flows.app.review.decisions import shown
from flows.app.run_report import Report, record_of
from pipeline.errors import IngestError
from pipeline.metering.summary import NEEDS_ATTENTION
from pipeline.model import Status
from pipeline.plans.undo import SEE_FIRST_FILE
from pipeline.ports import Clock
from pipeline.wording import counted

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of work. `ended_at` is None while it is done; `result` says how it ended."""

    name: str
    began_at: datetime
    ended_at: datetime | None = None
    result: str = ""
    failed: bool = False

    @property
    def is_running(self) -> bool:
        """Say whether it is being done."""
        return self.ended_at is None

    @property
    def said(self) -> list[str]:
        """Return the result line by line: what was done, and then each thing that was not."""
        return self.result.splitlines()


Work = Callable[[Drain], str]
"""Does the work and returns its result, until the drain asks it to stop."""


# Enough to see what is wrong; the records themselves show the rest.
_MOST_REASONS = 20


def in_words(report: Report, *, nothing: str) -> str:
    """Return how a run ended: its documents by status, then a line for each thing left as it was.

    Documents that it looked at and that needed nothing are not counted: they are not its work.
    `nothing` is said of a run that had nothing to do.
    """
    counts: Mapping[str, int] = report.document["documents"]
    words = [
        f"{count:,} {status}"
        for status, count in counts.items()
        if count and status != Status.UNCHANGED
    ]
    refused: int = report.document.get("refused", 0)
    if refused:
        words.append(f"{refused:,} refused")
    said = ", ".join(words)
    left = [*not_looked_at(report), *_left_alone(report)]
    return "\n".join([said or ("Nothing was done" if left else nothing), *left])


def not_looked_at(report: Report) -> list[str]:
    """Return a sentence for all files that another run has, and for each source that stopped."""
    said = list(map(shown, chain.from_iterable(report.stopped.values())))
    busy: int = report.document["leased_elsewhere"]
    if busy:
        left = counted(busy, "file", "was/were")
        said.append(f"{left} left: another run works on that. Wait for its end, and ask again.")
    return said


def _left_alone(report: Report) -> list[str]:
    """Return a line for each document that needs a user, and how many there are beyond these."""
    counts: Mapping[str, int] = report.document["documents"]
    left = [one for one in report.outcomes if one.status in NEEDS_ATTENTION]
    named = [one for one in left if one.reason != SEE_FIRST_FILE]
    lines = [shown(f"{record_of(one)}: {one.reason}") for one in named[:_MOST_REASONS]]
    # The report has the first of them only, and each of a record's files.
    more = len(named) - len(lines) + sum(counts[one] for one in NEEDS_ATTENTION) - len(left)
    return [*lines, f"and {counted(more, 'more file')}"] if more else lines


@dataclass(slots=True)
class Jobs:
    """The last job of each name, and the one that is being done."""

    clock: Clock
    _jobs: dict[str, Job] = field(default_factory=dict)
    _thread: threading.Thread | None = None
    _drain: Drain = field(default_factory=Drain)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, name: str, work: Work) -> bool:
        """Begin a job unless another one is being done; say whether it was begun."""
        with self._lock:
            if self._thread is not None:
                return False
            # No daemon: the end of the program waits until the records in progress are finished.
            drain = Drain()
            thread = threading.Thread(target=self._run, args=(name, work, drain), name=name)
            # First: it fails where there are too many. At its end it waits for the lock.
            thread.start()
            self._jobs[name], self._thread = Job(name, self.clock.now()), thread
            self._drain = drain
            return True

    def job(self, name: str) -> Job | None:
        """Return the last job of a name."""
        with self._lock:
            return self._jobs.get(name)

    def is_running(self, name: str) -> bool:
        """Say whether a job of this name is being done."""
        job = self.job(name)
        return job is not None and job.is_running

    def wait(self) -> None:
        """Wait for the job that is being done."""
        thread = self._thread
        if thread is not None:
            thread.join()

    def close(self) -> None:
        """Ask the job to stop after the records in progress, and wait for it."""
        with self._lock:
            self._drain.requested = True
        self.wait()

    def _run(self, name: str, work: Work, drain: Drain) -> None:
        failed = True
        try:
            result, failed = work(drain), False
        except IngestError as error:
            result = str(error)
        except Exception as error:  # noqa: BLE001 - at the end of a run; its result is shown
            _log.error("a job failed", job=name, exc_info=error)
            result = f"It ended with an unexpected {type(error).__name__}; see the log."
        with self._lock:
            ended = replace(self._jobs[name], ended_at=self.clock.now())
            self._jobs[name] = replace(ended, result=result, failed=failed)
            self._thread = None
