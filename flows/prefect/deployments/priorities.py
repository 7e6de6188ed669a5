"""What kind of work each deployment is: its lane in the month's budget, and its queue where it runs in a work pool."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.metering.budget import Lane
from pipeline.settings import Settings


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of deployment: the flow it runs, and how urgent that is.

    `per_source`: there is one for each source; else one for all.
    `in_pools_only`: `caspio-ingest serve` has no queues, so it does without.
    """

    flow: str
    lane: Lane
    per_source: bool = True
    in_pools_only: bool = False

    @property
    def queue(self) -> str:
        """Name the queue of a work pool (`work_queue_name`)."""
        return self.lane.value


KINDS: Mapping[str, Kind] = {
    "ingest-record": Kind("ingest-record", Lane.WEBHOOK),
    "ingest": Kind("ingest", Lane.NEW),
    # The first run over a large source: the same flow, started by a person, in a queue that lets the others by.
    "backfill": Kind("ingest", Lane.BACKFILL, in_pools_only=True),
    "reprocess": Kind("reprocess", Lane.REPROCESS),
    "apply-plan": Kind("apply-plan", Lane.NEW, per_source=False),
    "plan-and-apply": Kind("plan-and-apply", Lane.NEW, per_source=False),
    "undo": Kind("undo", Lane.NEW, per_source=False),
    "verify": Kind("verify", Lane.REPROCESS, per_source=False),
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
