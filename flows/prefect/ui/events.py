"""What a run tells Prefect as events, for automations to act on: each batch, each document that needs a person, alarms.

Every event is about a source: resource `caspio-ingest.source.<name>`. Prefect relates it to the run by itself.
"""

from collections.abc import Mapping
from typing import Any

from prefect.events import emit_event

from pipeline.model import Outcome

BATCH = "caspio-ingest.batch.worked"
NEEDS_A_PERSON = "caspio-ingest.document.needs-a-person"
MANY_FAILED = "caspio-ingest.run.many-failed"
BUDGET_LOW = "caspio-ingest.budget.low"
QUARANTINE_GREW = "caspio-ingest.quarantine.grew"

MOST_DOCUMENTS = 200
"""Documents a run tells one by one; the server keeps every event, so more are told as a number only."""


def tell(event: str, source: str, **payload: Any) -> None:
    """Send one event about a source; it is queued and costs the caller about 0.1 ms."""
    resource = {
        "prefect.resource.id": f"caspio-ingest.source.{source}",
        "prefect.resource.name": source,
    }
    emit_event(event=event, resource=resource, payload=payload)


def tell_batch(source: str, *, number: int, counts: Mapping[str, int]) -> None:
    """Tell what a batch came to: documents by status."""
    tell(BATCH, source, batch=number, documents=dict(counts))


def tell_document(outcome: Outcome) -> None:
    """Tell that a document needs a person, and why."""
    ref = outcome.ref
    tell(
        NEEDS_A_PERSON,
        ref.source,
        record=ref.record.pk if ref.record else ref.path,
        field=ref.field,
        file=ref.name,
        status=outcome.status.value,
        reason=outcome.reason,
    )
