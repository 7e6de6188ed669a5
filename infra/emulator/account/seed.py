"""Filling an account from a seed folder."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from infra.emulator.account.account import Account
from infra.emulator.account.many_records import seed_many
from infra.emulator.account.profiles import Profile, profile_from_seed
from infra.emulator.account.seed_errors import (
    SeedError,
    at,
    items_of,
    members_of,
    read_seed,
    shown,
    text_of,
)
from infra.emulator.clock import from_timestamp
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
    name = read_seed(folder).get("name")
    if name is None:
        return folder.resolve().name
    with at(str(folder / "account.json")):
        if set(text_of(name, '"name"')) & set("/\\\0"):
            raise SeedError(f'"name" cannot have a slash, as {shown(name)} has; correct it')
    return str(name)


def profiles_of(folder: Path) -> list[Profile]:
    """Return the profiles of a seed folder; SeedError names what is wrong."""
    name = account_name(folder)
    profiles: list[Profile] = []
    with at(str(folder / "account.json")):
        for number, data in enumerate(
            items_of(read_seed(folder).get("profiles", []), '"profiles"')
        ):
            with at(f"profile {number + 1}"):
                profiles.append(profile_from_seed(data, name))
    return profiles


def seed_account(account: Account, folder: Path) -> None:
    """Fill an account from a folder's account.json, once; SeedError names what is wrong.

    Bytes are not read: the account refers to the seed's files. Their dates become the dates of the
    attachments, so that a seed gives the same listings every time.
    """
    # A state that is kept already has the seed, and what happened to it since.
    if account.store.seeded:
        return
    data = read_seed(folder)
    with at(str(folder / "account.json")):
        unknown = set(data) - MEMBERS
        if unknown:
            raise SeedError(
                f"unknown members {', '.join(sorted(unknown))}; use {', '.join(sorted(MEMBERS))}"
            )
        _Seeding(account, folder, data).run()
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
        for path in items_of(self._data.get("folders", []), '"folders"'):
            with at(f"folder {shown(path)}"):
                self._account.files.make_folder(text_of(path, "a folder"))
        self._each("files", "file", self._add_file)
        self._each("tables", "table", self._add_table)
        self._each("views", "view", self._add_view)
        self._each("directories", "directory", self._add_directory)
        self._each("tasks", "task", self._account.tasks.add)
        self._each("applications", "application", self._account.applications.add)

    def _each(self, member: str, kind: str, add: Callable[[str, Any], object]) -> None:
        """Add every entry of a member; what goes wrong names the entry."""
        for name, value in members_of(self._data.get(member, {}), f'"{member}"').items():
            with at(f"{kind} {shown(name)}"):
                add(name, value)

    def _add_file(self, path: str, value: object) -> None:
        file = content_from_seed(self._folder, value)
        folder, _, name = path.rpartition("/")
        key = self._account.files.make_folder(folder)
        self._account.files.add(key, replace(file, name=name), when=_date(file))

    def _add_table(self, name: str, value: object) -> None:
        data = members_of(value, "a table")
        fields = _fields_from_seed(data["fields"])
        table = Table(
            name=text_of(name, "a table's name"), fields=fields, note=str(data.get("note", ""))
        )
        self._account.store.create_table(table)
        records = data.get("records", [])
        if isinstance(records, dict):
            with at("records"):
                seed_many(self._account, table, records)
        else:
            self._add_records(table, items_of(records, '"records"'))

    def _add_view(self, name: str, value: object) -> None:
        data = members_of(value, "a view")
        table = text_of(data["table"], 'its "table"')
        view = View(name=name, table=table, where=str(data.get("where") or ""))
        if data.get("fields") is not None:
            fields = items_of(data["fields"], '"fields"')
            view = replace(view, fields=tuple(text_of(one, "a field's name") for one in fields))
        self._account.store.create_view(view)

    def _add_records(self, table: Table, rows: Sequence[object]) -> None:
        records: list[dict[str, Any]] = []
        for number, row in enumerate(rows):
            with at(f"record {number + 1}"):
                records.append(members_of(row, "a record"))
        columns = {column: table.find(column) for row in records for column in row}
        for column, field in columns.items():
            if field is None and column != PK:
                raise SeedError(f"it has no field {column!r}; add it or correct the record")

        # Attachments follow their records: they are written outside the transaction.
        attached: list[tuple[int, str, NamedContent]] = []
        with self._account.store.transaction():
            for number, row in enumerate(records):
                with at(f"record {number + 1}"):
                    values, files = self._read_row(row, columns)
                    pk = self._account.records.add(table.name, values)
                    attached += [(pk, name, file) for name, file in files.items()]
        for pk, name, file in attached:
            with at(f"record with PK_ID {pk}, field {name}"):
                self._account.attachments.write(table.name, name, pk, file, when=_date(file))

    def _read_row(
        self, row: dict[str, Any], columns: dict[str, Field | None]
    ) -> tuple[dict[str, Stored], dict[str, NamedContent]]:
        """Return a record's stored values and its files, both by field."""
        values: dict[str, Stored] = {}
        files: dict[str, NamedContent] = {}
        for column, value in row.items():
            field = columns[column]
            with at(f"field {column}"):
                if field is None:
                    values[PK] = _pk_from_seed(value)
                elif field.type != "ATTACHMENT":
                    values[field.name] = to_stored(field, value)
                elif value not in (None, ""):
                    files[field.name] = content_from_seed(self._folder, value)
        return values, files

    def _add_directory(self, name: str, value: object) -> None:
        data = members_of(value, "a directory")
        fields = _fields_from_seed(data.get("fields", []))
        directory = self._account.directories.add(name, fields)
        records = self._account.records
        for number, user in enumerate(items_of(data.get("users", []), '"users"')):
            with at(f"user {number + 1}"):
                ordinary, hidden = split_user(members_of(user, "a user"))
                pk = records.insert(self._account.directories.table(directory), ordinary)
                if hidden:
                    texts = {column: str(text) for column, text in hidden.items()}
                    records.change(name, [pk], texts, silent=True)


