"""Prefect blocks in place of parts of the settings file: the Caspio account and the archive.

`caspio-ingest blocks` and `serve` register their types. The settings file names a block:
`[caspio] block = "main"`.
"""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import httpx
from prefect.blocks.core import Block
from prefect.client.orchestration import get_client
from prefect.exceptions import ObjectNotFound, PrefectHTTPStatusError
from prefect.settings import PREFECT_API_URL
from pydantic import Field, SecretStr

from pipeline.errors import BadSettings


class CaspioAccount(Block):
    """A Caspio account and the Web Services profile that caspio-ingest uses."""

    _block_type_name: ClassVar[str] = "Caspio Account"
    _block_type_slug: ClassVar[str] = "caspio-account"
    _description: ClassVar[str] = (
        "A Caspio account for caspio-ingest. Name it in the settings: [caspio] block."
    )

    url: str = Field(description="The account's address, such as https://abc12345.caspio.com")
    client_id: SecretStr = Field(description="Client id of a Web Services profile")
    client_secret: SecretStr = Field(description="Client secret of the profile")
    webhook_secret: SecretStr | None = Field(
        default=None, description="The secret that `webhooks sync` printed"
    )
    rate: str | None = Field(
        default=None, description='Most calls per number of seconds, such as "2000/300s"'
    )
    monthly_calls: int | None = Field(
        default=None, gt=0, description="Calls that may be used in a calendar month"
    )


class CaspioArchive(Block):
    """The bucket that caspio-ingest archives documents in."""

    _block_type_name: ClassVar[str] = "Caspio Archive"
    _block_type_slug: ClassVar[str] = "caspio-archive"
    _description: ClassVar[str] = (
        "The archive of caspio-ingest. Name it in the settings: [archive] block."
    )

    url: str = Field(description="s3://bucket/prefix")
    endpoint_url: str | None = Field(
        default=None, description="Address of a store other than Amazon's"
    )
    region: str | None = Field(default=None, description="The bucket's region")
    access_key_id: SecretStr | None = Field(
        default=None, description="Without keys, the AWS credential chain is used"
    )
    secret_access_key: SecretStr | None = Field(
        default=None, description="Belongs to the access key id"
    )
    session_token: SecretStr | None = Field(default=None, description="For temporary credentials")


TYPES: tuple[type[Block], ...] = (CaspioAccount, CaspioArchive)

_SETTINGS: Mapping[str, Mapping[str, Mapping[str, str]]] = {
    "caspio": {
        "caspio-account": {
            "url": "caspio.url",
            "rate": "caspio.rate",
            "monthly_calls": "caspio.monthly_calls",
            "client_id": "CASPIO_CLIENT_ID",
            "client_secret": "CASPIO_CLIENT_SECRET",
            "webhook_secret": "CASPIO_WEBHOOK_SECRET",
        }
    },
    "archive": {
        "caspio-archive": {
            name: f"archive.{name}"
            for name in (
                "url",
                "endpoint_url",
                "region",
                "access_key_id",
                "secret_access_key",
                "session_token",
            )
        },
        # The block of prefect-aws. The server knows its type without the package, and only its
        # values are read.
        "aws-credentials": {
            "aws_access_key_id": "archive.access_key_id",
            "aws_secret_access_key": "archive.secret_access_key",
            "aws_session_token": "archive.session_token",
            "region_name": "archive.region",
            "aws_client_parameters.endpoint_url": "archive.endpoint_url",
        },
    },
}
"""By section and type: the setting that each member gives. The first type is the default."""


def values_of(section: str, reference: str) -> Mapping[str, Any]:
    """Return the settings that a block gives, by dotted name; empty members give none.

    `reference` is a block's name, or its type and name: `aws-credentials/main`.

    Raises:
        BadSettings: there is no such type or block, or no server to read it from.
    """
    kinds = _SETTINGS[section]
    slug, _, name = reference.rpartition("/")
    # Our own type is the first one, so a name alone means a block of it.
    slug = slug or next(iter(kinds))
    if slug not in kinds:
        raise BadSettings(
            [f"{section}.block: type {slug!r} cannot be used there. Types: {', '.join(kinds)}."]
        )
    found = read_block(section, slug, name)
    # A profile is a file of the host that created the block; the flows run elsewhere.
    if found.get("profile_name") and not found.get("aws_access_key_id"):
        way_out = (
            "Give it keys, or remove archive.block and export AWS_PROFILE where the flows run."
        )
        raise BadSettings(
            [f"archive.block: {slug}/{name} names an AWS profile and no keys. {way_out}"]
        )
    return {
        setting: value
        for member, setting in kinds[slug].items()
        if (value := member_of(found, member)) is not None
    }


def member_of(found: Mapping[str, Any], member: str) -> Any:
    """Return a value of a block by its dotted path; None if it is empty."""
    value: Any = found
    for part in member.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return None if value == "" else value


def read_block(section: str, slug: str, name: str) -> Mapping[str, Any]:
    """Return the values of a block at the server."""
    address = PREFECT_API_URL.value()
    where = f"{section}.block names {slug}/{name}"
    if not address:
        raise BadSettings([f"{where}, but no Prefect server is named. Export PREFECT_API_URL."])
    try:
        with get_client(sync_client=True) as client:
            return dict(client.read_block_document_by_name(name, slug, include_secrets=True).data)
    except ObjectNotFound as error:
        way_out = (
            "Create it in the UI under Blocks; `caspio-ingest blocks` registers the types "
            "and lists the blocks."
        )
        raise BadSettings(
            [f"{where}, but the Prefect server at {address} has no such block. {way_out}"]
        ) from error
    except (httpx.TransportError, PrefectHTTPStatusError) as error:
        raise BadSettings(
            [
                (
                    f"{where}, but the Prefect server at {address} does not return it: {error!r}. "
                    "Check that the server runs, and PREFECT_API_KEY or PREFECT_API_AUTH_STRING."
                )
            ]
        ) from error


SLUGS = tuple(slug for kinds in _SETTINGS.values() for slug in kinds)
"""The types of blocks that settings can name."""


def register() -> None:
    """Register the block types at the server, or update them."""
    for kind in TYPES:
        kind.register_type_and_schema()


def known() -> Iterator[tuple[str, str, str]]:
    """Yield section, type and name of every block that settings can name."""
    with get_client(sync_client=True) as client:
        # By type: the server may have thousands of blocks of other programs.
        for section, kinds in _SETTINGS.items():
            for slug in kinds:
                try:
                    documents = client.read_block_documents_by_type(slug)
                except ObjectNotFound:  # a server without the types of prefect-aws
                    continue
                yield from ((section, slug, str(document.name)) for document in documents)
