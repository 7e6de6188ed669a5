"""Connect to a bucket of Amazon S3 or of a store that speaks its protocol."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config

from pipeline.archive_layout import checked_key
from pipeline.errors import raise_problems

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True, slots=True)
class Bucket:
    """Where objects are: a bucket's name, and the prefix that all keys have in it ("" for none)."""

    name: str
    prefix: str

    def path(self, key: str) -> str:
        """Return the object's whole key in the bucket."""
        return self.prefix + checked_key(key)

    def address(self, key: str) -> str:
        """Return the s3:// URL of an object."""
        return f"s3://{self.name}/{self.path(key)}"


def connect(endpoint_url: str | None, region: str | None, keys: Mapping[str, Any]) -> "S3Client":
    """Return a client. `keys` are boto3's names; without them the AWS chain applies."""
    config = Config(
        # A bucket that is not reached is better known at once than after botocore's 60 seconds.
        connect_timeout=5,
        read_timeout=60,
        # botocore's own retries of single requests; what spans several requests is retried here.
        retries={"mode": "standard", "total_max_attempts": 4},
        # botocore's 10 would make the threads of a machine with many cores wait for each other.
        max_pool_connections=32,
        # boto3 1.36 and later add checksums that stores other than Amazon's refuse; SHA-256 is
        # given where it is checked.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        # Such stores seldom have a host name for each bucket.
        s3={"addressing_style": "path" if endpoint_url else "auto"},
    )
    session = boto3.Session(**dict(keys), region_name=region)
    return session.client("s3", endpoint_url=endpoint_url, config=config)


def checked_place(prefix: str, endpoint_url: str | None) -> str:
    """Return the prefix with its slash, "" for the bucket's root.

    Raises:
        BadSettings: the prefix or the endpoint cannot be used.
    """
    problems = []
    place = prefix.strip("/")
    try:
        place = checked_key(place) + "/" if place else ""
    except ValueError:
        problems.append(
            f"[archive] url: {prefix!r} cannot be the beginning of keys; write "
            "s3://bucket/some/prefix."
        )
    parts = urlsplit(endpoint_url or "https://default")
    has_credentials = parts.username or parts.password
    if parts.scheme not in {"http", "https"} or not parts.hostname or has_credentials:
        problems.append(
            "[archive] endpoint_url must be http(s)://HOST[:PORT]; keys come from the environment."
        )
    raise_problems(problems)
    return place


def given(**options: str | None) -> dict[str, Any]:
    """Return the options that have a value."""
    return {name: value for name, value in options.items() if value}
