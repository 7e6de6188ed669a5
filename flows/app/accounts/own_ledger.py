"""Whose ledger and archive it is: what is of one account says nothing of the records of another.

Records of two accounts have the same numbers. With the ledger of another account, the values that
users typed there look like our own: a run could overwrite them, and an undo take them out. From an
archive with the manifests of two accounts no ledger could be rebuilt.
"""

import hashlib
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

from pipeline.archive_layout import OWNER
from pipeline.errors import ArchiveConflict, FileGone, ForeignLedger
from pipeline.ports import Archive, Ledger
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
    _refuse_foreign("ledger", known, settings)
    return known


def claim_archive(settings: Settings, archive: Archive, folder: Path) -> None:
    """Check that the archive does not belong to another account, and record in it that it is ours.

    Of two accounts that begin at once, the second is refused. `folder` is for the file with it.

    Raises:
        ForeignLedger: it belongs to another account, or what should say so is empty.
        ArchiveUnavailable: it cannot be read or written.
    """
    known, own = archive_owner(settings, archive, folder), owner_name(settings.caspio.url)
    if known == own or not own:
        return
    sha256 = hashlib.sha256(own.encode()).hexdigest()
    with tempfile.TemporaryDirectory(dir=folder) as apart:
        file = Path(apart, OWNER)
        file.write_text(own, encoding="utf-8")
        try:
            archive.put(OWNER, file, sha256=sha256, media_type="text/plain", replace=bool(known))
        except ArchiveConflict:
            archive_owner(settings, archive, folder)


def archive_owner(settings: Settings, archive: Archive, folder: Path) -> str:
    """Return the name of the account that the archive belongs to, "" where it is nobody's yet.

    Raises:
        ForeignLedger, ArchiveUnavailable: as for `claim_archive`.
    """
    # Two runs of one process must not read what the other one is just writing.
    with tempfile.TemporaryDirectory(dir=folder) as apart:
        file = Path(apart, OWNER)
        try:
            archive.get(OWNER, file)
        except FileGone:
            return ""
        known = file.read_text(encoding="utf-8", errors="replace").strip()
    if not known:
        problem = f"{OWNER} in the archive is empty. Delete it: the next run writes it again."
        raise ForeignLedger([problem])
    _refuse_foreign("archive", known, settings)
    return known


def _refuse_foreign(what: str, known: str, settings: Settings) -> None:
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
