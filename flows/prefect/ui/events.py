"""Events that a run sends to Prefect, for automations to act on: batches, documents, alarms.

All but one are about a source: resource `caspio-ingest.source.<name>`. Prefect relates them to the
flow run by itself.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from prefect.events import emit_event
from prefect.runtime import flow_run
from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY

from flows.app.wiring.ports import system_clock
from flows.prefect.names import TAG
from pipeline.model import Outcome

BATCH = "caspio-ingest.batch.worked"
NEEDS_A_USER = "caspio-ingest.document.needs-a-user"
MANY_FAILED = "caspio-ingest.run.many-failed"
BUDGET_LOW = "caspio-ingest.budget.low"
QUARANTINE_GREW = "caspio-ingest.quarantine.grew"
RUN_ENDS = "caspio-ingest.run.ends"

MOST_DOCUMENTS = 200
"""Documents of a run with an event of their own. The server keeps every event; more are counted."""


def send(event: str, source: str, **payload: Any) -> None:
    """Send one event about a source; it is queued and costs the caller about 0.1 ms."""
    resource = {
        "prefect.resource.id": f"caspio-ingest.source.{source}",
        "prefect.resource.name": source,
    }
    emit_event(event=event, resource=resource, payload=payload)


def send_end() -> None:
    """Send that this flow run sends no more heartbeats, since it ends or is suspended.

    The server's own events come too late. When a schedule makes a run, the server sends no
    event; the run's first event refers to the missing one, each later one to the one before, and
    triggers see none of them for 15 minutes (`follows` in Prefect's `server/models/events.py`).
    """
    if not flow_run.id:
        return
    # One interval ahead, since a heartbeat may be sent while Prefect records the final state, and
    # a trigger counts from the last heartbeat.
    ahead = timedelta(seconds=PREFECT_FLOWS_HEARTBEAT_FREQUENCY.value() or 0)
    emit_event(
        event=RUN_ENDS,
        occurred=system_clock().now() + ahead,
        resource={"prefect.resource.id": f"prefect.flow-run.{flow_run.id}"},
        related=[{"prefect.resource.id": f"prefect.tag.{TAG}", "prefect.resource.role": "tag"}],
    )


def send_batch(source: str, *, number: int, counts: Mapping[str, int]) -> None:
    """Send the result of a batch: documents by status."""
    send(BATCH, source, batch=number, documents=dict(counts))


def send_document(outcome: Outcome) -> None:
    """Send that a document needs a user, and why."""
    ref = outcome.ref
    send(
        NEEDS_A_USER,
        ref.source,
        record=ref.pk or ref.path,
        field=ref.field,
        file=ref.name,
        status=outcome.status.value,
        reason=outcome.reason,
    )
