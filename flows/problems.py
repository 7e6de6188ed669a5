"""What a run says of documents that need a person: a line in its log and an event each, up to a number."""

import threading
from dataclasses import dataclass, field

from prefect import get_run_logger

from flows import events
from pipeline.model import Outcome, Status
from pipeline.summary import NEEDS_A_PERSON


@dataclass(slots=True)
class Problems:
    """Tells of each document that needs a person; safe from many threads. Beyond `MOST_DOCUMENTS` it only counts."""

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
            events.tell_document(outcome)
            _log(outcome)
        elif number == events.MOST_DOCUMENTS + 1:
            get_run_logger().warning("more documents need a person; `caspio-ingest status` lists them")


def _log(outcome: Outcome) -> None:
    ref = outcome.ref
    record = f"{ref.record.container} {ref.record.pk}" if ref.record else ref.path
    level = get_run_logger().error if outcome.status is Status.FAILED else get_run_logger().warning
    level("%s: %s (%s): %s", outcome.status, ref.name, record, outcome.reason)
