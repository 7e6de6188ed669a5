"""Download a file into the work folder, hashed and counted on the way."""

import hashlib
from pathlib import Path

from pipeline.context import Ports
from pipeline.errors import CutShort, TryLater
from pipeline.model import FetchedFile, FileRef
from pipeline.ports import FileSource

ATTEMPTS = 3
PAUSE_S = 1.0  # after the first attempt; the next pause is twice as long


def fetch(ref: FileRef, ports: Ports, folder: Path) -> FetchedFile:
    """Download a file; what the archive has of this version already stays there until it is needed.

    A body that breaks off, or is not as long as listed, is fetched again: `ATTEMPTS` times in all.
    The client cannot do that itself, since it has handed on half of the body by then.

    Raises:
        CutShort: the length is still wrong.
        FileGone: the record no longer has such a file.
        TryLater: the connection broke every time.
    """
    known = ports.ledger.files.state(ref.version)
    if known is not None and known.sha256 is not None:
        return FetchedFile(ref, None, known.sha256, ref.size_bytes or 0)
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return download(ref, source=ports.source, target=folder / "original")
        except (CutShort, TryLater):
            if attempt == ATTEMPTS:
                raise
            ports.clock.sleep(PAUSE_S * attempt)
    raise AssertionError("the loop returns or raises")


def download(ref: FileRef, *, source: FileSource, target: Path) -> FetchedFile:
    """Download a file once, hashed and counted; raises as `fetch` does."""
    digest = hashlib.sha256()
    size_bytes = 0
    with source.open(ref) as download, target.open("wb") as file:
        for chunk in download.chunks:
            digest.update(chunk)
            size_bytes += len(chunk)
            file.write(chunk)
        declared = download.declared_bytes
    # A cut body without a declared length looks complete, so the listing's size counts, too.
    for expected, origin in ((declared, "declared"), (ref.size_bytes, "listed")):
        if expected is not None and expected != size_bytes:
            raise CutShort(
                f"fetching {ref.name!r} of {ref.location}: {size_bytes:,} bytes arrived, "
                f"{expected:,} were {origin}. If the file was replaced meanwhile, the next run "
                "takes the new one."
            )
    return FetchedFile(ref, target, digest.hexdigest(), size_bytes)
