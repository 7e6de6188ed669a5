"""What the ledger promises: ten ports, and one value that has them all.

Five are what ingestion needs: `files` knows every file version and what is known of the sources;
`effects` every change at Caspio, made or about to be made; `leases` which worker has which record;
`usage` the runs, the calls and what is counted; `messages` the webhook messages.

Five serve one feature each: `agents` knows the tokens of agents and their calls; `users` who uses
the web page; `reviews` what waits for their decision; `learning` what was learned from the records
that people have filled; `syncs` the records in sync with another database.

Each method is one transaction and safe from many threads and processes. Each raises
LedgerUnavailable when the ledger cannot be reached or written.
"""

from typing import Protocol

from pipeline.ports.ledger.agents import AgentLedger as AgentLedger
from pipeline.ports.ledger.effects import (
    Block as Block,
    EffectLedger as EffectLedger,
    EffectPage as EffectPage,
    Repair as Repair,
)
from pipeline.ports.ledger.files import (
    COOLING_TIME as COOLING_TIME,
    MAX_DEATHS as MAX_DEATHS,
    Acknowledgement as Acknowledgement,
    Attention as Attention,
    FileLedger as FileLedger,
    FileState as FileState,
    Manifest as Manifest,
    Suspect as Suspect,
    latest_reading as latest_reading,
)
from pipeline.ports.ledger.learning import LearningLedger as LearningLedger
from pipeline.ports.ledger.leases import LeaseLedger as LeaseLedger
from pipeline.ports.ledger.messages import (
    MessageLedger as MessageLedger,
    WatchedSource as WatchedSource,
)
from pipeline.ports.ledger.reviews import ReviewLedger as ReviewLedger
from pipeline.ports.ledger.sources import (
    ColumnTypes as ColumnTypes,
    VerifyProgress as VerifyProgress,
)
from pipeline.ports.ledger.syncs import SyncLedger as SyncLedger
from pipeline.ports.ledger.usage import (
    RunState as RunState,
    Usage as Usage,
    UsageLedger as UsageLedger,
)
from pipeline.ports.ledger.users import UserLedger as UserLedger


class Ledger(Protocol):
    """The ten ports of one ledger."""

    @property
    def files(self) -> FileLedger:
        """Return what remembers file versions, readings and sources."""

    @property
    def effects(self) -> EffectLedger:
        """Return what remembers changes at Caspio."""

    @property
    def leases(self) -> LeaseLedger:
        """Return what keeps two workers from working on one record."""

    @property
    def usage(self) -> UsageLedger:
        """Return what remembers runs, calls and counters."""

    @property
    def messages(self) -> MessageLedger:
        """Return what keeps webhook messages."""

    @property
    def agents(self) -> AgentLedger:
        """Return what remembers the tokens of agents and their calls."""

    @property
    def users(self) -> UserLedger:
        """Return what remembers users and what they did."""

    @property
    def reviews(self) -> ReviewLedger:
        """Return what queues suggestions for users."""

    @property
    def learning(self) -> LearningLedger:
        """Return what remembers models, their choices and what was proved."""

    @property
    def syncs(self) -> SyncLedger:
        """Return what remembers records in sync."""
