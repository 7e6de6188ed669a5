"""The flows that a person starts: `apply-plan`, `undo` and `verify`."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

from prefect import State, flow, get_run_logger
from prefect.artifacts import create_table_artifact
from prefect.states import Completed
from pydantic import Field

from flows.app.drain import draining
from flows.app.settings import load_settings
from flows.app.verify import Verified, verify as compare
from flows.app.wiring import AppContext, connect
from flows.prefect.ui.artifacts import FlowBars, artifact_key, leave_report
from flows.prefect.ui.forms import Config, Limit, Records, Sources
from flows.prefect.ui.plan import leave_plan
from flows.prefect.ui.states import DIFFERENCES, ended, final_state, red
from pipeline.plans.plan_file import open_plan


@flow(
    name="apply-plan",
    flow_run_name="apply {plan}",
    description="Carry out exactly what a plan says.",
)
def apply_plan(
    plan: Annotated[str, Field(min_length=1)],
    records: Records = [],  # noqa: B006 - Prefect copies it
    config: Config = "caspio-ingest.toml",
) -> State:
    """Apply record by record; what has moved since the plan was made is refused and told.

    Args:
        plan: The plan file, on the machine that runs the flow.
        records: Only these PK_IDs, or paths of the Files area.
        config: The settings file, on the machine that runs the flow.
    """
    return ended(lambda: _applied(Path(config), Path(plan), records))


@flow(name="undo", flow_run_name="undo {run}", description="Put back what a run wrote and renamed.")
def undo(
    run: Annotated[str, Field(min_length=1)],
    records: Records = [],  # noqa: B006 - Prefect copies it
    config: Config = "caspio-ingest.toml",
) -> State:
    """Undo where the present still is what the run left; the rest is left alone and told.

    Args:
        run: The run's id, as its report and `status` show it.
        records: Only these PK_IDs, or paths of the Files area.
        config: The settings file, on the machine that runs the flow.
    """
    return ended(lambda: _undone(Path(config), run, records))


@flow(
    name="verify",
    flow_run_name="verify",
    description="Compare source, ledger and archive; write nothing to Caspio.",
)
def verify(
    sources: Sources = [],  # noqa: B006 - Prefect copies it
    limit: Limit = None,
    repair: bool = False,  # noqa: FBT001, FBT002 - Prefect passes parameters by name
    config: Config = "caspio-ingest.toml",
) -> State:
    """Go on where the last one stopped; each kind of difference is counted, the first are listed.

    Args:
        sources: Only these sources. Without any: all, and what the archive holds besides.
        limit: Stop after so many files; the next run goes on there. None is no limit.
        repair: Mend what can be mended without writing to Caspio.
        config: The settings file, on the machine that runs the flow.
    """
    return ended(lambda: _compared(Path(config), sources, limit, mend=repair))


def _applied(config: Path, plan: Path, records: Sequence[str]) -> State:
    from flows.app.planning import apply_plan as apply

    with _connected(config) as context:
        leave_plan(open_plan(plan), context)
        report = apply(context, plan, records=records, watch=FlowBars(context.ports.clock))
        leave_report("apply", report, context=context)
    return final_state(report, report.document["documents"])


def _undone(config: Path, run: str, records: Sequence[str]) -> State:
    from flows.app.planning import undo_run

    with _connected(config) as context:
        report = undo_run(context, run, records=records, watch=FlowBars(context.ports.clock))
        leave_report("undo", report, context=context)
    return final_state(report, report.document["documents"])


def _compared(config: Path, sources: Sequence[str], limit: int | None, *, mend: bool) -> State:
    with _connected(config) as context:
        found = compare(
            context, sources=sources, limit=limit, mend=mend, tell=get_run_logger().info
        )
        calls = dict(context.client.calls)
    _leave_differences(found)
    counts = (
        ", ".join(f"{number} {kind}" for kind, number in sorted(found.counts.items()))
        or "no differences"
    )
    if found.harm:
        return red(DIFFERENCES, counts, result=(found, calls))
    return Completed(message=counts, data=(found, calls))


@contextmanager
def _connected(config: Path) -> Iterator[AppContext]:
    """Connect everything; from here on the first SIGTERM is a request to stop."""
    with connect(load_settings(config)) as context, draining(context.drain):
        yield context


def _leave_differences(found: Verified) -> None:
    """Leave a table of what differs, what was mended and what is left to do."""
    done = {(d.kind, d.subject): f"mended: {text}" for d, text in found.repaired}
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
    create_table_artifact(
        table=rows, key=artifact_key("differences"), description=f"run {found.run_id}"
    )
