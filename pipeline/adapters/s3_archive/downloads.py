"""Read an object of a bucket: its first byte, and then the rest."""

import hashlib
import os
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import HTTPClientError, IncompleteReadError

from pipeline.adapters.s3_archive.checksums import DIGEST
from pipeline.adapters.s3_archive.connection import Bucket
from pipeline.model import StoredObject

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client
    from mypy_boto3_s3.type_defs import GetObjectOutputTypeDef

# 1 MiB: large enough that reading is not slowed down by Python, small enough for any memory.
_CHUNK = 1 << 20
BROKEN = (HTTPClientError, IncompleteReadError)
"""A body that breaks off: botocore repeats requests, not bodies."""

Begun = tuple["GetObjectOutputTypeDef", bytes]
"""What a store answered, and the first byte of the body."""


def begin(client: "S3Client", bucket: Bucket, key: str) -> Begun:
    """Ask for an object, and wait for its first byte."""
    answer = client.get_object(Bucket=bucket.name, Key=bucket.path(key))
    try:
        return answer, answer["Body"].read(1)
    except BROKEN:
        answer["Body"].close()
        raise


def rest(key: str, begun: Begun, target: Path | None) -> tuple[StoredObject, str | None]:
    """Read what was begun, into a file or not; return its digest, and the one noted with it."""
    answer, first = begun
    digest = hashlib.sha256(first)
    with closing(answer["Body"]) as body, Path(target or os.devnull).open("wb") as output:
        size_bytes = output.write(first)
        for chunk in body.iter_chunks(_CHUNK):
            digest.update(chunk)
            size_bytes += output.write(chunk)
    return StoredObject(key, size_bytes, digest.hexdigest()), answer["Metadata"].get(DIGEST)
