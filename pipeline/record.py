"""The straight line: enumerate, fetch, process, archive, write back. One record at a time, many at once."""

import errno
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import structlog

from pipeline.decide.fingerprint import plan_fingerprint
from pipeline.decide.naming import NameTemplate
from pipeline.errors import DiskFull, FileGone, IngestError, Quarantined, RejectFile, StopRun
from pipeline.model import FileRef, Outcome, Plan, ReadDocument, RecordWork, SourceSpec, Status
from pipeline.ports import (
    MOST_STARTS,
    Archive,
    Clock,
    FileSource,
    Ledger,
    Reader,
    RecordTarget,
    Telemetry,
)
from pipeline.ports.metrics import SILENT
from pipeline.source_run.leases import Leases
from pipeline.steps.archive import archive_document, archive_manifest, archive_successions
from pipeline.steps.enumerate import enumerate_work
from pipeline.steps.fetch import fetch, where
from pipeline.steps.read import process
from pipeline.steps.write_back import (
    WriteContext,
    clear_tick,
    outcome_of,
    plan_now,
    planned_outcome,
    write_back,
    write_context,
)

_log = structlog.get_logger()
_STAYS_ASKED = frozenset({Status.FAILED, Status.CONFLICT})
"""What leaves a person's tick in place: what they asked for is not in the record; the next run may bring it there."""

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS})


@dataclass(frozen=True, slots=True)
class Ports:
    """What the line stands on, connected by `flows/app/wiring.py`."""

    source: FileSource
    target: RecordTarget
    archive: Archive
    ledger: Ledger
    reader: Reader
    clock: Clock
    work_dir: Path
    telemetry: Telemetry = SILENT


@dataclass(frozen=True, slots=True)
class SourceRun:
    """One run over one source. `plan_only` stops before anything is written; `reread` reads known content again.

    With `reuse`, that only where no reading under the present fingerprint is kept. `leases` None: no other worker
    shares the ledger. `others` are the names of the other sources. `on_plan` is told every plan and its documents, from
    many threads. `go_on` is asked before anything new is begun, and raises StopRequested when nothing may be.
    """

    spec: SourceSpec
    ports: Ports
    run_id: str
    plan_only: bool = False
    reread: bool = False
    reuse: bool = False
    template: NameTemplate | None = None
    leases: Leases | None = None
    others: frozenset[str] = frozenset()
    moves: threading.Lock = field(default_factory=threading.Lock)
    on_plan: Callable[[Plan, Sequence[ReadDocument]], None] = field(
        default=lambda _plan, _documents: None
    )
    go_on: Callable[[], None] = field(default=lambda: None)

    def owns(self, ref: FileRef) -> bool:
        """Say whether a file the ledger knows is this source's, or of one that no settings name any more.

        A source that got another name takes over what was left open in its container.
        """
        name = self.spec.name
        return ref.source == name or (
            ref.source not in self.others and ref.container == self.spec.container
        )

    def give_back(self, works: Sequence[RecordWork]) -> None:
        """Let other workers have these records."""
        if self.leases is None:
            return
        for work in works:
            self.leases.give_back(work)


def new_work(
    job: SourceRun,
    *,
    only: Sequence[str] = (),
    unchanged: Callable[[FileRef], None],
    found: Callable[[Sequence[FileRef]], None] = lambda _: None,
) -> Iterator[RecordWork]:
    """Enumerate everything, or `only` the named records, as far as it is new, changed or unfinished, lazily."""
    ports = job.ports
    return enumerate_work(
        job.spec,
        source=ports.source,
        ledger=ports.ledger,
        run_id=job.run_id,
        fingerprint=ports.reader.fingerprint(),
        only=only,
        unchanged=unchanged,
        found=found,
        recognised=lambda versions: archive_successions(
            versions, job.spec.name, archive=ports.archive, folder=ports.work_dir, run_id=job.run_id
        ),
        telemetry=ports.telemetry,
    )


