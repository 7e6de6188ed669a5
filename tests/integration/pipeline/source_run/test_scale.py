"""What a run costs grows with what there is to do, in calls and statements, and its memory does not grow at all."""

import gc
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Self

import pytest
from sqlalchemy import Engine, create_engine, event, text

from flows.app.run_request import RunRequest
from flows.app.source_runs import OutcomeCounter, make_source_run, new_run_id, prepare, recorded_run
from infra.emulator import Emulator
from pipeline.metering.summary import Summary
from pipeline.model import FileRef, RecordWork
from tests.fakes.reader import FakeReader
from tests.integration.pipeline.workspace import CREDENTIALS, Workspace
from tests.support.many import write_many, write_settings

pytestmark = pytest.mark.integration

DOCUMENT = "doc_type=receipt\ntotal=12.50\ninvoice_number=R-{n}"


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)


@contextmanager
def works_of(workspace: Workspace, name: str = "uploads") -> Iterator[Iterator[RecordWork]]:
    """Give what a run would work on in a source, listed as it is taken."""
    with workspace.context() as context:
        summary = Summary(new_run_id(context))
        with recorded_run(context, "ingest", summary) as leases:
            spec = context.settings.specs()[name]
            run = make_source_run(context, spec, summary.run_id, yes=True, leases=leases)
            with closing(
                prepare(context, run, OutcomeCounter(summary, lambda _: None), RunRequest())
            ) as works:
                yield works


def enumerate_all(workspace: Workspace, *names: str) -> dict[str, int]:
    """List everything and let the ledger know it, as a run does before it works; return files found by source."""
    found = {}
    for name in names or ("uploads",):
        with works_of(workspace, name) as works:
            found[name] = sum(len(work.files) for work in works)
    return found


def finish_all(workspace: Workspace) -> None:
    """Let the ledger take all that was found for finished."""
    engine = create_engine(f"sqlite:///{workspace.config.parent / 'ledger.db'}")
    with engine.begin() as connection:
        connection.execute(text("UPDATE files SET stage = 'finished', status = 'done'"))
    engine.dispose()


class Heard:
    """Counts the ledger's statements while it is open."""

    def __init__(self) -> None:
        """Begin at zero."""
        self.number = 0

    def _hear(self, *_arguments: object) -> None:
        self.number += 1

    def __enter__(self) -> Self:
        """Listen."""
        event.listen(Engine, "before_cursor_execute", self._hear)
        return self

    def __exit__(self, *_error: object) -> None:
        """Listen no more."""
        event.remove(Engine, "before_cursor_execute", self._hear)


def cost(folder: Path, count: int) -> dict[str, tuple[int, int]]:
    """Return calls and statements of a first enumeration, and of a run with nothing new, over so many records."""
    found = {}
    with Emulator(seed=write_many(folder / f"seed{count}", count)) as emulator:
        workspace = Workspace(
            write_settings(folder / str(count), emulator.url), emulator, FakeReader(), timeout_s=60
        )
        for name, measured in (("first", enumerate_all), ("rescan", Workspace.run)):
            workspace.forget_calls()
            with Heard() as heard:
                measured(workspace)
            found[name] = (workspace.calls(), heard.number)
            finish_all(workspace)
    return found


def test_each_further_thousand_files_costs_two_calls_and_the_same_statements(tmp_path: Path):
    """Listing costs a page of records and a page of files a thousand, first and with nothing new."""
    one, two, three = (cost(tmp_path, count) for count in (1_000, 2_000, 3_000))

    for what, most in (("first", 40), ("rescan", 20)):
        further, again = (
            (b[what][0] - a[what][0], b[what][1] - a[what][1])
            for a, b in ((one, two), (two, three))
        )
        assert further == again
        assert again[0] == 2
        assert again[1] < most


def test_two_pages_of_files_are_in_memory_at_the_most(tmp_path: Path):
    """While many files are enumerated, those of earlier pages are gone: memory does not grow with their number."""
    alive: list[int] = []
    with Emulator(seed=write_many(tmp_path / "seed", 3_500)) as emulator:
        workspace = Workspace(
            write_settings(tmp_path / "run", emulator.url), emulator, FakeReader(), timeout_s=60
        )
        with works_of(workspace) as works:
            for number, _ in enumerate(works):
                if number % 500 == 499:
                    alive.append(sum(isinstance(one, FileRef) for one in gc.get_objects()))

    assert len(alive) == 7
    assert max(alive) <= 2 * 1_000 + 100


def test_tables_and_the_files_area_are_enumerated_together(tmp_path: Path):
    """A run over a table and the Files area lists both to the end, works on a sample, and finds the rest again."""
    with Emulator(
        seed=write_many(tmp_path / "seed", 1_100, files=1_050, text=DOCUMENT)
    ) as emulator:
        config = write_settings(tmp_path / "run", emulator.url, inbox=True)
        workspace = Workspace(config, emulator, FakeReader(), timeout_s=60)
        first = enumerate_all(workspace, "uploads", "inbox")
        sample = workspace.run(limit=5).document["documents"]
        finish_all(workspace)
        workspace.forget_calls()
        again = workspace.run().document["documents"]
        listing = {name: number for name, number in emulator.control.calls().items() if number}

    assert first == {"uploads": 1_100, "inbox": 1_050}
    assert sample["done"] == 10
    assert {status: number for status, number in again.items() if number} == {"unchanged": 2_150}
    assert sum(listing.values()) <= 20, listing
