"""Digest what a source has now, where a listing cannot distinguish two versions of a file."""

import hashlib

from pipeline.errors import RefusedByCaspio, RejectFile, TryLater
from pipeline.model import FileRef
from pipeline.ports import FileSource, FileState


def has_digest(ref: FileRef, sha256: str | None, source: FileSource) -> bool:
    """Say whether the bytes in a file's place have this SHA-256 (lower-case hex); costs a download.

    A file that is gone, refused or cut short has not.

    Raises:
        TryLater: Caspio does not answer.
    """
    if sha256 is None:
        return False
    digest, size_bytes = hashlib.sha256(), 0
    try:
        with source.open(ref) as download:
            for chunk in download.chunks:
                digest.update(chunk)
                size_bytes += len(chunk)
            declared = download.declared_bytes
    except (RejectFile, RefusedByCaspio):
        return False
    return declared in {None, size_bytes} and digest.hexdigest() == sha256


def is_same_file(ref: FileRef, state: FileState, source: FileSource) -> bool:
    """Say whether a listed file has the bytes of a known version; in doubt it has not.

    A listing asks this about many files, and no file can stop it: one that cannot be read now is
    processed like a new one, and fails alone.
    """
    try:
        return has_digest(ref, state.sha256, source)
    except TryLater:
        return False
