"""What tools that make a run share: one at a time, its progress, its share of the budget."""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field

from flows.agents.tools.tool import Json, Refusal, ToolCall
from flows.app.run_report import Report
from flows.app.wiring import AppContext
from flows.terminal.progress import RunProgress
from pipeline.model import Outcome, Status

SHOWN = 50
"""Files of a run that an answer lists, those that need attention first."""


@dataclass(slots=True)
class _Reported:
    """Counts the files of one source."""

    say: Callable[[str], None]
    name: str
    total: int | None = None
    handled: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def expect(self, found: int) -> None:
        """Set how many files are found so far."""
        self.total = found

    def advance(self, outcome: Outcome) -> None:
        """Count one file."""
        self.count(outcome.status is not Status.UNCHANGED)

    def count(self, files: int) -> None:
        """Count files."""
        with self._lock:
            self.handled += files
        self.say(self.name)

    def finish(self) -> None:
        """Report nothing more."""


@dataclass(frozen=True, slots=True)
class ProgressWatch:
    """Shows a run's progress to the client: that of all sources, so that it never falls back."""

    report: Callable[[int, int | None, str], None]
    _sources: list[_Reported] = field(default_factory=list)

    def source(self, name: str) -> _Reported:
        """Add a source."""
        self._sources.append(_Reported(self._say, name))
        return self._sources[-1]

    def _say(self, name: str) -> None:
        totals = [one.total for one in self._sources if one.total is not None]
        total = sum(totals) if len(totals) == len(self._sources) else None
        self.report(sum(one.handled for one in self._sources), total, name)


def watch(call: ToolCall) -> AbstractContextManager[RunProgress]:
    """Return what shows a run's progress to the client."""
    return nullcontext(ProgressWatch(call.report))


@contextmanager
def run_of(call: ToolCall) -> Iterator[AppContext]:
    """Connect what a run needs; the account has one at a time.

    Raises:
        Refusal: another run is under way.
    """
    if not call.account.running.acquire(blocking=False):
        raise Refusal(
            "Another call is planning, writing or comparing. Call again in a minute.",
            kind="try_later",
        )
    try:
        with call.account.connect(call.drain) as context:
            # A client of its own, so that the calls are this run's alone.
            call.drain.spent = lambda: sum(context.client.calls.values())
            yield context
    finally:
        call.account.running.release()


def report_json(report: Report) -> Json:
    """Return what a run did, with the files that need attention."""
    document = report.document
    return {
        "run_id": document["run_id"],
        "documents": {name: n for name, n in document["documents"].items() if n},
        "caspio_calls": document["caspio_calls"]["total"],
        "sources_stopped": document["sources_stopped"],
        "files": [
            {
                "source": one.ref.source,
                "record": one.ref.pk,
                "file": one.ref.name,
                "status": one.status,
                "reason": one.reason,
            }
            for one in report.outcomes[:SHOWN]
        ],
    }
