"""An archive serves one account, and has to be there before a run begins."""

import hashlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from typing_extensions import override

from flows.agents.accounts import open_account
from flows.app.accounts.own_archive import (
    archive_owner,
    claim_archive,
    own_archive,
    served_archive,
)
from flows.web.serve import serving_pages
from pipeline.archive_layout import OWNER, original_key
from pipeline.errors import ArchiveUnavailable, FileGone, ForeignLedger
from pipeline.model import StoredObject
from pipeline.ports import Ledger
from pipeline.settings import load_settings
from tests.contracts.ledger.builders import a_ref
from tests.fakes.archive import MemoryArchive
from tests.fakes.clock import FakeClock
from tests.fakes.ledger import MemoryLedger
from tests.unit.flows.accounts.test_own_ledger import LIVE, SANDBOX, settings_of

SHA256 = hashlib.sha256(b"scan").hexdigest()


def claim(
    folder: Path, url: str, archive: MemoryArchive, ledger: Ledger | None = None, *, more: str = ""
) -> None:
    """Begin a run of an account, with a new ledger unless one is given."""
    ledger = ledger or MemoryLedger(FakeClock())
    claim_archive(settings_of(folder, url, more), archive, ledger, folder)


def with_an_original() -> Ledger:
    """Return a ledger that has archived a file."""
    ledger = MemoryLedger(FakeClock())
    ledger.files.seen([a_ref()], "run-1")
    ledger.files.archived(a_ref().version, sha256=SHA256, size_bytes=4, media_type="text/plain")
    return ledger


def test_the_archive_of_another_account_is_refused(tmp_path: Path):
    """The first run has it; a moved account takes it along, and its former address is refused."""
    archive, then = MemoryArchive(), 'former_url = "https://sandbox.caspio.com"'
    for _ in range(2):
        claim(tmp_path, SANDBOX, archive)

    with pytest.raises(ForeignLedger, match=r"The archive belongs to the account at sandbox\."):
        claim(tmp_path, LIVE, archive)
    with pytest.raises(ForeignLedger, match=r"while it was empty, delete owner\.txt in it\."):
        claim(tmp_path, LIVE, archive)
    assert archive.stored == [OWNER]
    claim(tmp_path, LIVE, archive, more=then)
    with pytest.raises(ForeignLedger, match=r"at live\.caspio\.com"):
        claim(tmp_path, SANDBOX, archive)


def test_an_owner_that_is_empty_is_nobody(tmp_path: Path):
    """A file that somebody has emptied would let every account in."""
    archive, empty = MemoryArchive(), tmp_path / "empty"
    empty.write_text(" \n")
    digest = hashlib.sha256(empty.read_bytes()).hexdigest()
    archive.put(OWNER, empty, sha256=digest, media_type="text/plain")

    with pytest.raises(ForeignLedger, match=r"owner\.txt in the archive is empty\. Delete it"):
        claim(tmp_path, LIVE, archive)


class Contested(MemoryArchive):
    """An archive that another account takes right after somebody has found it empty."""

    then: Callable[[], object] | None = None

    @override
    def get(self, key: str, target: Path) -> StoredObject:
        then, self.then = self.then, None
        if then is None:
            return super().get(key, target)
        then()
        raise FileGone(key)


def test_of_two_accounts_at_once_one_has_the_archive(tmp_path: Path):
    """Both find it empty; the one that is later to write its name is refused, too."""
    archive = Contested()
    archive.then = lambda: claim(tmp_path, SANDBOX, archive)

    with pytest.raises(ForeignLedger, match="The archive belongs"):
        claim(tmp_path, LIVE, archive)


class Truncated(MemoryArchive):
    """An archive that goes away when it has just begun to write a file."""

    @override
    def get(self, key: str, target: Path) -> StoredObject:
        target.write_bytes(b"")
        raise ArchiveUnavailable("away")


def test_two_runs_of_one_process_read_apart_whose_it_is(tmp_path: Path):
    """What one of them is just writing into the folder of both is no empty owner to the other."""
    settings = settings_of(tmp_path, LIVE)

    class Overtaken(MemoryArchive):
        @override
        def get(self, key: str, target: Path) -> StoredObject:
            found = super().get(key, target)
            with pytest.raises(ArchiveUnavailable):
                archive_owner(settings, Truncated(), tmp_path)
            return found

    archive = Overtaken({OWNER: b"live.caspio.com"})

    assert archive_owner(settings, archive, tmp_path) == "live.caspio.com"


