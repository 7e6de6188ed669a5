"""Mend differences without writing to Caspio: fetch, read again, settle by looking. Everything else becomes a plan."""

import tempfile
from dataclasses import replace
from pathlib import Path

from pipeline.decide.naming import original_key
from pipeline.errors import FileGone, IngestError, StopRun
from pipeline.model import EffectKind, FetchedFile, FileRef
from pipeline.ports import FileState
from pipeline.record import SourceRun
from pipeline.source_run.recovery import settle_effects
from pipeline.steps.archive import archive_document, archive_manifest
from pipeline.steps.fetch import download
from pipeline.steps.read import process
from pipeline.verify.reconcile import ADVICE, Difference, Kind

_NEEDS_WRITING = {EffectKind.PUT_FILE, EffectKind.DELETE_FILE}


def repair(difference: Difference, job: SourceRun) -> tuple[bool, str]:
    """Mend one difference where that is safe; say whether it was, and what was done or is to be done."""
    try:
        with tempfile.TemporaryDirectory(dir=job.ports.work_dir) as name:
            done = _mend(difference, job, Path(name))
    except StopRun:
        raise
    except IngestError as error:
        return False, str(error)
    if not done:
        return False, ADVICE[difference.kind]
    job.ports.ledger.repaired(difference.kind, difference.subject, done, run_id=job.run_id)
    return True, done


def _mend(difference: Difference, job: SourceRun, folder: Path) -> str:
    """Return what was done, "" where nothing can be done here."""
    state = difference.state
    if state is None:
        return ""
    match difference.kind:
        case Kind.ORIGINAL_MISSING | Kind.ORIGINAL_DAMAGED:
            return _fetch_original(state, difference.listed, job, folder)
        case Kind.NOT_ARCHIVED:
            fetched = _fetch_original(state, difference.listed, job, folder)
            return f"{fetched}; {_read_again(state, job, folder)}"
        case Kind.DERIVED_MISSING:
            return _read_again(state, job, folder)
        case Kind.OPEN:
            return _settle(difference, job)
        case _:
            return ""


def _fetch_original(state: FileState, listed: FileRef | None, job: SourceRun, folder: Path) -> str:
    """Fetch an original from Caspio and store it where its bytes are the same.

    Raises:
        FileGone: the source has no such file, or other bytes.
    """
    if listed is None:
        raise FileGone(
            "the source does not show the file any more: restore the original from a backup"
        )
    file = download(listed, source=job.ports.source, target=folder / "original")
    if file.sha256 != state.sha256:
        raise FileGone(
            f"the file at Caspio has other bytes by now (SHA-256 {file.sha256}): restore a backup"
        )
    key = original_key(file.sha256)
    media_type = "application/octet-stream"
    job.ports.archive.put(
        key, folder / "original", sha256=file.sha256, media_type=media_type, replace=True
    )
    return "fetched again from Caspio"


def _read_again(state: FileState, job: SourceRun, folder: Path) -> str:
    """Read an archived original again and store what is derived from it, with a manifest."""
    ports = job.ports
    assert state.sha256 is not None
    assert state.outcome is not None
    work = folder / "again"
    work.mkdir()
    size_bytes = state.size_bytes if state.size_bytes is not None else (state.ref.size_bytes or 0)
    file = FetchedFile(state.ref, None, state.sha256, size_bytes)
    document = process(
        file,
        reader=ports.reader,
        ledger=ports.ledger,
        archive=ports.archive,
        folder=work,
        reread=True,
    )
    archive_document(document, archive=ports.archive, ledger=ports.ledger)
    archive_manifest(
        document,
        replace(state.outcome, ref=state.ref),
        archive=ports.archive,
        ledger=ports.ledger,
        folder=work,
        at=ports.clock.now(),
        run_id=state.run_id,
    )
    return "read again from the archived original"


def _settle(difference: Difference, job: SourceRun) -> str:
    """Settle an effect by looking, unless finishing it would write."""
    effect = difference.effect
    if effect is None or effect.kind in _NEEDS_WRITING:
        return ""
    return "settled by looking" if settle_effects(job, [effect]) else ""
