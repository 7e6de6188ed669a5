# ruff: noqa: S608  statements are built from fixed names only
"""The Files area: folders and files, addressed by key or by path."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from infra.emulator.clock import format_milliseconds
from infra.emulator.errors import conflict, existing, no_file, no_object
from infra.emulator.state.content import Content, NamedContent, content_from_stored
from infra.emulator.state.store import Store

ROOT = ""
"""The key of the root folder inside the state; requests leave the key out (§3.4, C)."""

_COLUMNS = "key, folder, name, size, media_type, created, modified, content"
# SPEC's sortField, in lower case -> column.
_SORT_COLUMNS = {
    "name": "name",
    "size": "size",
    "contenttype": "media_type",
    "datecreated": "created",
    "lastmodified": "modified",
}
_NOON = 12


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


@dataclass(frozen=True, slots=True)
class FolderPage:
    """One page of a folder's contents, and their order; `page` counts from 1."""

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
        """Whether an upload of several files stores all or none."""
        return self._store.quirks.files_upload == "atomic"

    def folder(self, key: str) -> dict[str, Any]:
        """Return a folder's item by its key; 404 if it does not exist."""
        statement = "SELECT name, key, created FROM folders WHERE key = ?"
        row = self._store.db.execute(statement, (key.lower(),)).fetchone()
        return self._folder_item(existing(row, no_object()))

    def _folder_item(self, row: tuple[Any, ...]) -> dict[str, Any]:
        name, key, created = row
        return {"Name": name, "ExternalKey": key, "DateCreated": self._date(created)}

    def check_folder(self, key: str) -> str:
        """Return a folder's key as it is stored: the root's for a blank one; 404 if not there."""
        return str(self.folder(key)["ExternalKey"]) if key else ROOT

    def folders(self, parent: str, page: FolderPage) -> tuple[list[dict[str, Any]], int]:
        """Return one page of a folder's folders, and how many there are."""
        statement = "SELECT name, key, created FROM folders WHERE parent = ?"
        rows, total = self._page(statement, parent, page)
        return [self._folder_item(row) for row in rows], total

    def files(self, folder: str, page: FolderPage) -> tuple[list[dict[str, Any]], int]:
        """Return one page of a folder's files, and how many there are."""
        statement = f"SELECT {_COLUMNS} FROM files WHERE folder = ?"
        rows, total = self._page(statement, folder, page)
        return [self.item(_file(row)) for row in rows], total

    def _page(
        self, statement: str, parent: str, page: FolderPage
    ) -> tuple[list[tuple[Any, ...]], int]:
        count = self._store.db.execute(f"SELECT count(*) FROM ({statement})", (parent,))
        total = int(count.fetchone()[0])
        direction = "DESC" if page.descending else "ASC"
        rows = self._store.db.execute(
            f"{statement} ORDER BY {_SORT_COLUMNS[page.sort.lower()]} {direction}, key "
            "LIMIT ? OFFSET ?",
            (parent, page.size, (page.page - 1) * page.size),
        )
        return rows.fetchall(), total

    def item(self, file: StoredFile) -> dict[str, Any]:
        """Return the FileItem."""
        return {
            "Name": file.name,
            "ExternalKey": file.key,
            "Size": file.size,
            "ContentType": file.media_type,
            "DateCreated": self._date(file.created),
            "LastModified": self._date(file.modified),
        }

    def _date(self, text: str) -> str:
        """Write a date in the account's format."""
        if self._store.quirks.files_dates == "iso":
            return text
        # §3.4 (C): version 2 wrote US dates without leading zeros, such as 1/12/2022 7:15:18 AM.
        moment = datetime.fromisoformat(text)
        half = "PM" if moment.hour >= _NOON else "AM"
        hour = moment.hour % _NOON or _NOON
        return f"{moment.month}/{moment.day}/{moment.year} {hour}:{moment:%M:%S} {half}"

    def by_key(self, key: str) -> StoredFile:
        """Return a file by its key; 404 if it does not exist."""
        statement = f"SELECT {_COLUMNS} FROM files WHERE key = ?"
        row = self._store.db.execute(statement, (key.lower(),)).fetchone()
        return _file(existing(row, no_file()))

    def by_path(self, path: str) -> StoredFile:
        """Return a file by its path, with or without the leading slash; 404 if not there."""
        *folders, name = path.lstrip("/").split("/")
        parent: str | None = ROOT
        for part in folders:
            parent = None if parent is None else self._child(parent, part)
        found = None if parent is None else self.named(parent, name)
        return existing(found, no_file())

    def named(self, folder: str, name: str) -> StoredFile | None:
        """Return a folder's file by its name."""
        # §3.4 (I): like SQL Server, in any case, unless the quirk says otherwise.
        is_exact = self._store.quirks.files_case == "sensitive"
        collation = " COLLATE BINARY" if is_exact else ""
        statement = f"SELECT {_COLUMNS} FROM files WHERE folder = ? AND name = ?{collation}"
        row = self._store.db.execute(statement, (folder, name)).fetchone()
        return _file(row) if row else None

    def _child(self, parent: str, name: str) -> str | None:
        statement = "SELECT key FROM folders WHERE parent = ? AND name = ?"
        row = self._store.db.execute(statement, (parent, name)).fetchone()
        return str(row[0]) if row else None

    def make_folder(self, path: str) -> str:
        """Create a folder with its parents, where they are missing, and return its key."""
        parent = ROOT
        for part in filter(None, path.split("/")):
            key = self._child(parent, part)
            if key is None:
                key = str(uuid.uuid4())
                now = format_milliseconds(self._store.clock.unique_now())
                row = (key, parent, part, now)
                self._store.db.execute("INSERT INTO folders VALUES (?, ?, ?, ?)", row)
            parent = key
        return parent

    def add(self, folder: str, file: NamedContent, *, when: datetime | None = None) -> StoredFile:
        """Add a file; 409 if the name is taken."""
        # §3.4 (C): a POST of a taken name is 409.
        if self.named(folder, file.name) is not None:
            raise conflict(file.name)
        now = format_milliseconds(when or self._store.clock.unique_now())
        added = StoredFile(
            key=str(uuid.uuid4()),
            folder=folder,
            name=file.name,
            size=file.content.size,
            media_type=file.shown_media_type,
            created=now,
            modified=now,
            content=file.content,
        )
        stored = file.content.stored()
        self._store.db.execute(
            "INSERT INTO files VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (added.key, folder, added.name, added.size, added.media_type, now, now, stored),
        )
        return added

    def overwrite(self, old: StoredFile, file: NamedContent) -> str:
        """Replace a file's bytes and return its key."""
        # §3.4 (C for version 2): the key stays; the quirk may give a new one.
        is_kept = self._store.quirks.overwrite_key == "kept"
        key = old.key if is_kept else str(uuid.uuid4())
        now = format_milliseconds(self._store.clock.unique_now())
        content = file.content
        self._store.db.execute(
            "UPDATE files SET key = ?, size = ?, media_type = ?, modified = ?, content = ? "
            "WHERE key = ?",
            (key, content.size, file.shown_media_type, now, content.stored(), old.key),
        )
        old.content.delete_from(self._store.data_dir)
        return key

    def put(self, path: str, content: Content, *, media_type: str = "") -> None:
        """Add a file at a path, or replace the one there; missing folders are created."""
        folder, _, name = path.rpartition("/")
        key = self.make_folder(folder)
        file = NamedContent(name=name, content=content, media_type=media_type)
        old = self.named(key, name)
        if old is None:
            self.add(key, file)
        else:
            self.overwrite(old, file)

    def delete(self, file: StoredFile) -> None:
        """Delete a file."""
        self._store.db.execute("DELETE FROM files WHERE key = ?", (file.key,))
        file.content.delete_from(self._store.data_dir)

    def paths(self) -> dict[str, StoredFile]:
        """Return every file by its path."""
        paths = {ROOT: ""}
        folders = self._store.db.execute("SELECT key, parent, name FROM folders ORDER BY rowid")
        for key, parent, name in folders:
            paths[key] = f"{paths[parent]}/{name}"

        files: dict[str, StoredFile] = {}
        for row in self._store.db.execute(f"SELECT {_COLUMNS} FROM files"):
            file = _file(row)
            files[f"{paths[file.folder]}/{file.name}"] = file
        return dict(sorted(files.items()))


def _file(row: tuple[Any, ...]) -> StoredFile:
    key, folder, name, size, kind, created, modified, content = row
    return StoredFile(
        key, folder, name, size, kind, created, modified, content_from_stored(content)
    )
