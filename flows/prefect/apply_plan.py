"""The flow `apply-plan`: carry out exactly what a plan says."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from prefect import State, flow
from pydantic import Field

from flows.app.wiring import connected
from flows.prefect.ui.artifacts import FlowBars, leave_report
from flows.prefect.ui.forms import Config, Records, Sources
from flows.prefect.ui.plan import leave_plan
from flows.prefect.ui.states import ended, final_state
from pipeline.plans.plan_file import open_plan


@flow(
    name="apply-plan",
    flow_run_name="apply {plan}",
    description="Carry out exactly what a plan says.",
)
def apply_plan(
    plan: Annotated[str, Field(min_length=1)],
    records: Records = [],  # noqa: B006 - Prefect copies it
    sources: Sources = [],  # noqa: B006 - Prefect copies it
    config: Config = "caspio-ingest.toml",
) -> State:
    """Apply record by record; a record that changed since the plan was made is left alone.

    Args:
        plan: The plan file, on the machine that runs the flow.
        records: Only these PK_IDs, or paths of the Files area.
        sources: Only these sources of the plan. Without any: all.
        config: The settings file, on the machine that runs the flow.
    """
    return ended(lambda: applied_state(Path(config), Path(plan), sources, records))


def applied_state(
    config: Path, plan: Path, sources: Sequence[str], records: Sequence[str]
) -> State:
    """Apply the plan; return the final state."""
    # Here, since the flow has the same name.
    from flows.app.changes import apply_plan as apply

    with connected(config) as context:
        shown = open_plan(plan, context.ports.ledger.effects.plan_key())
        # Before anything is written: the run's page shows the plan even if the run dies.
        leave_plan(shown, context)
        bars = FlowBars(context.ports.clock)
        report = apply(context, plan, sources=sources, records=records, seal=shown.seal, watch=bars)
        leave_report("apply", report, context=context)
    return final_state(report, report.document["documents"])
