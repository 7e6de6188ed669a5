"""The same small account, in dictionaries and in the local Caspio, behind the same ports."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar, Protocol

from infra.emulator import Emulator
from pipeline.adapters.caspio.client import CaspioClient
from pipeline.adapters.caspio.source import CaspioFileSource
from pipeline.adapters.caspio.target import CaspioRecordTarget
from pipeline.model import Value
from pipeline.ports.source import FileSource
from pipeline.ports.target import RecordTarget
from tests.fakes.caspio import Attachment, FakeCaspio
from tests.fakes.clock import FakeClock

PAPERS = {
    "DocType": "STRING",
    "Total": "CURRENCY",
    "Paid": "YES/NO",
    "Day": "DATE/TIME",
    "Note": "TEXT",
    "Again": "YES/NO",
    "Scan": "ATTACHMENT",
    "File": "FILE",
}
OTHERS = {"Doc": "FILE"}
INDEX = {"Path": "STRING", "DocType": "STRING", "Again": "YES/NO"}
TABLES = {"Papers": PAPERS, "Others": OTHERS, "Index": INDEX}

ROWS: dict[str, dict[int, dict[str, Value]]] = {
    "Papers": {
        1: {"DocType": "receipt", "Total": 12.5, "Note": "first"},
        2: {"DocType": "invoice", "Again": True, "File": "/In/two.txt"},
        3: {"DocType": "letter", "Again": True},
    },
    "Others": {8: {"Doc": "/In/two.txt"}},
    "Index": {5: {"Path": "/In/three.txt", "DocType": "memo", "Again": True}},
}
ATTACHED = {("Papers", "Scan", 1): ("one.txt", b"one")}
FILES = {
    "/In/two.txt": b"two",
    "/In/three.txt": b"three",
    "/In/loose.txt": b"no row has this path",
    "/Inner/four.txt": b"four",
}


class Account(Protocol):
    """An account, and what users do to it."""

    source: FileSource
    target: RecordTarget

    def row(self, table: str, pk: str) -> Mapping[str, Value] | None:
        """Return a row as the account has it."""

    def edit(self, table: str, pk: str, **values: Value) -> None:
        """Change a row, as a user does."""

    def attach(self, pk: str, name: str, data: bytes) -> None:
        """Attach another file to a record of Papers, as a user does."""

    def paths(self) -> set[str]:
        """Return the paths of the Files area."""

    def lose_next_answer(self, write: str) -> None:
        """Carry out the next write of this kind, and lose its answer."""


class FakeAccount:
    """The account in dictionaries."""

    def __init__(self) -> None:
        """Fill the dictionaries."""
        self._caspio = FakeCaspio()
        for name, columns in TABLES.items():
            self._caspio.table(
                name, **{column: kind.replace("/", "_") for column, kind in columns.items()}
            )
            for pk, values in ROWS[name].items():
                self._caspio.row(name, str(pk), **values)
        for (table, field, pk), (name, data) in ATTACHED.items():
            self._caspio.attachments[table, field, str(pk)] = Attachment(name, data)
        self._caspio.files |= FILES
        self.source: FileSource = self._caspio
        self.target: RecordTarget = self._caspio

    def row(self, table: str, pk: str) -> Mapping[str, Value] | None:
        """Return a row."""
        return self._caspio.tables[table].get(pk)

    def edit(self, table: str, pk: str, **values: Value) -> None:
        """Change a row."""
        self._caspio.tables[table][pk].update(values)

    def attach(self, pk: str, name: str, data: bytes) -> None:
        """Attach another file."""
        self._caspio.attachments["Papers", "Scan", pk] = Attachment(name, data, "2026-05-05")

    def paths(self) -> set[str]:
        """Return the paths."""
        return set(self._caspio.files)

    def lose_next_answer(self, write: str) -> None:
        """Lose an answer."""
        self._caspio.lose_answers.add(write)


class CaspioAccount:
    """The account in the local Caspio, through the real adapters."""

    _OPERATIONS: ClassVar = {
        "update": "UpdateTableRecords",
        "rename": "UpdateFileMetadataInAttachmentTableFields",
        "insert": "CreateTableRecord",
        "delete row": "DeleteTableRecords",
        "put": "UploadFiles",
        "delete": "DeleteFileByPath",
    }

    def __init__(self, emulator: Emulator, client: CaspioClient, folder: Path) -> None:
        """Keep how to reach the account."""
        self._control = emulator.control
        self._folder = folder
        self.source: FileSource = CaspioFileSource(client, scratch_dir=folder, clock=FakeClock())
        self.target: RecordTarget = CaspioRecordTarget(client)

    def row(self, table: str, pk: str) -> Mapping[str, Value] | None:
        """Return a row."""
        rows = self._control.dump()["tables"][table]
        return next((row for row in rows if str(row["PK_ID"]) == pk), None)

    def edit(self, table: str, pk: str, **values: Value) -> None:
        """Change a row."""
        self._control.edit(table, int(pk), values)

    def attach(self, pk: str, name: str, data: bytes) -> None:
        """Attach another file."""
        path = self._folder / "attached"
        path.write_bytes(data)
        self._control.replace_attachment("Papers", "Scan", int(pk), path, name)

    def paths(self) -> set[str]:
        """Return the paths."""
        return set(self._control.dump()["files"])

    def lose_next_answer(self, write: str) -> None:
        """Lose an answer."""
        self._control.fault({"kind": "lost", "operation": self._OPERATIONS[write]})


@contextmanager
def open_caspio(folder: Path) -> Iterator[Account]:
    """Start the local Caspio with the account."""
    (folder / "seed").mkdir()
    (folder / "seed/account.json").write_text(json.dumps(_seed(folder / "seed")), encoding="utf-8")
    with (
        Emulator(seed=folder / "seed") as emulator,
        CaspioClient(
            url=emulator.url,
            client_id="id",
            client_secret="secret",
            clock=FakeClock(),
            rate="1000000/1s",
        ) as client,
    ):
        yield CaspioAccount(emulator, client, folder)


def _seed(folder: Path) -> dict[str, Any]:
    """Write the files of the account, and return what account.json says."""
    tables: dict[str, Any] = {}
    for name, columns in TABLES.items():
        fields = [{"Name": column, "Type": kind} for column, kind in columns.items()]
        records = [{"PK_ID": pk, **values} for pk, values in ROWS[name].items()]
        tables[name] = {"fields": fields, "records": records}
    for (table, field, pk), (name, data) in ATTACHED.items():
        (folder / name).write_bytes(data)
        row = next(row for row in tables[table]["records"] if row["PK_ID"] == pk)
        row[field] = name
    paths: dict[str, str] = {}
    for number, (path, data) in enumerate(FILES.items()):
        paths[path] = f"file{number}"
        (folder / f"file{number}").write_bytes(data)
    return {"tables": tables, "files": paths}
