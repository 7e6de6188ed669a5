"""Whose ledger it is: what was written at one account says nothing of the records of another."""

from pipeline.errors import BadSettings
from pipeline.ports import Ledger
from pipeline.settings import Settings
from pipeline.settings.addresses import LOOPBACK, account_host


def require_own_ledger(settings: Settings, ledger: Ledger) -> None:
    """Check that the ledger is not that of another account.

    Records of two accounts have the same numbers. With the ledger of another account, the values
    that users typed there look like our own: a run could overwrite them, and an undo take them out.

    Raises:
        BadSettings: it is; says which one's.
    """
    host, former = account_host(settings.caspio.url), account_host(settings.caspio.former_url)
    # A local Caspio has another port each time.
    if not host or host.partition(":")[0] in LOOPBACK:
        return
    known = ledger.effects.account(host, former=former)
    if known != host:
        problem = f"The ledger is of the account at {known}, and caspio.url names {host}."
        own = "Name a ledger and an archive of its own in ledger.url and archive.url."
        moved = (
            f'If the account has got another address, set caspio.former_url = "https://{known}".'
        )
        raise BadSettings([f"{problem} {own} {moved}"])
