"""The flow `reprocess`: read again, from the archive."""

from datetime import UTC, datetime
from pathlib import Path

from prefect import State, flow

from flows.app.run_request import RunRequest
from flows.prefect.source_flow import run_flow
from flows.prefect.ui.forms import ClassName, Config, Day, Records, Source, Where
from flows.prefect.ui.states import ended
from pipeline.source_run.selection import Selection


@flow(
    name="reprocess",
    flow_run_name="reprocess {source}",
    description="Read again, from the archive.",
)
def reprocess(  # noqa: PLR0917 - Prefect makes a form of them and passes them by name
    source: Source,
    records: Records = [],  # noqa: B006 - Prefect copies it
    where: Where = "",
    since: Day | None = None,
    stale: bool = False,  # noqa: FBT001, FBT002 - the form's switches
    as_class: ClassName = "",
    yes: bool = False,  # noqa: FBT001, FBT002 - the same
    dry_run: bool = False,  # noqa: FBT001, FBT002 - the same
    config: Config = "caspio-ingest.toml",
) -> State:
    """Read a selection again. Without conditions: the whole source.

    Args:
        source: The source, as the settings name it.
        records: Only these PK_IDs; for a source that is a folder, paths of the Files area.
        where: Only records that meet this WHERE clause, such as Status = 'open'.
        since: Only files processed on or after this day (UTC).
        stale: Only files read or planned with other code, settings or models.
        as_class: The class that the chosen documents have, such as invoice, where it was not found.
        yes: Write, even where a new or changed source would only be planned.
        dry_run: Show which records would be read again, and stop there.
        config: The settings file, on the machine that runs the flow.
    """
    # Days begin at midnight UTC, as everywhere in the ledger.
    moment = datetime(since.year, since.month, since.day, tzinfo=UTC) if since else None
    selection = Selection(tuple(records), where or None, moment, stale, as_class)
    return ended(
        lambda: run_flow(
            Path(config), source, RunRequest(selection=selection, yes=yes, dry_run=dry_run)
        )
    )
