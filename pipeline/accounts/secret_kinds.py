"""The kinds of secrets that an account has, and where its settings take them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr

from pipeline.errors import BadSettings


@dataclass(frozen=True, slots=True)
class SecretKind:
    """A kind of secret: what it is, and the name of the setting that takes it.

    `setting` is "" for a secret that is part of an address. `is_list` says that the secret is a
    list of texts, one on each line.
    """

    about: str
    setting: str
    is_list: bool = False


LEDGER_PASSWORD = "ledger-password"  # noqa: S105 - the name of a kind

KINDS: Mapping[str, SecretKind] = {
    "client-id": SecretKind("client id of the Web Services profile", "CASPIO_CLIENT_ID"),
    "client-secret": SecretKind("client secret of the profile", "CASPIO_CLIENT_SECRET"),
    "webhook-secret": SecretKind("secret of the webhook", "CASPIO_WEBHOOK_SECRET"),
    "archive-access-key-id": SecretKind("access key of the bucket", "archive.access_key_id"),
    "archive-secret-access-key": SecretKind(
        "secret key of the bucket", "archive.secret_access_key"
    ),
    "archive-session-token": SecretKind("session token of the bucket", "archive.session_token"),
    "document-passwords": SecretKind(
        "passwords of encrypted documents, one on each line", "processing.passwords", is_list=True
    ),
    "agents-operator-key": SecretKind(
        "key that some tokens of agents need in addition", "agents.operator_key"
    ),
    "web-oidc-client-secret": SecretKind(
        "secret of the web page at the identity provider", "web.oidc.client_secret"
    ),
    "web-proxy-secret": SecretKind(
        "secret that the proxy sends to the web page", "web.proxy.secret"
    ),
    LEDGER_PASSWORD: SecretKind("password of the account's role in PostgreSQL", ""),
}
"""Every kind by its name, in the order in which `secrets list` shows them."""


def checked_kind(kind: str) -> str:
    """Return the name of a kind as it is.

    Raises:
        BadSettings: there is no such kind.
    """
    if kind in KINDS:
        return kind
    raise BadSettings([f"There is no secret {kind!r}. Secrets: {', '.join(KINDS)}."])


def as_settings(secrets: Mapping[str, SecretStr]) -> dict[str, Any]:
    """Return secrets as settings, nested as in the settings file."""
    values: dict[str, Any] = {}
    for kind, secret in secrets.items():
        known = KINDS[kind]
        text = secret.get_secret_value()
        value: object = text.splitlines() if known.is_list else text
        *sections, name = known.setting.split(".")
        if name:
            target = values
            for section in sections:
                target = target.setdefault(section, {})
            target[name] = value
    return values
