"""What kind of work each deployment is: its priority in the month's budget, and its queue where it runs in a work pool."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.metering.budget import Priority
from pipeline.settings import Settings


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of deployment: the flow it runs, and how urgent that is.

    `per_source`: there is one for each source; else one for all.
    `in_pools_only`: `caspio-ingest serve` has no queues, so it does without.
    """

    flow: str
    priority: Priority
    per_source: bool = True
    in_pools_only: bool = False

    @property
    def queue(self) -> str:
        """Name the queue of a work pool (`work_queue_name`)."""
        return self.priority.value


KINDS: Mapping[str, Kind] = {
    "ingest-record": Kind("ingest-record", Priority.WEBHOOK),
    "ingest": Kind("ingest", Priority.NEW),
    # The first run over a large source: the same flow, started by a person, in a queue that lets the others by.
    "backfill": Kind("ingest", Priority.BACKFILL, in_pools_only=True),
    "reprocess": Kind("reprocess", Priority.REPROCESS),
    "apply-plan": Kind("apply-plan", Priority.NEW, per_source=False),
    "plan-and-apply": Kind("plan-and-apply", Priority.NEW, per_source=False),
    "undo": Kind("undo", Priority.NEW, per_source=False),
    "verify": Kind("verify", Priority.REPROCESS, per_source=False),
}
"""Every kind of deployment by the first part of its name.

What an `ingest` run spends is counted as backfill until its source was written to its end once, whatever its queue.
"""


def settings_name(settings: Settings) -> str:
    """Name the settings at a Prefect server that may have several: as they say, else by the account's address."""
    account = settings.caspio.account.removesuffix(".caspio.com")
    return settings.serve.name or re.sub(r"[^A-Za-z0-9]+", "-", account)


def deployment_name(kind: str, settings: Settings, source: str = "") -> str:
    """Name a deployment as `serve`, `deploy` and infra/prefect.yaml do.

    No source, and no settings' name, has an @ in it, so two never get one name.
    """
    return (
        f"{kind}-{source}@{settings_name(settings)}"
        if source
        else f"{kind}@{settings_name(settings)}"
    )
