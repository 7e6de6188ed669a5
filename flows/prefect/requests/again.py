"""Ask again for what a run was asked for and did not finish, because its worker was stopped."""

from contextlib import suppress
from uuid import UUID

import httpx
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun
from prefect.exceptions import PrefectHTTPStatusError
from prefect.runtime import flow_run

from flows.prefect.requests.silent_runs import inherited

_BY_THE_RECEIVER = "messages"
"""The parameter of a run for webhook messages: the receiver hands them over again itself."""


def ask_again() -> bool:
    """Create a run with the same parameters, which waits for a worker; return whether there is one.

    Without a deployment, a command was interrupted, and whoever started it knows.
    """
    if not flow_run.id:
        return False
    # If the server does not answer, nothing can be asked of it; the state says that it stopped.
    with (
        suppress(httpx.HTTPError, PrefectHTTPStatusError),
        get_client(sync_client=True) as client,
    ):
        run = client.read_flow_run(UUID(str(flow_run.id)))
        if run.deployment_id is None or not is_open_request(run):
            return False
        client.create_flow_run_from_deployment(
            run.deployment_id,
            parameters=run.parameters,
            name=run.name,
            tags=inherited(run.tags),
            # A run has one successor, however often its process is asked.
            idempotency_key=f"continues {run.id}",
        )
        return True
    return False


def is_open_request(run: FlowRun) -> bool:
    """Say whether nobody else asks again for what this run was to do."""
    # A user who cancels a run does not want it any more, and a schedule asks by itself.
    cancelled = run.state is not None and run.state.is_cancelling()
    return not (cancelled or run.auto_scheduled or run.parameters.get(_BY_THE_RECEIVER))