def test_an_archive_that_is_not_there_is_no_new_one(tmp_path: Path):
    """A folder whose disk is not mounted, or another bucket: nothing is stored there."""
    archive = MemoryArchive()

    with pytest.raises(
        ArchiveUnavailable, match=r"neither owner\.txt nor originals/.*mount the disk"
    ):
        claim(tmp_path, LIVE, archive, with_an_original())

    assert archive.stored == []


@pytest.mark.parametrize("there", [OWNER, original_key(SHA256)])
def test_an_archive_is_known_by_its_owner_or_by_what_the_ledger_knows(there: str, tmp_path: Path):
    """The owner may be written by hand where all is lost; an old archive has no owner yet."""
    archive = MemoryArchive({there: b"live.caspio.com"})

    claim(tmp_path, LIVE, archive, with_an_original())

    assert archive.objects[OWNER] == b"live.caspio.com"


def test_a_ledger_that_has_archived_nothing_takes_an_empty_archive(tmp_path: Path):
    """Files that were only listed say nothing of the archive."""
    archive, ledger = MemoryArchive(), MemoryLedger(FakeClock())
    ledger.files.seen([a_ref()], "run-1")

    claim(tmp_path, LIVE, archive, ledger)

    assert archive.stored == [OWNER]


def test_documents_without_an_owner_are_nobodys(tmp_path: Path):
    """With a new ledger nothing shows that they are of the account that caspio.url names."""
    archive = MemoryArchive({"documents/receipts/1/Scan/v1/manifest.json": b"{}"})

    with pytest.raises(ForeignLedger, match=r'owner\.txt with the text "live\.caspio\.com"'):
        claim(tmp_path, LIVE, archive)

    assert archive.stored == []


@pytest.mark.parametrize(
    "serve",
    [
        lambda config: open_account(load_settings(config)),
        lambda config: serving_pages(load_settings(config), config, "127.0.0.1:0"),
    ],
    ids=["agents", "page"],
)
def test_no_server_begins_with_a_foreign_archive(
    serve: Callable[[Path], AbstractContextManager[object]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    """It would show the documents of another account as those of this one."""
    monkeypatch.setenv("CASPIO_CLIENT_ID", "id")
    monkeypatch.setenv("CASPIO_CLIENT_SECRET", "secret")
    folder = tmp_path / "archive"
    settings_of(tmp_path, LIVE, f'[archive]\nurl = "file:{folder}"')
    folder.mkdir()
    (folder / OWNER).write_text("sandbox.caspio.com")

    with pytest.raises(ForeignLedger), serve(tmp_path / "caspio-ingest.toml"):
        pass


def test_a_server_checks_what_was_away_when_it_began(tmp_path: Path):
    """Nothing of it is read before it is known to be ours, and it is never claimed."""
    archive, ledger = MemoryArchive(), MemoryLedger(FakeClock())
    archive.down = "away"
    served = served_archive(settings_of(tmp_path, LIVE), archive, ledger)
    archive.down, archive.objects[OWNER] = "", b"sandbox.caspio.com"

    with pytest.raises(ForeignLedger):
        served.head("x")
    archive.objects.clear()
    assert served.head("x") is None
    assert archive.stored == []
    archive.objects[OWNER] = b"sandbox.caspio.com"  # claimed by another account since
    with pytest.raises(ForeignLedger):
        served.head("x")


def test_an_archive_is_claimed_when_it_is_first_used(tmp_path: Path):
    """What uses none of it goes on while it is away, or while it is another account's."""
    archive = MemoryArchive({OWNER: b"sandbox.caspio.com"})
    own = own_archive(settings_of(tmp_path, LIVE), archive, MemoryLedger(FakeClock()))

    assert own.address("originals/x") == "memory:originals/x"
    with pytest.raises(ForeignLedger):
        own.head("originals/x")
    archive.objects[OWNER] = b"live.caspio.com"
    assert own.head("originals/x") is None
    del archive.objects[OWNER]
    assert own.head(OWNER) is None
    assert archive.stored == []
