"""The flow `verify`: compare source, ledger and archive."""

from collections.abc import Sequence
from itertools import chain
from pathlib import Path

from prefect import State, flow, get_run_logger
from prefect.artifacts import create_table_artifact
from prefect.states import Completed

from flows.app.run_report import lost_runs_line
from flows.app.verify import Verified, verify as compare
from flows.app.wiring import connected
from flows.prefect.ui.artifacts import FlowBars, artifact_key
from flows.prefect.ui.forms import Config, Limit, Sources
from flows.prefect.ui.states import DIFFERENCES, FAILED, ended, red
from pipeline.wording import counts_text


@flow(
    name="verify",
    flow_run_name="verify",
    description="Compare source, ledger and archive; write nothing to Caspio.",
)
def verify(
    sources: Sources = [],  # noqa: B006 - Prefect copies it
    limit: Limit = None,
    repair: bool = False,  # noqa: FBT001, FBT002 - Prefect passes parameters by name
    read: bool = False,  # noqa: FBT001, FBT002 - Prefect passes parameters by name
    config: Config = "caspio-ingest.toml",
) -> State:
    """Continue where the last run stopped; count each kind of difference and list the first.

    Args:
        sources: Only these sources. Without any: all, and the rest of the archive.
        limit: Stop after this many files; the next run continues there. None means no limit.
        repair: Repair what can be repaired without writing to Caspio.
        read: Also read every archived original and hash its bytes.
        config: The settings file, on the machine that runs the flow.
    """
    return ended(lambda: compared_state(Path(config), sources, limit, repair=repair, read=read))


def compared_state(
    config: Path, sources: Sequence[str], limit: int | None, *, repair: bool, read: bool
) -> State:
    """Compare; return the final state."""
    with connected(config) as context:
        found = compare(
            context,
            sources=sources,
            limit=limit,
            repair=repair,
            read=read,
            on_message=get_run_logger().info,
            watch=FlowBars(context.ports.clock),
        )
        # Copied, since the client ends with the context.
        calls = dict(context.client.calls)
    leave_differences(found)
    counts = counts_text(dict(sorted(found.counts.items()))) or "no differences"
    if found.stopped:
        problems = chain.from_iterable(found.stopped.values())
        return red(FAILED, "\n".join([*problems, counts]), result=(found, calls))
    # Differences that a user made on purpose leave the run green.
    if found.harm:
        return red(DIFFERENCES, counts, result=(found, calls))
    return Completed(message=counts, data=(found, calls))


def leave_differences(found: Verified) -> None:
    """Create a table artifact: what differs, what was repaired, what is left to do."""
    done = {(d.kind, d.subject): f"repaired: {text}" for d, text in found.repaired}
    todo = {(d.kind, d.subject): text for d, text in found.left}
    rows = [
        {
            "kind": d.kind.value,
            "what": d.subject,
            "how": d.detail,
            "to do": done.get((d.kind, d.subject)) or todo.get((d.kind, d.subject), "nothing"),
        }
        for d in found.shown
    ]
    lost = lost_runs_line(found.lost_runs)
    description = f"run {found.run_id}" + (f"; lost runs: {lost}" if lost else "")
    create_table_artifact(table=rows, key=artifact_key("differences"), description=description)
