"""Whose archive it is, and whether it is there.

From an archive with the manifests of two accounts no ledger could be rebuilt, and what is read from
that of another account would be shown as this one's.
"""

import hashlib
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, cast

import structlog

from flows.app.accounts.own_ledger import owner_name, refuse_foreign
from pipeline.archive_layout import DOCUMENTS, OWNER, original_key
from pipeline.errors import ArchiveConflict, ArchiveUnavailable, FileGone, ForeignLedger
from pipeline.ports import Archive, Ledger
from pipeline.settings import Settings

# A folder whose disk is not mounted looks like a new archive. What is stored there would be out of
# sight as soon as the disk is back.
_NOT_THERE = (
    f"The archive {{}} has neither {OWNER} nor {{}}, which the ledger says is archived. If it is "
    "on a disk, mount the disk. If archive.url has changed, correct it, or copy the archive there. "
    f'If what it had is lost, make a file {OWNER} with the text "{{}}" in it: then `caspio-ingest '
    "verify --repair` fetches what Caspio still has."
)
_NOBODYS = (
    f"The archive {{}} has documents, but no {OWNER}: it does not say which account they are of. "
    f'If they are of this one, make a file {OWNER} with the text "{{}}" in it. Otherwise name '
    "another archive in archive.url."
)


def claim_archive(settings: Settings, archive: Archive, ledger: Ledger, folder: Path) -> None:
    """Check that the archive does not belong to another account, and record in it that it is ours.

    Of two accounts that begin at once, the second is refused. `folder` is for the file with it.

    Raises:
        ForeignLedger: it belongs to another account, or does not say to whom.
        ArchiveUnavailable: it cannot be read or written, or is not where it was.
    """
    known = require_archive(settings, archive, ledger, folder)
    own = owner_name(settings.caspio.url)
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


def require_archive(settings: Settings, archive: Archive, ledger: Ledger, folder: Path) -> str:
    """Return whose the archive is, "" where it is new; where it does not say, the ledger proves it.

    Raises:
        ForeignLedger, ArchiveUnavailable: as for `claim_archive`.
    """
    known = archive_owner(settings, archive, folder)
    if known:
        return known
    url, own = settings.archive.url, owner_name(settings.caspio.url)
    archived = next((one.sha256 for one in ledger.files.states(newest=False) if one.sha256), None)
    if archived is not None and archive.head(original_key(archived)) is None:
        raise ArchiveUnavailable(_NOT_THERE.format(url, original_key(archived), own))
    if archived is None and next(iter(archive.list(DOCUMENTS)), None) is not None:
        raise ForeignLedger([_NOBODYS.format(url, own)])
    return ""


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
    refuse_foreign("archive", known, settings)
    return known


def own_archive(settings: Settings, archive: Archive, ledger: Ledger) -> Archive:
    """Return an archive that is claimed when it is first used.

    What never uses it goes on where it is away. Each use raises as `claim_archive` does, until it
    is claimed.
    """
    claim = partial(claim_archive, settings, archive, ledger)
    return cast("Archive", _Checked(archive, claim))


def served_archive(settings: Settings, archive: Archive, ledger: Ledger) -> Archive:
    """Return the archive for a server, which also begins while it is away.

    It is checked when it is first used, and never claimed: who only looks takes nothing.

    Raises:
        ForeignLedger: it belongs to another account.
    """
    served = _Checked(archive, partial(require_archive, settings, archive, ledger))
    try:
        served.check_once()
    except ArchiveUnavailable as error:
        structlog.get_logger(__name__).warning("archive is away", error=str(error))
    return cast("Archive", served)


class _Checked:
    """An archive, of which nothing is used before it is known to be ours."""

    def __init__(self, archive: Archive, check: Callable[[Path], object]) -> None:
        self._archive, self._check = archive, check
        self._is_ours = False

    def check_once(self) -> None:
        """Check that it is not another account's, unless it is known to be ours."""
        if not self._is_ours:
            with tempfile.TemporaryDirectory(prefix="caspio-ingest-") as folder:
                # Where it is nobody's yet, another account may claim it before its next use.
                self._is_ours = self._check(Path(folder)) != ""

    def __getattr__(self, name: str) -> Any:
        # An address is known without a look at what is there.
        if name != "address":
            self.check_once()
        return getattr(self._archive, name)