def _pk_from_seed(value: object) -> int:
    # SQLite's keys end at 2^63; Caspio's are far below.
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 2**63:
        raise SeedError(f"PK_ID must be a whole number above 0, not {shown(value)}; correct it")
    return value


def _fields_from_seed(value: object) -> tuple[Field, ...]:
    """Read the fields of a table or directory."""
    fields: list[Field] = []
    for number, data in enumerate(items_of(value, '"fields"')):
        name = data.get("Name") if isinstance(data, dict) else None
        with at(f"field {name}" if isinstance(name, str) and name else f"field {number + 1}"):
            fields.append(_field_from_seed(members_of(data, "a field")))
            if any(one.name.lower() == fields[-1].name.lower() for one in fields[:-1]):
                raise SeedError("two fields have this name; give one another")
    return tuple(fields)


def _field_from_seed(data: dict[str, Any]) -> Field:
    """Read a field as the web interface would create it.

    Unlike the API, it takes names with blanks, and makes generated fields unique itself.
    """
    known = ", ".join(sorted(TYPES))
    name = text_of(data["Name"], '"Name"')
    if name.upper() == PK:
        raise SeedError(
            f"Caspio gives every table a {PK} itself; remove the field. Records may have a {PK}"
        )
    if "Type" not in data:
        raise SeedError(f'it has no "Type"; give it one of {known}')
    kind = text_of(data["Type"], '"Type"').upper()
    if kind not in TYPES:
        raise SeedError(f"there is no field type {kind!r}; use one of {known}")
    is_formula = bool(data.get("IsFormula"))
    field = Field(name=name, type=kind, is_formula=is_formula, unique=kind in AUTO_TYPES)
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
