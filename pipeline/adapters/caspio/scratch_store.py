"""A database file that holds a listing while it is worked on, so that a million files take no memory."""

import json
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipeline.model import Value

PAGE = 1000

_SCHEMA = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE files (key TEXT PRIMARY KEY, path TEXT NOT NULL, size_bytes INTEGER, date TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE rows (
    key TEXT PRIMARY KEY, rank INTEGER NOT NULL, container TEXT NOT NULL, field TEXT NOT NULL, pk INTEGER NOT NULL,
    data TEXT NOT NULL
) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class ListedFile:
    """A Files-area file: full path, size where it is known, date of the last change as it was listed."""

    path: str
    size_bytes: int | None
    date: str


@dataclass(frozen=True, slots=True)
class Holder:
    """A row that holds a path, with its mapped columns."""

    container: str
    field: str
    pk: str
    values: Mapping[str, Value]


class Scratch:
    """Files and rows by path. Paths that differ in case alone are one: SQL Server compares them so."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        database.executescript(_SCHEMA)

    def add_files(self, files: Iterable[ListedFile]) -> None:
        """Remember files; what is known of a path already is replaced."""
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

    def add_holders(self, holders: Iterable[tuple[str, Holder]], *, rank: int) -> None:
        """Remember which row holds a path: the lowest rank wins, then the lowest PK_ID, then the first told."""
        self._database.executemany(
            "INSERT INTO rows VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO UPDATE SET rank = excluded.rank, "
            "container = excluded.container, field = excluded.field, pk = excluded.pk, data = excluded.data "
            "WHERE (excluded.rank, excluded.pk) < (rank, pk)",
            (
                (
                    path_key(path),
                    rank,
                    holder.container,
                    holder.field,
                    int(holder.pk),
                    json.dumps(dict(holder.values)),
                )
                for path, holder in holders
            ),
        )

    def holder(self, path: str) -> Holder | None:
        """Return the row that holds a path."""
        row = self._database.execute(
            "SELECT container, field, pk, data FROM rows WHERE key = ?", (path_key(path),)
        ).fetchone()
        return None if row is None else Holder(row[0], row[1], str(row[2]), json.loads(row[3]))


@contextmanager
def scratch(folder: Path) -> Iterator[Scratch]:
    """Open a scratch database in a folder, made if missing; its file is gone afterwards."""
    folder.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="listing-", dir=folder) as place,
        closing(
            sqlite3.connect(
                Path(place) / "listing.sqlite", isolation_level=None, check_same_thread=False
            )
        ) as database,
    ):
        yield Scratch(database)


def path_key(path: str) -> str:
    """Return what paths of the same file have in common."""
    return ("/" + path.strip().lstrip("/")).casefold()
