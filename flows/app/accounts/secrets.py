"""The secrets of an account, and a process that works for one account only."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

from pydantic import SecretStr

from flows.app.accounts.places import PLACES
from pipeline.accounts.names import account_of, shared_file
from pipeline.accounts.secret_files import read_store, revealed
from pipeline.accounts.shared import load_shared
from pipeline.environment import environment
from pipeline.errors import BadSettings

ACCOUNT = "CASPIO_INGEST_ACCOUNT"
"""Variable that names the account for which a process works."""

SECRETS = "CASPIO_INGEST_SECRETS"
"""Variable with the secrets of that account, as JSON, for the processes that it starts."""

KEPT = frozenset(
    {
        *("PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TZ", "TMPDIR"),
        *("TERM", "COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "DO_NOT_TRACK"),
        *("VIRTUAL_ENV", "LD_LIBRARY_PATH", "TESSDATA_PREFIX", "OMP_THREAD_LIMIT"),
        *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "AWS_CA_BUNDLE"),
        *("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY"),
        *("http_proxy", "https_proxy", "no_proxy", "all_proxy"),
        # The host's own identity at AWS, where accounts have no keys: names, no secrets.
        *("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE"),
    }
)
"""Variables that a process of an account keeps."""

KEPT_PREFIXES = ("LC_", "PREFECT_", "OTEL_", "PYTHON", "XDG_", "KUBERNETES_SERVICE_", "DOCKER_")
"""Beginnings of other names that it keeps: they belong to the installation, not to an account."""


def secrets_of(config: Path, account: str) -> dict[str, SecretStr]:
    """Return the secrets of an account, by kind; `config` is its settings file.

    Raises:
        BadSettings: this process works for another account, or a secret cannot be opened.
    """
    own = environment(ACCOUNT)
    if own is None:
        shared = shared_file(config)
        settings = load_shared(shared).secrets
        store = read_store(settings.folder, account)
        return revealed(
            store, settings, folder=shared.parent, environment=environment, places=PLACES
        )
    if own != account:
        raise BadSettings(
            [
                (
                    f"This process works for account {own!r} and is given nothing of account "
                    f"{account!r}. Start another one for it."
                )
            ]
        )
    given = json.loads(environment(SECRETS) or "{}")
    return {kind: SecretStr(text) for kind, text in given.items()}


def enter(config: Path) -> None:
    """Let this process, and all that it starts, work for the account of a settings file only.

    Its environment is reduced to what the installation needs and the secrets of the account: no
    master key, and nothing of other accounts. A settings file alone changes nothing.

    Raises:
        BadSettings: a secret of the account cannot be opened.
    """
    account = account_of(config)
    if account is None:
        return
    secrets = {
        kind: secret.get_secret_value() for kind, secret in secrets_of(config, account).items()
    }
    whole = os.environ  # noqa: TID251 - to drop most of it
    kept = reduced(whole) | {ACCOUNT: account, SECRETS: json.dumps(secrets)}
    whole.clear()
    whole.update(kept)


def reduced(whole: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that a process of an account keeps."""
    return {
        name: value
        for name, value in whole.items()
        if name in KEPT or name.startswith(KEPT_PREFIXES)
    }
