"""Deployments of this host: each source on its schedule, and all flows on demand."""

from pathlib import Path
from typing import Any

from prefect import Flow, serve as prefect_serve
from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
from prefect.deployments.runner import RunnerDeployment
from prefect.schedules import Cron
from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

from flows.automations import HEARTBEAT_S
from flows.ingest import ingest, ingest_record, reprocess
from flows.lanes import KINDS, deployment_name
from flows.on_demand import apply_plan, undo, verify
from pipeline.settings import Settings

ONE_AT_A_TIME = ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW)
"""A source never runs twice at once: a run that would overlap is cancelled, since the next one finds its work."""


IN_TURN = ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy.ENQUEUE)
"""Named records are not found by the next run of this kind: a run that would overlap waits."""


def deployments(settings: Settings, config: Path) -> list[RunnerDeployment]:
    """Return one scheduled `ingest` for each source, the other flows of a source on demand, and those for all."""
    made = [_deployment(flow, flow.name, config, description=flow.description) for flow in (verify, apply_plan, undo)]
    for spec in settings.specs().values():
        schedule = Cron(spec.schedule or settings.serve.schedule, timezone=settings.serve.timezone)
        everything = f"Everything new or changed in {spec.container}, on schedule {schedule.cron}."
        again = f"Read files of {spec.container} again, from the archive."
        few = f"What is new or changed in a few records of {spec.container}."
        made += [
            _deployment(ingest, "ingest", config, spec.name, schedule=schedule, description=everything),
            _deployment(reprocess, "reprocess", config, spec.name, description=again),
            _deployment(ingest_record, "ingest-record", config, spec.name, IN_TURN, description=few),
        ]
    return made


def _deployment(
    flow: Flow[..., Any],
    kind: str,
    config: Path,
    source: str = "",
    limit: ConcurrencyLimitConfig = ONE_AT_A_TIME,
    **options: Any,
) -> RunnerDeployment:
    """Make a deployment; outside an event loop Prefect returns it at once."""
    deployment = flow.to_deployment(
        deployment_name(kind, source),
        parameters={"config": str(config.resolve())} | ({"source": source} if source else {}),
        tags=["caspio-ingest", f"lane:{KINDS[kind].lane}", *([source] if source else [])],
        concurrency_limit=limit,
        **options,
    )
    assert isinstance(deployment, RunnerDeployment)
    return deployment


def serve(settings: Settings, config: Path) -> None:
    """Serve all deployments until stopped; SIGTERM and Ctrl-C end the runs in hand cleanly."""
    with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: HEARTBEAT_S}):
        prefect_serve(*deployments(settings, config))
