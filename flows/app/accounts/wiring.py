"""Connect the adapters for an account as a whole: to create it, to copy it, to delete it."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import SecretStr

from flows.app.accounts.own_archive import archive_owner
from flows.app.accounts.own_ledger import check_owner
from flows.app.accounts.places import PLACES
from flows.app.wiring.ports import open_archive, open_ledger, system_clock
from pipeline.accounts.names import shared_file, sql_name
from pipeline.accounts.references import resolve
from pipeline.accounts.shared import SharedSettings
from pipeline.errors import BadSettings, LedgerUnavailable
from pipeline.ports import Clock, Ledger
from pipeline.settings import Settings, environment

if TYPE_CHECKING:
    from pipeline.adapters.caspio.client import CaspioClient


@contextmanager
def open_own_ledger(settings: Settings, *, clock: Clock | None = None) -> Iterator[Ledger]:
    """Open the ledger for what works on the account, decides for it or serves it.

    Raises:
        ForeignLedger: it belongs to another account.
    """
    with open_ledger(settings, clock=clock) as ledger:
        check_owner(settings, ledger)
        yield ledger


@contextmanager
def open_new_account(
    url: str, client_id: SecretStr, client_secret: SecretStr
) -> "Iterator[CaspioClient]":
    """Open a client with credentials that are stored nowhere yet.

    What goes wrong inside is raised as an error of `pipeline.errors`.
    """
    from pipeline.adapters.caspio.client import CaspioClient
    from pipeline.adapters.caspio.errors import translated

    with (
        translated(),
        CaspioClient(
            url=url,
            client_id=client_id.get_secret_value(),
            client_secret=client_secret.get_secret_value(),
        ) as client,
    ):
        yield client


def create_ledger(config: Path, shared: SharedSettings, name: str, password: SecretStr) -> None:
    """Create the role and the schema of an account; the ledger itself is made by its first use.

    Raises:
        LedgerUnavailable, BadSettings: with what to do.
    """
    from pipeline.adapters.sql_ledger.accounts.roles import create_role

    # An account's own role can neither make roles nor see the schemas of others.
    admin = admin_url(config, shared)
    create_role(admin, name=sql_name(name), password=password.get_secret_value())


def delete_ledger(config: Path, shared: SharedSettings, settings: Settings) -> None:
    """Delete the ledger of an account: its file, or its schema and role."""
    url = settings.ledger.url
    if url.startswith("sqlite:///"):
        path = Path(url.removeprefix("sqlite:///"))
        # The log files go first: without them the ledger is whole, without it they are nothing.
        for suffix in ("-wal", "-shm", ""):
            path.with_name(f"{path.name}{suffix}").unlink(missing_ok=True)
        return
    from pipeline.adapters.sql_ledger.accounts.roles import drop_role

    drop_role(admin_url(config, shared), name=sql_name(settings.account))


def admin_url(config: Path, shared: SharedSettings) -> str:
    """Return the address of the user that creates and drops roles.

    Raises:
        BadSettings: the shared file names none, or it cannot be found.
    """
    if shared.ledger.admin is None:
        raise BadSettings(
            [
                (
                    f"{shared_file(config)}: ledger.admin is missing. Name the address of a "
                    "PostgreSQL user that may create roles, such as env:LEDGER_ADMIN_URL."
                )
            ]
        )
    # Relative to the file that names it, wherever the command is given.
    folder = shared_file(config).parent
    try:
        found = resolve(shared.ledger.admin, folder=folder, environment=environment, places=PLACES)
    except BadSettings as error:
        raise BadSettings([f"ledger.admin: {one}" for one in error.problems]) from None
    return found.get_secret_value()


def copy_ledger(settings: Settings, target: Path) -> int:
    """Copy the ledger to a new SQLite file; return how many rows it has."""
    from pipeline.adapters.sql_ledger.accounts.copy import copy_ledger as copy

    # Opened first: an account that never ran has none yet.
    with open_ledger(settings):
        return copy(settings.ledger.url, target, clock=system_clock())


def require_own(settings: Settings) -> None:
    """Check that neither the ledger nor the archive in an account's settings is another account's.

    Raises:
        ForeignLedger: one is.
        ArchiveUnavailable: the archive cannot be read.
    """
    # What does not answer is deleted already, or can be neither copied nor deleted anyway.
    with suppress(LedgerUnavailable), open_own_ledger(settings):
        pass
    with tempfile.TemporaryDirectory(prefix="caspio-ingest-") as folder:
        archive_owner(settings, open_archive(settings.archive), Path(folder))


def delete_archive(settings: Settings) -> int:
    """Delete every object of an account's archive; return how many there were.

    Raises:
        ArchiveUnavailable: an object cannot be deleted, such as one that is locked.
    """
    from pipeline.adapters.local_archive import LocalArchive
    from pipeline.adapters.s3_archive import S3Archive

    # Only what is below the account's prefix: a bucket may be that of several accounts.
    archive = open_archive(settings.archive)
    assert isinstance(archive, LocalArchive | S3Archive)
    return archive.delete_all()
