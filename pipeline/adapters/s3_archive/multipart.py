"""Uploads in parts: one part in memory at a time, and nothing left behind when one fails."""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from pipeline.adapters.s3_archive.checksums import UNKNOWN_OPTION, encoded
from pipeline.adapters.s3_archive.errors import error_code

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import (
        CompletedPartTypeDef,
        CopySourceTypeDef,
        CreateMultipartUploadOutputTypeDef,
    )

_MOST_PARTS = 10_000  # S3's limit


@dataclass(frozen=True, slots=True)
class Sizes:
    """Sizes in bytes: up to which an object travels whole, and the least size of a part above it.

    S3 takes parts from 5 MiB to 5 GiB and copies at most 5 GiB at once; parts grow where 10,000
    would not suffice.
    """

    single_put: int = 16 << 20
    part: int = 8 << 20
    single_copy: int = 5 << 30
    copy_part: int = 1 << 30


def part_size(size_bytes: int, least: int) -> int:
    """Return the size of all parts but the last."""
    return max(least, -(-size_bytes // _MOST_PARTS))


class MultipartUpload:
    """An upload under way."""

    def __init__(
        self, client: "S3Client", where: Mapping[str, str], *, has_checksums: bool
    ) -> None:
        self._client = client
        self._where: dict[str, Any] = dict(where)
        self._has_checksums = has_checksums
        self._parts: list[CompletedPartTypeDef] = []
        self.completed = False

    def send(self, part: bytes) -> None:
        """Send the next part; the store checks its SHA-256 and keeps it, or checks its MD5."""
        number = len(self._parts) + 1
        done: CompletedPartTypeDef = {"PartNumber": number}
        check: dict[str, Any] = {}
        if self._has_checksums:
            done["ChecksumSHA256"] = encoded(hashlib.sha256(part).digest())
            check["ChecksumSHA256"] = done["ChecksumSHA256"]
        else:  # not every store checks SHA-256 of parts, but each knows Content-MD5
            check["ContentMD5"] = encoded(hashlib.md5(part, usedforsecurity=False).digest())
        answer = self._client.upload_part(**self._where, PartNumber=number, Body=part, **check)
        self._parts.append({**done, "ETag": answer["ETag"]})

    def copy(self, source: "CopySourceTypeDef", first: int, last: int) -> None:
        """Let the store copy bytes `first` to `last`, both included, as the next part."""
        number = len(self._parts) + 1
        answer = self._client.upload_part_copy(
            **self._where,
            PartNumber=number,
            CopySource=source,
            CopySourceRange=f"bytes={first}-{last}",
        )
        self._parts.append({"ETag": answer["CopyPartResult"].get("ETag", ""), "PartNumber": number})

    def complete(self, condition: Mapping[str, Any]) -> None:
        """Make the object of the parts sent."""
        self._client.complete_multipart_upload(
            **self._where, MultipartUpload={"Parts": self._parts}, **condition
        )
        self.completed = True

    def abort(self) -> None:
        """Let the store forget the parts.

        One that cannot be reached now needs a lifecycle rule for them.
        """
        with suppress(ClientError, BotoCoreError):
            self._client.abort_multipart_upload(**self._where)


@contextmanager
def multipart(
    client: "S3Client",
    bucket: str,
    name: str,
    options: Mapping[str, Any],
    *,
    checksums: bool,
) -> Iterator[MultipartUpload]:
    """Open an upload, which is aborted unless it was completed when the context ends.

    With `checksums` the store is asked to keep the SHA-256 of what is sent.
    """
    request = {"Bucket": bucket, "Key": name, **options}
    begun = _begin(client, request) if checksums else client.create_multipart_upload(**request)
    where = {"Bucket": bucket, "Key": name, "UploadId": begun["UploadId"]}
    # A store that does not know the algorithm refuses it or does not repeat it.
    upload = MultipartUpload(
        client, where, has_checksums=begun.get("ChecksumAlgorithm") == "SHA256"
    )
    try:
        yield upload
    finally:
        if not upload.completed:
            upload.abort()


def _begin(client: "S3Client", request: Mapping[str, Any]) -> "CreateMultipartUploadOutputTypeDef":
    try:
        return client.create_multipart_upload(**request, ChecksumAlgorithm="SHA256")
    except ClientError as exc:
        if error_code(exc) not in UNKNOWN_OPTION:
            raise
    return client.create_multipart_upload(**request)
