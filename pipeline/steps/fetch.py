"""Bring a file's bytes into the work folder, hashed and counted on the way."""

import hashlib
from pathlib import Path

from pipeline.errors import CutShort, TryLater
from pipeline.model import FetchedFile, FileRef
from pipeline.ports import Clock, FileSource, Ledger

ATTEMPTS = 3
PAUSE_S = 1.0


def fetch(
    ref: FileRef, *, source: FileSource, ledger: Ledger, clock: Clock, folder: Path
) -> FetchedFile:
    """Download a file, unless the archive already has this version: then its bytes stay there until somebody asks.

    A body that breaks off or has another length than the listing said is fetched again, `ATTEMPTS` times in all. The
    client cannot do that itself: half of the body has been handed on by the time it breaks.

    Raises:
        CutShort: the length is still wrong.
        FileGone: the record has no such file any more.
        TryLater: the connection broke every time.
    """
    known = ledger.state(ref.version)
    if known is not None and known.sha256 is not None:
        return FetchedFile(ref, None, known.sha256, ref.size_bytes or 0)
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return download(ref, source=source, target=folder / "original")
        except (CutShort, TryLater):
            if attempt == ATTEMPTS:
                raise
            clock.sleep(PAUSE_S * attempt)
    raise AssertionError("the loop returns or raises")


def download(ref: FileRef, *, source: FileSource, target: Path) -> FetchedFile:
    """Download a file once, hashed and counted; errors as `fetch`."""
    digest = hashlib.sha256()
    size_bytes = 0
    with source.open(ref) as download, target.open("wb") as file:
        for chunk in download.chunks:
            digest.update(chunk)
            size_bytes += len(chunk)
            file.write(chunk)
        declared = download.declared_bytes
    for expected, whose in ((declared, "declared"), (ref.size_bytes, "listed")):
        if expected is not None and expected != size_bytes:
            raise CutShort(
                f"fetching {ref.name!r} of {where(ref)}: {size_bytes:,} bytes arrived, {expected:,} were {whose}. "
                "If the file was replaced meanwhile, the next run takes the new one."
            )
    return FetchedFile(ref, target, digest.hexdigest(), size_bytes)


def where(ref: FileRef) -> str:
    """Say in words where a file lies."""
    if ref.record is None:
        return f"the Files area at {ref.path}"
    return f"{ref.container} record {ref.record.pk} field {ref.field}"
