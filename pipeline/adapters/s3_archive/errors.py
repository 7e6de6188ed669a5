"""What an S3 store refuses with, and what a user can do about it.

The codes are those of https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html and what
other stores answer.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from botocore import exceptions as boto
from botocore.exceptions import BotoCoreError, ClientError

from pipeline.errors import ArchiveConflict, ArchiveUnavailable, FileGone, IngestError

_CREDENTIALS = (
    "Correct CASPIO_INGEST_ARCHIVE__ACCESS_KEY_ID and CASPIO_INGEST_ARCHIVE__SECRET_ACCESS_KEY for "
    "the bucket {bucket}; where they are not set, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or "
    "the block, profile or role that is used."
)
_RIGHTS = (
    "Check the credentials, and grant them s3:ListBucket on the bucket {bucket} and "
    "s3:GetObject, s3:PutObject, s3:DeleteObject and s3:AbortMultipartUpload on its "
    "objects, with the KMS key where one is used."
)
_REGION = "Set [archive] region to the region of the bucket {bucket}, or correct endpoint_url."
_REACH = (
    "Check the network and [archive] endpoint_url and region, then run again: the bucket "
    "{bucket} is not reached."
)
_WORDING = (
    "Check the bucket's name in [archive] url, its region and any session token; the "
    "bucket asked for is {bucket}."
)
_BUSY = (
    "The store of the bucket {bucket} is overloaded; nothing is lost, run again later or "
    "with fewer workers."
)
_BUCKET = "Create the bucket {bucket}, or correct [archive] url."
_KMS = (
    "Correct [archive] sse_kms_key_id, enable the key and let these credentials use it "
    "for the bucket {bucket}."
)
_FULL = "Free space or raise the quota of the bucket {bucket}."
_UNSUPPORTED = (
    "The store of the bucket {bucket} lacks something [archive] asks for; remove sse, "
    "sse_kms_key_id, storage_class or object_lock_days, or use a store that has them."
)
_LOCK = (
    "The bucket {bucket} was made without object lock; make one with it, or remove "
    "[archive] object_lock_days."
)
_COLD = (
    "Restore the object in the bucket {bucket}, and choose a [archive] storage_class that"
    " can be read at once."
)
_CLOCK = "Set this machine's clock: the bucket {bucket} refuses requests signed at another time."
_OTHERWISE = (
    "Check the bucket {bucket} and the settings in [archive], then run `caspio-ingest doctor`."
)

# Codes as S3 spells them. "403", "404", "500" and so on are what an answer without a body has, as
# that to HEAD.
_BY_CODE = {
    "NoSuchBucket": _BUCKET,
    "InvalidBucketName": _BUCKET,
    "AccessDenied": _RIGHTS,
    "AllAccessDisabled": _RIGHTS,
    "AccountProblem": _RIGHTS,
    "403": _RIGHTS,
    "InvalidAccessKeyId": _CREDENTIALS,
    "SignatureDoesNotMatch": _CREDENTIALS,
    "ExpiredToken": _CREDENTIALS,
    "InvalidToken": _CREDENTIALS,
    "TokenRefreshRequired": _CREDENTIALS,
    # Signatures are valid for 15 minutes around the time they were made.
    "RequestTimeTooSkewed": _CLOCK,
    "PermanentRedirect": _REGION,
    "AuthorizationHeaderMalformed": _REGION,
    "IllegalLocationConstraintException": _REGION,
    "301": _REGION,
    "400": _WORDING,
    "SlowDown": _BUSY,
    "Throttling": _BUSY,
    "RequestTimeout": _BUSY,
    "InternalError": _BUSY,
    "ServiceUnavailable": _BUSY,
    "500": _BUSY,
    "503": _BUSY,
    "NotImplemented": _UNSUPPORTED,
    "InvalidStorageClass": _UNSUPPORTED,
    "501": _UNSUPPORTED,
    "KMS.NotFoundException": _KMS,
    "KMS.DisabledException": _KMS,
    "KMS.KMSInvalidStateException": _KMS,
    "ObjectLockConfigurationNotFoundError": _LOCK,
    "InvalidRequest": _LOCK,
    "InvalidObjectState": _COLD,
    # MinIO and Swift report a full store with codes of their own.
    "QuotaExceeded": _FULL,
    "XMinioStorageFull": _FULL,
    "507": _FULL,
}

# The order matters: the first class that matches gives the advice, and some inherit others.
_BY_CLASS: tuple[tuple[type[BotoCoreError], str], ...] = (
    (boto.NoCredentialsError, _CREDENTIALS),
    (boto.PartialCredentialsError, _CREDENTIALS),
    (boto.CredentialRetrievalError, _CREDENTIALS),
    (boto.TokenRetrievalError, _CREDENTIALS),
    (boto.ProfileNotFound, _CREDENTIALS),
    (boto.ConnectionError, _REACH),
    (boto.HTTPClientError, _REACH),
    (boto.IncompleteReadError, _REACH),
    (boto.NoRegionError, _REGION),
    (boto.ParamValidationError, _BUCKET),
)

_GONE = {"NoSuchKey", "404"}
# The bytes that arrived have another digest than the request said.
_CHANGED = {
    "BadDigest",
    "InvalidDigest",
    "XAmzContentSHA256Mismatch",
    "XAmzContentChecksumMismatch",
}


def error_code(exc: ClientError) -> str:
    """Return S3's error code; an answer without a body, as to HEAD, has its HTTP status there."""
    return str(exc.response.get("Error", {}).get("Code", ""))


@contextmanager
def translated(bucket: str, address: str, doing: str) -> Iterator[None]:
    """Raise an error with a way out for what a store refuses.

    It is FileGone, ArchiveConflict or ArchiveUnavailable.
    """
    try:
        yield
    except ClientError as exc:
        raise _from_answer(exc, bucket, address, doing) from exc
    except BotoCoreError as exc:
        way_out = next((advice for kind, advice in _BY_CLASS if isinstance(exc, kind)), _OTHERWISE)
        raise unavailable(bucket, address, doing, str(exc), way_out) from exc


def unavailable(
    bucket: str, address: str, doing: str, said: str, way_out: str
) -> ArchiveUnavailable:
    """Make the error that stops a run."""
    return ArchiveUnavailable(
        f"The archive cannot {doing} {address}: {said}. {way_out.format(bucket=bucket)}"
    )


def bucket_missing(bucket: str, address: str, doing: str) -> ArchiveUnavailable:
    """Make the error for a bucket that is not there."""
    return unavailable(bucket, address, doing, "there is no such bucket", _BUCKET)


def gone(address: str) -> FileGone:
    """Make the error for an object that is not there."""
    return FileGone(f"The archive has no {address}. Run `caspio-ingest verify --repair`.")


def _from_answer(exc: ClientError, bucket: str, address: str, doing: str) -> IngestError:
    code = error_code(exc)
    if code in _GONE:
        return gone(address)
    if code in _CHANGED:
        return ArchiveConflict(
            f"The bytes for {address} changed on their way ({code}). Fetch the file again."
        )
    said = exc.response.get("Error", {}).get("Message", "").strip().rstrip(".")
    return unavailable(
        bucket, address, doing, f"{said} ({code})" if said else code, _BY_CODE.get(code, _OTHERWISE)
    )


def require_digest(source: Path, found: str, sha256: str) -> None:
    """Refuse a file whose bytes do not have the digest given.

    Raises:
        ArchiveConflict: they do not.
    """
    if found != sha256:
        raise ArchiveConflict(
            f"{source} has SHA-256 {found}, not {sha256}, so it is not stored: it changed after it "
            "was read. Fetch it again."
        )
