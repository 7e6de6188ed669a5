"""The archive in a bucket of Amazon S3 or of a store that speaks its protocol."""

import hashlib
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from botocore.exceptions import ClientError

from pipeline.adapters.caspio.client.retry import Failures, Repeatable, RetryPolicy
from pipeline.adapters.s3_archive.checksums import UNKNOWN_OPTION, described, encoded
from pipeline.adapters.s3_archive.connection import Bucket, checked_place, connect, given
from pipeline.adapters.s3_archive.downloads import BROKEN, begin, rest
from pipeline.adapters.s3_archive.errors import (
    bucket_missing,
    error_code,
    gone,
    translated,
    unavailable,
)
from pipeline.adapters.s3_archive.multipart import Sizes
from pipeline.adapters.s3_archive.uploads import Uploads
from pipeline.adapters.system_clock import SystemClock
from pipeline.archive_layout import checked_prefix
from pipeline.errors import ArchiveConflict, ArchiveUnavailable, FileGone
from pipeline.model import StoredObject
from pipeline.ports import Clock
from pipeline.ports.archive import require_same

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import HeadObjectOutputTypeDef

_PROBE = b"probe"
_STRICT = "it refuses to overwrite, whoever writes at the same instant"
_LOOSE = (
    "it does NOT refuse to overwrite at one instant; originals are safe, since their keys are "
    "their digests"
)

PUT = RetryPolicy(on=(Repeatable,), attempts=4, first_pause_s=0.4, max_pause_s=2.0)
"""A key that others write and remove at the same moment is tried four times."""

DOWNLOAD = RetryPolicy(on=BROKEN, attempts=4, first_pause_s=0.4, max_pause_s=2.0)
"""A body that breaks off is read again from its start, however long it was flowing."""

ANSWER = RetryPolicy(on=BROKEN, attempts=4, total_s=200.0, first_pause_s=0.4, max_pause_s=2.0)
"""A store that sends no first byte has taken botocore's four times 60 seconds: once is enough."""


