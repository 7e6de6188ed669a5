# ruff: noqa: S608  statements are put together from compiled clauses, quoted names and whole numbers only
"""The Files area: folders and files, addressed by key or by path. Names are unique in a folder whatever their case."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from infra.emulator.clock import to_milliseconds
from infra.emulator.errors import conflict, no_file, no_object
from infra.emulator.state.content import Content, Named, from_stored, media_type
from infra.emulator.state.store import Store

_COLUMNS = "key, folder, name, size, media_type, created, modified, content"
_SORT = {
    "name": "name",
    "size": "size",
    "contenttype": "media_type",
    "datecreated": "created",
    "lastmodified": "modified",
}
ROOT = ""
"""The key of the root folder inside the state; requests leave the key out."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One file of the Files area; dates are UTC texts."""

    key: str
    folder: str
    name: str
    size: int
    media_type: str
    created: str
    modified: str
    content: Content

    def shown(self) -> dict[str, Any]:
        """Return the FileItem."""
        return {
            "Name": self.name,
            "ExternalKey": self.key,
            "Size": self.size,
            "ContentType": self.media_type,
            "DateCreated": self.created,
            "LastModified": self.modified,
        }


@dataclass(frozen=True, slots=True)
class Window:
    """Which page of a folder's content, and in what order; `page` counts from 1."""

    sort: str
    descending: bool
    size: int
    page: int