def work_record(work: RecordWork, job: SourceRun) -> list[Outcome]:
    """Take one record down the line and return what became of each of its files, as the ledger has it.

    Raises:
        StopRun: nothing more can be done until a person acts; files not finished stay unfinished.
    """
    began = job.ports.clock.monotonic()
    telemetry = job.ports.telemetry
    holder = work.record.pk if work.record else work.files[0].name
    with (
        telemetry.stage("record", source=work.source, record=holder, run=job.run_id),
        tempfile.TemporaryDirectory(dir=job.ports.work_dir) as name,
    ):
        folder = Path(name)
        asked = replace(job, reread=job.reread or work.ticked is not None)
        documents: list[ReadDocument] = []
        outcomes: list[Outcome] = []
        try:
            for number, ref in enumerate(work.files):
                outcomes += guarded(
                    [ref], partial(_take_in, ref, asked, folder / str(number), documents)
                )
            if documents:
                files = tuple(document.file.ref for document in documents)
                outcomes += guarded(
                    files, partial(_give_back, replace(work, files=files), documents, job, folder)
                )
        except StopRun:
            job.ports.ledger.put_off([ref.version for ref in work.files])
            raise
        for outcome in outcomes:
            job.ports.ledger.finish(outcome, job.run_id)
            if outcome.ref in work.files:  # what a file has moved to was counted there
                telemetry.count("documents", f"{outcome.ref.source} {outcome.status}")
                telemetry.count("pages", outcome.ref.source, outcome.pages)
        if not any(outcome.status in _STAYS_ASKED or outcome.planned_only for outcome in outcomes):
            _clear_tick(work, job, folder)
    seconds = job.ports.clock.monotonic() - began
    return [replace(outcome, seconds=seconds) for outcome in outcomes]


def _clear_tick(work: RecordWork, job: SourceRun, folder: Path) -> None:
    """Tell the person who asked for a record to be read again that it is done."""
    if work.ticked is not None:
        ports, moves = job.ports, job.moves
        clear_tick(
            work,
            write_context(
                work, job.spec, ports=ports, run_id=job.run_id, folder=folder, moves=moves
            ),
        )


def guarded(refs: Sequence[FileRef], act: Callable[[], list[Outcome]]) -> list[Outcome]:
    """Turn whatever goes wrong with these files into outcomes: no file can stop the run."""
    try:
        return _unless_full(act)
    except StopRun:
        raise
    except RejectFile as error:
        quarantined = isinstance(error, Quarantined)
        return [Outcome(ref, Status.REJECTED, str(error), quarantined=quarantined) for ref in refs]
    except IngestError as error:
        return [Outcome(ref, Status.FAILED, f"{error} The next run tries again.") for ref in refs]
    except Exception as error:  # noqa: BLE001 - the one place round a file: a bug in it must not stop the others
        _log.exception("file failed", files=[f"{where(ref)} ({ref.name})" for ref in refs])
        return [
            Outcome(ref, Status.FAILED, f"an error in caspio-ingest itself: {error!r}")
            for ref in refs
        ]


def _unless_full(act: Callable[[], list[Outcome]]) -> list[Outcome]:
    """Stop the run where this machine's disk is full: no file is to blame, and none would get through."""
    try:
        return act()
    except OSError as error:
        if error.errno not in _FULL:
            raise
        raise DiskFull(
            f"The work folder cannot be written: {error}. Free space there, or set TMPDIR to a larger disk, and run "
            "again: it goes on where it stopped."
        ) from error


