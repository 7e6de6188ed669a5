"""Deployments of this host: each source on its schedule, and both flows on demand."""

from pathlib import Path

from prefect import serve as prefect_serve
from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
from prefect.deployments.runner import RunnerDeployment
from prefect.schedules import Cron

from flows.ingest import ingest, reprocess
from pipeline.settings import Settings

ONE_AT_A_TIME = ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW)
"""A source never runs twice at once: a run that would overlap is cancelled, since the next one finds its work."""


def deployments(settings: Settings, config: Path) -> list[RunnerDeployment]:
    """Return one scheduled `ingest` and one on-demand `reprocess` for each source."""
    made: list[RunnerDeployment] = []
    for spec in settings.specs().values():
        schedule = Cron(spec.schedule or settings.serve.schedule, timezone=settings.serve.timezone)
        parameters = {"source": spec.name, "config": str(config.resolve())}
        made += [
            ingest.to_deployment(
                f"ingest-{spec.name}",
                schedule=schedule,
                parameters=parameters,
                concurrency_limit=ONE_AT_A_TIME,
                description=f"Everything new or changed in {spec.container}, on schedule {schedule.cron}.",
                tags=["caspio-ingest", spec.name],
            ),
            reprocess.to_deployment(
                f"reprocess-{spec.name}",
                parameters=parameters,
                concurrency_limit=ONE_AT_A_TIME,
                description=f"Read files of {spec.container} again, from the archive.",
                tags=["caspio-ingest", spec.name],
            ),
        ]
    return made


def serve(settings: Settings, config: Path) -> None:
    """Serve all deployments until stopped; SIGTERM and Ctrl-C end the runs in hand cleanly."""
    prefect_serve(*deployments(settings, config))
