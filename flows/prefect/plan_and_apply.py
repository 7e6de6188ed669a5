"""The flow `plan-and-apply`: plan, let a person decide in the Prefect UI, and carry out exactly the plan decided on."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Annotated, Literal

from prefect import State, flow, get_run_logger
from prefect.client.orchestration import get_client
from prefect.exceptions import FlowPauseTimeout
from prefect.flow_runs import pause_flow_run, suspend_flow_run
from prefect.input import RunInput
from prefect.runtime import flow_run
from prefect.states import Completed, Running
from pydantic import Field

from flows.app.changes import apply_plan
from flows.app.drain import draining
from flows.app.plan import plan_sources
from flows.app.run_report import Report
from flows.app.settings import load_settings
from flows.app.wiring import connect
from flows.prefect.ui.artifacts import FlowBars, leave_report
from flows.prefect.ui.forms import Config, Limit, Sources
from flows.prefect.ui.plan import leave_plan, totals
from flows.prefect.ui.states import PLANNED, REFUSED, ended, final_state
from flows.prefect.ui.text import quoted
from pipeline.plans.plan_file import PlanFile, open_plan

POLL_S = 3
"""Seconds between looks for a decision while a run is paused."""

WaitHours = Annotated[int, Field(ge=1, le=24 * 30)]


class Decision(RunInput):
    """What a person decides on a plan."""

    decision: Literal["apply", "refuse"] = Field(
        description="Apply writes what the plan says; refuse writes nothing."
    )
    leave_out: list[str] = Field(
        default=[], description="PK_IDs, or paths of the Files area, not to be applied."
    )
    note: str = Field(default="", max_length=1_000, description="Why; it is kept with the run.")


@dataclass(frozen=True, slots=True)
class _Question:
    """A plan, what is said of it in the form, and how long the answer may take."""

    plan: PlanFile
    text: str
    wait_s: int
    suspend: bool


@flow(
    name="plan-and-apply",
    flow_run_name="plan and apply",
    description="Plan everything new or changed, wait for a person's decision, and apply exactly that plan.",
)
def plan_and_apply(
    sources: Sources = [],  # noqa: B006 - Prefect copies it
    limit: Limit = None,
    wait_hours: WaitHours = 24,
    suspend: bool = False,  # noqa: FBT001, FBT002 - Prefect passes parameters by name
    config: Config = "caspio-ingest.toml",
) -> State:
    """Leave the plan as an artifact and pause; nothing is held open at Caspio or in the ledger meanwhile.

    Args:
        sources: Only these sources. Without any: all.
        limit: Stop after this many records of each source. None is no limit.
        wait_hours: How long the run waits for a decision. After that nothing is written, and the plan file stays.
        suspend: End the process while waiting, and go on in a new one, which must find the plan file where it was.
        config: The settings file, on the machine that runs the flow.
    """
    return ended(
        lambda: _carried_through(
            Path(config).resolve(), sources, limit, wait_hours, suspend=suspend
        )
    )


def _carried_through(
    path: Path, sources: Sequence[str], limit: int | None, wait_hours: int, *, suspend: bool
) -> State:
    question, planned = _planned(
        path, sources, limit=limit, wait_s=wait_hours * 3600, suspend=suspend
    )
    if planned is not None and not question.plan.records:
        return final_state(planned, planned.document["documents"])
    decision = _decided(question)
    plan = question.plan
    if decision is None:
        said = f"nobody decided within {wait_hours} hours; nothing was written. {plan.records} records are planned in "
        return Completed(
            name=PLANNED, message=f"{said}{plan.path}; the flow apply-plan carries it out."
        )
    get_run_logger().info(
        "decided: %s, %d left out. %s", decision.decision, len(decision.leave_out), decision.note
    )
    if decision.decision == "refuse":
        said = f"{plan.records} planned records refused, nothing was written: {decision.note or 'no reason given'}"
        return Completed(name=REFUSED, message=said)
    with connect(load_settings(path)) as context, draining(context.drain):
        report = apply_plan(
            context,
            plan.path,
            leave_out=decision.leave_out,
            watch=FlowBars(context.ports.clock),
        )
        leave_report("apply", report, context=context)
    return final_state(report, report.document["documents"])


def _planned(
    config: Path, sources: Sequence[str], *, limit: int | None, wait_s: int, suspend: bool
) -> tuple[_Question, Report | None]:
    """Make the plan, or find the one this run made before it was suspended."""
    file = config.parent / "plans" / f"plan-{flow_run.id}.jsonl"
    file.parent.mkdir(exist_ok=True)
    with connect(load_settings(config)) as context, draining(context.drain):
        if file.exists():
            plan, report = open_plan(file), None
        else:
            watch = FlowBars(context.ports.clock)
            made = plan_sources(
                context, sources=sources, limit=limit, file=file, html=None, watch=watch
            )
            plan, report = made.plan, made.report
            leave_report("plan", report, context=context)
            leave_plan(plan, context)
        return _Question(plan, totals(plan, context), wait_s, suspend), report


def _decided(question: _Question) -> Decision | None:
    """Ask until the answer fits the plan; None when nobody answered in time.

    The plan's id is part of what is asked, so that an answer given on one plan is never taken for another's.
    """
    keys = {record.key for record in question.plan.each()}
    wrong = ""
    for number in count(1):
        form = Decision.with_initial_data(description=f"{wrong}{question.text}")
        try:
            decision = _ask(form, question, key=f"{question.plan.id}-{number}")
        except FlowPauseTimeout:
            _wake()
            return None
        unknown = [key for key in decision.leave_out if key not in keys]
        if not unknown:
            return decision
        named = ", ".join(quoted(key) for key in unknown)
        wrong = f"**The plan has no record {named}. Nothing was done; decide again.**\n\n"
    return None


def _ask(form: type[Decision], question: _Question, *, key: str) -> Decision:
    if question.suspend:
        return suspend_flow_run(wait_for_input=form, timeout=question.wait_s, key=key)
    return pause_flow_run(
        wait_for_input=form, timeout=question.wait_s, poll_interval=POLL_S, key=key
    )


def _wake() -> None:
    """Let this run end as what it is: the server would make every end of a pause that lasted too long a failure."""
    with get_client(sync_client=True) as client:
        client.set_flow_run_state(flow_run.id, Running(), force=True)