def _take_in(
    ref: FileRef, job: SourceRun, folder: Path, documents: list[ReadDocument]
) -> list[Outcome]:
    """Fetch, process and archive one file. A file that our own rename moved is taken up at its new place."""
    ports = job.ports
    folder.mkdir()
    _begin(ref, job)
    try:
        with ports.telemetry.stage("fetch"):
            file = fetch(
                ref, source=ports.source, ledger=ports.ledger, clock=ports.clock, folder=folder
            )
    except FileGone:
        moved = _moved(ref, job)
        if not moved:
            raise
        return [outcome for work in moved for outcome in work_record(work, job)]
    with ports.telemetry.stage("read"):
        document = process(
            file,
            reader=ports.reader,
            ledger=ports.ledger,
            archive=ports.archive,
            folder=folder,
            reread=job.reread and not job.reuse,
            needs_text="text" in job.spec.columns.values(),
        )
    with ports.telemetry.stage("archive"):
        archive_document(document, archive=ports.archive, ledger=ports.ledger)
    documents.append(document)
    return []


def _begin(ref: FileRef, job: SourceRun) -> None:
    """Record that work on a file begins. What a person asks for by `reprocess` is begun however often that failed.

    Raises:
        Quarantined: it was begun MOST_STARTS times and never came to an outcome, not even a failure.
    """
    before = job.ports.ledger.started(ref.version, fingerprint=job.ports.reader.fingerprint())
    if before >= MOST_STARTS and not job.reread:
        raise Quarantined(
            f"quarantined: work on {ref.name!r} of {where(ref)} was started {before} times and never finished, because "
            "the program was killed or crashed each time. It is taken up again when the program or its processing "
            "settings change, or by `reprocess --record`."
        )


def _moved(ref: FileRef, job: SourceRun) -> list[RecordWork]:
    """List a record again whose Files-area file another record's rename moved in this run."""
    ledger = job.ports.ledger
    path = ledger.moved_to(ref.path) if ref.path is not None else None
    if path is None:
        return []
    listed = list(job.ports.source.records(job.spec, [ref.record.pk if ref.record else path]))
    listed = [
        replace(work, files=tuple(new for new in work.files if new.path == path)) for work in listed
    ]
    ledger.seen([new for work in listed for new in work.files], job.run_id)
    return [work for work in listed if work.files]


def _give_back(
    work: RecordWork, documents: list[ReadDocument], job: SourceRun, folder: Path
) -> list[Outcome]:
    """Plan one record, write it back, and keep a manifest of each document."""
    context = write_context(
        work, job.spec, ports=job.ports, run_id=job.run_id, folder=folder, moves=job.moves
    )
    telemetry = job.ports.telemetry
    with telemetry.stage("plan"):
        plan = plan_now(work, documents, context, template=job.template)
    for document in documents:
        job.ports.ledger.planned(
            document.file.ref.version,
            fingerprint=document.findings.fingerprint,
            rules=plan_fingerprint(job.spec),
        )
    job.on_plan(plan, documents)
    if job.plan_only:
        outcomes = [planned_outcome(document, plan) for document in documents]
    else:
        with telemetry.stage("write"):
            outcomes = _write(plan, work, documents, context, job)
    with telemetry.stage("manifest"):
        keep_manifests(documents, outcomes, job, folder)
    return outcomes


def keep_manifests(
    documents: Sequence[ReadDocument], outcomes: Sequence[Outcome], job: SourceRun, folder: Path
) -> None:
    """Write a manifest for each document that was not merely planned."""
    for document, outcome in zip(documents, outcomes, strict=True):
        if outcome.planned_only:
            continue
        archive_manifest(
            document,
            outcome,
            archive=job.ports.archive,
            ledger=job.ports.ledger,
            folder=folder,
            at=job.ports.clock.now(),
            run_id=job.run_id,
        )


def _write(
    plan: Plan,
    work: RecordWork,
    documents: list[ReadDocument],
    context: WriteContext,
    job: SourceRun,
) -> list[Outcome]:
    written = write_back(
        plan,
        documents,
        context,
        replan=lambda now: plan_now(
            replace(work, values=now), documents, context, template=job.template
        ),
    )
    return [outcome_of(document, plan, written) for document in documents]
