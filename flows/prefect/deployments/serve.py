"""Deployments: each source on its schedule, and all flows on demand; served here or in a pool."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from prefect import Flow
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
from prefect.client.schemas.responses import DeploymentResponse
from prefect.deployments.runner import RunnerDeployment
from prefect.exceptions import ObjectAlreadyExists, ObjectNotFound
from prefect.schedules import Cron
from prefect.types.entrypoint import EntrypointType

from flows.app.classes import classes
from flows.prefect.acknowledge import acknowledge
from flows.prefect.apply_plan import apply_plan
from flows.prefect.deployments.ownership import DeploymentOwner, claim
from flows.prefect.deployments.priorities import KINDS, SYNC, deployment_name, queue_name
from flows.prefect.ingest import ingest
from flows.prefect.ingest_record import ingest_record
from flows.prefect.learn import learn
from flows.prefect.names import HEARTBEATS, TAG
from flows.prefect.plan_and_apply import plan_and_apply
from flows.prefect.reprocess import reprocess
from flows.prefect.server import Server
from flows.prefect.sync import sync
from flows.prefect.ui.forms import fix, offer_choices, offer_classes
from flows.prefect.undo import undo
from flows.prefect.verify import verify
from pipeline.errors import BadSettings
from pipeline.metering.budget import Priority
from pipeline.model import SourceSpec
from pipeline.settings import Settings

IN_TURN = ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy.ENQUEUE)
"""A deployment runs once at a time. An overlapping run waits: a user may have asked for it.

