"""Accounts on the command line: added, listed, exported, deleted."""

import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.emulator import Emulator
from tests.unit.cli.conftest import Ended, command
from tests.unit.cli.test_line import seed

pytestmark = pytest.mark.integration

REFERENCES = (
    *("--reference", "client-id=env:ACME_ID"),
    *("--reference", "client-secret=file:secret.txt"),
)


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """A local Caspio with three records."""
    with Emulator(seed=seed(tmp_path_factory.mktemp("accounts") / "seed")) as running:
        yield running


@pytest.fixture(scope="module")
def said(emulator: Emulator, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Ended]:
    """Add two accounts, one of them twice; list and export; delete one, at first without consent."""
    folder = tmp_path_factory.mktemp("installation")
    (folder / "secret.txt").write_text("secret\n")
    add = ("--url", emulator.url, "--yes", *REFERENCES)
    commands = {
        "added": ("add", "acme", *add),
        "again": ("add", "acme", *add),
        "second": ("add", "globex", *add),
        "listed": ("list", "--json"),
        "exported": ("export", "acme", "--to", "acme.tar", "--json"),
        "kept": ("delete", "acme"),
        "deleted": ("delete", "acme", "--yes", "--json"),
        "rest": ("list", "--json"),
    }
    return {
        name: command("accounts", *arguments, cwd=folder, ACME_ID="id")
        for name, arguments in commands.items()
    }


def test_a_list_without_accounts_says_how_to_add_one(tmp_path: Path):
    """An empty table says nothing about what to do."""
    listed = command("accounts", "list", cwd=tmp_path)

    assert listed.code == 0
    assert "accounts add" in listed.out


def test_an_account_is_added_once(said: dict[str, Ended]):
    """Its credentials are checked, its settings written; a second one of the name is refused."""
    assert [said[name].code for name in ("added", "second")] == [0, 0], said["added"].err
    assert (said["again"].code, "already" in said["again"].err) == (2, True)


def test_accounts_are_listed_with_everything_they_have(said: dict[str, Ended], emulator: Emulator):
    """Address, ledger, archive and the kinds of secrets; no two share a place."""
    acme, globex = said["listed"].document

    assert acme["url"] == emulator.url
    assert acme["secrets"] == ["client-id", "client-secret"]
    assert acme["archive"] != globex["archive"]
    assert acme["ledger"] != globex["ledger"]


def test_an_account_is_exported_whole(said: dict[str, Ended]):
    """Settings, ledger and secrets are in the file, and what was exported is said."""
    with tarfile.open(said["exported"].document["target"]) as tar:
        names = set(tar.getnames())

    assert {"settings.toml", "ledger.db", "secrets.json", "export.json"} <= names


def test_a_deletion_names_what_goes_and_takes_nothing_else(said: dict[str, Ended]):
    """Without consent nothing is deleted; with it nothing of the account stays, and the other one does."""
    folder = Path(said["exported"].document["target"]).parent
    left = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}

    assert (said["kept"].code, "Add --yes" in said["kept"].err) == (2, True)
    assert f"ledger: sqlite:///{folder}/ledgers/acme.db" in said["kept"].err
    assert said["deleted"].code == 0
    assert [one["account"] for one in said["rest"].document] == ["globex"]
    assert [name for name in left if "acme" in name] == ["acme.tar"]
    assert left >= {"accounts.d/globex.toml", "secrets.d/globex.json", "secret.txt"}


def test_wrong_credentials_add_nothing(emulator: Emulator, tmp_path: Path):
    """What Caspio refuses is stored nowhere, and no secret is shown."""
    ended = command(
        *("accounts", "add", "acme", "--url", emulator.url, "--yes"),
        *("--reference", "client-id=env:ACME_ID", "--reference", "client-secret=env:ACME_SECRET"),
        cwd=tmp_path,
        ACME_ID="id",
        ACME_SECRET="canary-of-a-secret",
    )

    assert ended.code == 3
    assert "canary" not in ended.out + ended.err
    assert not (tmp_path / "accounts.d").exists()
    assert not (tmp_path / "secrets.d").exists()


def test_the_file_of_one_account_is_not_made_a_shared_one(tmp_path: Path):
    """The message says how to move it, and nothing is changed."""
    (tmp_path / "caspio-ingest.toml").write_text('[caspio]\nurl = "https://a.caspio.com"\n')

    ended = command(
        *("accounts", "add", "acme", "--url", "https://b.caspio.com", *REFERENCES), cwd=tmp_path
    )

    assert ended.code == 2
    assert "holds the settings of one account" in ended.err
    assert [path.name for path in tmp_path.iterdir()] == ["caspio-ingest.toml"]
