"""Count Caspio's calls for each record, by what is done with it: `python -m tests.bench.calls [--batches 1 10 100]`.

For each kind an account of its own is run once, in the local Caspio. What an account is made of is not
counted: tables, columns, folders and the token are asked for once a run, however many records it has.
Last comes how long before its rename an attachment was looked at: the window in which a user's new file
cannot be seen (docs/reliability.md).
"""

import argparse
import os
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median
from typing import Any

from flows.app.wiring import AppContext
from infra.emulator import Emulator
from pipeline.adapters.caspio.client import CaspioClient
from pipeline.adapters.caspio.target import CaspioRecordTarget
from pipeline.model import RecordRef
from pipeline.ports import Reader, ShownFile, Updated
from tests.crash.cells import COLUMNS, review_fields
from tests.fakes.clock import RunningClock
from tests.fakes.reader import FakeReader
from tests.integration.pipeline.accounts import (
    Source,
    fields,
    uploads,
    write_account,
    write_settings,
)
from tests.integration.pipeline.workspace import CREDENTIALS, Workspace

BATCHES = (1, 10, 100)
ONCE = frozenset({"POST /oauth/token", "GET /v3/tables", "GET /v3/files/folders"})
"""Asked for once a run, however many records it has."""

NAME = "{{ doc_type }} {{ total }}"

Files = Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class Kind:
    """One way in which a record is processed: the account that `build` makes of files, and the source."""

    build: Callable[[Files], dict[str, Any]]
    source: Source


@dataclass(frozen=True, slots=True)
class Counted:
    """The calls that a batch took, by kind of call."""

    records: int
    calls: Mapping[str, int] = field(default_factory=dict)

    @property
    def each(self) -> float:
        """Return the calls for each record."""
        return sum(self.calls.values()) / self.records

    @property
    def downloads(self) -> float:
        """Return how often the bytes of a file were fetched."""
        reads = sum(n for name, n in self.calls.items() if name in _DOWNLOADS)
        return reads / self.records


_DOWNLOADS = frozenset(
    {
        "GET /v3/files/path",
        "GET /v3/tables/{tableName}/attachments/{attachmentFieldName}/{recordPkId}",
    }
)


def _folder(files: Files) -> dict[str, Any]:
    """Return a folder whose files rows of an index table are made for."""
    return {
        "tables": {"Found": {"fields": fields(Path="STRING"), "records": []}},
        "files": {f"/In/{name}": name for name in files},
    }


def _column(files: Files) -> dict[str, Any]:
    """Return a folder whose files the rows of a table refer to."""
    rows = [{"PK_ID": pk, "File": f"/In/{name}"} for pk, name in enumerate(files, start=1)]
    return {
        "tables": {"Papers": {"fields": fields(File="FILE"), "records": rows}},
        "files": {f"/In/{name}": name for name in files},
    }


def _doubted(files: Files) -> dict[str, Any]:
    """Return records in which users have typed, so that what was read is a suggestion."""
    account = uploads(files)
    for row in account["tables"]["Uploads"]["records"]:
        row["DocType"] = "typed by a user"
    account["tables"]["Suggestions"] = {"fields": review_fields(), "records": []}
    return account


KINDS: Mapping[str, Kind] = {
    "attachment": Kind(uploads, Source(rename="", columns=COLUMNS)),
    "attachment, renamed": Kind(uploads, Source(rename=NAME, columns=COLUMNS)),
    "column and review": Kind(_doubted, Source(rename="", columns=COLUMNS, review="Suggestions")),
    "file of a folder, renamed, index": Kind(
        _folder,
        Source(
            {"folder": "/In"},
            index={"table": "Found", "path_column": "Path"},
            rename=NAME,
            columns=COLUMNS,
        ),
    ),
    "file of a column, renamed": Kind(
        _column, Source({"table": "Papers"}, rename=NAME, columns=COLUMNS)
    ),
}


