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
from prefect.client.schemas.responses import DeploymentResponse
from prefect.deployments.runner import RunnerDeployment
from prefect.exceptions import ObjectAlreadyExists, ObjectNotFound
from prefect.schedules import Cron
from prefect.types.entrypoint import EntrypointType

from flows.prefect.apply_plan import apply_plan
from flows.prefect.deployments.priorities import KINDS, deployment_name, settings_name
from flows.prefect.ingest import ingest
from flows.prefect.ingest_record import ingest_record
from flows.prefect.plan_and_apply import plan_and_apply
from flows.prefect.reprocess import reprocess
from flows.prefect.ui.forms import fix, let_choose
from flows.prefect.undo import undo
from flows.prefect.verify import verify
from pipeline.errors import BadSettings
from pipeline.metering.budget import Priority
from pipeline.model import SourceSpec
from pipeline.settings import Settings

ONE_AT_A_TIME = ConcurrencyLimitConfig(
    limit=1, collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW
)
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


def settings_tag(settings: Settings) -> str:
    """Return the tag of all deployments of these settings, and so of their runs."""
    return f"settings:{settings_name(settings)}"


@dataclass(frozen=True, slots=True)
class _Made:
    """What all deployments share: settings, their file as the runs find it, the pool, None where this host serves."""

    settings: Settings
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
        tags = [
            "caspio-ingest",
            f"priority:{KINDS[kind].priority}",
            settings_tag(self.settings),
            source,
        ]
        deployment = flow.to_deployment(
            deployment_name(kind, self.settings, source),
            parameters={"config": self.config} | ({"source": source} if source else {}),
            tags=[tag for tag in tags if tag],
            version=version("caspio-ingest"),
            concurrency_limit=limit,
            entrypoint_type=EntrypointType.MODULE_PATH,
            **options,
        )
        assert isinstance(deployment, RunnerDeployment)
        fix(deployment)
        return deployment


def deployments(
    settings: Settings, config: Path, *, pool: Pool | None = None
) -> list[RunnerDeployment]:
    """Return one scheduled `ingest` for each source, the other flows of a source on demand, and those for all.

    `config` is the settings file where the runs find it.
    """
    made = _Made(settings, str(config), pool)
    for_all = [
        made.deployment(flow, flow.name, description=flow.description)
        for flow in (verify, apply_plan, undo)
    ]
    # A limit would kill a paused run: pausing gives its slot back, and the engine ends a run that cannot renew it.
    waiting = plan_and_apply
    for_all.append(
        made.deployment(waiting, waiting.name, limit=None, description=waiting.description)
    )
    for deployment in for_all:
        let_choose(deployment, {"sources": list(settings.specs())})
    return [
        *for_all,
        *(one for spec in settings.specs().values() for one in _of_source(spec, made)),
    ]


def _of_source(spec: SourceSpec, made: _Made) -> Iterator[RunnerDeployment]:
    serving = made.settings.serve
    schedule = Cron(spec.schedule or serving.schedule, timezone=serving.timezone)
    everything = f"Everything new or changed in {spec.container}, on schedule {schedule.cron}."
    yield made.deployment(ingest, "ingest", spec.name, schedule=schedule, description=everything)
    again = f"Read files of {spec.container} again, from the archive."
    yield made.deployment(reprocess, "reprocess", spec.name, description=again)
    few = f"What is new or changed in a few records of {spec.container}."
    yield made.deployment(ingest_record, "ingest-record", spec.name, IN_TURN, description=few)
    if made.pool is not None:
        first = f"The first run over {spec.container}, in the queue that lets the others by."
        yield made.deployment(ingest, "backfill", spec.name, description=first)


def deployments_to_serve(settings: Settings, config: Path) -> list[RunnerDeployment]:
    """Return all deployments for this host to serve.

    Raises:
        BadSettings: one of them is another settings file's, or in a work pool, whose workers would take its runs, too.
    """
    made = deployments(settings, config.resolve())
    with get_client(sync_client=True) as client:
        _refuse_others(client, made, settings)
        _refuse_pooled(client, made)
    return made


def _refuse_pooled(client: SyncPrefectClient, made: Sequence[RunnerDeployment]) -> None:
    """Refuse what is in a pool: a deployment stays there when it is registered anew without one."""
    for deployment in made:
        there = _registered(client, deployment)
        if there is not None and (pool := there.work_pool_name):
            said = f"Deployment {deployment.name!r} is in work pool {pool!r}: run `caspio-ingest worker --pool {pool}`"
            raise BadSettings([f"{said}, or delete the deployments of that pool in Prefect's UI."])


def _refuse_others(
    client: SyncPrefectClient, made: Sequence[RunnerDeployment], settings: Settings
) -> None:
    """Refuse to register over what another settings file has registered under the same name.

    A file under another path that has a source of the same name is taken for this one, moved.
    """
    first = made[0]
    there = _registered(client, first)
    if there is None or there.parameters.get("config") == first.parameters["config"]:
        return
    fields = (there.parameter_openapi_schema or {}).get("properties", {})
    theirs = fields.get("sources", {}).get("items", {}).get("enum", [])
    if not {*theirs} & {*settings.specs()}:
        sources = f", for {', '.join(theirs)}" if theirs else ""
        said = f"Deployment {first.name!r} is that of {there.parameters.get('config', 'other settings')}{sources}"
        raise BadSettings([f"{said}. Give these settings another name: serve.name."])


def _registered(
    client: SyncPrefectClient, deployment: RunnerDeployment
) -> DeploymentResponse | None:
    try:
        return client.read_deployment_by_name(deployment.full_name)
    except ObjectNotFound:
        return None


def deploy(settings: Settings, config: Path, pool: Pool) -> Sequence[str]:
    """Register all deployments on a work pool with a queue a priority, and make what is missing; return their names.

    Raises:
        BadSettings: there is a pool of that name and another type, or one of them is another settings file's.
    """
    made = deployments(settings, config, pool=pool)
    with get_client(sync_client=True) as client:
        _refuse_others(client, made, settings)
        _make_pool(client, pool)
        for rank, priority in enumerate(Priority, start=1):
            _make_queue(client, pool.name, priority.value, rank)
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
            [
                f"Work pool {pool.name!r} is of type {there.type!r}. Give --type {there.type} or another name."
            ]
        )


def _make_queue(client: SyncPrefectClient, pool: str, queue: str, priority: int) -> None:
    """Make a queue, or give one that is there its priority: workers take from the lowest number first."""
    try:
        client.create_work_queue(name=queue, work_pool_name=pool, priority=priority)
    except ObjectAlreadyExists:
        there = client.read_work_queue_by_name(queue, pool)
        client.update_work_queue(there.id, priority=priority)
