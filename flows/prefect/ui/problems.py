"""What a run says of documents that need a person: a line in its log and an event each, up to a number."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from flows.app.run_report import record_of
from flows.prefect.ui import events
from flows.prefect.ui.text import one_line
from pipeline.metering.summary import NEEDS_A_PERSON
from pipeline.model import Outcome, Status

Log = logging.Logger | logging.LoggerAdapter[logging.Logger]


@dataclass(slots=True)
class Problems:
    """Tells of each document that needs a person; safe from many threads. Beyond `MOST_DOCUMENTS` it only counts."""

    log: Log
    tell_event: Callable[[Outcome], None] = events.tell_document
    told: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def tell(self, outcome: Outcome) -> None:
        """Write a line and send an event, if this document needs a person."""
        if outcome.status not in NEEDS_A_PERSON:
            return
        with self._lock:
            self.told += 1
            number = self.told
        if number <= events.MOST_DOCUMENTS:
            self.tell_event(outcome)
            self._write(outcome)
        elif number == events.MOST_DOCUMENTS + 1:
            self.log.warning("more documents need a person; `caspio-ingest status` lists them")

    def _write(self, outcome: Outcome) -> None:
        level = self.log.error if outcome.status is Status.FAILED else self.log.warning
        texts = (one_line(text) for text in (outcome.ref.name, record_of(outcome), outcome.reason))
        level("%s: %s (%s): %s", outcome.status, *texts)
