"""Settings as flows and commands load them: with the blocks they name, and among other accounts."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.errors import BadSettings
from pipeline.settings import (
    DEFAULT_FILE,
    Settings,
    load_settings as load_from,
)
from pipeline.settings.among import AmongOthers, MachineQueue


def load_settings(
    path: Path = DEFAULT_FILE, *, credentials: bool = True, sources: bool = True
) -> Settings:
    """Load settings; a block that they name is read from Prefect's server.

    A settings file in `accounts.d` is completed with the shared file and the account's secrets.

    Raises:
        BadSettings: as `pipeline.settings.load_settings`, or a block does not exist or cannot be
            read, or the account has its ledger, its archive or its secrets not for itself.
    """
    among = among_others(path, credentials=credentials)
    return load_from(path, credentials=credentials, sources=sources, blocks=_values, among=among)


def among_others(path: Path, *, credentials: bool) -> AmongOthers | None:
    """Return what one of several accounts gets besides its file; None for a file alone."""
    from pipeline.accounts.names import account_of, has_accounts

    name = account_of(path)
    if name is None:
        if has_accounts(path):
            raise BadSettings(
                [f"{path} is what several accounts share. Name one of them with --account."]
            )
        return None
    from flows.app.accounts.secrets import secrets_of
    from pipeline.accounts.names import shared_file
    from pipeline.accounts.secret_kinds import LEDGER_PASSWORD, as_settings
    from pipeline.accounts.shared import (
        check_apart,
        defaults_for,
        load_shared,
        read_toml,
        uses_shared_postgres,
    )

    shared = load_shared(shared_file(path))
    if not path.is_file():
        return AmongOthers(name, shared_file(path).parent, {}, {})  # what is missing is said later
    values = read_toml(path)
    check_apart(path, name, shared)
    in_postgres = uses_shared_postgres(shared, values)
    try:
        secrets = secrets_of(path, name)
    except BadSettings:
        # To look at a ledger in a file, no secret is needed.
        if credentials or in_postgres:
            raise
        secrets = {}
    password = ""
    if in_postgres:
        if LEDGER_PASSWORD not in secrets:
            problem = f"Account {name!r} has no {LEDGER_PASSWORD}."
            advice = f"Run `caspio-ingest secrets set {LEDGER_PASSWORD} --account {name}`."
            raise BadSettings([f"{problem} {advice}"])
        password = secrets[LEDGER_PASSWORD].get_secret_value()
    return AmongOthers(
        name=name,
        folder=shared_file(path).parent,
        shared=defaults_for(name, shared, values, password=password),
        secrets=as_settings(secrets),
        queue=MachineQueue(shared.reading.documents, shared.reading.folder),
    )


def _values(section: str, reference: str) -> Mapping[str, Any]:
    from flows.prefect.blocks import values_of  # without a block, Prefect is not imported

    return values_of(section, reference)
