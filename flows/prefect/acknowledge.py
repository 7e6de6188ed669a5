"""The flow `acknowledge`: a user knows what became of documents."""

from pathlib import Path
from typing import Annotated

from prefect import State, flow
from prefect.states import Completed
from pydantic import Field

from flows.app.explain import AcknowledgeRequest, acknowledge_directly
from flows.prefect.ui.forms import Config, Records, Source
from flows.prefect.ui.states import ended


@flow(
    name="acknowledge",
    flow_run_name="acknowledge {source}",
    description="Say that you know why documents were rejected, in conflict or failed.",
)
def acknowledge(  # noqa: PLR0917 - Prefect makes a form of them and passes them by name
    source: Source,
    by: Annotated[str, Field(min_length=1, max_length=200)],
    note: Annotated[str, Field(max_length=1_000)] = "",
    records: Records = [],  # noqa: B006 - Prefect copies it
    withdraw: bool = False,  # noqa: FBT001, FBT002 - Prefect passes parameters by name
    config: Config = "caspio-ingest.toml",
) -> State:
    """Until their files change, no run is red because of these documents.

    Args:
        source: The source, as the settings name it.
        by: Who says so.
        note: Why nothing is done about it.
        records: Only these PK_IDs, or paths of the Files area. Without any: all of the source.
        withdraw: Let runs be red because of them again.
        config: The settings file, on the machine that runs the flow.
    """
    request = AcknowledgeRequest(source, tuple(records), by, note, withdraw)
    return ended(lambda: Completed(message=str(acknowledge_directly(Path(config), request))))
