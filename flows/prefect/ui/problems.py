"""Report documents that need a user: a log line and an event each, up to a number."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from flows.app.run_report import record_of
from flows.prefect.ui import events
from flows.prefect.ui.text import one_line
from pipeline.metering.summary import NEEDS_ATTENTION
from pipeline.model import Outcome, Status

Log = logging.Logger | logging.LoggerAdapter[logging.Logger]


@dataclass(slots=True)
class Problems:
    """Reports documents that need a user; thread-safe. Beyond `MOST_DOCUMENTS` it only counts."""

    log: Log
    send_event: Callable[[Outcome], None] = events.send_document
    reported: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def report(self, outcome: Outcome) -> None:
        """Write a log line and send an event, if this document needs a user."""
        if outcome.status not in NEEDS_ATTENTION:
            return
        with self._lock:
            self.reported += 1
            number = self.reported
        if number > events.MOST_DOCUMENTS:
            # Once: whatever fails for every document of a source would fill the log of the server.
            if number == events.MOST_DOCUMENTS + 1:
                self.log.warning("more documents need a user; `caspio-ingest status` lists them")
            return
        self.send_event(outcome)
        # A rejected document is a result; only a failure is an error of ours or of the
        # installation.
        level = logging.ERROR if outcome.status is Status.FAILED else logging.WARNING
        name, record, reason = map(one_line, (outcome.ref.name, record_of(outcome), outcome.reason))
        self.log.log(level, "%s: %s (%s): %s", outcome.status, name, record, reason)
