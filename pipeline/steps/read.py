"""Read a document, or find that its content was read before."""

from dataclasses import replace
from pathlib import Path

from pipeline.archive_layout import original_key
from pipeline.context import Ports, SourceRun
from pipeline.errors import FileGone
from pipeline.model import FetchedFile, ReadDocument, ScanStatus

# How much of an archived text is loaded: as much as a reader returns.
_TEXT_CHARS = 2_000_000


def read_document(file: FetchedFile, run: SourceRun, folder: Path) -> ReadDocument:
    """Return what is in a file; content whose reading is current is not read again.

    It is read again all the same if the run asks for it, if no virus scanner was available, or if a
    column takes the text and the archive has none (the ledger keeps no text).
    """
    if not run.reread or run.reuse_readings:
        needs_text = "text" in run.spec.columns.values()
        known = known_document(file, run.ports, folder, needs_text=needs_text)
        if known is not None:
            return known
    return read_again(file, run.ports, folder)


def read_again(file: FetchedFile, ports: Ports, folder: Path) -> ReadDocument:
    """Read a file. Bytes that only the archive has come from there, never from Caspio."""
    path = file.path
    if path is None:
        path = folder / "original"
        ports.archive.get(original_key(file.sha256), path)
    work_dir = folder / "derived"
    work_dir.mkdir()
    findings = ports.reader.read(path, name=file.ref.name, work_dir=work_dir)
    return ReadDocument(replace(file, path=path), findings)


def known_document(
    file: FetchedFile, ports: Ports, folder: Path, *, needs_text: bool
) -> ReadDocument | None:
    """Return the reading that the ledger has, None if the file must be read again."""
    fingerprints = ports.ledger.files.reading_fingerprints(file.sha256)
    current = next((known for known in fingerprints if ports.reader.is_current(known)), None)
    known = None if current is None else ports.ledger.files.reading(file.sha256, current)
    if known is None or known[0].scan is ScanStatus.NOT_SCANNED:
        return None
    findings, prefix = known
    if needs_text:
        path = folder / "text.txt"
        try:
            ports.archive.get(f"{prefix}/text.txt", path)
        except FileGone:
            return None
        with path.open(encoding="utf-8", newline="", errors="replace") as lines:
            findings = replace(findings, text=lines.read(_TEXT_CHARS))
    return ReadDocument(file, findings, prefix)
