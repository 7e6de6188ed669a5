"""Uploads in parts: one part in memory at a time, and nothing left behind when one fails."""

import base64
import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef, CopySourceTypeDef

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


class Upload:
    """An upload under way."""

    def __init__(self, client: "S3Client", where: Mapping[str, str]) -> None:
        self._client = client
        self._where: dict[str, Any] = dict(where)
        self._parts: list[CompletedPartTypeDef] = []
        self.completed = False

    def send(self, part: bytes) -> None:
        """Send the next part; the store checks its MD5, which every store knows."""
        # Not SHA-256: not every store checks it for parts, but each knows Content-MD5.
        checksum = base64.b64encode(hashlib.md5(part, usedforsecurity=False).digest()).decode()
        number = len(self._parts) + 1
        answer = self._client.upload_part(
            **self._where, PartNumber=number, Body=part, ContentMD5=checksum
        )
        self._parts.append({"ETag": answer["ETag"], "PartNumber": number})

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
    client: "S3Client", bucket: str, name: str, options: Mapping[str, Any]
) -> Iterator[Upload]:
    """Open an upload, which is aborted unless it was completed when the context ends."""
    begun = client.create_multipart_upload(Bucket=bucket, Key=name, **options)
    upload = Upload(client, {"Bucket": bucket, "Key": name, "UploadId": begun["UploadId"]})
    try:
        yield upload
    finally:
        if not upload.completed:
            upload.abort()
