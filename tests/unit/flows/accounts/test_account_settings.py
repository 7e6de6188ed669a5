import json
import os
from pathlib import Path

import pytest
from pydantic import SecretStr

from flows.app.accounts.secret_changes import described, rotate, set_reference, set_value
from flows.app.accounts.secrets import ACCOUNT, SECRETS, enter, secrets_of
from flows.app.settings import load_settings
from flows.app.wiring.ports import open_turns
from flows.prefect.deployments.ownership import owner_of
from flows.prefect.deployments.priorities import deployment_name, settings_name
from flows.prefect.deployments.serve import Pool, deployments
from pipeline.accounts.names import settings_file
from pipeline.accounts.secret_files import read_store
from pipeline.accounts.secret_kinds import KINDS
from pipeline.errors import BadSettings
from pipeline.metering.budget import Priority
from pipeline.settings import SECRET_SETTINGS
from tests.unit.pipeline.accounts.conftest import Install

MASTER_KEY = "s3HUIz6iDZ3ZAR4AW0ZSqPIc8mkQqYo6hBtmOzbVfZA="


@pytest.fixture
def two(install: Install, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the shared file of two accounts; the credentials of one are values, of the other references."""
    monkeypatch.setenv("CASPIO_INGEST_MASTER_KEY", MASTER_KEY)
    monkeypatch.setenv("GLOBEX_ID", "globex-id")
    monkeypatch.setenv("GLOBEX_SECRET", "globex-secret")
    config = install(acme="", globex="")
    acme, globex = settings_file(config, "acme"), settings_file(config, "globex")
    set_value(acme, "acme", "client-id", SecretStr("acme-id"))
    set_value(acme, "acme", "client-secret", SecretStr("acme-secret"))
    set_reference(globex, "globex", "client-id", "env:GLOBEX_ID")
    set_reference(globex, "globex", "client-secret", "env:GLOBEX_SECRET")
    return config


def test_each_account_has_its_own_of_everything(two: Path):
    """Credentials, ledger, archive, deployments and name of two accounts differ."""
    acme, globex = (load_settings(settings_file(two, name)) for name in ("acme", "globex"))

    assert acme.client_secret.get_secret_value() == "acme-secret"
    assert globex.client_id.get_secret_value() == "globex-id"
    assert acme.ledger.url != globex.ledger.url
    assert acme.archive.url != globex.archive.url
    assert [settings_name(one) for one in (acme, globex)] == ["acme", "globex"]
    assert deployment_name("ingest", acme, "receipts") == "ingest-receipts@acme"
    assert (acme.account, globex.account) == ("acme", "globex")


def test_every_secret_setting_can_be_given_to_an_account():
    """A setting that neither a file nor the environment may set has a kind of secret."""
    secrets = {f"{section}.{name}" for section, names in SECRET_SETTINGS.items() for name in names}

    assert secrets <= {kind.setting for kind in KINDS.values()}


def test_an_account_has_an_operators_key_of_its_own(two: Path):
    """Tokens that need the operator's key as well work for one of several accounts, too."""
    path = settings_file(two, "acme")
    set_value(path, "acme", "agents-operator-key", SecretStr("a key of the operator"))

    mine, other = (load_settings(settings_file(two, name)).agents for name in ("acme", "globex"))

    assert mine.operator_key is not None
    assert mine.operator_key.get_secret_value() == "a key of the operator"
    assert other.operator_key is None


def test_each_account_has_queues_of_its_own(two: Path):
    """A worker of one account takes no runs of another, which would get the wrong secrets."""
    pool = Pool("pool")
    queues: dict[str, set[str | None]] = {}
    for name in ("acme", "globex"):
        path = settings_file(two, name)
        settings = load_settings(path)
        owner = owner_of(settings, path, has_ledger=False)
        queues[name] = {one.work_queue_name for one in deployments(settings, owner, pool=pool)}

    assert queues["acme"] == {f"{priority}@acme" for priority in Priority}
    assert not queues["acme"] & queues["globex"]


def test_the_environment_sets_nothing_of_an_account(two: Path, monkeypatch: pytest.MonkeyPatch):
    """A variable that all accounts have in common would give all of them the same ledger."""
    monkeypatch.setenv("CASPIO_INGEST_LEDGER__URL", "sqlite:////tmp/one-for-all.db")
    monkeypatch.setenv("CASPIO_INGEST_ARCHIVE__BLOCK", "one-for-all")
    monkeypatch.setenv("CASPIO_CLIENT_SECRET", "one-for-all")

    settings = load_settings(settings_file(two, "acme"))

    assert "one-for-all" not in settings.ledger.url
    assert settings.archive.block is None
    assert settings.client_secret.get_secret_value() == "acme-secret"


def test_relative_paths_start_at_the_shared_file(install: Install):
    """A settings file that is moved to accounts.d still names the same places."""
    config = install(
        acme='[archive]\nurl = "file:archive"\n[ledger]\nurl = "sqlite:///caspio-ingest.db"\n'
    )

    settings = load_settings(settings_file(config, "acme"), credentials=False)

    assert settings.archive.url == f"file:{config.parent}/archive"
    assert settings.ledger.url == f"sqlite:///{config.parent}/caspio-ingest.db"


def test_a_missing_credential_says_which_command_sets_it(install: Install):
    """Accounts take their secrets from the store, so the advice is not to export them."""
    config = install(acme="")

    with pytest.raises(BadSettings, match="secrets set client-secret --account acme"):
        load_settings(settings_file(config, "acme"))


def test_accounts_of_a_machine_share_one_queue(install: Install, tmp_path: Path):
    """Both wait in the same folder; a settings file alone waits for nobody."""
    config = install('[reading]\nfolder = "turns"\ndocuments = 1\n', acme="", globex="")
    opened = []
    for name in ("acme", "globex"):
        settings = load_settings(settings_file(config, name), credentials=False)
        assert settings.queue is not None
        opened.append(open_turns(settings))
    alone = (config.parent / "accounts.d" / "acme.toml").rename(tmp_path / "alone.toml")

    assert len(list((tmp_path / "turns").glob("*.alive"))) == 2
    assert open_turns(load_settings(alone, credentials=False)) is None
    for turns in opened:
        assert turns is not None
        turns.close()


def test_the_shared_file_is_no_settings_file(two: Path):
    """None of several accounts is taken, also where a file is loaded directly."""
    with pytest.raises(BadSettings, match="Name one of them with --account"):
        load_settings(two)


def test_without_the_master_key_a_ledger_in_a_file_is_read(
    two: Path, monkeypatch: pytest.MonkeyPatch
):
    """To look at what was done needs no secret; to start a run does."""
    monkeypatch.delenv("CASPIO_INGEST_MASTER_KEY")

    assert load_settings(settings_file(two, "acme"), credentials=False).account == "acme"
    with pytest.raises(BadSettings, match="CASPIO_INGEST_MASTER_KEY is not set"):
        load_settings(settings_file(two, "acme"))


def test_a_process_of_an_account_has_the_secrets_of_no_other(
    two: Path, monkeypatch: pytest.MonkeyPatch
):
    """Its environment keeps what the installation needs: no master key, and nothing that others refer to."""
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:1/api")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "somebody's")
    before = dict(os.environ)
    try:
        enter(settings_file(two, "acme"))
        inside = dict(os.environ)
        settings = load_settings(settings_file(two, "acme"))
        with pytest.raises(BadSettings, match="works for account 'acme'"):
            secrets_of(settings_file(two, "globex"), "globex")
    finally:
        os.environ.clear()
        os.environ.update(before)

    assert settings.client_secret.get_secret_value() == "acme-secret"
    assert inside[ACCOUNT] == "acme"
    assert set(json.loads(inside[SECRETS])) == {"client-id", "client-secret"}
    assert inside["PREFECT_API_URL"] == "http://127.0.0.1:1/api"
    hidden = {"CASPIO_INGEST_MASTER_KEY", "GLOBEX_ID", "GLOBEX_SECRET", "AWS_SECRET_ACCESS_KEY"}
    assert not hidden & set(inside)
    assert "globex" not in "".join(inside.values())


def test_an_account_alone_keeps_its_environment(tmp_path: Path):
    """One settings file works as before: its secrets are in the environment."""
    before = dict(os.environ)

    enter(tmp_path / "caspio-ingest.toml")

    assert dict(os.environ) == before


def test_secrets_are_described_without_their_values(two: Path, monkeypatch: pytest.MonkeyPatch):
    """What is set, where it is, and what cannot be opened."""
    monkeypatch.delenv("GLOBEX_SECRET")

    acme, globex = (described(settings_file(two, name)) for name in ("acme", "globex"))

    assert [one["where"] for one in acme] == ["encrypted, version 1"] * 2
    assert [one["where"] for one in globex] == ["env:GLOBEX_ID", "env:GLOBEX_SECRET"]
    assert [bool(one["problem"]) for one in globex] == [False, True]
    assert "acme-secret" not in str(acme)


def test_a_rotation_changes_the_file_of_its_account_only(two: Path):
    """The other account's file is not even written."""
    folder = two.parent / "secrets.d"
    before = {path.name: path.read_bytes() for path in folder.glob("*.json")}

    said = rotate(settings_file(two, "acme"))
    only_references = rotate(settings_file(two, "globex"))

    after = {path.name: path.read_bytes() for path in folder.glob("*.json")}
    assert said.startswith("acme: key 2")
    assert "nothing to rotate" in only_references
    assert after["acme.json"] != before["acme.json"]
    assert after["globex.json"] == before["globex.json"]
    assert load_settings(settings_file(two, "acme")).client_id.get_secret_value() == "acme-id"


def test_what_is_no_secret_is_refused(two: Path):
    """An unknown kind, an empty value and a value in the place of a reference change nothing."""
    path, before = settings_file(two, "acme"), read_store(two.parent / "secrets.d", "acme")

    for kind, value in (("no-such", "x"), ("client-id", " ")):
        with pytest.raises(BadSettings):
            set_value(path, "acme", kind, SecretStr(value))
    with pytest.raises(BadSettings) as error:
        set_reference(path, "acme", "client-id", "canary")

    assert "canary" not in str(error.value)
    assert read_store(two.parent / "secrets.d", "acme") == before