class S3Archive:
    """Keep objects below a prefix of a bucket, each with its SHA-256 as user metadata.

    Put-if-absent is the store's own (`If-None-Match: *`, which Amazon has since August 2024). A
    store that answers NotImplemented to it is asked first whether the key is taken and then written
    plainly: two writers at the same instant could then both win, as they can where a store (Swift)
    ignores the condition. That loses nothing for originals, whose keys are their digests. An object
    that others put there has no digest until it is read.

    Some stores accept object lock and do nothing; `check` asks whether the bucket has it.

    Args:
        bucket: its name; it is never created here.
        prefix: where in the bucket keys begin, "" for its root.
        endpoint_url: of a store other than Amazon's; it holds no password.
        region: of the bucket, where the AWS configuration does not name it.
        sse: encryption asked for each object; None leaves it to the bucket's default.
        sse_kms_key_id: key for `aws:kms`; None takes the account's.
        object_lock_days: how long an original (a key under `originals/`) can be neither changed nor
            removed.
        object_lock_mode: GOVERNANCE or COMPLIANCE.
        storage_class: such as STANDARD_IA; it must be one that is read at once.
        access_key_id: None leaves both keys to the AWS chain: environment, profile, role.
        secret_access_key: as above.
        session_token: belongs to temporary keys.
        clock: what object lock counts from.
        sizes: when objects travel in parts.

    Raises:
        BadSettings: the prefix or the endpoint cannot be used.
        ArchiveUnavailable: the AWS configuration cannot be read.
    """

    def __init__(
        self,
        bucket: str,
        *,
        prefix: str = "",
        endpoint_url: str | None = None,
        region: str | None = None,
        sse: Literal["AES256", "aws:kms"] | None = None,
        sse_kms_key_id: str | None = None,
        object_lock_days: int | None = None,
        object_lock_mode: Literal["GOVERNANCE", "COMPLIANCE"] = "GOVERNANCE",
        storage_class: str | None = None,
        access_key_id: str | None = None,
        secret_access_key: str | None = None,
        session_token: str | None = None,
        clock: Clock | None = None,
        sizes: Sizes | None = None,
    ) -> None:
        self._bucket = Bucket(bucket, checked_place(prefix, endpoint_url))
        self._clock = clock or SystemClock()
        self._lock_days = object_lock_days
        self._bucket_exists = False
        self._gives_checksums = True
        with translated(bucket, f"s3://{bucket}", "open"):
            keys = given(
                aws_access_key_id=access_key_id,
                aws_secret_access_key=secret_access_key,
                aws_session_token=session_token,
            )
            self._client = connect(endpoint_url, region, keys)
        self._uploads = Uploads(
            self._client,
            self._bucket,
            wishes=given(
                ServerSideEncryption=sse, SSEKMSKeyId=sse_kms_key_id, StorageClass=storage_class
            ),
            lock_days=object_lock_days,
            lock_mode=object_lock_mode,
            clock=self._clock,
            sizes=sizes or Sizes(),
        )

    def __repr__(self) -> str:
        return f"S3Archive(s3://{self._bucket.name}/{self._bucket.prefix})"

    def put(
        self,
        key: str,
        source: Path,
        *,
        sha256: str,
        media_type: str,
        replace: bool = False,
        unchanging: bool = False,  # noqa: ARG002 - a bucket has its own copy
    ) -> StoredObject:
        """Store a file whose bytes the store has checked on arrival.

        The same digest already there is success.

        Raises:
            ArchiveConflict: the key holds other bytes, or the file's bytes have not the digest
                given.
            ArchiveUnavailable: the store cannot be reached, refuses, or lacks what the settings ask
                for.
        """
        send = partial(
            self._uploads.send, key, source, sha256=sha256, media_type=media_type, replace=replace
        )

        def attempt() -> StoredObject:
            is_unasked = replace or self._uploads.sends_unasked(source)
            checksum = send() if is_unasked else None
            if checksum is None and not replace:
                found = self._head(key)
                if found is not None:
                    existing = described(key, found)
                    # A digest that was only noted, or none, proves nothing: the bytes are read.
                    return require_same(existing if existing.is_proven else self._read(key), sha256)
                checksum = send()
            if checksum is None:
                raise Repeatable("the key was taken meanwhile")
            if not replace:
                self._uploads.try_once(source, send)
            if checksum == encoded(bytes.fromhex(sha256)):
                return StoredObject(key, source.stat().st_size, sha256)
            return self._confirmed(key, source.stat().st_size, sha256)

        def give_up(_: Failures) -> Exception:
            return unavailable(
                self._bucket.name,
                self.address(key),
                "store",
                "others keep writing and removing it",
                "Let only one program write to the bucket {bucket} under this prefix, then run "
                "again.",
            )

        with self._translated(key, "store"):
            return PUT.run(attempt, clock=self._clock, give_up=give_up)

    def get(self, key: str, target: Path) -> StoredObject:
        """Write an object to a file, which appears complete or not at all.

        FileGone when there is none.

        Raises:
            ArchiveConflict: the bytes have not the digest stored with them.
        """
        # Beside its place and not in it: a reader sees the whole file or none.
        part = target.with_name(f".{target.name}.{secrets.token_hex(8)}")
        try:
            with self._translated(key, "read"):
                stored = DOWNLOAD.run(lambda: self._read(key, part), clock=self._clock)
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
        return stored

    def head(self, key: str) -> StoredObject | None:
        """Return an object's size and digest, None when there is none.

        The digest is proven where the store has a checksum of its own; else it is what was noted.
        """
        with self._translated(key, "look up"):
            found = self._head(key)
        return None if found is None else described(key, found)

    def hash_bytes(self, key: str) -> StoredObject | None:
        """Return the size and the digest of the bytes as they are read now, None without any."""

        def read() -> StoredObject:
            stored, _ = self._fetch(key, None)
            return stored

        try:
            with self._translated(key, "read"):
                return DOWNLOAD.run(read, clock=self._clock)
        except FileGone:
            self._require_bucket(key)
            return None

    def copy(self, key: str, new_key: str) -> StoredObject:
        """Copy within the store, replacing what is there; FileGone without an original.

        Bytes do not pass through this machine, also above the 5 GiB that S3 copies at once: those
        go in parts.
        """
        with self._translated(key, "copy"):
            found = self._head(key)
            if found is None:
                raise gone(self.address(key))
            if new_key != key:
                self._uploads.copy(key, new_key, found)
        with self._translated(new_key, "copy to"):
            copied = self._head(new_key)
        # The copy was made without a condition: another writer may have replaced it at once.
        if copied is None or copied["ContentLength"] != found["ContentLength"]:
            raise ArchiveConflict(
                f"{self.address(new_key)} is not the copy just made: others write there. Run again."
            )
        return described(new_key, copied)

    def list(self, prefix: str) -> Iterator[StoredObject]:
        """Yield the objects under a prefix in key order, lazily, without their digests."""
        # The digests are in each object's metadata, which a listing leaves out: to have them would
        # cost one HEAD for each object.
        place = self._bucket.prefix + checked_prefix(prefix)
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket.name, Prefix=place
        )
        with translated(self._bucket.name, f"s3://{self._bucket.name}/{place}", "list"):
            for page in pages:
                for entry in page.get("Contents", ()):
                    if not entry["Key"].endswith("/"):  # the folders that consoles draw
                        yield StoredObject(
                            entry["Key"].removeprefix(self._bucket.prefix), entry["Size"], None
                        )

    def delete_all(self) -> int:
        """Delete every object below the prefix; return how many there were.

        Only for an account that is deleted: no run deletes anything. Versions that the bucket keeps
        stay there.

        Raises:
            ArchiveUnavailable: the store refuses one, such as an object that is locked.
        """
        number = 0
        for stored in self.list(""):
            with self._translated(stored.key, "delete"):
                # One by one: to delete many in one call needs a checksum that some stores refuse.
                self._client.delete_object(
                    Bucket=self._bucket.name, Key=self._bucket.prefix + stored.key
                )
            number += 1
        return number

    def address(self, key: str) -> str:
        """Return the s3:// URL of an object."""
        return self._bucket.address(key)

    def check(self) -> str:
        """Write, read and remove a probe object as originals are.

        Say whether the store refuses to overwrite it.

        Raises:
            ArchiveUnavailable: with what to do.
        """
        key = f"probe-{secrets.token_hex(8)}"
        with tempfile.TemporaryDirectory() as folder, self._translated(key, "check"):
            # Some stores accept the lock's headers and do nothing; only a bucket that was made with
            # object lock has this configuration.
            if self._lock_days:
                self._client.get_object_lock_configuration(Bucket=self._bucket.name)
            try:
                return self._probe(key, Path(folder))
            except (ArchiveConflict, FileGone) as exc:
                raise ArchiveUnavailable(
                    f"{exc} Use another store: this one does not keep what it is given."
                ) from exc

    def close(self) -> None:
        """Close every connection."""
        self._client.close()

    def _probe(self, key: str, folder: Path) -> str:
        source, sha256 = folder / "probe", hashlib.sha256(_PROBE).hexdigest()
        source.write_bytes(_PROBE)
        self.put(key, source, sha256=sha256, media_type="text/plain")
        try:
            self.get(key, folder / "back")
            sent = self._uploads.send(
                key, source, sha256=sha256, media_type="text/plain", replace=False
            )
            return _LOOSE if sent is not None or not self._uploads.are_conditional else _STRICT
        finally:
            self._client.delete_object(Bucket=self._bucket.name, Key=self._bucket.path(key))

    def _translated(self, key: str, doing: str) -> AbstractContextManager[None]:
        return translated(self._bucket.name, self.address(key), doing)

    def _head(self, key: str) -> "HeadObjectOutputTypeDef | None":
        try:
            return self._describe(key)
        except ClientError as exc:
            if error_code(exc) not in {"404", "NoSuchKey"}:
                raise
        self._require_bucket(key)
        return None

    def _describe(self, key: str) -> "HeadObjectOutputTypeDef":
        bucket, name = self._bucket.name, self._bucket.path(key)
        if self._gives_checksums:
            try:
                return self._client.head_object(Bucket=bucket, Key=name, ChecksumMode="ENABLED")
            except ClientError as exc:
                if error_code(exc) not in UNKNOWN_OPTION:
                    raise
        found = self._client.head_object(Bucket=bucket, Key=name)
        # Where it works without the option, the store does not know it.
        self._gives_checksums = False
        return found

    def _require_bucket(self, key: str) -> None:
        """Distinguish a missing object from a missing bucket: S3 answers HEAD with 404 for both."""
        # Asked once: a bucket that is removed while a run works fails the next write in any case.
        if self._bucket_exists:
            return
        try:
            self._client.head_bucket(Bucket=self._bucket.name)
        except ClientError as exc:
            if error_code(exc) in {"404", "NoSuchBucket"}:
                raise bucket_missing(self._bucket.name, self.address(key), "look up") from exc
            raise
        self._bucket_exists = True

    def _confirmed(self, key: str, size_bytes: int, sha256: str) -> StoredObject:
        """Ask the store what it has; one that does not give metadata back is read."""
        found = self._head(key)
        wanted = StoredObject(key, size_bytes, sha256)
        if found is not None and described(key, found) == wanted:
            return wanted
        return require_same(self._read(key), sha256)

    def _read(self, key: str, target: Path | None = None) -> StoredObject:
        """Read an object, into a file or not, and compare it with the digest stored with it."""
        stored, noted = self._fetch(key, target)
        if noted not in {None, stored.sha256}:
            raise ArchiveConflict(
                f"{self.address(key)} has SHA-256 {stored.sha256}, not {noted} with which it was "
                "stored: it is damaged or was changed. Restore an earlier version of it, or fetch "
                "the file again."
            )
        return stored

    def _fetch(self, key: str, target: Path | None) -> tuple[StoredObject, str | None]:
        # Translated here: a store that is silent is not asked as often as a body that breaks off.
        with self._translated(key, "read"):
            begun = ANSWER.run(lambda: begin(self._client, self._bucket, key), clock=self._clock)
        return rest(key, begun, target)
