"""Several workers over one source, some of them killed on the way: every document once, no effect twice."""

import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from infra.emulator import Emulator
from tests.crash.cells import COLUMNS, RENAME, document
from tests.fakes.reader import FakeReader
from tests.integration.pipeline.accounts import Source, uploads, write_account, write_settings
from tests.integration.pipeline.workspace import CREDENTIALS, Workspace, worker_process
from tests.servers.postgres import run_postgres

PATIENCE_S = 600


@dataclass(frozen=True)
class Race:
    """What came of it; `twice` are writes the account processed more than once, `left` files not done in the end."""

    documents: int
    workers: int
    killed: int
    done_by_workers: int
    twice: tuple[str, ...]
    left: int
    downloads: int
    seconds: float


def race(ledger: str, *, documents: int, workers: int, kill: int, folder: Path) -> Race:
    """Let workers race, kill some at points of progress, and let one more run see that nothing is left."""
    os.environ.update(CREDENTIALS)
    files = {f"scan{number}.txt": document(number) for number in range(1, documents + 1)}
    seed = write_account(folder / "seed", uploads(files), files)
    source = Source(rename=RENAME, columns=COLUMNS)
    began = time.monotonic()
    with Emulator(seed=seed) as emulator:
        workspace = Workspace(
            write_settings(folder, emulator.url, source, ledger=ledger), emulator, FakeReader()
        )
        processes = [worker_process(workspace) for _ in range(workers)]
        for number, process in enumerate(processes[:kill], start=1):
            wait_for(
                lambda share=number / (kill + 2): len(workspace.writes()) >= 2 * documents * share
            )  # type: ignore[misc]
            process.kill()
        for process in processes:
            process.join(PATIENCE_S)
        done = workspace.run().document["documents"]["unchanged"]
        counted = Counter(workspace.writes(processed=True))
        outcomes = workspace.statuses()
        return Race(
            documents,
            workers,
            kill,
            done,
            tuple(write for write, times in counted.items() if times > 1),
            documents - sum(status == "done" for status in outcomes.values()),
            workspace.downloads(),
            time.monotonic() - began,
        )


def wait_for(reached: Callable[[], bool]) -> None:
    """Wait until something has happened."""
    until = time.monotonic() + PATIENCE_S
    while not reached():
        assert time.monotonic() < until, "the workers never came so far"
        time.sleep(0.05)


def main() -> int:
    """Race at full size on PostgreSQL; return 1 where a document is left or an effect was made twice."""
    with run_postgres() as server, tempfile.TemporaryDirectory(prefix="race-") as name:
        url = server.url(server.create_database())
        result = race(url, documents=2_000, workers=4, kill=2, folder=Path(name))
    print(result)  # noqa: T201 - a command's output
    return 1 if result.twice or result.left else 0


if __name__ == "__main__":
    sys.exit(main())
