"""The files of secrets: one for each account, replaced whole, for this user only."""

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import SecretStr, ValidationError

from pipeline.accounts.encryption import Key
from pipeline.accounts.names import checked_name
from pipeline.accounts.references import Environment, Places, resolve
from pipeline.accounts.secret_store import MasterKeys, Store, opened
from pipeline.accounts.shared import SecretSettings
from pipeline.errors import BadSettings, raise_problems
from pipeline.private_files import private

MASTER_KEY_VARIABLE = "CASPIO_INGEST_MASTER_KEY"


def store_file(folder: Path, account: str) -> Path:
    """Return the file of secrets of an account; it need not exist."""
    return folder / f"{checked_name(account)}.json"


def read_store(folder: Path, account: str) -> Store:
    """Read the secrets of an account, still sealed; without a file there are none.

    Raises:
        BadSettings: the file cannot be read, or holds something else. Nothing of it is repeated.
    """
    path = store_file(folder, account)
    try:
        store = Store.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return Store(account=account)
    except OSError as error:
        raise BadSettings([f"{path} cannot be read: {error.strerror}."]) from None
    except ValidationError:
        raise BadSettings(
            [
                (
                    f"{path} is not a file of secrets of this version of caspio-ingest. Restore it "
                    "from a backup, or remove it and set the secrets again."
                )
            ]
        ) from None
    # Else the file of one account, copied, would give its references to another one.
    if store.account != account:
        raise BadSettings([f"{path} holds the secrets of account {store.account!r}. Move it back."])
    return store


def write_store(folder: Path, store: Store) -> None:
    """Replace the file of an account: after a crash it is the old one or the new one."""
    path = store_file(folder, store.account)
    fresh = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        with open(fresh, "w", encoding="utf-8", opener=private) as stream:
            stream.write(store.model_dump_json(indent=2, exclude_defaults=True))
            stream.flush()
            os.fsync(stream.fileno())
        fresh.replace(path)
        _sync_folder(folder)
    except OSError as error:
        raise BadSettings([f"{path} cannot be written: {error.strerror}."]) from error
    finally:
        fresh.unlink(missing_ok=True)


@contextmanager
def changing(folder: Path) -> Iterator[None]:
    """Let one process at a time change the files of secrets."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise BadSettings([f"{folder} cannot be written: {error.strerror}."]) from error
    # The system releases it also for a process that is killed.
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def remove_store(folder: Path, account: str) -> None:
    """Remove the file of an account, if there is one."""
    with changing(folder):
        store_file(folder, account).unlink(missing_ok=True)
        _sync_folder(folder)


def master_keys(
    settings: SecretSettings,
    *,
    folder: Path,
    environment: Environment,
    places: Places | None = None,
) -> MasterKeys:
    """Return the master key and the previous one; relative paths start at `folder`.

    Raises:
        BadSettings: a key is missing, is none, or is in a file that others may read; or the
            environment has another one than the settings name.
    """
    present = _key("secrets.master_key", settings.master_key, folder, environment, places)
    exported = environment(MASTER_KEY_VARIABLE)
    if exported and settings.previous_master_key != f"env:{MASTER_KEY_VARIABLE}":
        other = _parsed("secrets.master_key", f"env:{MASTER_KEY_VARIABLE}", exported.strip())
        # Which of the two is right nobody here can know, and a value that was sealed with the
        # wrong one could not be opened later.
        if other != present:
            raise BadSettings(
                [
                    (
                        f"{MASTER_KEY_VARIABLE} is another key ({other.id}) than "
                        f"secrets.master_key names ({present.id}). Remove the one that is wrong."
                    )
                ]
            )
    previous = None
    if settings.previous_master_key:
        name = "secrets.previous_master_key"
        previous = _key(name, settings.previous_master_key, folder, environment, places)
    return MasterKeys(present, previous, f"secrets.master_key ({settings.master_key})")


def revealed(
    store: Store,
    settings: SecretSettings,
    *,
    folder: Path,
    environment: Environment,
    places: Places | None = None,
) -> dict[str, SecretStr]:
    """Return every secret of a store: sealed values, and what its references name.

    Raises:
        BadSettings: a reference or the master key is missing, or key and store disagree; lists all
            problems.
    """
    problems: list[str] = []
    found: dict[str, SecretStr] = {}
    # Without sealed values no master key is needed.
    if store.key is not None and any(entry.sealed for entry in store.secrets.values()):
        try:
            masters = master_keys(settings, folder=folder, environment=environment, places=places)
            found |= opened(store, masters)
        except BadSettings as error:
            problems += error.problems
    for kind, entry in store.secrets.items():
        if entry.reference is None:
            continue
        try:
            found[kind] = resolve(
                entry.reference, folder=folder, environment=environment, places=places
            )
        except BadSettings as error:
            where = f"Secret {kind} of account {store.account!r}"
            problems += [f"{where}: {one}" for one in error.problems]
    raise_problems(problems)
    return found


def _key(
    name: str, reference: str, folder: Path, environment: Environment, places: Places | None
) -> Key:
    try:
        found = resolve(reference, folder=folder, environment=environment, places=places)
        text = found.get_secret_value()
    except BadSettings as error:
        advice = "`openssl rand -base64 32` makes a key."
        raise BadSettings([f"{name}: {one} {advice}" for one in error.problems]) from None
    if reference.startswith("file:"):
        path = folder / reference.removeprefix("file:")
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise BadSettings(
                [f"{name}: others may read {path}. Run `chmod 600 {path}`, and replace the key."]
            )
    return _parsed(name, reference, text)


def _parsed(name: str, reference: str, text: str) -> Key:
    try:
        return Key.from_text(text)
    except ValueError as error:
        raise BadSettings(
            [f"{name} ({reference}) is not a key: {error}. `openssl rand -base64 32` makes one."]
        ) from None


def _sync_folder(folder: Path) -> None:
    """Let the new name of a file survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
