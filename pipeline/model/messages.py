"""What a webhook's message tells, as the ledger keeps it until it was worked on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from pipeline.model import Value


@dataclass(frozen=True, slots=True)
class Told:
    """A record that somebody changed: its PK_ID, for a folder the file's path, and the values that came along."""

    key: str
    values: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Message:
    """A message, or a `part` of one about very many records, as far as it concerns one source ("": none).

    `message_id` is Caspio's and the same for each attempt to deliver. `seq` 0: not yet in the ledger. `note` says what
    became of it once `done_at` is set.
    """

    account: str
    message_id: str
    source: str
    table: str
    event: str
    told: tuple[Told, ...] = ()
    part: int = 0
    seq: int = 0
    received_at: datetime | None = None
    started_at: datetime | None = None
    done_at: datetime | None = None
    attempts: int = 0
    run_id: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Backlog:
    """Messages of one source by how far they are; `oldest` is when the one that waits longest was received."""

    waiting: int = 0
    begun: int = 0
    done: int = 0
    oldest: datetime | None = None
