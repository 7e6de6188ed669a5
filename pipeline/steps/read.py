"""Read a document, or find that its content has been read before."""

from dataclasses import replace
from pathlib import Path

from pipeline.decide.naming import original_key
from pipeline.errors import FileGone
from pipeline.model import FetchedFile, ReadDocument, ScanStatus
from pipeline.ports import Archive, Ledger, Reader

_TEXT_CHARS = 2_000_000
"""How much of an archived text is taken: as much as a reader hands on."""


def process(
    file: FetchedFile,
    *,
    reader: Reader,
    ledger: Ledger,
    archive: Archive,
    folder: Path,
    reread: bool = False,
    needs_text: bool = False,
) -> ReadDocument:
    """Return what is in a file. Content whose reading is current is not read again unless `reread`.

    Content that no virus scanner could be asked about is read again, too; and with `needs_text` content whose text the
    archive does not have, for the ledger keeps none.

    Bytes that only the archive has are fetched from there, never from Caspio.
    """
    known = None if reread else _known(file, reader, ledger)
    if known is not None and needs_text:
        known = _with_text(known, archive, folder)
    if known is not None:
        return known
    path = file.path
    if path is None:
        path = folder / "original"
        archive.get(original_key(file.sha256), path)
    work_dir = folder / "derived"
    work_dir.mkdir()
    findings = reader.read(path, name=file.ref.name, work_dir=work_dir)
    return ReadDocument(FetchedFile(file.ref, path, file.sha256, file.size_bytes), findings)


def _known(file: FetchedFile, reader: Reader, ledger: Ledger) -> ReadDocument | None:
    fingerprints = ledger.reading_fingerprints(file.sha256)
    current = next((known for known in fingerprints if reader.is_current(known)), None)
    known = None if current is None else ledger.reading(file.sha256, current)
    if known is None or known[0].scan is ScanStatus.NOT_SCANNED:
        return None
    findings, prefix = known
    return ReadDocument(file, findings, prefix)


def _with_text(document: ReadDocument, archive: Archive, folder: Path) -> ReadDocument | None:
    """Give a document the text that the archive keeps; None where it keeps none."""
    path = folder / "text.txt"
    try:
        archive.get(f"{document.prefix}/text.txt", path)
    except FileGone:
        return None
    with path.open(encoding="utf-8", newline="", errors="replace") as file:
        text = file.read(_TEXT_CHARS)
    return replace(document, findings=replace(document.findings, text=text))
