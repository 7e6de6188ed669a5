"""The kinds of deployments: the priority of each in the month's budget, and its queue in a pool."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.metering.budget import Priority
from pipeline.settings import Settings


@dataclass(frozen=True, slots=True)
class DeploymentKind:
    """A kind of deployment: the flow it runs, and its priority.

    Attributes:
        per_source: True if there is one for each source, False if one for all.
        in_pools_only: True if `caspio-ingest serve`, which has no queues, does not create it.
    """

    flow: str
    priority: Priority
    per_source: bool = True
    in_pools_only: bool = False

    @property
    def queue(self) -> str:
        """Return the queue of a work pool (`work_queue_name`)."""
        return self.priority.value


KINDS: Mapping[str, DeploymentKind] = {
    "ingest-record": DeploymentKind("ingest-record", Priority.WEBHOOK),
    "ingest": DeploymentKind("ingest", Priority.NEW),
    # The first run over a large source: the same flow, started by a user, in the last queue.
    "backfill": DeploymentKind("ingest", Priority.BACKFILL, in_pools_only=True),
    "reprocess": DeploymentKind("reprocess", Priority.REPROCESS),
    "acknowledge": DeploymentKind("acknowledge", Priority.NEW),
    "apply-plan": DeploymentKind("apply-plan", Priority.NEW, per_source=False),
    "plan-and-apply": DeploymentKind("plan-and-apply", Priority.NEW, per_source=False),
    "undo": DeploymentKind("undo", Priority.NEW, per_source=False),
    "verify": DeploymentKind("verify", Priority.REPROCESS, per_source=False),
    "learn": DeploymentKind("learn", Priority.LEARN, per_source=False),
}
"""Every kind of deployment of sources, and for all of them, by the first part of its name.

The calls of an `ingest` run count as backfill until its source was written to its end once,
whatever the queue.
"""


SYNC = DeploymentKind("sync", Priority.NEW, per_source=False)
"""The deployment of each `[[sync]]`. Its first run counts as backfill, like that of a source."""


def queue_name(priority: str, settings: Settings) -> str:
    """Return the queue of a work pool for a priority; each of several accounts has its own."""
    return f"{priority}@{settings.account}" if settings.account else str(priority)


def settings_name(settings: Settings) -> str:
    """Return the name of these settings at a Prefect server: `serve.name`, or from the account."""
    # The part that distinguishes accounts; an account's own domain stays as it is.
    account = settings.caspio.account.removesuffix(".caspio.com")
    return settings.serve.name or re.sub(r"[^A-Za-z0-9]+", "-", account)


def deployment_name(kind: str, settings: Settings, source: str = "") -> str:
    """Return a deployment's name, as `serve`, `deploy` and infra/prefect.yaml give it.

    Neither a source nor a settings name contains an @, so no two deployments share a name.
    """
    prefix = f"{kind}-{source}" if source else kind
    return f"{prefix}@{settings_name(settings)}"


def all_names(settings: Settings) -> set[str]:
    """Return the names of all deployments of these settings, also of those that need a pool."""
    of_sources = {
        deployment_name(name, settings, source)
        for name, kind in KINDS.items()
        for source in (settings.specs() if kind.per_source else [""])
    }
    return of_sources | {deployment_name(SYNC.flow, settings, sync.name) for sync in settings.sync}
