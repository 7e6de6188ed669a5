import base64
import fcntl
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import SecretStr

from pipeline.accounts.encryption import Key
from pipeline.accounts.secret_files import (
    changing,
    master_keys,
    read_store,
    revealed,
    store_file,
    write_store,
)
from pipeline.accounts.secret_store import MasterKeys, Store, with_reference, with_value
from pipeline.accounts.shared import SecretSettings
from pipeline.errors import BadSettings

SECRET = SecretStr("canary-of-a-secret")


def text_of(key: Key) -> str:
    """Return a key as a user writes it."""
    return base64.b64encode(key.material).decode()


def key_file(folder: Path, key: Key, mode: int = 0o600) -> str:
    """Write a key file, and return the reference to it."""
    path = folder / f"{key.id}.key"
    path.write_text(f"{text_of(key)}\n")
    path.chmod(mode)
    return f"file:{path.name}"


def keys(
    folder: Path, settings: SecretSettings, environment: dict[str, str] | None = None
) -> MasterKeys:
    """Return the master keys of settings."""
    return master_keys(settings, folder=folder, environment=(environment or {}).get)


def test_a_store_is_read_as_it_was_written(tmp_path: Path, masters: MasterKeys):
    """The file is for this user only, and nothing else stays in the folder."""
    store = with_value(Store(account="acme"), "client-secret", SECRET, masters)

    write_store(tmp_path, store)

    assert read_store(tmp_path, "acme") == store
    assert stat.S_IMODE(store_file(tmp_path, "acme").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["acme.json"]
    assert SECRET.get_secret_value() not in store_file(tmp_path, "acme").read_text()


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_crash_leaves_the_old_file_whole(
    tmp_path: Path, masters: MasterKeys, monkeypatch: pytest.MonkeyPatch, step: str
):
    """Stopped before the new file has its name, the old one is still there and can be opened."""
    old = with_value(Store(account="acme"), "client-secret", SECRET, masters)
    write_store(tmp_path, old)

    def die(*_arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        if step == "fsync":
            patched.setattr(os, "fsync", die)
        else:
            patched.setattr(Path, "replace", die)
        with pytest.raises(KeyboardInterrupt):
            write_store(tmp_path, with_value(old, "client-secret", SecretStr("new"), masters))

    assert read_store(tmp_path, "acme") == old


@pytest.mark.parametrize(
    "text", ["", "{", '{"account": "canary"}', "[1]", '{"account": "acme", "x": 1}']
)
def test_a_file_that_is_no_store_is_refused_without_showing_it(tmp_path: Path, text: str):
    """Nothing of a damaged file, or of another account's, is used or shown."""
    store_file(tmp_path, "acme").write_text(text)

    with pytest.raises(BadSettings) as error:
        read_store(tmp_path, "acme")

    assert "acme.json" in str(error.value)


def test_the_file_of_another_account_is_refused(tmp_path: Path):
    """A copied file would give one account the references of another one."""
    write_store(tmp_path, with_reference(Store(account="acme"), "client-id", "env:ACME"))
    store_file(tmp_path, "acme").rename(store_file(tmp_path, "globex"))

    with pytest.raises(BadSettings, match="secrets of account 'acme'"):
        read_store(tmp_path, "globex")


def test_references_and_values_are_revealed(tmp_path: Path, masters: MasterKeys):
    """Each secret comes from where it is; what is missing is listed together."""
    reference = key_file(tmp_path, masters.present)
    (tmp_path / "id").write_text("the-id\n")
    store = with_reference(Store(account="acme"), "client-id", "file:id")
    store = with_value(store, "client-secret", SECRET, masters)
    settings = SecretSettings(master_key=reference)

    found = revealed(store, settings, folder=tmp_path, environment={}.get)

    assert found == {"client-id": SecretStr("the-id"), "client-secret": SECRET}
    store = with_reference(store, "webhook-secret", "env:MISSING")
    store = with_reference(store, "client-id", "file:nowhere")
    with pytest.raises(BadSettings) as error:
        revealed(store, settings, folder=tmp_path, environment={}.get)
    assert len(error.value.problems) == 2


def test_without_a_sealed_value_no_master_key_is_needed(tmp_path: Path):
    """Whoever keeps references only never makes a key."""
    store = with_reference(Store(account="acme"), "client-id", "env:ACME_ID")

    found = revealed(
        store, SecretSettings(), folder=tmp_path, environment={"ACME_ID": "the-id"}.get
    )

    assert found == {"client-id": SecretStr("the-id")}


def case_readable(folder: Path) -> MasterKeys:
    """Read a key that others may read."""
    return keys(folder, SecretSettings(master_key=key_file(folder, Key.new(), 0o640)))


def case_two_keys(folder: Path) -> MasterKeys:
    """Read a key where the environment has another one."""
    other = {"CASPIO_INGEST_MASTER_KEY": text_of(Key.new())}
    return keys(folder, SecretSettings(master_key=key_file(folder, Key.new())), other)


def case_short(folder: Path) -> MasterKeys:
    """Read a key that is too short."""
    return keys(folder, SecretSettings(), {"CASPIO_INGEST_MASTER_KEY": "Y2FuYXJ5"})


def case_no_base64(folder: Path) -> MasterKeys:
    """Read a key that is a password."""
    return keys(folder, SecretSettings(), {"CASPIO_INGEST_MASTER_KEY": "canary!"})


def case_missing(folder: Path) -> MasterKeys:
    """Read a key that is not there."""
    return keys(folder, SecretSettings())


@pytest.mark.parametrize(
    ("case", "problem"),
    [
        (case_readable, "others may read"),
        (case_two_keys, "is another key"),
        (case_short, "it has 6 bytes"),
        (case_no_base64, "it is not base64"),
        (case_missing, "is not set"),
    ],
)
def test_a_key_that_cannot_be_right_is_refused(
    tmp_path: Path, case: Callable[[Path], MasterKeys], problem: str
):
    """Each problem is named with what to do, and no key is shown."""
    with pytest.raises(BadSettings, match=problem) as error:
        case(tmp_path)

    assert "canary" not in str(error.value)
    assert "Y2FuYXJ5" not in str(error.value)


def test_while_the_master_key_is_replaced_both_are_known(tmp_path: Path):
    """The environment may still have the old key then, if the settings say so."""
    old, new = Key.new(), Key.new()
    settings = SecretSettings(
        master_key=key_file(tmp_path, new), previous_master_key="env:CASPIO_INGEST_MASTER_KEY"
    )

    found = keys(tmp_path, settings, {"CASPIO_INGEST_MASTER_KEY": text_of(old)})

    assert (found.present, found.previous) == (new, old)


def test_one_process_at_a_time_changes_secrets(tmp_path: Path):
    """A second change waits until the first is done, so that it loses nothing."""
    with (
        changing(tmp_path),
        (tmp_path / ".lock").open() as second,
        pytest.raises(BlockingIOError),
    ):
        fcntl.flock(second, fcntl.LOCK_EX | fcntl.LOCK_NB)
