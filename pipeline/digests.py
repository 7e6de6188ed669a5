"""Digest what a source has now, where a listing cannot distinguish two versions of a file."""

import hashlib

from pipeline.errors import FileGone
from pipeline.model import FileRef
from pipeline.ports import FileSource


def has_digest(ref: FileRef, sha256: str | None, source: FileSource) -> bool:
    """Say whether the bytes in a file's place have this SHA-256 (lower-case hex); costs a download.

    No file and a download that is cut short have not.
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
    except FileGone:
        return False
    return declared in {None, size_bytes} and digest.hexdigest() == sha256
