"""Everything that an account has: to list it, to take it along, to delete it."""

import json
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from flows.app.accounts.wiring import (
    copy_ledger,
    delete_archive,
    delete_ledger,
    require_own,
)
from flows.app.settings import load_settings
from flows.app.wiring.ports import open_archive, open_ledger
from pipeline.accounts.names import account_of, settings_file, shared_file
from pipeline.accounts.secret_files import read_store, remove_store, store_file
from pipeline.accounts.shared import (
    Places,
    holds_one_account,
    load_shared,
    places_of,
    read_toml,
)
from pipeline.errors import BadSettings, LedgerUnavailable
from pipeline.settings import Settings

SETTINGS, LEDGER, SECRETS, ARCHIVE = "settings.toml", "ledger.db", "secrets.json", "archive"
"""What an export has: three files, and a folder with every object of the archive."""


@dataclass(frozen=True, slots=True)
class Belongings:
    """Where everything of an account is. Reading it needs no secret."""

    name: str
    settings: Path
    url: str
    places: Places
    secrets: tuple[str, ...]
    secrets_file: Path

    def as_json(self) -> dict[str, object]:
        """Return it for --json."""
        return {
            "account": self.name,
            "settings": str(self.settings),
            "url": self.url,
            "ledger": self.places.ledger,
            "archive": self.places.archive,
            "secrets": list(self.secrets),
        }


def belongings(config: Path) -> Belongings:
    """Return where everything of an account is; `config` is its settings file.

    Raises:
        BadSettings: a file cannot be read.
    """
    name = account_of(config)
    assert name is not None
    shared = load_shared(shared_file(config))
    # Not as settings: those would ask for secrets, and this needs none.
    values = read_toml(config)
    caspio = values.get("caspio")
    return Belongings(
        name=name,
        settings=config,
        url=str(caspio.get("url", "")) if isinstance(caspio, dict) else "",
        places=places_of(name, shared, values, shared_file(config).parent),
        secrets=tuple(read_store(shared.secrets.folder, name).secrets),
        secrets_file=store_file(shared.secrets.folder, name),
    )


class Sink(Protocol):
    """Takes the files of an export."""

    def take(self, file: Path, name: str) -> None:
        """Take a file under a name; the file is the sink's from then on."""


@dataclass(frozen=True, slots=True)
class _Folder:
    root: Path

    def take(self, file: Path, name: str) -> None:
        target = self.root / name
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file.replace(target)


@dataclass(frozen=True, slots=True)
class _Tar:
    tar: tarfile.TarFile

    def take(self, file: Path, name: str) -> None:
        self.tar.add(file, name)
        file.unlink()


@contextmanager
def _sink(target: Path) -> Iterator[tuple[Sink, Path]]:
    """Open what an export is written to, and a folder for files on their way.

    It has its name only when it is whole.

    Raises:
        BadSettings: there is something already, or it cannot be written.
    """
    if target.exists():
        raise BadSettings([f"{target} exists already. Name a new file or folder."])
    # Hidden until it is whole: nobody takes half an export for one.
    part = target.with_name(f".{target.name}.part")
    if part.exists():
        raise BadSettings([f"{part} is left of an export that was killed. Delete it first."])
    try:
        with tempfile.TemporaryDirectory(dir=target.absolute().parent, prefix=".export-") as folder:
            if target.suffix == ".tar":
                with tarfile.open(part, "x") as tar:
                    part.chmod(0o600)
                    yield _Tar(tar), Path(folder)
            else:
                part.mkdir(mode=0o700)
                yield _Folder(part), Path(folder)
            part.rename(target)
    except OSError as error:
        raise BadSettings([f"{target} cannot be written: {error}."]) from error
    finally:
        if part.is_dir():
            shutil.rmtree(part)
        part.unlink(missing_ok=True)


def export_account(config: Path, target: Path) -> dict[str, object]:
    """Write everything of an account to a folder, or to a file that ends in .tar.

    The ledger is a copy of one moment, as SQLite. Secrets stay encrypted, and the master key is not
    in it. Whoever has both can use the account elsewhere.

    Raises:
        BadSettings, LedgerUnavailable, ArchiveUnavailable: nothing has the target's name then.
        ForeignLedger: the ledger or the archive belongs to another account.
    """
    own = belongings(config)
    settings = load_settings(config, credentials=False)
    require_own(settings)
    archive = open_archive(settings.archive)
    objects = 0
    with _sink(target) as (sink, folder):
        file = folder / "file"
        # SQLite, whatever database it is in: a file can be opened anywhere.
        rows = copy_ledger(settings, file)
        sink.take(file, LEDGER)
        # After the ledger: what it says was archived is in the archive.
        for stored in archive.list(""):
            # One at a time, so that an export needs room for its largest file only, besides the
            # target.
            archive.get(stored.key, file)
            sink.take(file, f"{ARCHIVE}/{stored.key}")
            objects += 1
        copies = [(own.settings, SETTINGS)]
        if own.secrets_file.exists():
            copies.append((own.secrets_file, SECRETS))
        for path, name in copies:
            file.write_bytes(path.read_bytes())
            # Before it is moved: at no moment may others read it.
            file.chmod(0o600)
            sink.take(file, name)
        document = {
            **own.as_json(),
            "rows": rows,
            "objects": objects,
            "target": str(target.absolute()),
        }
        file.write_text(json.dumps(document, indent=2), encoding="utf-8")
        sink.take(file, "export.json")
    return document


def delete_account(config: Path) -> dict[str, object]:
    """Delete everything of an account: ledger, archive, plans of agents, settings file, secrets.

    What was interrupted can be repeated: what is gone already is no problem.

    Raises:
        BadSettings: a run of the account is active.
        ForeignLedger: the ledger or the archive belongs to another account; nothing is deleted.
        LedgerUnavailable, ArchiveUnavailable: something cannot be deleted.
    """
    own = belongings(config)
    shared = load_shared(shared_file(config))
    settings = load_settings(config, credentials=False)
    # A run that is at work would write into what is being deleted.
    workers = active_runs(settings)
    if workers:
        raise BadSettings(
            [f"Runs of account {own.name!r} are active: {', '.join(workers)}. Stop them first."]
        )
    require_own(settings)
    # The archive needs keys from the secrets, so those are the last. The ledger is the first: where
    # it cannot be deleted, nothing is.
    delete_ledger(config, shared, settings)
    objects = delete_archive(settings)
    # They have names and values of documents.
    shutil.rmtree(settings.agents.plans, ignore_errors=True)
    # Without it the account does not exist any more. What is interrupted here leaves secrets, which
    # `forget` removes.
    config.unlink()
    remove_store(shared.secrets.folder, own.name)
    return {**own.as_json(), "objects": objects}


def active_runs(settings: Settings) -> list[str]:
    """Return the runs of an account that are active."""
    # Where the ledger does not answer, its role is gone already or it cannot be deleted anyway.
    with suppress(LedgerUnavailable), open_ledger(settings) as ledger:
        return sorted(ledger.leases.live_workers())
    return []


def forget(config: Path, name: str) -> bool:
    """Remove the secrets of an account that has no settings file, if there are any.

    They are what an addition leaves that was interrupted, and a deletion at its very end. The
    shared file need not exist: an addition makes it after the secrets.
    """
    if holds_one_account(config) or settings_file(config, name).exists():
        return False
    folder = load_shared(config, is_new=True).secrets.folder
    if not store_file(folder, name).exists():
        return False
    remove_store(folder, name)
    return True
