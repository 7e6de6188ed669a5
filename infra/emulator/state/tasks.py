"""Import and export tasks: CSV files between a table or view and the Files area."""

import csv
import io
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from infra.emulator.errors import ApiError, bad_value, not_ready
from infra.emulator.state.content import content_of_file
from infra.emulator.state.csv_cells import read_cell, write_cell
from infra.emulator.state.files import Files
from infra.emulator.state.objects import Objects, key_of
from infra.emulator.state.queries import Query
from infra.emulator.state.records import Records
from infra.emulator.state.schema import PK, Relation
from infra.emulator.state.store import Store

# How many tasks run at once is not documented; six is our choice.
_MAX_RUNNING = 6
_PAGE_SIZE = 1000


@dataclass(frozen=True, slots=True)
class SeedTask:
    """One task of a seed.

    Attributes:
        kind: "import" or "export".
        file: Path in the Files area.
        mode: What an import does: "append", or "upsert" by the column `match`.
        where: The condition on the rows of an export; all if blank.
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

    def to_json(self, status: str) -> dict[str, Any]:
        """Return the ScheduledTaskInfo."""
        return {
            "Name": self.name,
            "ExternalKey": self.key,
            "Status": status,
            "TaskTimeZone": self.time_zone,
            "Frequency": self.frequency,
            "Note": self.note,
        }


@dataclass(frozen=True, slots=True)
class TaskResult:
    """How a run ended: the number of rows moved, and what was refused, by line of the file."""

    rows: int
    problems: tuple[str, ...]


class Tasks:
    """The account's tasks.

    Attributes:
        definitions: The tasks by key.
        results: The result of each task's last run, by key.
    """

    def __init__(self, store: Store, records: Records, files: Files) -> None:
        self._store = store
        self._records = records
        self._files = files
        self.definitions = Objects(store, SeedTask)
        self._status: dict[str, str] = {}
        self.results: dict[str, TaskResult] = {}

    def add(self, name: str, data: Mapping[str, Any]) -> None:
        """Add a task of a seed; ValueError if its members are wrong."""
        task = SeedTask(name=name, key=key_of(f"task:{name}"), **data)
        has_one_source = bool(task.table) != bool(task.view)
        if task.kind not in {"import", "export"} or not task.file or not has_one_source:
            raise ValueError(
                f"The task {name} needs kind import or export, a file, and a table or a view."
            )
        self.definitions.put(task)

    def status(self, task: SeedTask) -> str:
        """Return Busy, Processing or Ready (§7, C)."""
        return self._status.get(task.key, "Ready")

    def start(self, task: SeedTask) -> None:
        """Make a task Busy; 400 if it is not Ready, or if too many are running."""
        if self.status(task) != "Ready" or len(self._status) >= _MAX_RUNNING:
            raise not_ready()
        self._status[task.key] = "Busy"

    def process(self, task: SeedTask) -> None:
        """Run a task; what cannot be done is a problem in `results`, not an error."""
        self._status[task.key] = "Processing"
        try:
            relation = self._store.relation(task.view or task.table, is_view=bool(task.view))
            if task.kind == "import":
                self.results[task.key] = self._import(task, relation)
            else:
                self.results[task.key] = self._export(task, relation)
        except (ApiError, csv.Error, UnicodeDecodeError) as error:
            self.results[task.key] = TaskResult(rows=0, problems=(str(error),))

    def finish(self, task: SeedTask) -> None:
        """Make a task Ready again."""
        self._status.pop(task.key, None)

    def _import(self, task: SeedTask, relation: Relation) -> TaskResult:
        """Read a CSV file with a header line; a row that does not match the fields is left out."""
        raw = b"".join(self._files.by_path(task.file).content.chunks())
        reader = csv.DictReader(io.StringIO(raw.decode("utf-8-sig")))
        rows = 0
        problems: list[str] = []
        # §6.2 (C): an import raises no events.
        with self._records.changes.silent():
            # The header is line 1.
            for line, row in enumerate(reader, start=2):
                try:
                    self._import_row(task, relation, row)
                except ApiError as error:
                    problems.append(f"line {line}: {error.message}")
                else:
                    rows += 1
        return TaskResult(rows=rows, problems=tuple(problems))

    def _import_row(
        self, task: SeedTask, relation: Relation, row: Mapping[str | None, Any]
    ) -> None:
        # The csv module marks cells too many with the name None, cells too few with the value None.
        if None in row or None in row.values():
            raise bad_value("the number of columns")
        values: dict[str, object] = {}
        for name, text in row.items():
            values[str(name)] = read_cell(relation.field(str(name)), str(text))

        if task.mode == "upsert" and task.match:
            key = str(row[task.match]).replace("'", "''")
            if self._records.update(relation, f"{task.match} = '{key}'", values):
                return
        self._records.insert(relation, values)

    def _export(self, task: SeedTask, relation: Relation) -> TaskResult:
        """Write the rows with a header line; a file with the same name is overwritten."""
        hidden = {"PASSWORD", "ATTACHMENT"}
        names = [field.name for field in relation.fields if field.type not in hidden]
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, names, extrasaction="ignore", lineterminator="\r\n")
        writer.writeheader()

        count = 0
        page = 0
        rows: list[dict[str, Any]] = []
        while page == 0 or len(rows) == _PAGE_SIZE:
            page += 1
            query = Query(where=task.where, order_by=PK, page=page, size=_PAGE_SIZE)
            rows = self._records.page(relation, query).rows
            count += len(rows)
            for row in rows:
                writer.writerow({name: write_cell(value) for name, value in row.items()})

        target = self._store.data_dir / uuid.uuid4().hex
        target.write_bytes(text.getvalue().encode("utf-8-sig"))
        self._files.put(task.file, content_of_file(target), media_type="text/csv")
        return TaskResult(rows=count, problems=())
