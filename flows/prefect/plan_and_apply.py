"""The flow `plan-and-apply`: plan, wait for a decision in Prefect's UI, apply exactly that plan."""

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
from flows.app.plan import plan_sources
from flows.app.run_report import Report
from flows.app.wiring import connected
from flows.prefect.ui import events
from flows.prefect.ui.artifacts import FlowBars, leave_report
from flows.prefect.ui.forms import Config, Limit, Sources
from flows.prefect.ui.plan import leave_plan, totals
from flows.prefect.ui.states import PLANNED, REFUSED, ended, final_state
from flows.prefect.ui.text import quoted
from pipeline.errors import BadSettings
from pipeline.plans.plan_file import PlanFile, open_plan
from pipeline.wording import counted

POLL_S = 3
"""Seconds between looks for a decision while a run is paused."""

WaitHours = Annotated[int, Field(ge=1, le=24 * 30)]


class PlanDecision(RunInput):
    """A user's decision on a plan."""

    decision: Literal["apply", "refuse"] = Field(
        description="Apply writes what the plan says; refuse writes nothing."
    )
    leave_out: list[str] = Field(
        default=[], description="PK_IDs, or paths of the Files area, that are not applied."
    )
    note: str = Field(default="", max_length=1_000, description="The reason; kept with the run.")


@dataclass(frozen=True, slots=True)
class PlanQuestion:
    """A plan to decide on, the text of the form, and how long the answer may take.

    With `suspend`, the process ends while waiting.
    """

    plan: PlanFile
    text: str
    wait_s: int
    suspend: bool

    def ask(self, form: type[PlanDecision], *, key: str) -> PlanDecision:
        """Pause or suspend the flow run until the form is filled in.

        Raises:
            FlowPauseTimeout: nobody answered in time.
        """
        if self.suspend:
            events.send_end()
            return suspend_flow_run(wait_for_input=form, timeout=self.wait_s, key=key)
        return pause_flow_run(
            wait_for_input=form, timeout=self.wait_s, poll_interval=POLL_S, key=key
        )


@flow(
    name="plan-and-apply",
    flow_run_name="plan and apply",
    description="Plan everything new or changed, wait for a decision, and apply exactly that plan.",
)
def plan_and_apply(
    sources: Sources = [],  # noqa: B006 - Prefect copies it
    limit: Limit = None,
    wait_hours: WaitHours = 24,
    suspend: bool = False,  # noqa: FBT001, FBT002 - Prefect passes parameters by name
    config: Config = "caspio-ingest.toml",
) -> State:
    """Create the plan as an artifact, and pause. Nothing stays open at Caspio or in the ledger.

    Args:
        sources: Only these sources. Without any: all.
        limit: Stop after this many records of each source. None means no limit.
        wait_hours: Hours to wait for a decision. After that nothing is written; the plan is kept.
        suspend: End the process while waiting. A new process continues; it needs the plan file.
        config: The settings file, on the machine that runs the flow.
    """
    # A process that continues after a suspension may have another working folder.
    path = Path(config).resolve()
    return ended(
        lambda: plan_decide_apply(path, sources, limit, wait_hours=wait_hours, suspend=suspend)
    )


def plan_decide_apply(
    config: Path, sources: Sequence[str], limit: int | None, *, wait_hours: int, suspend: bool
) -> State:
    """Plan, ask for a decision and carry it out; return the final state."""
    question, report = make_plan(
        config, sources, limit=limit, wait_s=wait_hours * 3600, suspend=suspend
    )
    plan = question.plan
    # There is nothing to decide on, so nobody is asked.
    if report is not None and not plan.records:
        return final_state(report, report.document["documents"])
    decision = decide(question)
    if decision is None:
        planned = counted(plan.records, "record", "is/are")
        message = (
            f"Nobody decided within {counted(wait_hours, 'hour')}; nothing was written. "
            f"{planned} planned in {plan.path}. The flow apply-plan applies that."
        )
        return Completed(name=PLANNED, message=message)
    get_run_logger().info(
        "decided: %s, %d left out. %s", decision.decision, len(decision.leave_out), decision.note
    )
    if decision.decision == "refuse":
        reason = decision.note or "no reason given"
        message = (
            f"{counted(plan.records, 'planned record')} refused, nothing was written: {reason}"
        )
        return Completed(name=REFUSED, message=message)
    with connected(config) as context:
        watch = FlowBars(context.ports.clock)
        applied = apply_plan(
            context, plan.path, leave_out=decision.leave_out, seal=plan.seal, watch=watch
        )
        leave_report("apply", applied, context=context)
    return final_state(applied, applied.document["documents"])


def make_plan(
    config: Path, sources: Sequence[str], *, limit: int | None, wait_s: int, suspend: bool
) -> tuple[PlanQuestion, Report | None]:
    """Make the plan, or open the one that this run made before it was suspended.

    The report is None for a plan that existed.

    Raises:
        BadSettings: the plan that existed is not the one that this run has shown.
    """
    # Named after the flow run, so that a run which was suspended finds its plan again.
    file = config.parent / "plans" / f"plan-{flow_run.id}.jsonl"
    file.parent.mkdir(mode=0o700, exist_ok=True)
    with connected(config) as context:
        if file.exists():
            plan, report = open_plan(file, context.ports.ledger.effects.plan_key()), None
            # A run makes one plan and shows it, so any other was put there meanwhile.
            if plan.owner.flow_run != flow_run.id:
                problem = (
                    f"{file} is not the plan that this run has shown: another one has taken its "
                    "place. Nothing was written. Start plan-and-apply again."
                )
                raise BadSettings([problem])
        else:
            made = plan_sources(
                context,
                sources=sources,
                limit=limit,
                file=file,
                html=None,
                flow_run=str(flow_run.id),
                watch=FlowBars(context.ports.clock),
            )
            plan, report = made.plan, made.report
            leave_report("plan", report, context=context)
            leave_plan(plan, context)
        return PlanQuestion(plan, totals(plan, context), wait_s, suspend), report


def decide(question: PlanQuestion) -> PlanDecision | None:
    """Ask until the answer fits the plan; None if nobody answered in time.

    The plan's seal is part of the key, so that an answer to one plan is never used for another.
    """
    keys = {record.key for record in question.plan.each()}
    correction = ""
    for number in count(1):
        form = PlanDecision.with_initial_data(description=f"{correction}{question.text}")
        try:
            decision = question.ask(form, key=f"{question.plan.seal}-{number}")
        except FlowPauseTimeout:
            # The server would end every pause that lasted too long as a failure. Set the run to
            # Running, so that it ends in its own final state.
            with get_client(sync_client=True) as client:
                client.set_flow_run_state(flow_run.id, Running(), force=True)
            return None
        # A misspelled record would otherwise be applied although the user left it out.
        unknown = [key for key in decision.leave_out if key not in keys]
        if not unknown:
            return decision
        named = ", ".join(quoted(key) for key in unknown)
        correction = f"**The plan has no record {named}. Nothing was done; decide again.**\n\n"
    return None
