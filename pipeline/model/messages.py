"""What a webhook's message reports, as the ledger keeps it until it is processed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from pipeline.model import Value


@dataclass(frozen=True, slots=True)
class ReportedRecord:
    """A record that somebody changed, by PK_ID (for a folder source by path), with its values."""

    key: str
    values: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Message:
    """A message, or a `part` of one about many records, for one source ("" for none).

    `message_id` is Caspio's, the same for each attempt to deliver. `seq` is 0 until the ledger has
    the message. `note` says how it ended once `done_at` is set.
    """

    account: str
    message_id: str
    source: str
    table: str
    event: str
    records: tuple[ReportedRecord, ...] = ()
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
    """Messages of one source by how far they are; `oldest` is when the longest waiting one came."""

    waiting: int = 0
    started: int = 0
    done: int = 0
    oldest: datetime | None = None
