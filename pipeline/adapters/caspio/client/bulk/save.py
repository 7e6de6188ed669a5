"""Save a download as a file: whole or not at all."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from pipeline.adapters.caspio.client.errors import IncompleteDownload
from pipeline.adapters.caspio.client.values import Download


@dataclass(frozen=True, slots=True)
class Saved:
    """What was written: its size, and its SHA-256 in lower-case hex digits."""

    size_bytes: int
    sha256: str


def save(download: Download, path: Path, *, listed_bytes: int | None = None) -> Saved:
    """Write a download to a file, which appears complete or not at all; only this user may read it.

    Args:
        download: An open download.
        path: Where the file is to be; its folder exists. A file that is there is replaced.
        listed_bytes: The size as listed, where it is known.

    Raises:
        IncompleteDownload: other bytes arrived than were declared or listed; nothing is left
            behind.
    """
    part = path.with_name(path.name + ".part")
    digest = hashlib.sha256()
    size_bytes = 0
    try:
        # What a record holds is nobody's business but this user's, whatever the umask allows.
        with open(part, "wb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            for chunk in download.chunks:
                file.write(chunk)
                digest.update(chunk)
                size_bytes += len(chunk)
            # A name that appears must have its bytes on the disk, also after a power cut.
            file.flush()
            os.fsync(file.fileno())
        # A body without a declared length looks complete when it is cut, so the listed size counts,
        # too.
        for expected in (download.declared_bytes, listed_bytes):
            if expected is not None and expected != size_bytes:
                raise IncompleteDownload(
                    f"{path.name}: {size_bytes:,} bytes arrived, {expected:,} were announced. "
                    "Try again."
                )
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return Saved(size_bytes, digest.hexdigest())
