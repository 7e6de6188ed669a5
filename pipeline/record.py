"""The five calls for one record, in order: enumerate, fetch, read, archive, write back."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

from pipeline.context import SourceRun
from pipeline.decide.fingerprint import plan_fingerprint
from pipeline.errors import FileGone
from pipeline.isolation import isolated
from pipeline.model import FileRef, Outcome, ReadDocument, RecordWork, Status
from pipeline.ports import Telemetry
from pipeline.steps.archive import (
    archive_document,
    archive_manifests,
    archive_original,
    archive_renames,
)
from pipeline.steps.enumerate import enumerate_records, list_moved_file
from pipeline.steps.fetch import fetch
from pipeline.steps.read import read_document
from pipeline.steps.write_back import (
    clear_reprocess_flag,
    keep_choices,
    plan_record,
    planned_outcomes,
    with_choices,
    write_context,
    write_record,
)


def new_records(
    run: SourceRun,
    *,
    only: Sequence[str] = (),
    on_unchanged: Callable[[FileRef], None],
    on_found: Callable[[Sequence[FileRef]], None] = lambda _: None,
) -> Iterator[RecordWork]:
    """Enumerate the records with new, changed or unfinished files, lazily: all, or `only` these."""
    return enumerate_records(
        run,
        only=only,
        on_unchanged=on_unchanged,
        on_found=on_found,
        on_renamed=lambda renames: archive_renames(renames, run),
    )


def process_record(work: RecordWork, run: SourceRun) -> list[Outcome]:
    """Process one record and return the outcome of each file, as the ledger has it.

    Raises:
        StopRun: nothing more can be done until an operator acts. Unfinished files stay unfinished.
    """
    ports, documents, outcomes = run.ports, list[ReadDocument](), list[Outcome]()
    started_s = ports.clock.monotonic()
    key = work.record.pk if work.record else work.files[0].name
    with (
        ports.telemetry.stage("record", source=work.source, record=key, run=run.run_id),
        tempfile.TemporaryDirectory(dir=ports.work_dir) as name,
    ):
        folder = Path(name)
        for number, ref in enumerate(work.files):
            # Most records have one file, which needs no folder of its own: a folder costs as much
            # as all else that is done with a small one.
            own = folder if len(work.files) == 1 else folder / str(number)
            read = partial(read_file, ref, work, run, own, documents)
            outcomes += isolated([ref], read)
        if documents:
            refs = tuple(document.file.ref for document in documents)
            write = partial(write_back, replace(work, files=refs), documents, run, folder)
            outcomes += isolated(refs, write)
        _finish(work, outcomes, run, folder)
    seconds = ports.clock.monotonic() - started_s
    return [replace(outcome, seconds=seconds) for outcome in outcomes]


def read_file(
    ref: FileRef, work: RecordWork, run: SourceRun, folder: Path, documents: list[ReadDocument]
) -> list[Outcome]:
    """Fetch, read and archive one file. If this run has moved it, process it where it is now."""
    telemetry = run.ports.telemetry
    # An operator may try a quarantined file at once. A flag may not: it is set until it is read, so
    # that every run would die.
    quarantined_too = run.reread
    # A user who sets the flag wants the files read again, even if nothing has changed.
    run = replace(run, reread=run.reread or work.reprocess_flag is not None)
    folder.mkdir(exist_ok=True)
    try:
        with telemetry.stage("fetch"):
            file = fetch(ref, run.ports, folder)
    except FileGone:
        moved = list_moved_file(ref, run)
        if not moved:
            raise
        return [outcome for record in moved for outcome in process_record(record, run)]
    if ref.version in run.suspects:
        with telemetry.stage("archive"):
            archive_original(file, run.ports)
    with telemetry.stage("read"):
        document = read_document(file, run, folder, quarantined_too=quarantined_too)
    with telemetry.stage("archive"):
        documents.append(archive_document(document, run.ports))
    return []


def write_back(
    work: RecordWork, documents: Sequence[ReadDocument], run: SourceRun, folder: Path
) -> list[Outcome]:
    """Plan one record, write it back, and archive a manifest of each document."""
    telemetry, context = run.ports.telemetry, write_context(work, run, folder)
    with telemetry.stage("plan"):
        context = with_choices(documents, context)
        plan = plan_record(work, documents, context)
    for document in documents:
        run.ports.ledger.files.planned(
            document.file.ref.version,
            fingerprint=document.findings.fingerprint,
            rules=plan_fingerprint(run.spec, run.learned),
        )
    # Before the write, so that the choice is known that a written value comes from.
    keep_choices(plan, context)
    run.on_plan(plan, documents)
    if run.plan_only:
        outcomes = planned_outcomes(documents, plan)
    else:
        with telemetry.stage("write"):
            outcomes = write_record(plan, documents, context)
    with telemetry.stage("manifest"):
        archive_manifests(documents, outcomes, run, folder)
    return outcomes


def _measure(outcome: Outcome, telemetry: Telemetry) -> None:
    source = outcome.ref.source
    telemetry.count("documents", f"{source} {outcome.status}")
    telemetry.count("pages", source, outcome.pages)
    for state, number in asdict(outcome.values).items():
        if number:
            telemetry.count("values", f"{source} {state}", number)


def _finish(work: RecordWork, outcomes: Sequence[Outcome], run: SourceRun, folder: Path) -> None:
    """Record the outcomes; clear the reprocess flag once everything asked for is in the record."""
    telemetry = run.ports.telemetry
    for outcome in outcomes:
        run.ports.ledger.files.finish(outcome, run.run_id)
        if outcome.ref in work.files:  # a moved file was counted when it was processed there
            _measure(outcome, telemetry)
    _clear_suspects(outcomes, run)

    unfinished = {Status.FAILED, Status.CONFLICT}  # the next run may bring these into the record
    if work.reprocess_flag is None:
        return
    if not any(outcome.status in unfinished or outcome.planned_only for outcome in outcomes):
        clear_reprocess_flag(work, write_context(work, run, folder))


def _clear_suspects(outcomes: Sequence[Outcome], run: SourceRun) -> None:
    """Suspect a file no longer that was read without ending the program."""
    cleared: list[str] = []
    for outcome in outcomes:
        was_read = not outcome.quarantined and outcome.status is not Status.FAILED
        if was_read and outcome.ref.version in run.suspects:
            cleared.append(outcome.ref.version)
    if cleared:
        run.ports.ledger.files.clear_suspects(cleared)
