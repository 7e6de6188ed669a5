"""How bytes get into a bucket: whole or in parts, encrypted and locked, and over nothing else."""

import hashlib
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from botocore.exceptions import ClientError

from pipeline.adapters.s3_archive.checksums import DIGEST, PARTS, encoded, of_parts
from pipeline.adapters.s3_archive.connection import Bucket, given
from pipeline.adapters.s3_archive.errors import error_code, require_digest
from pipeline.adapters.s3_archive.multipart import Sizes, multipart, part_size
from pipeline.ports import Clock

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CopySourceTypeDef, HeadObjectOutputTypeDef

_LOCKED = "originals/"
# S3 answers 412 when the key exists and 409 when another conditional write is under way
# (https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html). An upload in
# parts that another one replaced is gone: NoSuchUpload.
_TAKEN = {"PreconditionFailed", "412", "ConditionalRequestConflict", "409", "NoSuchUpload"}
_EXISTS = {"PreconditionFailed", "412"}
# More is sent only after a look whether it is there: a request costs less than so many bytes.
_SENT_IN_VAIN = 4 << 20
# A store that does not know the condition says so, instead of ignoring it.
_UNKNOWN = {"NotImplemented", "501"}


class Uploads:
    """Write objects into one bucket.

    Args:
        client: boto3's.
        bucket: where the objects go.
        wishes: encryption and storage class, by S3's names, for each object.
        lock_days: how long an original can be neither changed nor removed; None locks nothing.
        lock_mode: GOVERNANCE or COMPLIANCE.
        clock: what the lock counts from.
        sizes: when objects travel in parts.
    """

    def __init__(
        self,
        client: "S3Client",
        bucket: Bucket,
        *,
        wishes: Mapping[str, str],
        lock_days: int | None,
        lock_mode: Literal["GOVERNANCE", "COMPLIANCE"],
        clock: Clock,
        sizes: Sizes,
    ) -> None:
        self._client = client
        self._bucket = bucket
        self._wishes = wishes
        self._lock_days = lock_days
        self._lock_mode = lock_mode
        self._clock = clock
        self._sizes = sizes
        self.are_conditional = True
        """Whether the store refuses to overwrite; until it says that it does not know how."""
        self.refuses: bool | None = None
        """Whether it was seen to refuse; None until it was tried. Some ignore the condition."""

    def sends_unasked(self, source: Path) -> bool:
        """Say whether a new object needs no look at its key first: the store refuses a taken one.

        What is sent in vain must be small.
        """
        return bool(self.refuses) and self.is_small(source)

    def is_small(self, source: Path) -> bool:
        """Say whether to send a file in vain costs hardly more than to ask."""
        return source.stat().st_size <= min(_SENT_IN_VAIN, self._sizes.single_put)

    def try_once(self, source: Path, send: Callable[[], str | None]) -> None:
        """Send what was just stored again, to see whether the store refuses a taken key."""
        if self.refuses is None and self.is_small(source):
            # A store that does not refuse overwrites it with the same bytes.
            self.refuses = send() is None and self.are_conditional

    def send(
        self, key: str, source: Path, *, sha256: str, media_type: str, replace: bool
    ) -> str | None:
        """Send a file whose bytes the store checks on arrival.

        Returns:
            The store's own checksum of what arrived, "" where it answers none. None when the key
            may have been taken meanwhile, or must be asked for first from now on.
        """
        # "*" matches any object: the write is refused if the key exists at all.
        condition = {"IfNoneMatch": "*"} if self.are_conditional and not replace else {}
        options = self._options(key)
        options |= given(ContentType=media_type)
        options["Metadata"] = {DIGEST: sha256}

        is_large = source.stat().st_size > self._sizes.single_put
        put = self._put_parts if is_large else self._put_whole
        try:
            return put(key, source, sha256, options, condition)
        except ClientError as exc:
            code = error_code(exc)
            if condition and code in _UNKNOWN:
                self.are_conditional = False
            elif code not in _TAKEN:
                raise
            if code in _EXISTS:
                self.refuses = True
            return None

    def copy(self, key: str, new_key: str, found: "HeadObjectOutputTypeDef") -> None:
        """Let the store copy an object, whose description is given, within the bucket."""
        source: CopySourceTypeDef = {"Bucket": self._bucket.name, "Key": self._bucket.path(key)}
        target = self._bucket.path(new_key)
        options = self._options(new_key)
        total = found["ContentLength"]
        # CopyObject takes 5 GiB at most; more goes in parts of ranges.
        if total <= self._sizes.single_copy:
            self._client.copy_object(
                Bucket=self._bucket.name, Key=target, CopySource=source, **options
            )
            return

        # A copy in parts is a new object: unlike CopyObject it takes over no metadata by itself.
        # Its parts are others, and so would their checksum be.
        metadata = {name: value for name, value in found["Metadata"].items() if name != PARTS}
        options |= {"Metadata": metadata, **given(ContentType=found.get("ContentType"))}
        size = part_size(total, self._sizes.copy_part)
        with multipart(self._client, self._bucket.name, target, options, checksums=False) as upload:
            for first in range(0, total, size):
                upload.copy(source, first, min(first + size, total) - 1)
            upload.complete({})

    def _put_whole(
        self,
        key: str,
        source: Path,
        sha256: str,
        options: Mapping[str, Any],
        condition: Mapping[str, Any],
    ) -> str:
        with source.open("rb") as body:
            require_digest(source, hashlib.file_digest(body, "sha256").hexdigest(), sha256)
            # The digest was computed over the open file: what is sent is what was hashed, even if
            # the path is replaced meanwhile.
            body.seek(0)
            # The store computes SHA-256 of what arrives and refuses other bytes (BadDigest).
            checksum = encoded(bytes.fromhex(sha256))
            place: dict[str, Any] = {"Bucket": self._bucket.name, "Key": self._bucket.path(key)}
            answer = self._client.put_object(
                **place, Body=body, ChecksumSHA256=checksum, **options, **condition
            )
            return answer.get("ChecksumSHA256", "")

    def _put_parts(
        self,
        key: str,
        source: Path,
        sha256: str,
        options: Mapping[str, Any],
        condition: Mapping[str, Any],
    ) -> str:
        size = part_size(source.stat().st_size, self._sizes.part)
        with source.open("rb") as body:
            found, checksum = of_parts(body, size)
            require_digest(source, found, sha256)
            body.seek(0)
            metadata = {**options["Metadata"], PARTS: checksum}
            options = {**options, "Metadata": metadata}
            path, digest = self._bucket.path(key), hashlib.sha256()
            with multipart(
                self._client, self._bucket.name, path, options, checksums=True
            ) as upload:
                while part := body.read(size):
                    digest.update(part)
                    upload.send(part)
                # What was sent is what was hashed, even if the file was changed in between.
                require_digest(source, digest.hexdigest(), sha256)
                upload.complete(condition)
        return ""  # the store keeps a checksum of the parts' checksums, with the object

    def _options(self, key: str) -> dict[str, Any]:
        """Return encryption, storage class and, for an original, the lock."""
        options: dict[str, Any] = dict(self._wishes)
        if self._lock_days and key.startswith(_LOCKED):
            # Each original gets its own end: a retention that is set again may be extended, never
            # shortened.
            until = self._clock.now() + timedelta(days=self._lock_days)
            options["ObjectLockMode"] = self._lock_mode
            options["ObjectLockRetainUntilDate"] = until
        return options