@contextmanager
def staged(kind: Kind, records: int) -> Iterator[Workspace]:
    """Set an account of so many records up, in a folder and an emulator of its own."""
    os.environ.update(CREDENTIALS)
    files = {f"{n}.txt": f"doc_type=receipt\ntotal={n}.50".encode() for n in range(1, records + 1)}
    with tempfile.TemporaryDirectory(prefix="calls-") as name:
        folder = Path(name)
        seed = write_account(folder / "seed", kind.build(files), files)
        with Emulator(seed=seed) as emulator:
            workspace = Workspace(
                write_settings(folder, emulator.url, kind.source), emulator, FakeReader()
            )
            workspace.clock = RunningClock()
            yield workspace


def counted(workspace: Workspace, records: int) -> Counted:
    """Return the calls that the emulator has seen since they were last forgotten."""
    calls = workspace.emulator.control.calls()
    made = {n: times for n, times in calls.items() if n not in ONCE and not n.endswith("/fields")}
    return Counted(records, made)


def measure(kind: Kind, records: int) -> Counted:
    """Run an account once, and count."""
    with staged(kind, records) as workspace:
        workspace.forget_calls()
        document = workspace.run(yes=True).document
        assert document["documents"]["done"] == records, document
        return counted(workspace, records)


class TimedTarget(CaspioRecordTarget):
    """Notes for each renamed attachment how long ago it was looked at, in seconds."""

    def __init__(self, client: CaspioClient) -> None:
        super().__init__(client)
        self.looked_at: dict[RecordRef, float] = {}
        self.windows_s: list[float] = []

    def attachment(self, record: RecordRef, field: str) -> ShownFile | None:
        """Look at one."""
        self.looked_at[record] = time.perf_counter()
        return super().attachment(record, field)

    def attachments_of(
        self, records: Sequence[RecordRef], field: str
    ) -> Mapping[RecordRef, ShownFile]:
        """Look at several."""
        self.looked_at |= dict.fromkeys(records, time.perf_counter())
        return super().attachments_of(records, field)

    def rename_attachment(self, record: RecordRef, field: str, **rest: Any) -> Updated:
        """Rename one."""
        self.windows_s.append(time.perf_counter() - self.looked_at[record])
        return super().rename_attachment(record, field, **rest)


@dataclass
class TimedWorkspace(Workspace):
    """A workspace whose looks and renames are timed."""

    targets: list[TimedTarget] = field(default_factory=list)

    def _connect(self, stack: ExitStack, reader: Reader) -> AppContext:
        context = super()._connect(stack, reader)
        self.targets.append(TimedTarget(context.client))
        return replace(context, ports=replace(context.ports, target=self.targets[-1]))


def windows_s(records: int) -> list[float]:
    """Return for each of so many renamed attachments how long before it was looked at, in order."""
    with staged(KINDS["attachment, renamed"], records) as made:
        workspace = TimedWorkspace(made.config, made.emulator, made.reader, made.clock)
        workspace.run(yes=True)
        return sorted(window for target in workspace.targets for window in target.windows_s)


def table(results: Mapping[str, Sequence[Counted]]) -> Iterator[str]:
    """Yield a table: calls and downloads for each record, a column for each batch."""
    batches = [one.records for one in next(iter(results.values()))]
    yield "| kind | " + " | ".join(f"{n} records" for n in batches) + " | downloads |"
    yield "|---" * (len(batches) + 2) + "|"
    for name, counts in results.items():
        each = " | ".join(f"{one.each:.2f}" for one in counts)
        yield f"| {name} | {each} | {counts[-1].downloads:.2f} |"


def main() -> None:
    """Print the table, and below it the calls of the largest batch by kind."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batches", type=int, nargs="+", default=BATCHES)
    given = parser.parse_args()
    results = {
        name: [measure(kind, records) for records in given.batches] for name, kind in KINDS.items()
    }
    lines = list(table(results))
    for name, counts in results.items():
        most = Counter(counts[-1].calls).most_common()
        lines += ["", f"{name}, {counts[-1].records} records:"]
        lines += [f"  {times:5} {call}" for call, times in most]
    windows = windows_s(given.batches[-1])
    ms = [round(1000 * window) for window in (windows[0], median(windows), windows[-1])]
    lines += [
        "",
        f"from look to rename: {ms[0]} ms at least, {ms[1]} ms median, {ms[2]} ms at most",
    ]
    print("\n".join(lines))


if __name__ == "__main__":
    main()