class Files:
    """Folders and files of the account."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @property
    def atomic(self) -> bool:
        """Say whether an upload of several files stores all or none."""
        return self._store.quirks.files_upload == "atomic"

    def folder(self, key: str) -> dict[str, Any]:
        """Return a folder's item by its key; 404 without one."""
        row = self._store.db.execute(
            "SELECT name, key, created FROM folders WHERE key = ?", (key.lower(),)
        ).fetchone()
        if row is None:
            raise no_object()
        return self._folder(row)

    def _folder(self, row: tuple[Any, ...]) -> dict[str, Any]:
        return {"Name": row[0], "ExternalKey": row[1], "DateCreated": self._date(row[2])}

    def check_folder(self, key: str) -> str:
        """Return a folder's key as it is kept; 404 for one that does not exist, the root for a blank one."""
        return str(self.folder(key)["ExternalKey"]) if key else ROOT

    def folders(self, parent: str, window: Window) -> tuple[list[dict[str, Any]], int]:
        """Return one page of a folder's folders, and how many there are."""
        rows, total = self._page(
            "SELECT name, key, created FROM folders WHERE parent = ?", parent, window
        )
        return [self._folder(row) for row in rows], total

    def files(self, folder: str, window: Window) -> tuple[list[dict[str, Any]], int]:
        """Return one page of a folder's files, and how many there are."""
        statement = f"SELECT {_COLUMNS} FROM files WHERE folder = ?"
        rows, total = self._page(statement, folder, window)
        return [self.item(_file(row)) for row in rows], total

    def item(self, one: StoredFile) -> dict[str, Any]:
        """Return the FileItem."""
        return {
            **one.shown(),
            "DateCreated": self._date(one.created),
            "LastModified": self._date(one.modified),
        }

    def _date(self, text: str) -> str:
        """Write a date as the account does: the second version's was American, without leading zeros."""
        if self._store.quirks.files_dates == "iso":
            return text
        moment = datetime.fromisoformat(text)
        half = "PM" if moment.hour >= 12 else "AM"  # noqa: PLR2004  noon
        clock = f"{moment.hour % 12 or 12}:{moment:%M:%S} {half}"
        return f"{moment.month}/{moment.day}/{moment.year} {clock}"

    def _page(
        self, statement: str, holder: str, window: Window
    ) -> tuple[list[tuple[Any, ...]], int]:
        total = self._store.db.execute(f"SELECT count(*) FROM ({statement})", (holder,)).fetchone()[
            0
        ]
        order = f"{_SORT[window.sort.lower()]} {'DESC' if window.descending else 'ASC'}, key"
        rows = self._store.db.execute(
            f"{statement} ORDER BY {order} LIMIT ? OFFSET ?",
            (holder, window.size, (window.page - 1) * window.size),
        ).fetchall()
        return rows, int(total)

    def by_key(self, key: str) -> StoredFile:
        """Return a file by its key; 404 without one."""
        row = self._store.db.execute(
            f"SELECT {_COLUMNS} FROM files WHERE key = ?", (key.lower(),)
        ).fetchone()
        if row is None:
            raise no_file()
        return _file(row)

    def by_path(self, path: str) -> StoredFile:
        """Return a file by its path, with or without the leading slash; 404 without one."""
        *folders, name = path.lstrip("/").split("/")
        holder: str | None = ROOT
        for part in folders:
            holder = self._child(holder, part) if holder is not None else None
        found = self.named(holder, name) if holder is not None else None
        if found is None:
            raise no_file()
        return found

    def named(self, folder: str, name: str) -> StoredFile | None:
        """Return a folder's file by its name in any case."""
        exact = " COLLATE BINARY" if self._store.quirks.files_case == "sensitive" else ""
        statement = f"SELECT {_COLUMNS} FROM files WHERE folder = ? AND name = ?{exact}"
        row = self._store.db.execute(statement, (folder, name)).fetchone()
        return _file(row) if row else None

    def _child(self, parent: str, name: str) -> str | None:
        row = self._store.db.execute(
            "SELECT key FROM folders WHERE parent = ? AND name = ?", (parent, name)
        ).fetchone()
        return str(row[0]) if row else None

    def make_folder(self, path: str) -> str:
        """Make a folder and those above it, and return its key; those that exist are left as they are."""
        parent = ROOT
        for part in filter(None, path.split("/")):
            key = self._child(parent, part)
            if key is None:
                key = str(uuid.uuid4())
                now = to_milliseconds(self._store.clock.tick())
                self._store.db.execute(
                    "INSERT INTO folders VALUES (?, ?, ?, ?)", (key, parent, part, now)
                )
            parent = key
        return parent

    def add(self, folder: str, named: Named, *, when: datetime | None = None) -> StoredFile:
        """Add a file; 409 where the name is taken."""
        now = to_milliseconds(when or self._store.clock.tick())
        kind = named.media_type or media_type(named.name)
        added = StoredFile(
            str(uuid.uuid4()), folder, named.name, named.content.size, kind, now, now, named.content
        )
        if self.named(folder, named.name) is not None:
            raise conflict(named.name)
        self._store.db.execute(
            "INSERT INTO files VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (added.key, folder, added.name, added.size, kind, now, now, named.content.stored()),
        )
        return added

    def overwrite(self, old: StoredFile, named: Named) -> str:
        """Replace a file's bytes and return its key, the old one unless the account gives another."""
        key = old.key if self._store.quirks.overwrite_key == "kept" else str(uuid.uuid4())
        now = to_milliseconds(self._store.clock.tick())
        kind = named.media_type or media_type(named.name)
        self._store.db.execute(
            "UPDATE files SET key = ?, size = ?, media_type = ?, modified = ?, content = ? WHERE key = ?",
            (key, named.content.size, kind, now, named.content.stored(), old.key),
        )
        self._discard(old)
        return key

    def delete(self, gone: StoredFile) -> None:
        """Delete a file."""
        self._store.db.execute("DELETE FROM files WHERE key = ?", (gone.key,))
        self._discard(gone)

    def paths(self) -> dict[str, StoredFile]:
        """Return every file by its path."""
        folders = {ROOT: ""}
        for row in self._store.db.execute("SELECT key, parent, name FROM folders ORDER BY rowid"):
            folders[row[0]] = f"{folders[row[1]]}/{row[2]}"
        files = [_file(row) for row in self._store.db.execute(f"SELECT {_COLUMNS} FROM files")]
        return dict(sorted((f"{folders[one.folder]}/{one.name}", one) for one in files))

    def _discard(self, old: StoredFile) -> None:
        path = Path(old.content.path)
        if old.content.path and path.parent == self._store.data_dir:
            path.unlink(missing_ok=True)


def _file(row: tuple[Any, ...]) -> StoredFile:
    key, folder, name, size, kind, created, modified, content = row
    return StoredFile(key, folder, name, size, kind, created, modified, from_stored(content))
