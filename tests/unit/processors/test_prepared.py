"""What is made once is opened the next time, and is used only if it is what was made."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from processors import prepared
from processors.prepared import Recipe


@pytest.fixture(autouse=True)
def _as_a_new_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Begin with nothing opened, and forget afterwards what was."""
    monkeypatch.setattr(prepared, "_opened", {})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Name a folder that is not there yet, below one that is not there either."""
    return tmp_path / "cache" / "caspio-ingest"


def recipe(make: Callable[[], bytes] = lambda: b"made", *made_from: str) -> Recipe:
    """Return a recipe for one file."""
    return Recipe("networks", made_from or ("version 1",), make)


def never() -> bytes:
    """Fail: nothing is to be made."""
    raise AssertionError


def test_what_was_made_is_opened_the_next_time(folder: Path):
    """The second process opens what the first one made."""
    prepared.open_all([recipe()], folder=folder)

    prepared.open_all([recipe(never)], folder=folder)

    assert bytes(prepared.content("networks") or b"") == b"made"


def test_another_version_is_made_again(folder: Path):
    """A file made from something else is not used; the number of files stays small."""
    for version in range(7):
        prepared.open_all([recipe(lambda: b"made", f"version {version}")], folder=folder)

    prepared.open_all([recipe(lambda: b"new", "version 8")], folder=folder)

    assert bytes(prepared.content("networks") or b"") == b"new"
    assert len(list(folder.iterdir())) == 4


def test_nothing_is_made_in_the_process_itself(folder: Path):
    """What starts threads or fails does so in a process of its own."""
    made_by = folder.parent / "made-by"
    folder.parent.mkdir()

    prepared.open_all(
        [recipe(lambda: str(made_by.write_text(str(os.getpid()))).encode())], folder=folder
    )

    assert made_by.read_text() != str(os.getpid())


def test_what_cannot_be_made_has_no_content(folder: Path):
    """A failure leaves no file, and the caller goes on without it."""
    prepared.open_all([recipe(never)], folder=folder)

    assert prepared.content("networks") is None
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("damage", [b"", b"x", bytes(64) + b"made"])
def test_a_damaged_file_is_not_used(folder: Path, damage: bytes):
    """A file that was cut or changed is found by its checksum."""
    folder.mkdir(parents=True)
    prepared.write(recipe(), folder)
    (file,) = folder.iterdir()
    file.write_bytes(damage)

    prepared.open_all([recipe(never)], folder=folder)

    assert prepared.content("networks") is None


@pytest.mark.parametrize("what", ["folder", "file", "link"])
def test_what_others_can_change_is_not_used(folder: Path, what: str):
    """Neither a file in a folder that others may write, nor one that they may write, nor a link."""
    folder.mkdir(parents=True)
    prepared.write(recipe(), folder)
    (file,) = folder.iterdir()
    if what == "link":
        file.symlink_to(file.rename(folder.parent / "elsewhere"))
    else:
        (folder if what == "folder" else file).chmod(0o777)

    prepared.open_all([recipe(never)], folder=folder)

    assert prepared.content("networks") is None


def test_a_folder_that_cannot_be_made_is_no_error(tmp_path: Path):
    """A user whose home is a file or read-only reads without a cache."""
    (tmp_path / "home").touch()

    prepared.open_all([recipe(never)], folder=tmp_path / "home" / "cache")

    assert prepared.content("networks") is None