What only the schedule asked for is skipped meanwhile (`flows/prefect/requests/overtaken.py`).
"""


@dataclass(frozen=True, slots=True)
class Pool:
    """A work pool.

    Pools of type `process` run flows on the workers' hosts, `docker` and `kubernetes` in containers
    of an image.
    """

    name: str
    type: str = "process"
    image: str | None = None


@dataclass(frozen=True, slots=True)
class DeploymentFactory:
    """Creates deployments with what all of them share.

    Attributes:
        owner: Has the settings file as the runs find it.
        pool: None if this host serves the deployments itself.
    """

    settings: Settings
    owner: DeploymentOwner
    pool: Pool | None

    def deployment(
        self,
        flow: Flow[..., Any],
        kind: str,
        source: str = "",
        sync: str = "",
        limit: ConcurrencyLimitConfig | None = IN_TURN,
        **options: Any,
    ) -> RunnerDeployment:
        """Create a deployment; outside an event loop Prefect returns it at once."""
        priority = SYNC.priority if sync else KINDS[kind].priority
        if self.pool is not None:
            options["work_pool_name"] = self.pool.name
            options["work_queue_name"] = queue_name(priority, self.settings)
            options["job_variables"] = {"image": self.pool.image} if self.pool.image else {}
        parameters = {"config": self.owner.config}
        # By these tags users filter runs, and automations and concurrency limits find them.
        tags = [TAG, f"priority:{priority}", *self.owner.tags]
        # In a pool, only the worker that takes a run knows whether it will send heartbeats.
        if self.pool is None:
            tags.append(HEARTBEATS)
        if source:
            parameters["source"] = source
            tags.append(source)
        if sync:
            parameters["name"] = sync
            tags.append(f"sync:{sync}")
        deployment = flow.to_deployment(
            deployment_name(kind, self.settings, source or sync),
            parameters=parameters,
            tags=tags,
            version=version("caspio-ingest"),
            concurrency_limit=limit,
            # By module: the path of a file would be another one on each worker.
            entrypoint_type=EntrypointType.MODULE_PATH,
            **options,
        )
        assert isinstance(deployment, RunnerDeployment)
        fix(deployment)
        return deployment


def deployments(
    settings: Settings, owner: DeploymentOwner, *, pool: Pool | None = None
) -> list[RunnerDeployment]:
    """Return a scheduled `ingest` for each source, its flows on demand, and the flows for all."""
    factory = DeploymentFactory(settings, owner, pool)
    for_all = [
        factory.deployment(flow, flow.name, description=flow.description)
        for flow in (verify, apply_plan, undo)
    ]
    # No concurrency limit: a paused run stops counting, and Prefect's engine ends a run that
    # cannot renew it.
    waiting = plan_and_apply
    for_all.append(
        factory.deployment(waiting, waiting.name, limit=None, description=waiting.description)
    )
    if settings.learn.enabled:
        nightly = Cron(settings.learn.schedule, timezone=settings.serve.timezone)
        for_all.append(
            factory.deployment(learn, learn.name, schedule=nightly, description=learn.description)
        )
    for deployment in for_all:
        offer_choices(deployment, {"sources": list(settings.specs())})
    of_sources = [
        deployment
        for spec in settings.specs().values()
        for deployment in source_deployments(spec, factory)
    ]
    return [*for_all, *of_sources, *sync_deployments(factory)]


def sync_deployments(factory: DeploymentFactory) -> Iterator[RunnerDeployment]:
    """Yield a scheduled deployment for each sync."""
    serving = factory.settings.serve
    for one in factory.settings.sync:
        schedule = Cron(one.schedule or serving.schedule, timezone=serving.timezone)
        yield factory.deployment(
            sync,
            SYNC.flow,
            sync=one.name,
            schedule=schedule,
            description=f"{one.table or one.view} and {one.mirror}, on schedule {schedule.cron}.",
        )


def source_deployments(spec: SourceSpec, factory: DeploymentFactory) -> Iterator[RunnerDeployment]:
    """Yield the deployments of one source."""
    serving = factory.settings.serve
    schedule = Cron(spec.schedule or serving.schedule, timezone=serving.timezone)
    yield factory.deployment(
        ingest,
        "ingest",
        spec.name,
        schedule=schedule,
        paused=spec.name in factory.settings.paused(),
        description=f"Everything new or changed in {spec.container}, on schedule {schedule.cron}.",
    )
    again = factory.deployment(
        reprocess,
        "reprocess",
        spec.name,
        description=f"Read files of {spec.container} again, from the archive.",
    )
    offer_classes(again, classes(factory.settings))
    yield again
    yield factory.deployment(
        ingest_record,
        "ingest-record",
        spec.name,
        description=f"What is new or changed in a few records of {spec.container}.",
    )
    yield factory.deployment(
        acknowledge, "acknowledge", spec.name, description=acknowledge.description
    )
    # `serve` has no queues, so a backfill there would be a second `ingest`.
    if factory.pool is not None:
        yield factory.deployment(
            ingest,
            "backfill",
            spec.name,
            description=f"The first run over {spec.container}, in the queue that comes last.",
        )


def deployments_to_serve(settings: Settings, owner: DeploymentOwner) -> list[RunnerDeployment]:
    """Return all deployments for this host to serve.

    Raises:
        BadSettings: one of them is in a work pool, whose workers would also take its runs.
    """
    created = deployments(settings, owner)
    with get_client(sync_client=True) as client:
        for deployment in created:
            # A deployment stays in its pool when it is registered again without one.
            registered = registered_as(client, deployment)
            pool = registered.work_pool_name if registered else None
            if pool:
                raise BadSettings(
                    [
                        (
                            f"Deployment {deployment.name!r} is in work pool {pool!r}. Run "
                            f"`caspio-ingest worker --pool {pool}`, or delete the deployments "
                            "of the pool in Prefect's UI."
                        )
                    ]
                )
    return created


def registered_as(
    client: SyncPrefectClient, deployment: RunnerDeployment
) -> DeploymentResponse | None:
    """Return the deployment of the same name at the server, if there is one."""
    try:
        return client.read_deployment_by_name(deployment.full_name)
    except ObjectNotFound:
        return None


def deploy(
    settings: Settings, owner: DeploymentOwner, pool: Pool, server: Server, *, take_over: bool
) -> tuple[Sequence[str], Sequence[str]]:
    """Register all deployments on a work pool; return their names, and those that were removed.

    Creates the pool and its queues, one for each priority, where they are missing.

    Raises:
        BadSettings: a pool of that name has another type, or a deployment another owner.
    """
    created = deployments(settings, owner, pool=pool)
    with get_client(sync_client=True) as client:
        ensure_pool(client, pool)
        # Without a limit in the settings, one that was set in the UI stays.
        most = settings.serve.max_runs
        limit = {"concurrency_limit": most} if most else {}
        for rank, priority in enumerate(Priority, start=1):
            # Workers take from the queue with the lowest number first.
            queue = queue_name(priority, settings)
            try:
                client.create_work_queue(
                    name=queue,
                    work_pool_name=pool.name,
                    priority=rank,
                    concurrency_limit=most,
                )
            except ObjectAlreadyExists:
                # The order of the priorities may have changed since the pool was created.
                existing = client.read_work_queue_by_name(queue, pool.name)
                client.update_work_queue(existing.id, priority=rank, **limit)
    # Before the first one is registered: half of another's deployments must not be replaced.
    names = {deployment.name for deployment in created}
    removed = claim(server, owner, names, take_over=take_over)
    for deployment in created:
        deployment.apply()
    return [deployment.full_name for deployment in created], removed


def ensure_pool(client: SyncPrefectClient, pool: Pool) -> None:
    """Create the pool if it does not exist.

    Raises:
        BadSettings: it exists and has another type.
    """
    try:
        existing = client.read_work_pool(pool.name)
    except ObjectNotFound:
        client.create_work_pool(WorkPoolCreate(name=pool.name, type=pool.type))
        return
    # Prefect cannot change the type of a pool, and its workers know one type only.
    if existing.type != pool.type:
        raise BadSettings(
            [
                (
                    f"Work pool {pool.name!r} has type {existing.type!r}. "
                    f"Give --type {existing.type}, or another name."
                )
            ]
        )
