"""Filling an account from a seed folder."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from infra.emulator.account.account import Account
from infra.emulator.account.many_records import seed_many
from infra.emulator.account.profiles import Profile, profile_from_seed
from infra.emulator.clock import from_timestamp
from infra.emulator.errors import ApiError
from infra.emulator.state.content import NamedContent, content_from_seed
from infra.emulator.state.directories import split_user
from infra.emulator.state.schema import AUTO_TYPES, PK, TYPES, Field, Table, View, changed_field
from infra.emulator.state.values import Stored, to_stored

MEMBERS = frozenset(
    {
        "tables",
        "views",
        "files",
        "folders",
        "directories",
        "tasks",
        "applications",
        "profiles",
        "name",
    }
)


def account_name(folder: Path) -> str:
    """Return the name that a seed gives its account, or else the folder's."""
    return str(_read(folder).get("name") or folder.resolve().name)


def profiles_of(folder: Path) -> list[Profile]:
    """Return the profiles of a seed folder; ValueError names what is wrong."""
    name = account_name(folder)
    return [profile_from_seed(data, name) for data in _read(folder).get("profiles", [])]


def _read(folder: Path) -> dict[str, Any]:
    data: dict[str, Any] = json.loads((folder / "account.json").read_text(encoding="utf-8"))
    return data


def seed_account(account: Account, folder: Path) -> None:
    """Fill an account from a folder's account.json, once; ValueError names what is wrong.

    Bytes are not read: the account refers to the seed's files. Their dates become the dates of the
    attachments, so that a seed gives the same listings every time.
    """
    # A state that is kept already has the seed, and what happened to it since.
    if account.store.seeded:
        return
    source = folder / "account.json"
    data = _read(folder)
    unknown = set(data) - MEMBERS
    if unknown:
        raise ValueError(
            f"{source}: unknown members {', '.join(sorted(unknown))}; "
            f"use {', '.join(sorted(MEMBERS))}."
        )

    try:
        _Seeding(account, folder, data).run()
    except ApiError as error:
        raise ValueError(f"{source}: {error.message}; correct the seed.") from error
    # The pages show changes since the seed.
    account.records.changes.reset()
    account.store.mark_seeded()


class _Seeding:
    """One account while it is filled."""

    def __init__(self, account: Account, folder: Path, data: dict[str, Any]) -> None:
        self._account = account
        self._folder = folder
        self._data = data

    def run(self) -> None:
        """Add everything, files first."""
        for path in self._data.get("folders", []):
            self._account.files.make_folder(path)
        for path, value in self._data.get("files", {}).items():
            file = content_from_seed(self._folder, value)
            folder, _, name = path.rpartition("/")
            key = self._account.files.make_folder(folder)
            self._account.files.add(key, replace(file, name=name), when=_date(file))
        for name, data in self._data.get("tables", {}).items():
            fields = tuple(_field_from_seed(field) for field in data["fields"])
            table = Table(name=name, fields=fields, note=str(data.get("note", "")))
            self._account.store.create_table(table)
            records = data.get("records", [])
            if isinstance(records, dict):
                seed_many(self._account, table, records)
            else:
                self._add_records(table, records)
        for name, data in self._data.get("views", {}).items():
            view = View(name=name, table=data["table"], where=data.get("where", ""))
            if data.get("fields") is not None:
                view = replace(view, fields=tuple(data["fields"]))
            self._account.store.create_view(view)
        for name, directory in self._data.get("directories", {}).items():
            self._add_directory(name, directory)
        for name, task in self._data.get("tasks", {}).items():
            self._account.tasks.add(name, task)
        for name, app in self._data.get("applications", {}).items():
            self._account.applications.add(name, app)

    def _add_records(self, table: Table, rows: Sequence[dict[str, Any]]) -> None:
        columns = {column: table.find(column) for row in rows for column in row}
        for column, field in columns.items():
            if field is None and column != PK:
                raise ValueError(
                    f"The seed's table {table.name} has no field {column!r}; "
                    "add it or correct the record."
                )

        # Attachments follow their records: they are written outside the transaction.
        attached: list[tuple[int, str, NamedContent]] = []
        with self._account.store.transaction():
            for row in rows:
                values, files = self._read_row(row, columns)
                pk = self._account.records.add(table.name, values)
                attached += [(pk, name, file) for name, file in files.items()]
        for pk, name, file in attached:
            self._account.attachments.write(table.name, name, pk, file, when=_date(file))

    def _read_row(
        self, row: dict[str, Any], columns: dict[str, Field | None]
    ) -> tuple[dict[str, Stored], dict[str, NamedContent]]:
        """Return a record's stored values and its files, both by field."""
        values: dict[str, Stored] = {}
        files: dict[str, NamedContent] = {}
        for column, value in row.items():
            field = columns[column]
            if field is None:
                values[PK] = int(value)
            elif field.type != "ATTACHMENT":
                values[field.name] = to_stored(field, value)
            elif value not in (None, ""):
                files[field.name] = content_from_seed(self._folder, value)
        return values, files

    def _add_directory(self, name: str, data: dict[str, Any]) -> None:
        fields = tuple(_field_from_seed(field) for field in data.get("fields", []))
        directory = self._account.directories.add(name, fields)
        records = self._account.records
        for user in data.get("users", []):
            ordinary, hidden = split_user(user)
            pk = records.insert(self._account.directories.table(directory), ordinary)
            if hidden:
                texts = {column: str(value) for column, value in hidden.items()}
                records.change(name, [pk], texts, silent=True)


def _field_from_seed(data: dict[str, Any]) -> Field:
    """Read a field as the web interface would create it.

    Unlike the API, it takes names with blanks, and makes generated fields unique itself.
    """
    kind = str(data["Type"]).upper()
    if kind not in TYPES:
        known = ", ".join(sorted(TYPES))
        raise ValueError(f"{data['Name']}: there is no field type {kind!r}; use one of {known}.")
    is_formula = bool(data.get("IsFormula"))
    field = Field(name=data["Name"], type=kind, is_formula=is_formula, unique=kind in AUTO_TYPES)
    own = {"Name", "Type", "IsFormula"}
    rest = {member: value for member, value in data.items() if member not in own}
    if not rest:
        return field
    # The API's rules apply to the other members; the name "A" is one that they allow.
    checked = changed_field(Field(name="A", type=kind, unique=field.unique), rest)
    return replace(checked, name=field.name, is_formula=is_formula)


def _date(file: NamedContent) -> datetime | None:
    path = file.content.path
    return from_timestamp(Path(path).stat().st_mtime) if path else None
