"""Deployments: each source on its schedule, and all flows on demand; served here, or registered on a work pool."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from prefect import Flow
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
from prefect.deployments.runner import RunnerDeployment
from prefect.exceptions import ObjectAlreadyExists, ObjectNotFound
from prefect.schedules import Cron
from prefect.types.entrypoint import EntrypointType

from flows.approval import plan_and_apply
from flows.deployments.lanes import KINDS, deployment_name
from flows.ingest import ingest, ingest_record, reprocess
from flows.on_demand import apply_plan, undo, verify
from flows.ui.forms import fix, let_choose
from pipeline.budget import Lane
from pipeline.errors import BadSettings
from pipeline.model import SourceSpec
from pipeline.settings import Settings

ONE_AT_A_TIME = ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW)
"""A source never runs twice at once: a run that would overlap is cancelled, since the next one finds its work."""


IN_TURN = ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy.ENQUEUE)
"""Named records are not found by the next run of this kind: a run that would overlap waits."""


@dataclass(frozen=True, slots=True)
class Pool:
    """A work pool: `process` runs flows on the workers' hosts; `docker` and `kubernetes` in containers of an image."""

    name: str
    type: str = "process"
    image: str | None = None

    @property
    def job_variables(self) -> dict[str, str]:
        """Return what the runs of this pool are started with."""
        return {"image": self.image} if self.image else {}


@dataclass(frozen=True, slots=True)
class _Made:
    """What all deployments share: the settings file as the runs find it, and the pool, None where this host serves."""

    config: str
    pool: Pool | None

    def deployment(
        self,
        flow: Flow[..., Any],
        kind: str,
        source: str = "",
        limit: ConcurrencyLimitConfig | None = ONE_AT_A_TIME,
        **options: Any,
    ) -> RunnerDeployment:
        """Make a deployment; outside an event loop Prefect returns it at once."""
        if self.pool is not None:
            options |= {"work_pool_name": self.pool.name, "work_queue_name": KINDS[kind].queue}
            options |= {"job_variables": self.pool.job_variables}
        deployment = flow.to_deployment(
            deployment_name(kind, source),
            parameters={"config": self.config} | ({"source": source} if source else {}),
            tags=["caspio-ingest", f"lane:{KINDS[kind].lane}", *([source] if source else [])],
            version=version("caspio-ingest"),
            concurrency_limit=limit,
            entrypoint_type=EntrypointType.MODULE_PATH,
            **options,
        )
        assert isinstance(deployment, RunnerDeployment)
        fix(deployment)
        return deployment


def deployments(settings: Settings, config: Path, *, pool: Pool | None = None) -> list[RunnerDeployment]:
    """Return one scheduled `ingest` for each source, the other flows of a source on demand, and those for all.

    `config` is the settings file where the runs find it.
    """
    made = _Made(str(config), pool)
    for_all = [made.deployment(flow, flow.name, description=flow.description) for flow in (verify, apply_plan, undo)]
    # A limit would kill a paused run: pausing gives its slot back, and the engine ends a run that cannot renew it.
    waiting = plan_and_apply
    for_all.append(made.deployment(waiting, waiting.name, limit=None, description=waiting.description))
    for deployment in for_all:
        let_choose(deployment, {"sources": list(settings.specs())})
    return [
        *for_all,
        *(one for spec in settings.specs().values() for one in _of_source(spec, settings, made)),
    ]


def _of_source(spec: SourceSpec, settings: Settings, made: _Made) -> Iterator[RunnerDeployment]:
    schedule = Cron(spec.schedule or settings.serve.schedule, timezone=settings.serve.timezone)
    everything = f"Everything new or changed in {spec.container}, on schedule {schedule.cron}."
    yield made.deployment(ingest, "ingest", spec.name, schedule=schedule, description=everything)
    again = f"Read files of {spec.container} again, from the archive."
    yield made.deployment(reprocess, "reprocess", spec.name, description=again)
    few = f"What is new or changed in a few records of {spec.container}."
    yield made.deployment(ingest_record, "ingest-record", spec.name, IN_TURN, description=few)
    if made.pool is not None:
        first = f"The first run over {spec.container}, in the queue that lets the others by."
        yield made.deployment(ingest, "backfill", spec.name, description=first)


def serve(settings: Settings, config: Path) -> None:
    """Serve all deployments until stopped; SIGTERM lets the runs in hand finish what they are at.

    Raises:
        BadSettings: one of them is in a work pool, whose workers would take its runs, too.
    """
    from flows.deployments.worker import serve_here

    made = deployments(settings, config.resolve())
    _refuse_pooled(made)
    serve_here(settings.serve, made)


def _refuse_pooled(made: Sequence[RunnerDeployment]) -> None:
    """Refuse sources that are in a pool: a deployment stays there when it is registered anew without one."""
    with get_client(sync_client=True) as client:
        for deployment in made:
            pool = _pool_of(client, deployment)
            if pool and "source" in deployment.parameters:  # those for all may be another settings file's
                said = (
                    f"Deployment {deployment.name!r} is in work pool {pool!r}: run `caspio-ingest worker --pool {pool}`"
                )
                raise BadSettings([f"{said}, or delete the deployments of that pool in Prefect's UI."])


def _pool_of(client: SyncPrefectClient, deployment: RunnerDeployment) -> str | None:
    try:
        return client.read_deployment_by_name(deployment.full_name).work_pool_name
    except ObjectNotFound:
        return None


def deploy(settings: Settings, config: Path, pool: Pool) -> Sequence[str]:
    """Register all deployments on a work pool with a queue a lane, and make what is missing; return their names.

    Raises:
        BadSettings: there is a pool of that name and another type.
    """
    with get_client(sync_client=True) as client:
        _make_pool(client, pool)
        for priority, lane in enumerate(Lane, start=1):
            _make_queue(client, pool.name, lane.value, priority)
    made = deployments(settings, config, pool=pool)
    for deployment in made:
        deployment.apply()
    return [deployment.full_name for deployment in made]


def _make_pool(client: SyncPrefectClient, pool: Pool) -> None:
    try:
        there = client.read_work_pool(pool.name)
    except ObjectNotFound:
        client.create_work_pool(WorkPoolCreate(name=pool.name, type=pool.type))
        return
    if there.type != pool.type:
        raise BadSettings(
            [f"Work pool {pool.name!r} is of type {there.type!r}. Give --type {there.type} or another name."]
        )


def _make_queue(client: SyncPrefectClient, pool: str, queue: str, priority: int) -> None:
    """Make a queue, or give one that is there its priority: workers take from the lowest number first."""
    try:
        client.create_work_queue(name=queue, work_pool_name=pool, priority=priority)
    except ObjectAlreadyExists:
        there = client.read_work_queue_by_name(queue, pool)
        client.update_work_queue(there.id, priority=priority)
