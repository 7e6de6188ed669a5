"""Deployments of this host: each source on its schedule, and both flows on demand."""

from pathlib import Path
from typing import Any

from prefect import Flow, serve as prefect_serve
from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
from prefect.deployments.runner import RunnerDeployment
from prefect.schedules import Cron
from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

from flows.automations import HEARTBEAT_S
from flows.ingest import ingest, reprocess
from flows.on_demand import apply_plan, undo, verify
from pipeline.settings import Settings

ONE_AT_A_TIME = ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW)
"""A source never runs twice at once: a run that would overlap is cancelled, since the next one finds its work."""


def deployments(settings: Settings, config: Path) -> list[RunnerDeployment]:
    """Return one scheduled `ingest` and one on-demand `reprocess` for each source, and what a person starts for all."""
    made = [_for_all(flow, config) for flow in (verify, apply_plan, undo)]
    for spec in settings.specs().values():
        schedule = Cron(spec.schedule or settings.serve.schedule, timezone=settings.serve.timezone)
        parameters = {"source": spec.name, "config": str(config.resolve())}
        made += [
            _deployment(
                ingest,
                f"ingest-{spec.name}",
                schedule=schedule,
                parameters=parameters,
                concurrency_limit=ONE_AT_A_TIME,
                description=f"Everything new or changed in {spec.container}, on schedule {schedule.cron}.",
                tags=["caspio-ingest", spec.name],
            ),
            _deployment(
                reprocess,
                f"reprocess-{spec.name}",
                parameters=parameters,
                concurrency_limit=ONE_AT_A_TIME,
                description=f"Read files of {spec.container} again, from the archive.",
                tags=["caspio-ingest", spec.name],
            ),
        ]
    return made


def _for_all(flow: Flow[..., Any], config: Path) -> RunnerDeployment:
    return _deployment(
        flow,
        flow.name,
        parameters={"config": str(config.resolve())},
        concurrency_limit=ONE_AT_A_TIME,
        description=flow.description,
        tags=["caspio-ingest"],
    )


def _deployment(flow: Flow[..., Any], name: str, **options: Any) -> RunnerDeployment:
    """Make a deployment; outside an event loop Prefect returns it at once."""
    deployment = flow.to_deployment(name, **options)
    assert isinstance(deployment, RunnerDeployment)
    return deployment


def serve(settings: Settings, config: Path) -> None:
    """Serve all deployments until stopped; SIGTERM and Ctrl-C end the runs in hand cleanly."""
    with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: HEARTBEAT_S}):
        prefect_serve(*deployments(settings, config))
