"""What one run over one source works with: the connected ports, and how the run is to behave."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from pipeline.decide.naming import NameTemplate
from pipeline.looks import SharedLooks
from pipeline.model import FileRef, Plan, ReadDocument, RecordWork, SourceSpec
from pipeline.model.learning import LearnedColumn
from pipeline.moves import MoveGroups
from pipeline.ports import (
    Archive,
    Clock,
    FileSource,
    Ledger,
    Reader,
    RecordTarget,
    Suspect,
    Telemetry,
)
from pipeline.ports.learner import Learner
from pipeline.ports.metrics import SILENT


@dataclass(frozen=True, slots=True)
class Ports:
    """Everything outside the pipeline, as `flows/app/wiring/` connects it.

    `learner` is None where nothing is learned.
    """

    source: FileSource
    target: RecordTarget
    archive: Archive
    ledger: Ledger
    reader: Reader
    clock: Clock
    work_dir: Path
    telemetry: Telemetry = SILENT
    learner: Learner | None = None


class RecordLeases(Protocol):
    """The records that a run has leased, so that no other worker processes them meanwhile."""

    def acquire(self, works: Sequence[RecordWork]) -> Sequence[bool]:
        """Lease records; say, in their order, which were acquired. Other workers have the rest."""

    def release(self, work: RecordWork) -> None:
        """Let other workers lease a record again."""


@dataclass(frozen=True, slots=True)
class SourceRun:
    """One run over one source.

    `plan_only` stops before anything is written. `reread` reads known content again; with
    `reuse_readings` only where the ledger has no reading under the current fingerprint. `as_class`
    is the class that a user says the documents have.
    `leases` is None where no other worker shares the ledger. `other_sources` are the names of the
    other sources in the settings. `on_plan` gets every plan with its documents, from many threads.
    `check_stop` is called before anything new is started; it raises StopRequested to stop the run.
    `suspects` are read now, by version; this process reads no other document meanwhile.
    `looks` are those that several renames of attachments share.
    `moves` lets renames of Files-area files share what they ask for.
    `learned` has by column what was learned, as it was when the run began.
    """

    spec: SourceSpec
    ports: Ports
    run_id: str
    plan_only: bool = False
    reread: bool = False
    reuse_readings: bool = False
    as_class: str = ""
    template: NameTemplate | None = None
    leases: RecordLeases | None = None
    other_sources: frozenset[str] = frozenset()
    suspects: Mapping[str, Suspect] = field(default_factory=dict)
    learned: Mapping[str, LearnedColumn] = field(default_factory=dict)
    looks: SharedLooks = field(default_factory=SharedLooks)
    moves: MoveGroups = field(default_factory=MoveGroups)
    on_plan: Callable[[Plan, Sequence[ReadDocument]], None] = field(
        default=lambda _plan, _documents: None
    )
    check_stop: Callable[[], None] = field(default=lambda: None)

    def owns(self, ref: FileRef) -> bool:
        """Say whether a file in the ledger belongs to this source.

        A file also belongs to it if no source in the settings has the name under which the ledger
        knows the file, and the container is the same: the source was given another name.
        """
        if ref.source == self.spec.name:
            return True
        # What a source under its old name has left open must not stay open forever.
        return ref.source not in self.other_sources and ref.container == self.spec.container

    def release(self, works: Sequence[RecordWork]) -> None:
        """Let other workers lease these records again."""
        if self.leases is not None:
            for work in works:
                self.leases.release(work)
