"""Whose ledger it is: what was written at one account says nothing of the records of another."""

from pipeline.errors import BadSettings
from pipeline.ports import Ledger
from pipeline.settings import Settings
from pipeline.settings.addresses import account_host, ledger_owner


def require_own_ledger(settings: Settings, ledger: Ledger) -> None:
    """Check that the ledger is not that of another account.

    Records of two accounts have the same numbers. With the ledger of another account, the values
    that users typed there look like our own: a run could overwrite them, and an undo take them out.

    Raises:
        BadSettings: it is; says which one's.
    """
    caspio = settings.caspio
    owner = ledger_owner(caspio.url)
    if not owner:
        return
    former = ledger_owner(caspio.former_url)
    # A ledger that is older than this check says by its calls whose it is.
    last = ledger.usage.last_account()
    first = ledger_owner(f"https://{last}") if last else ""
    known = ledger.effects.account(owner, former=former, first=first)
    if known == owner:
        if former not in {"", owner}:
            ledger.usage.move_account(account_host(caspio.former_url), caspio.account)
        return
    problem = f"The ledger is of the account at {known}, and caspio.url names {owner}."
    own = "Name a ledger and an archive of its own in ledger.url and archive.url."
    moved = f'If the account has got another address, set caspio.former_url = "https://{known}".'
    raise BadSettings([f"{problem} {own} {moved}"])
