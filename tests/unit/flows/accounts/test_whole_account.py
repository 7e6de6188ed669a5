"""An account is added and deleted whole, also where that was interrupted and is done again."""

import tarfile
from pathlib import Path

import pytest
from pydantic import SecretStr

from flows.app.accounts import add, whole
from flows.app.accounts.add import NewAccount, parsed_references, prepare, store, without_archive
from flows.app.accounts.secret_changes import change
from flows.app.accounts.whole import delete_account, export_account, forget
from flows.app.settings import load_settings
from flows.app.wiring.ports import open_ledger
from pipeline.accounts.names import account_names, has_accounts
from pipeline.archive_layout import OWNER
from pipeline.errors import BadSettings, ForeignLedger, StopRequested
from tests.contracts.ledger.builders import a_ref
from tests.unit.flows.accounts.test_account_settings import MASTER_KEY
from tests.unit.pipeline.accounts.conftest import ACCOUNT

SETTINGS = ACCOUNT.format(name="acme")


@pytest.fixture
def new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> NewAccount:
    """An account whose client id is a reference, and whose client secret is a value."""
    monkeypatch.setenv("CASPIO_INGEST_MASTER_KEY", MASTER_KEY)
    monkeypatch.setenv("ACME_ID", "acme-id")
    given = {"client-id": "env:ACME_ID", "client-secret": SecretStr("acme-secret")}
    return NewAccount(tmp_path / "caspio-ingest.toml", "acme", given)


def die(*_arguments: object, **_options: object) -> None:
    """Stop where a process would be killed."""
    raise StopRequested("killed")


@pytest.fixture
def added(new: NewAccount) -> NewAccount:
    """The same account, added, with a ledger and an archived file."""
    store(new, prepare(new.config, new.name), SETTINGS)
    with open_ledger(load_settings(new.file)):
        pass
    archived = new.config.parent / "archives" / "acme" / "originals" / "one"
    archived.parent.mkdir(parents=True)
    archived.write_bytes(b"one")
    return new


def test_an_addition_that_was_interrupted_is_done_again(
    new: NewAccount, monkeypatch: pytest.MonkeyPatch
):
    """Before its settings file is there the account does not exist, whatever was stored."""
    shared = prepare(new.config, new.name)
    with monkeypatch.context() as patched:
        patched.setattr(add, "write_settings", die)
        with pytest.raises(StopRequested):
            store(new, shared, SETTINGS)
    assert account_names(new.config) == []

    store(new, prepare(new.config, new.name), SETTINGS)

    settings = load_settings(new.file)
    assert settings.client_id.get_secret_value() == "acme-id"
    assert settings.client_secret.get_secret_value() == "acme-secret"


def test_an_installation_begins_with_its_first_account(new: NewAccount):
    """As long as nothing is stored, a folder without settings has no accounts."""
    shared = prepare(new.config, new.name)
    before = has_accounts(new.config)

    store(new, shared, SETTINGS)

    assert not before
    assert has_accounts(new.config)
    with pytest.raises(BadSettings, match="already"):
        prepare(new.config, new.name)


def test_the_archive_of_a_proposal_is_left_out():
    """Two accounts would share the folder that it names; everything else stays."""
    archive = '[archive]\nurl = "file:archive"  # a folder\n\n'

    assert without_archive(f"{archive}{SETTINGS}").strip() == SETTINGS.strip()
    assert without_archive(SETTINGS) == SETTINGS


def test_what_is_no_reference_is_not_repeated():
    """A secret that was given in the place of a reference is in no message."""
    assert parsed_references(["client-id=env:X"]) == {"client-id": "env:X"}
    with pytest.raises(BadSettings) as error:
        parsed_references(["client-secret=canary"])
    assert "canary" not in str(error.value)


