"""How a seed folder fills an account."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from infra.emulator.account.account import Account
from infra.emulator.account.many_records import seed_many
from infra.emulator.account.profiles import Profile, profile_from_seed
from infra.emulator.clock import from_timestamp
from infra.emulator.errors import ApiError
from infra.emulator.state.content import Named, from_seed
from infra.emulator.state.directories import user_values
from infra.emulator.state.schema import AUTO_TYPES, PK, TYPES, Field, Table, View, changed_field
from infra.emulator.state.values import Stored, stored

_MEMBERS = frozenset(
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


def seed_account(account: Account, folder: Path) -> None:
    """Fill an account from a folder's account.json, once; ValueError says what in the seed cannot be used.

    Bytes are not read: the account refers to the seed's files, and their dates become the attachments' dates, so that
    the same seed lists alike every time.
    """
    if account.store.seeded:
        return
    source = folder / "account.json"
    data = json.loads(source.read_text(encoding="utf-8"))
    unknown = set(data) - _MEMBERS
    if unknown:
        raise ValueError(
            f"{source}: unknown members {', '.join(sorted(unknown))}; see the seed's description."
        )
    try:
        _seed_files(account, folder, data)
        _seed_tables(account, folder, data)
        for name, directory in data.get("directories", {}).items():
            _seed_directory(account, name, directory)
        for name, task in data.get("tasks", {}).items():
            account.tasks.add(name, task)
        for name, app in data.get("applications", {}).items():
            account.applications.add(name, app)
    except ApiError as error:
        raise ValueError(f"{source}: {error.message}; correct the seed.") from error
    account.records.watch.forget()
    account.store.mark_seeded()


def _seed_files(account: Account, folder: Path, data: dict[str, Any]) -> None:
    for path in data.get("folders", []):
        account.files.make_folder(path)
    for path, value in data.get("files", {}).items():
        _seed_file(account, path, from_seed(folder, value))


def _seed_tables(account: Account, folder: Path, data: dict[str, Any]) -> None:
    for name, table in data.get("tables", {}).items():
        _seed_table(account, folder, name, table)
    for name, view in data.get("views", {}).items():
        chosen = tuple(view["fields"]) if view.get("fields") is not None else None
        account.store.create_view(
            View(name=name, table=view["table"], where=view.get("where", ""), fields=chosen)
        )


def _seed_file(account: Account, path: str, named: Named) -> None:
    folder, _, name = path.rpartition("/")
    key = account.files.make_folder(folder)
    account.files.add(
        key, Named(name=name, content=named.content, media_type=named.media_type), when=_date(named)
    )


def _seed_table(account: Account, folder: Path, name: str, data: dict[str, Any]) -> None:
    fields = tuple(_seed_field(one) for one in data["fields"])
    account.store.create_table(Table(name=name, fields=fields, note=str(data.get("note", ""))))
    records = data.get("records", [])
    if isinstance(records, dict):
        seed_many(account, account.store.table(name), records)
        return
    with account.store.transaction():
        attached = list(_seed_rows(account, folder, account.store.table(name), records))
    for field, pk, named in attached:
        account.attachments.keep(name, field, pk, named, when=_date(named))


def _seed_directory(account: Account, name: str, data: dict[str, Any]) -> None:
    directory = account.directories.add(
        name, tuple(_seed_field(one) for one in data.get("fields", []))
    )
    for user in data.get("users", []):
        plain, hidden = user_values(user)
        pk = account.records.insert(account.directories.plain(directory), plain)
        if hidden:
            account.records.change(
                name, [pk], {column: str(value) for column, value in hidden.items()}, stamp=False
            )


def profiles_of(folder: Path) -> list[Profile]:
    """Return the profiles a seed folder lists; ValueError names what is wrong."""
    source = folder / "account.json"
    data = json.loads(source.read_text(encoding="utf-8"))
    return [profile_from_seed(one, account_name(folder)) for one in data.get("profiles", [])]


def account_name(folder: Path) -> str:
    """Return the name a seed gives its account, the folder's without one."""
    data = json.loads((folder / "account.json").read_text(encoding="utf-8"))
    return str(data.get("name") or folder.resolve().name)


def _seed_field(data: dict[str, Any]) -> Field:
    """Read a field as a person would have made it: names with blanks are fine here, unlike through the API."""
    formula = bool(data.get("IsFormula"))
    rest = {
        member: value
        for member, value in data.items()
        if member not in {"Name", "Type", "IsFormula"}
    }
    kind = str(data["Type"]).upper()
    if kind not in TYPES:
        raise ValueError(
            f"{data['Name']}: there is no field type {kind!r}; use one of {', '.join(sorted(TYPES))}."
        )
    base = Field(name=data["Name"], type=kind, is_formula=formula, unique=kind in AUTO_TYPES)
    if not rest:
        return base
    checked = changed_field(Field(name="A", type=base.type, unique=base.unique), rest)
    return replace(checked, name=base.name, is_formula=formula)


def _seed_rows(
    account: Account, folder: Path, table: Table, rows: Sequence[dict[str, Any]]
) -> Iterable[tuple[str, int, Named]]:
    columns = {column: table.find(column) for row in rows for column in row}
    for row in rows:
        values: dict[str, Stored] = {PK: int(row[PK])} if PK in row else {}
        files: dict[str, Named] = {}
        for column, value in row.items():
            field = columns[column]
            if field is None:
                if column != PK:
                    raise ValueError(
                        f"The seed's table {table.name} has no field {column!r}; add it or correct the record."
                    )
            elif field.type == "ATTACHMENT":
                if value not in (None, ""):
                    files[field.name] = from_seed(folder, value)
            else:
                values[field.name] = stored(field, value)
        pk = account.records.add(table.name, values)
        yield from ((column, pk, named) for column, named in files.items())


def _date(named: Named) -> datetime | None:
    return from_timestamp(Path(named.content.path).stat().st_mtime) if named.content.path else None
