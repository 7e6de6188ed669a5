"""Several workers over one source, some of them killed on the way: every document once, no effect twice."""

import os
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote_plus

from infra.emulator import Emulator
from pipeline.model import EffectState
from tests.crash.cells import COLUMNS, RENAME, document
from tests.fakes.reader import FakeReader
from tests.integration.pipeline.accounts import Source, uploads, write_account, write_settings
from tests.integration.pipeline.workspace import CREDENTIALS, Workspace, worker_process
from tests.servers.postgres import run_postgres

PATIENCE_S = 600


@dataclass(frozen=True)
class Race:
    """What came of it; `left` are files not done in the end.

    `twice` are writes that the account processed more than once. `tried_again` are those of them whose first try
    the ledger has given up, since a look found nothing although there was time for it, or whose second try met
    nothing: that is how a lost answer is meant to be settled.
    """

    documents: int
    workers: int
    killed: int
    done_by_workers: int
    twice: tuple[str, ...]
    tried_again: tuple[str, ...]
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
        tried_again, twice = repeated(workspace)
        outcomes = workspace.statuses()
        return Race(
            documents,
            workers,
            kill,
            done,
            twice,
            tried_again,
            documents - sum(status == "done" for status in outcomes.values()),
            workspace.downloads(),
            time.monotonic() - began,
        )


def repeated(
    workspace: Workspace, processed: Counter[str] | None = None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the writes that were processed more than once: those that the ledger explains, and the others."""
    if processed is None:
        processed = Counter(workspace.writes(processed=True))
    with workspace.ledger() as ledger:
        given_up = Counter(
            effect.pk
            for effect in ledger.effects.find()
            if effect.state in {EffectState.ABANDONED, EffectState.CONFLICT}
        )
    explained, twice = list[str](), list[str]()
    for write, times in processed.items():
        if times > 1:
            pk = re.search(r"PK_ID = (\d+)", unquote_plus(write))
            assert pk is not None, write
            (explained if times - 1 <= given_up[pk[1]] else twice).append(write)
    return tuple(explained), tuple(twice)


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
