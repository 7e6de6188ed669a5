"""Whose ledger it is: what is of one account says nothing of the records of another.

Records of two accounts have the same numbers. With the ledger of another account, the values that
users typed there look like our own: a run could overwrite them, and an undo take them out.
"""

from urllib.parse import urlsplit

from pipeline.archive_layout import OWNER
from pipeline.errors import ForeignLedger
from pipeline.ports import Ledger
from pipeline.settings import Settings
from pipeline.settings.addresses import LOOPBACK, account_host

THIS_MACHINE = "this machine"
"""The account of every local address: a local Caspio has another port each time."""


def record_owner(settings: Settings, ledger: Ledger) -> None:
    """Record that the ledger of a run that begins is ours.

    A ledger without a file or an effect belongs to nobody: whoever runs first has it.

    Raises:
        ForeignLedger: it belongs to another account.
    """
    caspio = settings.caspio
    own = owner_name(caspio.url)
    if check_owner(settings, ledger) != own and own:
        ledger.effects.record_account(own)
    if own and caspio.former_url:
        ledger.usage.move_account(account_host(caspio.former_url), caspio.account)


def check_owner(settings: Settings, ledger: Ledger) -> str:
    """Return the name of the account that the ledger belongs to, "" where it is nobody's yet.

    Raises:
        ForeignLedger: it belongs to another account; says whose it is, and what to do.
    """
    known = ledger.effects.account()
    refuse_foreign("ledger", known, settings)
    return known


def refuse_foreign(what: str, known: str, settings: Settings) -> None:
    """Refuse a ledger or an archive (`what`) that is known to belong to another account.

    Raises:
        ForeignLedger: it does; says whose it is, and what to do.
    """
    own, former = map(owner_name, (settings.caspio.url, settings.caspio.former_url))
    if known and own and known not in {own, former}:
        whose = f"The {what} belongs to {_shown(known)}, but caspio.url names {_shown(own)}."
        remedy = (
            "Correct caspio.url, or name a ledger and an archive for this account alone in "
            "ledger.url and archive.url."
        )
        if known != THIS_MACHINE:
            remedy += f' If the address has changed, set caspio.former_url = "https://{known}".'
        if what == "archive":
            remedy += f" If a wrong address has taken it while it was empty, delete {OWNER} in it."
        raise ForeignLedger([f"{whose} {remedy}"])


def shown_owner(known: str) -> str:
    """Say whose ledger it is."""
    return f"belongs to {_shown(known) if known else 'the account of the first run'}"


def owner_name(url: str) -> str:
    """Return the name of the account at an address, the same for every spelling; "" without one."""
    return THIS_MACHINE if urlsplit(url).hostname in LOOPBACK else account_host(url)


def _shown(account: str) -> str:
    return "a local account" if account == THIS_MACHINE else f"the account at {account}"
