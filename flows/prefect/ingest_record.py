"""The flow `ingest-record`: work on a few records of a source."""

from pathlib import Path

from prefect import State, flow

from flows.app.run_request import RunRequest
from flows.prefect.source_flow import run_flow
from flows.prefect.ui.forms import Config, NamedRecords, Source
from flows.prefect.ui.states import ended


@flow(
    name="ingest-record",
    flow_run_name="ingest-record {source}",
    description="Work on a few records of a source.",
)
def ingest_record(
    source: Source,
    records: NamedRecords,
    yes: bool = False,  # noqa: FBT001, FBT002 - Prefect passes parameters by name
    messages: str = "",
    config: Config = "caspio-ingest.toml",
) -> State:
    """Work on what is new or changed of the named records, before everything else.

    Args:
        source: The source, as the settings name it.
        records: PK_IDs; for a source that is a folder, paths of the Files area.
        yes: Write, even where a new or changed source would only be planned.
        messages: Set by the webhook receiver: the messages this run is for.
        config: The settings file, on the machine that runs the flow.
    """
    return ended(
        lambda: run_flow(
            Path(config), source, RunRequest(records=tuple(records), yes=yes, batch=messages)
        )
    )
