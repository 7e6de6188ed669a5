"""An account in dictionaries, with everything a run over it needs."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.context import Ports, SourceRun
from pipeline.decide.naming import NameTemplate
from pipeline.learning.columns import learned_columns
from pipeline.model import ConfidenceLimits, Outcome, RecordWork, SourceSpec
from pipeline.plans.undo import effects_by_record, undo_record, with_listing
from pipeline.ports.learner import Learner
from pipeline.record import new_records
from pipeline.source_run.recovery import recover_all, review_decisions
from pipeline.source_run.worker_pool import act_on_each, process_all
from tests.fakes.archive import MemoryArchive
from tests.fakes.caspio import Attachment, FakeCaspio
from tests.fakes.clock import FakeClock
from tests.fakes.ledger import MemoryLedger
from tests.fakes.reader import FakeReader

RECEIPTS = SourceSpec(
    "receipts",
    table="Receipts",
    columns={"DocType": "doc_type", "Total": "total"},
    limits=ConfidenceLimits(write_at=0.9, suggest_at=0.5),
)


@dataclass
class World:
    """An account, an archive, a ledger and a reader, and a way to run the pipeline over them."""

    folder: Path
    caspio: FakeCaspio = field(default_factory=FakeCaspio)
    archive: MemoryArchive = field(default_factory=MemoryArchive)
    ledger: MemoryLedger = field(default_factory=MemoryLedger)
    reader: FakeReader = field(default_factory=FakeReader)
    clock: FakeClock = field(default_factory=FakeClock)
    learner: Learner | None = None
    runs: int = 0

    def __post_init__(self) -> None:
        """Let the account look at the same clock."""
        self.caspio.clock = self.clock

    def source_run(
        self, spec: SourceSpec, *, plan_only: bool = False, reread: bool = False, **more: Any
    ) -> SourceRun:
        """Return one run over a source."""
        self.runs += 1
        ports = Ports(
            self.caspio,
            self.caspio,
            self.archive,
            self.ledger,
            self.reader,
            self.clock,
            self.folder,
            learner=self.learner,
        )
        template = NameTemplate(spec.rename) if spec.rename else None
        run_id = f"run-{self.runs}"
        self.ledger.usage.start_run(run_id, "ingest")
        return SourceRun(
            spec,
            ports,
            run_id,
            plan_only=plan_only,
            reread=reread,
            template=template,
            learned=learned_columns(spec, self.ledger, self.learner, precision=0.9),
            **more,
        )

    def run(
        self, spec: SourceSpec = RECEIPTS, *, plan_only: bool = False, **more: Any
    ) -> list[Outcome]:
        """Run a source; return what became of each file, in order of file names and records."""
        run = self.source_run(spec, plan_only=plan_only, **more)
        outcomes: list[Outcome] = []
        recover_all(run)
        outcomes += review_decisions(run)
        works = new_records(run, on_unchanged=lambda _: None)
        process_all(works, run, observe=outcomes.append, threads=1)
        # Of records that are finished at the same moment, any one is observed first.
        return sorted(outcomes, key=lambda one: (one.ref.name, one.ref.pk or "", one.ref.field))

    def process(self, works: Iterable[RecordWork], run: SourceRun) -> list[Outcome]:
        """Process records, whatever is known of them; return what became of each file."""
        outcomes: list[Outcome] = []
        process_all(works, run, observe=outcomes.append, threads=1)
        return outcomes

    def receipt(self, pk: str, text: str, *, name: str = "scan.txt", **values: object) -> None:
        """Add a receipt's record with an attachment with the text."""
        self.caspio.row("Receipts", pk, **values)  # type: ignore[arg-type]
        self.caspio.attachments["Receipts", "Scan", pk] = Attachment(name, text.encode())

    def record(self, pk: str) -> dict[str, object]:
        """Return a receipt's row."""
        return dict(self.caspio.tables["Receipts"][pk])


@pytest.fixture
def world(tmp_path: Path) -> World:
    """An account with an empty table of receipts and one of contracts."""
    made = World(tmp_path)
    made.caspio.table(
        "Receipts", DocType="STRING", Total="CURRENCY", Scan="ATTACHMENT", Note="TEXT"
    )
    made.caspio.table("Contracts", Kind="STRING", Document="FILE")
    made.caspio.table("MailIndex", Path="STRING", DocType="STRING")
    return made


def named(spec: SourceSpec, rename: str) -> SourceSpec:
    """Return a source that renames."""
    return replace(spec, rename=rename)


def undo(world: World, spec: SourceSpec, run_id: str) -> list[Outcome]:
    """Undo a run."""
    source_run = world.source_run(spec)
    outcomes: list[Outcome] = []
    found = effects_by_record(world.ledger.effects.find(run_id=run_id), world.ledger)
    act_on_each(
        with_listing(found[spec.name], source_run),
        source_run,
        act=lambda undoing, fresh: undo_record(undoing, source_run, fresh=fresh),
        observe=outcomes.append,
        threads=1,
    )
    return outcomes
