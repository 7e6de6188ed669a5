"""The flow `undo`: put back what a run changed."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from prefect import State, flow
from pydantic import Field

from flows.app.wiring import connected
from flows.prefect.ui.artifacts import FlowBars, leave_report
from flows.prefect.ui.forms import Config, Records, Sources
from flows.prefect.ui.states import ended, final_state


@flow(name="undo", flow_run_name="undo {run}", description="Put back what a run wrote and renamed.")
def undo(
    run: Annotated[str, Field(min_length=1)],
    records: Records = [],  # noqa: B006 - Prefect copies it
    sources: Sources = [],  # noqa: B006 - Prefect copies it
    redo: bool = False,  # noqa: FBT001, FBT002 - a field of the form
    config: Config = "caspio-ingest.toml",
) -> State:
    """Undo what is still as the run left it; the rest is left alone and reported.

    Args:
        run: The run's id, as its report and `status` show it.
        records: Only these PK_IDs, or paths of the Files area.
        sources: Only these sources of the run. Without any: all.
        redo: The run is an undo: write again what it put back. Any other run is refused.
        config: The settings file, on the machine that runs the flow.
    """
    return ended(lambda: undone_state(Path(config), run, sources, records, redo=redo))


def undone_state(
    config: Path, run: str, sources: Sequence[str], records: Sequence[str], *, redo: bool
) -> State:
    """Undo the run; return the final state."""
    from flows.app.changes import undo_run

    with connected(config) as context:
        bars = FlowBars(context.ports.clock)
        report = undo_run(context, run, sources=sources, records=records, redo=redo, watch=bars)
        leave_report("undo", report, context=context)
    return final_state(report, report.document["documents"])
