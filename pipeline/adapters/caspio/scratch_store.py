"""Keep a listing in a database file while it is worked on: a million files take no memory."""

import errno
import json
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipeline.adapters.caspio.client import Value
from pipeline.errors import StopRun, UnusableFolder, full_work_folder

PAGE = 1000

_UNUSABLE = frozenset({sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY})

# The file lives as long as one listing: a journal and safety at a power cut would only cost time.
_SCHEMA = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE files (
    key TEXT PRIMARY KEY, path TEXT NOT NULL, size_bytes INTEGER, date TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE rows (
    key TEXT PRIMARY KEY, rank INTEGER NOT NULL, container TEXT NOT NULL, field TEXT NOT NULL,
    pk INTEGER NOT NULL, data TEXT NOT NULL
) WITHOUT ROWID;
"""

_ADD_ROW = """
INSERT INTO rows VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (key) DO UPDATE SET
    rank = excluded.rank, container = excluded.container, field = excluded.field,
    pk = excluded.pk, data = excluded.data
WHERE (excluded.rank, excluded.pk) < (rank, pk)
"""


@dataclass(frozen=True, slots=True)
class ListedFile:
    """A Files-area file: full path, size if known, date of the last change as listed."""

    path: str
    size_bytes: int | None
    date: str


@dataclass(frozen=True, slots=True)
class PathRow:
    """A row that has a path in one of its columns, with its mapped columns."""

    container: str
    field: str
    pk: str
    values: Mapping[str, Value]


class ScratchStore:
    """Files and rows by path, compared as SQL Server does: case does not matter."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        database.executescript(_SCHEMA)

    def add_files(self, files: Iterable[ListedFile]) -> None:
        """Add files; what is known of a path already is replaced."""
        self._database.executemany(
            "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?)",
            ((path_key(file.path), file.path, file.size_bytes, file.date) for file in files),
        )

    def file(self, path: str) -> ListedFile | None:
        """Return what is known of a file."""
        row = self._database.execute(
            "SELECT path, size_bytes, date FROM files WHERE key = ?", (path_key(path),)
        ).fetchone()
        return None if row is None else ListedFile(*row)

    def pages(self) -> Iterator[list[ListedFile]]:
        """Yield all files in order of path, 1,000 at a time."""
        # Pages behind the last key: an OFFSET would read everything before it again.
        last = ""
        while True:
            rows = self._database.execute(
                "SELECT key, path, size_bytes, date FROM files WHERE key > ? ORDER BY key LIMIT ?",
                (last, PAGE),
            ).fetchall()
            if not rows:
                return
            last = rows[-1][0]
            yield [ListedFile(*row[1:]) for row in rows]

    def add_rows(self, rows: Iterable[tuple[str, PathRow]], *, rank: int) -> None:
        """Add which row has a path: the lowest rank wins, then the lowest PK_ID, then the first."""
        values = (
            (
                path_key(path),
                rank,
                row.container,
                row.field,
                int(row.pk),
                json.dumps(dict(row.values)),
            )
            for path, row in rows
        )
        self._database.executemany(_ADD_ROW, values)

    def row(self, path: str) -> PathRow | None:
        """Return the row that has a path."""
        row = self._database.execute(
            "SELECT container, field, pk, data FROM rows WHERE key = ?", (path_key(path),)
        ).fetchone()
        if row is None:
            return None
        return PathRow(row[0], row[1], str(row[2]), json.loads(row[3]))


@contextmanager
def scratch(folder: Path) -> Iterator[ScratchStore]:
    """Open a scratch store in a folder, created if missing; its file is deleted afterwards.

    Raises:
        DiskFull: the folder cannot be written, or not any more.
        UnusableFolder: its disk fails, or it does not take a file.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (
            tempfile.TemporaryDirectory(prefix="listing-", dir=folder) as place,
            closing(
                sqlite3.connect(
                    Path(place) / "listing.sqlite", isolation_level=None, check_same_thread=False
                )
            ) as database,
        ):
            yield ScratchStore(database)
    except OSError as error:
        full = full_work_folder(error)
        if full is None:
            raise
        raise full from error
    except sqlite3.Error as error:
        stop = _what_to_raise(error, folder)
        if stop is None:
            raise
        raise stop from error


def _what_to_raise(error: sqlite3.Error, folder: Path) -> StopRun | None:
    """Return what to raise where SQLite cannot keep a listing in a folder."""
    # The lowest byte is the kind of an error; the others say in which call it was seen.
    kind = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if kind == sqlite3.SQLITE_FULL:
        return full_work_folder(OSError(errno.ENOSPC, str(error), str(folder)))
    if kind not in _UNUSABLE:
        return None
    name = getattr(error, "sqlite_errorname", "")
    return UnusableFolder(
        f"A listing of files cannot be kept in {folder}: {error} ({name}). Look whether its disk "
        "is sound and the folder still there, and may be written; or set TMPDIR to another disk. "
        "Then run again: the run continues where it stopped."
    )


def path_key(path: str) -> str:
    """Return what paths of the same file have in common."""
    # SQL Server compares names without case, and FILE fields may lack the slash.
    return ("/" + path.strip().lstrip("/")).casefold()