@pytest.mark.parametrize("step", ["delete_ledger", "delete_archive", "remove_store"])
def test_a_deletion_that_was_interrupted_is_done_again(
    step: str, added: NewAccount, monkeypatch: pytest.MonkeyPatch
):
    """Stopped at any step, the second one leaves nothing of the account."""
    with monkeypatch.context() as patched:
        patched.setattr(whole, step, die)
        with pytest.raises(StopRequested):
            delete_account(added.file)

    if added.file.exists():
        delete_account(added.file)
    else:
        assert forget(added.config, added.name)

    left = [path.name for path in added.config.parent.rglob("*") if path.is_file()]
    assert sorted(left) == [".lock", "caspio-ingest.toml"]
    assert not forget(added.config, added.name)


@pytest.mark.parametrize("shared_files", [0, 1])
def test_what_an_addition_left_is_removed_also_before_there_is_a_shared_file(
    shared_files: int, new: NewAccount
):
    """Credentials that came by a link are stored before anything else of the first account."""
    shared = prepare(new.config, new.name)
    change(shared.secrets, new.name, lambda _old: add.as_store(new, shared))
    if shared_files:
        new.config.touch()

    assert forget(new.config, new.name)

    left = {path.name for path in new.config.parent.rglob("*") if path.is_file()}
    assert left == {".lock", *[new.config.name] * shared_files}


def test_the_secrets_of_an_account_are_not_forgotten(added: NewAccount):
    """Only what belongs to no account is; nor is the file of one account a shared one."""
    alone = added.config.parent / "alone" / "caspio-ingest.toml"
    alone.parent.mkdir()
    alone.write_text(SETTINGS)

    assert not forget(added.config, added.name)
    assert not forget(alone, added.name)
    assert load_settings(added.file).client_secret.get_secret_value() == "acme-secret"


def test_an_account_that_works_is_not_deleted(added: NewAccount):
    """Its active runs are named, and nothing is deleted."""
    with open_ledger(load_settings(added.file)) as ledger:
        ledger.leases.join("run-1", ttl_s=60)
        with pytest.raises(BadSettings, match="run-1"):
            delete_account(added.file)

    assert added.file.exists()
    assert load_settings(added.file).client_id.get_secret_value() == "acme-id"


@pytest.mark.parametrize("whose", ["archive", "ledger"])
def test_what_is_of_another_account_is_neither_taken_along_nor_deleted(
    whose: str, added: NewAccount, tmp_path: Path
):
    """Settings may name its ledger or its archive by mistake; everything stays where it is."""
    if whose == "archive":
        (added.config.parent / "archives" / "acme" / OWNER).write_text("other.caspio.com")
    else:
        with open_ledger(load_settings(added.file)) as ledger:
            ledger.effects.record_account("other.caspio.com")
            ledger.files.seen([a_ref()], "run-1")
    before = sorted(added.config.parent.rglob("*"))

    with pytest.raises(ForeignLedger, match=f"The {whose} belongs to the account at other"):
        export_account(added.file, tmp_path / "export")
    with pytest.raises(ForeignLedger, match=f"The {whose} belongs to the account at other"):
        delete_account(added.file)

    assert sorted(added.config.parent.rglob("*")) == before


@pytest.mark.parametrize("name", ["export", "export.tar"])
def test_an_export_is_whole_or_not_there(
    name: str, added: NewAccount, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """It has its name only at its end; it has every file, no secret that can be read, and no key."""
    target = tmp_path / name
    with monkeypatch.context() as patched:
        patched.setattr(whole, "copy_ledger", die)
        with pytest.raises(StopRequested):
            export_account(added.file, target)
    assert not [one for one in tmp_path.iterdir() if "export" in one.name]

    document = export_account(added.file, target)

    if target.is_dir():
        files = {str(one.relative_to(target)) for one in target.rglob("*") if one.is_file()}
    else:
        with tarfile.open(target) as tar:
            files = set(tar.getnames())
            assert b"acme-secret" not in target.read_bytes()
    assert files == {
        "archive/originals/one",
        "export.json",
        "ledger.db",
        "secrets.json",
        "settings.toml",
    }
    assert document["objects"] == 1
    with pytest.raises(BadSettings, match="exists already"):
        export_account(added.file, target)
