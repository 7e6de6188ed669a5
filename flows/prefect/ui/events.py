"""Events that a run sends to Prefect, for automations to act on: batches, documents, alarms.

Every event is about a source: resource `caspio-ingest.source.<name>`. Prefect relates it to the
flow run by itself.
"""

from collections.abc import Mapping
from typing import Any

from prefect.events import emit_event

from pipeline.model import Outcome

BATCH = "caspio-ingest.batch.worked"
NEEDS_A_USER = "caspio-ingest.document.needs-a-user"
MANY_FAILED = "caspio-ingest.run.many-failed"
BUDGET_LOW = "caspio-ingest.budget.low"
QUARANTINE_GREW = "caspio-ingest.quarantine.grew"

MOST_DOCUMENTS = 200
"""Documents of a run with an event of their own. The server keeps every event; more are counted."""


def send(event: str, source: str, **payload: Any) -> None:
    """Send one event about a source; it is queued and costs the caller about 0.1 ms."""
    resource = {
        "prefect.resource.id": f"caspio-ingest.source.{source}",
        "prefect.resource.name": source,
    }
    emit_event(event=event, resource=resource, payload=payload)


def send_batch(source: str, *, number: int, counts: Mapping[str, int]) -> None:
    """Send the result of a batch: documents by status."""
    send(BATCH, source, batch=number, documents=dict(counts))


def send_document(outcome: Outcome) -> None:
    """Send that a document needs a user, and why."""
    ref = outcome.ref
    send(
        NEEDS_A_USER,
        ref.source,
        record=ref.record.pk if ref.record else ref.path,
        field=ref.field,
        file=ref.name,
        status=outcome.status.value,
        reason=outcome.reason,
    )
