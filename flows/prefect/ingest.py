"""The flow `ingest`: work on everything new or changed in a source."""

from pathlib import Path

from prefect import State, flow

from flows.app.run_request import RunRequest
from flows.prefect.source_flow import run_flow
from flows.prefect.ui.forms import Config, Limit, Source
from flows.prefect.ui.states import ended


@flow(
    name="ingest",
    flow_run_name="ingest {source}",
    description="Work on everything new or changed in a source.",
)
def ingest(
    source: Source,
    limit: Limit = None,
    yes: bool = False,  # noqa: FBT001, FBT002 - Prefect passes parameters by name
    dry_run: bool = False,  # noqa: FBT001, FBT002 - the same
    config: Config = "caspio-ingest.toml",
) -> State:
    """List the source, then work in batches until nothing is left.

    Args:
        source: The source, as the settings name it.
        limit: Stop after this many records. None means no limit.
        yes: Write, even where a new or changed source would only be planned.
        dry_run: Read, archive and plan, but write nothing to Caspio, even with `yes`.
        config: The settings file, on the machine that runs the flow.
    """
    request = RunRequest(limit=limit, yes=yes, dry_run=dry_run)
    return ended(lambda: run_flow(Path(config), source, request))
