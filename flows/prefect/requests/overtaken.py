"""Skip what a schedule asks for while a run of the same deployment does that work."""

from contextlib import suppress
from datetime import datetime
from uuid import UUID

import httpx
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import (
    DeploymentFilter,
    DeploymentFilterId,
    FlowRunFilter,
    FlowRunFilterExpectedStartTime,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import StateType
from prefect.exceptions import ObjectNotFound, PrefectHTTPStatusError
from prefect.runtime import deployment

from flows.app.wiring.ports import system_clock


def skip_overtaken() -> int:
    """Remove the due runs of this run's deployment that only its schedule asked for.

    They have not begun. Whoever waits for the concurrency limit of the deployment would find
    nothing to do, and without a worker one would come after the other. What a user asked for stays.
    Returns how many were removed; 0 outside a deployment.
    """
    if not deployment.id:
        return 0
    # Without an answer they wait, and the next batch looks again.
    with (
        suppress(httpx.HTTPError, PrefectHTTPStatusError),
        get_client(sync_client=True) as client,
    ):
        return remove_due(client, UUID(str(deployment.id)), now=system_clock().now())
    return 0


def remove_due(client: SyncPrefectClient, deployment_id: UUID, *, now: datetime) -> int:
    """Remove the runs that a schedule made and that are due and have not begun."""
    due = client.read_flow_runs(
        deployment_filter=DeploymentFilter(id=DeploymentFilterId(any_=[deployment_id])),
        # Scheduled, Late and AwaitingConcurrencySlot: no process has them.
        flow_run_filter=FlowRunFilter(
            state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.SCHEDULED])),
            expected_start_time=FlowRunFilterExpectedStartTime.model_validate({"before_": now}),
        ),
    )
    removed = 0
    for run in due:
        if run.auto_scheduled:
            # Another run of the same source may have removed it.
            with suppress(ObjectNotFound):
                client.delete_flow_run(run.id)
                removed += 1
    return removed
