"""The promises between the pipeline and the world. Adapters keep them, `tests/contracts` checks."""

from pipeline.ports.archive import Archive as Archive
from pipeline.ports.clock import Clock as Clock
from pipeline.ports.ledger import (
    COOLING_TIME as COOLING_TIME,
    MAX_DEATHS as MAX_DEATHS,
    FileState as FileState,
    Ledger as Ledger,
    Manifest as Manifest,
    Repair as Repair,
    RunState as RunState,
    Suspect as Suspect,
    Usage as Usage,
)
from pipeline.ports.metrics import Telemetry as Telemetry
from pipeline.ports.reader import Reader as Reader
from pipeline.ports.source import Download as Download, FileSource as FileSource
from pipeline.ports.target import (
    RecordTarget as RecordTarget,
    Referrer as Referrer,
    ShownFile as ShownFile,
    Updated as Updated,
)
