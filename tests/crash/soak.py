"""A run whose every twentieth call goes wrong, while people edit and delete records."""

import os
import random
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any

from infra.emulator import Emulator
from pipeline.adapters.caspio.client import CaspioClient
from pipeline.archive_layout import original_key
from tests.crash.cells import COLUMNS, RENAME, document
from tests.fakes.clock import FakeClock
from tests.fakes.reader import FakeReader
from tests.integration.pipeline.accounts import Source, uploads, write_account, write_settings
from tests.integration.pipeline.workspace import CREDENTIALS, Workspace, archive_state

SHARE = 0.05
RUNS = 4
DOWNLOAD = "DownloadFileFromAttachmentTableField"
UPDATE, RENAME_CALL = "UpdateTableRecords", "UpdateFileMetadataInAttachmentTableFields"
RECORDS, INFOS = "ListTableRecords", "GetFileMetadataFromAttachmentTableFields"
KINDS: tuple[dict[str, Any], ...] = (
    {"kind": "rate_limited", "status": 429, "retry_after": 3},
    {"kind": "rate_limited", "status": 400},
    {"kind": "rate_limited", "status": 429, "times": 3},
    {"kind": "status", "status": 500, "body": "<html>sorry</html>"},
    {"kind": "status", "status": 502},
    {"kind": "status", "status": 503},
    {"kind": "cut", "declared": True},
    {"kind": "cut", "declared": False},
    {"kind": "cut", "declared": False, "ending": "close"},
    {"kind": "reset"},
    {"kind": "lost"},
    {"kind": "expired_token"},
    {"kind": "stall", "seconds": 0.2},
)


@dataclass(frozen=True)
class Soak:
    """What came of it: `wrong` says what differs from the undisturbed run beside what people did."""

    documents: int
    faults: int
    met: int
    changed: int
    deleted: int
    calls: int
    undisturbed_calls: int
    wrong: tuple[str, ...]

    @property
    def ratio(self) -> float:
        """Return how many times the undisturbed run's calls it took."""
        return self.calls / self.undisturbed_calls


@contextmanager
def staged(folder: Path, number: int) -> Iterator[Workspace]:
    """Set up an account with so many receipts."""
    os.environ.update(CREDENTIALS)
    files = {f"scan{n}.txt": document(n) for n in range(1, number + 1)}
    seed = write_account(folder / "seed", uploads(files), files)
    with Emulator(seed=seed) as emulator:
        config = write_settings(folder, emulator.url, Source(rename=RENAME, columns=COLUMNS))
        yield Workspace(config, emulator, FakeReader(), timeout_s=30)


def soak(number: int, *, folder: Path, seed: int = 1) -> Soak:
    """Run undisturbed, then disturbed until nothing is left to do, and compare."""
    with staged(folder / "undisturbed", number) as workspace:
        workspace.run()
        workspace.run()
        expected, undisturbed_calls = _rows(workspace), workspace.calls()
        originals = {
            key for key in archive_state(workspace.archive) if key.startswith("originals/")
        }
    chance = random.Random(seed)  # noqa: S311 - a repeatable storm
    with staged(folder / "disturbed", number) as workspace:
        faults = list(_storm(number, chance))
        for fault in faults:
            workspace.emulator.control.fault(fault)
        people = _People(workspace, chance, number)
        with people:
            for _ in range(RUNS):
                workspace.run()
        found, calls = _rows(workspace), workspace.calls() - people.calls
        met = sum(one["matched"] > one["after"] for one in workspace.emulator.control.faults())
        wrong = list(_wrong(expected, found, people))
        there = set(archive_state(workspace.archive)) | {
            original_key(expected[pk][2]) for pk in people.deleted
        }
        wrong += [f"the archive lacks {entry}" for entry in originals - there]
        wrong += [f"{workspace.unsettled()} effects are open"] if workspace.unsettled() else []
    return Soak(
        number,
        len(faults),
        met,
        len(people.typed),
        len(people.deleted),
        calls,
        undisturbed_calls,
        tuple(wrong),
    )


def _storm(number: int, chance: random.Random) -> Iterator[dict[str, Any]]:
    """Yield a fault for every twentieth call of each operation, all kinds in turn."""
    kinds = cycle(KINDS)
    for operation in (DOWNLOAD, UPDATE, RENAME_CALL):
        for after in chance.sample(range(number), max(len(KINDS), int(number * SHARE))):
            yield {"operation": operation, "after": after, **next(kinds)}
    for operation in (RECORDS, INFOS):
        for after, kind in enumerate(KINDS[:3]):
            yield {"operation": operation, "after": after, **kind}


def _rows(workspace: Workspace) -> dict[int, tuple[dict[str, Any], str, str]]:
    """Return each record with its file's name and digest."""
    dump = workspace.emulator.control.dump()
    names = {one["pk"]: (one["name"], one["sha256"]) for one in dump["attachments"]["Uploads"]}
    return {row["PK_ID"]: (row, *names[row["PK_ID"]]) for row in dump["tables"]["Uploads"]}


class _People:
    """Somebody who types into records and deletes some while the run is at work."""

    def __init__(self, workspace: Workspace, chance: random.Random, number: int) -> None:
        touched = chance.sample(range(1, number + 1), max(2, number // 50))
        self._line = workspace
        self._plan = [(pk, turn % 3 == 2) for turn, pk in enumerate(touched)]
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._act)
        self._number = number
        self.typed: dict[int, str] = {}
        self.deleted: set[int] = set()
        self.calls = 0

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_exc: object) -> None:
        self._over.set()
        self._thread.join()

    def _act(self) -> None:
        """Act at even steps of the run's progress, what is left at its end."""
        clock = FakeClock()
        with CaspioClient(
            url=self._line.emulator.url, client_id="id", client_secret="secret", clock=clock
        ) as client:
            for step, (pk, delete) in enumerate(self._plan, start=1):
                self._wait(step * self._number * 2 // (len(self._plan) + 1))
                if delete:
                    client.tables.delete("Uploads", condition=f"PK_ID = {pk}")
                    self.deleted.add(pk)
                else:
                    self.typed[pk] = f"typed by a user {pk}"
                    self._line.emulator.control.edit("Uploads", pk, {"DocType": self.typed[pk]})
            self.calls = sum(client.calls.values())

    def _wait(self, writes: int) -> None:
        while len(self._line.writes()) < writes and not self._over.is_set():
            time.sleep(0.05)


def _wrong(expected: dict[int, Any], found: dict[int, Any], people: _People) -> Iterator[str]:
    for pk, (row, name, sha256) in expected.items():
        if pk in people.deleted:
            if pk in found:
                yield f"record {pk} was deleted and is there"
            continue
        if pk not in found:
            yield f"record {pk} is gone"
            continue
        wanted = {**row, "DocType": people.typed.get(pk, row["DocType"])}
        if found[pk][0] != wanted:
            yield f"record {pk} is {found[pk][0]} instead of {wanted}"
        if found[pk][1:] != (name, sha256):
            yield f"the file of record {pk} is {found[pk][1:]} instead of {(name, sha256)}"


def main() -> int:
    """Soak at full size; return 1 where something is wrong or took too many calls."""
    with tempfile.TemporaryDirectory(prefix="soak-") as name:
        result = soak(1_000, folder=Path(name))
    print(result, f"calls ×{result.ratio:.2f}")  # noqa: T201, RUF001 - a command's output
    return 1 if result.wrong or result.ratio > 1.5 else 0


if __name__ == "__main__":
    sys.exit(main())
