"""Read a document, or find that its content has been read before."""

from pathlib import Path

from pipeline.model import FetchedFile, ReadDocument, ScanStatus
from pipeline.naming import original_key
from pipeline.ports import Archive, Ledger, Reader


def process(
    file: FetchedFile, *, reader: Reader, ledger: Ledger, archive: Archive, folder: Path, reread: bool = False
) -> ReadDocument:
    """Return what is in a file. Content read before under the same fingerprint is not read again unless `reread`.

    Content that no virus scanner could be asked about is read again, too.

    Bytes that only the archive has are fetched from there, never from Caspio.
    """
    known = None if reread else ledger.reading(file.sha256, reader.fingerprint())
    if known is not None and known[0].scan is not ScanStatus.NOT_SCANNED:
        findings, prefix = known
        return ReadDocument(file, findings, prefix)
    path = file.path
    if path is None:
        path = folder / "original"
        archive.get(original_key(file.sha256), path)
    work_dir = folder / "derived"
    work_dir.mkdir()
    findings = reader.read(path, name=file.ref.name, work_dir=work_dir)
    return ReadDocument(FetchedFile(file.ref, path, file.sha256, file.size_bytes), findings)
