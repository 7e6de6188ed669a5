"""Save a download as a file: whole or not at all."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import CutShort
from pipeline.ports import Download


@dataclass(frozen=True, slots=True)
class Saved:
    """What was written."""

    size_bytes: int
    sha256: str


def save(download: Download, path: Path, *, listed_bytes: int | None = None) -> Saved:
    """Write a download beside its place and move it there once it is complete, replacing what is there.

    Args:
        download: An open download.
        path: Where the file is to be; its folder exists.
        listed_bytes: The size a listing told, where one did.

    Raises:
        CutShort: other bytes arrived than were declared or listed; nothing is left behind.
    """
    part = path.with_name(path.name + ".part")
    digest = hashlib.sha256()
    size_bytes = 0
    try:
        with part.open("wb") as file:
            for chunk in download.chunks:
                file.write(chunk)
                digest.update(chunk)
                size_bytes += len(chunk)
            file.flush()
            os.fsync(file.fileno())
        expected = [size for size in (download.declared_bytes, listed_bytes) if size is not None]
        if any(size != size_bytes for size in expected):
            raise CutShort(
                f"{path.name}: {size_bytes:,} bytes arrived, {expected[0]:,} were announced. Try again."
            )
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return Saved(size_bytes, digest.hexdigest())
