"""Accounts on the command line: added, listed, exported, deleted."""

import base64
import json
import os
import sqlite3
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr
from typer.testing import CliRunner

from flows.app.accounts.add import NewAccount, as_store
from flows.app.accounts.secret_changes import change
from flows.cli import app
from flows.cli.account import add_account
from flows.cli.account.add_account import LinkPlace
from flows.cli.common import Failure
from infra.emulator import Emulator
from pipeline.accounts.shared import SharedSettings
from pipeline.errors import StopRequested
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
    assert "caspio-ingest doctor --account globex" in said["second"].err


def test_a_second_account_at_an_address_is_named(said: dict[str, Ended]):
    """Both would read and write the same records, which nobody may have meant."""
    assert "Account acme has this address, too." in said["second"].err
    assert "has this address" not in said["added"].err


def test_the_settings_of_an_account_say_where_its_secrets_are(said: dict[str, Ended]):
    """They name the command that sets them, and no variables, which do not count for an account."""
    settings = Path(said["exported"].document["target"]).parent / "accounts.d" / "globex.toml"
    text = settings.read_text(encoding="utf-8")

    assert "`caspio-ingest secrets set KIND --account globex`" in text
    assert "CASPIO_CLIENT_SECRET" not in text


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


@pytest.mark.parametrize("url", ["http://127.0.0.1:8250,", "acme", "https://a.caspio.com/x"])
def test_a_mistyped_address_is_refused_in_a_sentence(tmp_path: Path, url: str):
    """Credentials are not asked for, and nothing is sent anywhere."""
    ended = command("accounts", "add", "acme", "--url", url, *REFERENCES, cwd=tmp_path)

    assert ended.code == 2
    assert "is not the address of an account" in " ".join(ended.err.split())
    assert "Traceback" not in ended.err


def test_without_a_master_key_nobody_is_asked_for_credentials(tmp_path: Path):
    """What is missing to keep them is said first, and how to make it; nothing is called or written."""
    ended = command(
        *("accounts", "add", "acme", "--url", "http://127.0.0.1:1", "--yes"), cwd=tmp_path
    )

    assert ended.code == 2
    assert "CASPIO_INGEST_MASTER_KEY is not set" in " ".join(ended.err.split())
    assert "openssl rand -base64 32" in ended.err
    assert list(tmp_path.iterdir()) == []


def test_a_customer_enters_the_credentials(emulator: Emulator, tmp_path: Path):
    """The link is printed; what is entered there is stored encrypted, shown nowhere, and recorded."""
    key = base64.b64encode(b"k" * 32).decode()
    arguments = ("--url", emulator.url, "--yes", "--link", "--listen", "127.0.0.1:0")
    process = subprocess.Popen(
        [sys.executable, "-m", "flows.cli", "accounts", "add", "acme", *arguments],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path.cwd()), "CASPIO_INGEST_MASTER_KEY": key},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    link = process.stdout.readline().strip()
    own = {"origin": link.partition("/link")[0], "sec-fetch-site": "same-origin"}
    wrong = {"client_id": "id", "client_secret": "canary-wrong"}
    refused = httpx.post(link, data=wrong, headers=own, trust_env=False)
    done = httpx.post(
        link, data={"client_id": "id", "client_secret": "secret"}, headers=own, trust_env=False
    )
    said, errors = process.communicate(timeout=240)

    assert (refused.status_code, done.status_code, process.returncode) == (422, 200, 0), errors
    assert "canary" not in refused.text + said + errors
    stored = json.loads((tmp_path / "secrets.d/acme.json").read_text())
    assert {"client-id", "client-secret"} <= set(stored["secrets"])
    assert all(
        "sealed" in entry and not entry.get("reference") for entry in stored["secrets"].values()
    )
    with sqlite3.connect(tmp_path / "ledgers/acme.db") as ledger:
        rows = ledger.execute("SELECT action, subject, detail FROM audit_entries").fetchall()
    ((action, subject, detail),) = rows
    assert (action, subject) == ("enter credentials", "acme")
    assert detail.startswith("by a link, from 127.0.0.1, at ")


@pytest.mark.parametrize(
    "ending", [None, OSError("no answer"), KeyboardInterrupt(), StopRequested("stopped")]
)
def test_what_a_customer_entered_goes_with_the_addition(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: BaseException | None
):
    """It is declined (None), fails or is stopped; the first account has no shared file by then."""
    monkeypatch.setenv("CASPIO_INGEST_MASTER_KEY", base64.b64encode(b"k" * 32).decode())
    stored: list[bool] = []

    def enter(account: NewAccount, _url: str, shared: SharedSettings, _place: LinkPlace) -> object:
        own = {"client-id": SecretStr("id"), "client-secret": SecretStr("secret")}
        entered = NewAccount(account.config, account.name, own)
        change(shared.secrets, account.name, lambda _old: as_store(entered, shared))
        stored.append((tmp_path / "secrets.d/acme.json").exists())
        return entered, None

    def end(*_arguments: object, **_options: object) -> str:
        if ending is None:
            add_account.refuse_adding("The proposal was not accepted.")
        raise ending

    monkeypatch.setattr(add_account, "by_link", enter)
    monkeypatch.setattr(add_account, "propose", end)
    with pytest.raises(type(ending) if ending else Failure):
        add_account.add_account(
            "acme",
            config=tmp_path / "caspio-ingest.toml",
            url="https://a.caspio.com",
            references=[],
            yes=False,
            place=LinkPlace("127.0.0.1:0", None, timedelta(minutes=1)),
        )

    assert stored == [True]
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [".lock"]


def test_a_deletion_reaches_the_secrets_of_an_account_that_never_was(tmp_path: Path):
    """Killed after the link, the first addition leaves them without any settings file."""
    left = tmp_path / "secrets.d" / "acme.json"
    left.parent.mkdir()
    left.write_text('{"account": "acme"}')

    ended = command("accounts", "delete", "acme", "--yes", cwd=tmp_path)

    assert ended.code == 0, ended.err
    assert "deleted: the secrets of acme" in ended.err
    assert not left.exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--url", "http://a.example"), "is not the address of an account"),
        (("--url", "https://a.caspio.com", *REFERENCES), "not both"),
        (("--url", "https://a.caspio.com", "--link-url", "http://x"), "must begin with https://"),
        (("--url", "https://a.caspio.com", "--listen", "0.0.0.0:1"), "Other machines reach"),
        (("--url", "https://a.caspio.com", "--listen", "x"), "is not HOST:PORT"),
        (("--url", "https://a.caspio.com"), "CASPIO_INGEST_MASTER_KEY"),
        ((), "--url"),
    ],
)
def test_a_link_that_could_not_work_is_not_made(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    said: str,
):
    """What is missing is said before a customer sees anything."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    result = CliRunner().invoke(app, ["accounts", "add", "acme", "--link", *arguments])

    printed = capfd.readouterr()
    assert said in f"{result.output}{printed.err}{result.exception}"
    assert result.exit_code != 0
    assert "/link/" not in result.output + printed.out
