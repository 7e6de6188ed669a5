"""What a store says of an object's bytes by itself, and not by what was written beside them.

A store that knows SHA-256 computes it of what arrives and keeps it. For an object that was sent in
parts, it keeps the digest of the parts' digests, with their number ("composite", the only kind that
S3 has for SHA-256:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html).
So the expected digest is noted with the object when it is sent.
"""

import base64
import hashlib
from typing import TYPE_CHECKING, BinaryIO

from pipeline.model import StoredObject

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import HeadObjectOutputTypeDef

DIGEST = "sha256"
"""The user metadata that has an object's digest."""

PARTS = "sha256-parts"
"""The user metadata that has the store's checksum of an object that traveled in parts."""

UNKNOWN_OPTION = frozenset({"NotImplemented", "501", "InvalidArgument", "InvalidRequest", "400"})
"""What stores answer to an option that they do not know; to HEAD the status alone."""


def encoded(digest: bytes) -> str:
    """Return a digest as S3 writes it."""
    return base64.b64encode(digest).decode()


def of_parts(body: BinaryIO, size: int) -> tuple[str, str]:
    """Return the digest of a file, and the checksum that a store keeps of it in parts of a size."""
    whole, parts, number = hashlib.sha256(), hashlib.sha256(), 0
    while part := body.read(size):
        whole.update(part)
        parts.update(hashlib.sha256(part).digest())
        number += 1
    return whole.hexdigest(), f"{encoded(parts.digest())}-{number}"


def described(key: str, found: "HeadObjectOutputTypeDef") -> StoredObject:
    """Return an object as the store describes it.

    Its digest is proven by the store's own checksum, or else only what was noted with it.
    """
    size_bytes, noted = found["ContentLength"], found["Metadata"].get(DIGEST)
    checksum = found.get("ChecksumSHA256")
    if not checksum:
        return StoredObject(key, size_bytes, noted, is_proven=False)
    value, dash, number = checksum.partition("-")
    if not dash:
        return StoredObject(key, size_bytes, base64.b64decode(value).hex())
    if checksum == found["Metadata"].get(PARTS):
        return StoredObject(key, size_bytes, noted)
    if PARTS not in found["Metadata"]:  # others sent it, in parts of their own
        return StoredObject(key, size_bytes, noted, is_proven=False)
    return StoredObject(key, size_bytes, f"{base64.b64decode(value).hex()} of {number} parts")
