import errno
import os
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from pipeline.adapters.caspio.scratch_store import ListedFile, PathRow, scratch
from pipeline.errors import DiskFull, UnusableFolder


def test_files_come_back_in_order_a_page_at_a_time(tmp_path: Path) -> None:
    """All files come back once, in order, at most a thousand at a time."""
    with scratch(tmp_path) as store:
        store.add_files(ListedFile(f"/In/{n:05}.pdf", n, "d") for n in reversed(range(2500)))
        pages = list(store.pages())

    assert [len(page) for page in pages] == [1000, 1000, 500]
    assert [file.size_bytes for page in pages for file in page] == list(range(2500))


def test_paths_are_one_whatever_their_case(tmp_path: Path) -> None:
    """A path is found as SQL Server compares it, with its slash or without."""
    with scratch(tmp_path) as store:
        store.add_files([ListedFile("/In/A.pdf", 1, "d")])

        assert store.file("in/a.PDF") == ListedFile("/In/A.pdf", 1, "d")


def test_lowest_pk_holds_the_path(tmp_path: Path) -> None:
    """Of rows with the same path the lowest PK_ID wins; FILE fields come before an index."""
    with scratch(tmp_path) as store:
        store.add_rows([("/a", PathRow("Index", "Path", "1", {}))], rank=1)
        store.add_rows(
            [("/a", PathRow("B", "F", "10", {"X": 1.5})), ("/a", PathRow("C", "F", "9", {}))],
            rank=0,
        )
        store.add_rows([("/a", PathRow("D", "F", "9", {}))], rank=0)

        assert store.row("/A") == PathRow("C", "F", "9", {})
        assert store.row("/b") is None


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    """The database file is gone after use."""
    with scratch(tmp_path / "deep"):
        assert any((tmp_path / "deep").iterdir())

    assert not any((tmp_path / "deep").iterdir())


@pytest.mark.parametrize("moment", ["created", "filled"])
def test_a_full_disk_is_said_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str):
    """Whenever SQLite finds no room for a listing, the error names the folder and a way out."""
    connect = sqlite3.connect

    def small(*arguments: Any, **options: Any) -> sqlite3.Connection:
        database = connect(*arguments, **options)
        database.execute("PRAGMA page_size = 512")
        database.execute(f"PRAGMA max_page_count = {1 if moment == 'created' else 20}")
        return database

    monkeypatch.setattr(sqlite3, "connect", small)
    many = (ListedFile(f"/In/{number}", 1, "d") for number in range(1000))

    with pytest.raises(DiskFull, match=f"{tmp_path}.*TMPDIR"), scratch(tmp_path) as store:
        store.add_files(many)

    assert not any(tmp_path.iterdir())


def test_a_file_system_that_takes_nothing_is_said_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """A folder that cannot even be made is the same fault; another error of the system stays what it is."""

    def refuse(number: int) -> None:
        def mkdir(*_arguments: object, **_options: object) -> None:
            raise OSError(number, os.strerror(number), str(tmp_path))

        monkeypatch.setattr(Path, "mkdir", mkdir)

    refuse(errno.EROFS)
    with pytest.raises(DiskFull, match="Read-only file system"), scratch(tmp_path):
        pass

    refuse(errno.ELOOP)
    with pytest.raises(OSError, match="symbolic links"), scratch(tmp_path):
        pass


@pytest.mark.parametrize(
    ("code", "name"),
    [
        (sqlite3.SQLITE_IOERR | 1 << 8, "SQLITE_IOERR_READ"),
        (sqlite3.SQLITE_CANTOPEN, "SQLITE_CANTOPEN"),
        (sqlite3.SQLITE_READONLY, "SQLITE_READONLY"),
    ],
)
def test_a_disk_that_fails_is_not_said_to_be_full(tmp_path: Path, code: int, name: str):
    """Space would not help: the message has what SQLite says, and asks to look at the disk."""
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode, error.sqlite_errorname = code, name

    with pytest.raises(UnusableFolder) as raised, scratch(tmp_path):
        raise error

    assert f"{tmp_path}: disk I/O error ({name})" in str(raised.value)
    assert "Free space" not in str(raised.value)
