"""Import and export tasks: CSV between a table or view and the Files area."""

import csv
import io
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from infra.emulator.errors import ApiError, bad_value, no_object, not_ready
from infra.emulator.state.content import Named, on_disk
from infra.emulator.state.files import Files
from infra.emulator.state.objects import Objects, key_of
from infra.emulator.state.records import Query, Records
from infra.emulator.state.schema import LIST_TYPES, Field, Relation
from infra.emulator.state.store import Store

_MOST_AT_ONCE = 6
_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Task:
    """One task of a seed.

    Attributes:
        kind: "import" or "export".
        file: Path in the Files area.
        mode: What an import does: "append", or "upsert" by the column `key`.
        where: What an export leaves out.
    """

    name: str
    key: str
    kind: str
    table: str = ""
    view: str = ""
    file: str = ""
    mode: str = "append"
    match: str = ""
    where: str = ""
    frequency: str = "On demand"
    time_zone: str = "UTC"
    note: str = ""

    def shown(self, status: str) -> dict[str, Any]:
        """Return the ScheduledTaskInfo."""
        return {
            "Name": self.name, "ExternalKey": self.key, "Status": status, "TaskTimeZone": self.time_zone,
            "Frequency": self.frequency, "Note": self.note,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ran:
    """How a run ended: rows moved, and what was refused, by line."""

    rows: int
    problems: tuple[str, ...]


class Tasks:
    """The account's tasks and what becomes of their runs."""

    def __init__(self, store: Store, records: Records, files: Files) -> None:
        self._store = store
        self._records = records
        self._files = files
        self._kept = Objects(store, "task")
        self._status: dict[str, str] = {}
        self.ran: dict[str, Ran] = {}

    def add(self, name: str, data: Mapping[str, Any]) -> None:
        """Add a task of a seed; ValueError where it is none."""
        task = Task(name=name, key=key_of(f"task:{name}"), **data)
        if (
            task.kind not in {"import", "export"}
            or not task.file
            or bool(task.table) == bool(task.view)
        ):
            raise ValueError(
                f"The task {name} needs kind import or export, a file, and a table or a view."
            )
        self._kept.put(task.key, asdict(task))

    def all(self) -> list[Task]:
        """Return all tasks."""
        return [Task(**body) for body in self._kept.all()]

    def get(self, key: str) -> Task:
        """Return a task; 404 without it."""
        body = self._kept.get(key)
        if body is None:
            raise no_object()
        return Task(**body)

    def status(self, task: Task) -> str:
        """Return Busy, Processing or Ready."""
        return self._status.get(task.key, "Ready")

    def start(self, task: Task) -> None:
        """Make a task Busy; 400 where it is not Ready or six run already."""
        if self.status(task) != "Ready" or len(self._status) >= _MOST_AT_ONCE:
            raise not_ready()
        self._status[task.key] = "Busy"

    def process(self, task: Task) -> None:
        """Make a task Processing and do its work; what cannot be done is a problem in `ran`, not an error."""
        self._status[task.key] = "Processing"
        try:
            self.ran[task.key] = self._import(task) if task.kind == "import" else self._export(task)
        except (ApiError, csv.Error, UnicodeDecodeError) as error:
            self.ran[task.key] = Ran(rows=0, problems=(str(error),))

    def finish(self, task: Task) -> None:
        """Make a task Ready again."""
        self._status.pop(task.key, None)

    def _relation(self, task: Task) -> Relation:
        return self._store.relation(task.view or task.table, is_view=bool(task.view))

    def _import(self, task: Task) -> Ran:
        """Read a CSV file with a header line; a row that does not fit is left out. No event is raised."""
        raw = b"".join(self._files.by_path(task.file).content.chunks())
        relation, rows, problems = self._relation(task), 0, []
        with self._records.quiet():
            for number, row in enumerate(
                csv.DictReader(io.StringIO(raw.decode("utf-8-sig"))), start=2
            ):
                try:
                    self._take(task, relation, row)
                    rows += 1
                except ApiError as error:
                    problems.append(f"line {number}: {error.message}")
        return Ran(rows=rows, problems=tuple(problems))

    def _take(self, task: Task, relation: Relation, row: Mapping[str | None, Any]) -> None:
        if None in row or None in row.values():
            raise bad_value("the number of columns")
        values = {
            str(name): _value(relation.field(str(name)), str(text)) for name, text in row.items()
        }
        if task.mode == "upsert" and task.match:
            key = str(row[task.match]).replace("'", "''")
            if self._records.update(relation, f"{task.match} = '{key}'", values):
                return
        self._records.insert(relation, values)

    def _export(self, task: Task) -> Ran:
        """Write all rows with a header line, over the file where it exists."""
        text, rows, page = io.StringIO(newline=""), 0, 1
        writer: csv.DictWriter[str] | None = None
        relation = self._relation(task)
        names = [
            field.name for field in relation.fields if field.type not in {"PASSWORD", "ATTACHMENT"}
        ]
        writer = csv.DictWriter(text, names, extrasaction="ignore", lineterminator="\r\n")
        writer.writeheader()
        while True:
            query = Query(where=task.where, order_by="PK_ID", page=page, page_size=_PAGE)
            found = self._records.page(relation, query).rows
            writer.writerows({name: _text(value) for name, value in row.items()} for row in found)
            rows, page = rows + len(found), page + 1
            if len(found) < _PAGE:
                break
        self._write(task.file, text.getvalue().encode("utf-8-sig"))
        return Ran(rows=rows, problems=())

    def _write(self, path: str, data: bytes) -> None:
        target = self._store.data_dir / uuid.uuid4().hex
        target.write_bytes(data)
        folder, _, name = path.rpartition("/")
        key = self._files.make_folder(folder)
        named, old = (
            Named(name=name, content=on_disk(target), media_type="text/csv"),
            self._files.named(key, name),
        )
        if old is None:
            self._files.add(key, named)
        else:
            self._files.overwrite(old, named)


def _value(field: Field, text: str) -> object:
    """Read a CSV cell for a field; a blank is no value."""
    if text == "":
        return None
    if field.type in LIST_TYPES:
        return [item.strip() for item in text.split(",")]
    if field.type == "YES/NO":
        return {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}.get(
            text.lower(), text
        )
    if field.type in {"NUMBER", "INTEGER", "CURRENCY"}:
        try:
            return float(text)
        except ValueError as error:
            raise bad_value(field.name) from error
    return text


def _text(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(map(str, value.values()))
    if isinstance(value, bool):
        return "Yes" if value else "No"
    return "" if value is None else str(value)
