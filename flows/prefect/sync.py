"""The flow `sync`: bring a table or view of Caspio and its mirror together."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated

from prefect import State, flow
from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.states import Completed
from pydantic import Field

from flows.app.sync.run import SyncResult, plan_one, run_one
from flows.app.wiring import connected
from flows.prefect.run_as_flow import run_deployed
from flows.prefect.ui.artifacts import artifact_key
from flows.prefect.ui.forms import Config, Records
from flows.prefect.ui.states import PARTLY_FAILED, PLANNED, ended, red
from flows.prefect.ui.text import cell
from pipeline.sync.report import table_rows
from pipeline.wording import counted, counts_text


@flow(
    name="sync",
    flow_run_name="sync {name}",
    description="Bring a table or view of Caspio and its mirror together.",
)
def sync(  # noqa: PLR0917 - Prefect passes parameters by name
    name: Annotated[str, Field(min_length=1)],
    records: Records = [],  # noqa: B006 - Prefect copies it
    sweep: bool = False,  # noqa: FBT001, FBT002 - Prefect passes parameters by name
    delete_all: bool = False,  # noqa: FBT001, FBT002 - Prefect passes parameters by name
    dry_run: bool = False,  # noqa: FBT001, FBT002 - Prefect passes parameters by name
    messages: str = "",
    config: Config = "caspio-ingest.toml",
) -> State:
    """Write what changed on one side to the other.

    Args:
        name: The sync, as the settings name it.
        records: Only these PK_IDs of Caspio, as after a webhook.
        sweep: Compare every row, even if the changed ones would be enough.
        delete_all: Carry out the deletions, even if they are more than max_deletions.
        dry_run: Only show what would be written, and how many calls it takes.
        messages: Set by the webhook receiver: the messages this run is for.
        config: The settings file, on the machine that runs the flow.
    """
    if dry_run:
        work = partial(plan_one, sweep=sweep, delete_all=delete_all)
    else:
        work = partial(run_one, sweep=sweep, delete_all=delete_all, batch=messages)
    return ended(lambda: synced_state(Path(config), name, records, work))


def synced_state(
    config: Path, name: str, records: Sequence[str], work: Callable[..., SyncResult]
) -> State:
    """Run or plan a sync; return the final state."""
    with connected(config) as context:
        result = work(context, name, records=records)
    leave_changes(result)
    report = result.report
    counts = counts_text(dict(sorted(report.counts.items())))
    message = "\n".join([counts or "no rows", *report.notes])
    if not report.is_green:
        return red(PARTLY_FAILED, message, result=result)
    return Completed(name=PLANNED if report.planned_only else None, message=message, data=result)


def leave_changes(result: SyncResult) -> None:
    """Create the artifacts: the table of changes, and what stays as it is with the reason."""
    report = result.report
    if rows := table_rows(report):
        create_table_artifact(
            table=[{name: cell(text) for name, text in row.items()} for row in rows],
            key=artifact_key("changes", report.name),
            description=f"{report.name}: changes of run {report.run_id}",
        )
    lines = [f"- {row}: {reason}" for row, reason in report.refused] or ["Nothing was refused."]
    calls = counted(result.document["caspio_calls"]["total"], "Caspio call")
    create_markdown_artifact(
        "\n".join([f"# Sync {report.name}", f"{calls}.", *report.notes, *lines]),
        key=artifact_key("report", "sync", report.name),
        description=f"{report.name}: run {report.run_id}",
    )


def sync_as_flow(
    config: Path, name: str, *, sweep: bool, delete_all: bool, records: Sequence[str] = ()
) -> SyncResult:
    """Run the flow `sync`."""
    chosen = {"name": name, "records": list(records)}
    result: SyncResult = run_deployed(sync, config, sweep=sweep, delete_all=delete_all, **chosen)
    return result
