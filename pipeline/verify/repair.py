"""Repair differences without writing to Caspio: fetch, read again, settle by looking."""

import tempfile
from dataclasses import replace
from pathlib import Path

from pipeline.archive_layout import original_key
from pipeline.context import SourceRun
from pipeline.errors import FileGone, IngestError, StopRun
from pipeline.model import EffectKind, FetchedFile, FileRef
from pipeline.ports import FileState
from pipeline.source_run.recovery import settle_effects
from pipeline.steps.archive import archive_document, archive_manifest
from pipeline.steps.fetch import download
from pipeline.steps.read import read_again, refuse_quarantined
from pipeline.verify.differences import ADVICE, Difference, DifferenceKind

# Finishing a half-done move writes to Caspio: that is for the next run.
_NEEDS_WRITING = frozenset({EffectKind.PUT_FILE, EffectKind.DELETE_FILE})


def repair(difference: Difference, run: SourceRun) -> tuple[bool, str]:
    """Repair one difference where that is safe.

    Returns whether it was repaired, and what was done or is to be done.
    """
    try:
        with tempfile.TemporaryDirectory(dir=run.ports.work_dir) as name:
            done = _repair(difference, run, Path(name))
    except StopRun:
        raise
    except IngestError as error:
        return False, str(error)
    if not done:
        return False, ADVICE[difference.kind]
    run.ports.ledger.effects.record_repair(
        difference.kind, difference.subject, done, run_id=run.run_id
    )
    return True, done


def _repair(difference: Difference, run: SourceRun, folder: Path) -> str:
    """Return what was done, "" where nothing can be done here."""
    state, effect = difference.state, difference.effect
    if state is None:
        return ""
    match difference.kind:
        case DifferenceKind.ORIGINAL_MISSING | DifferenceKind.ORIGINAL_DAMAGED:
            return _fetch_original(state, difference.listed, run, folder)
        case DifferenceKind.NOT_ARCHIVED:
            fetched = _fetch_original(state, difference.listed, run, folder)
            return f"{fetched}; {_read_again(state, run, folder)}"
        case DifferenceKind.DERIVED_MISSING:
            return _read_again(state, run, folder)
        case DifferenceKind.OPEN if effect is not None and effect.kind not in _NEEDS_WRITING:
            return "settled by looking" if settle_effects(run, [effect]) else ""
        case _:
            return ""


def _fetch_original(state: FileState, listed: FileRef | None, run: SourceRun, folder: Path) -> str:
    """Fetch an original from Caspio, and store it if its bytes are the same.

    Raises:
        FileGone: the source has no such file, or other bytes.
    """
    if listed is None:
        raise FileGone("the source no longer shows the file: restore the original from a backup")
    original = folder / "original"
    file = download(listed, source=run.ports.source, target=original)
    # Another file is not an original of this document, whatever its name.
    if file.sha256 != state.sha256:
        raise FileGone(
            f"the file at Caspio has other bytes now (SHA-256 {file.sha256}): restore a backup"
        )
    run.ports.archive.put(
        original_key(file.sha256),
        original,
        sha256=file.sha256,
        media_type="application/octet-stream",
        replace=True,
    )
    return "fetched again from Caspio"


def _read_again(state: FileState, run: SourceRun, folder: Path) -> str:
    """Read an archived original again, and store what is derived from it with a manifest."""
    assert state.sha256 is not None
    assert state.outcome is not None
    work_dir = folder / "again"
    work_dir.mkdir()
    size_bytes = state.size_bytes if state.size_bytes is not None else (state.ref.size_bytes or 0)
    file = FetchedFile(state.ref, None, state.sha256, size_bytes)
    # Nothing else is read meanwhile, so that a suspect may be read here.
    version = state.ref.version
    run = replace(run, suspects=run.ports.ledger.files.suspects([version], run.run_id))
    refuse_quarantined(state.ref, run)
    document = read_again(file, run, work_dir)
    if run.suspects:
        run.ports.ledger.files.clear_suspects([version])
    document = archive_document(document, run.ports)
    outcome = replace(state.outcome, ref=state.ref)
    archive_manifest(document, outcome, run.ports, work_dir, run_id=state.run_id)
    return "read again from the archived original"
