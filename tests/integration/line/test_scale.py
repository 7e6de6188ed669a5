"""What a run costs grows with what there is to do, in calls and statements, and its memory does not grow at all."""

import tracemalloc
from contextlib import closing
from pathlib import Path
from typing import Self

import pytest
from sqlalchemy import Engine, create_engine, event, text

from flows.execute import Tally, make_job, new_run_id, prepare, recorded_run
from infra.emulator import Emulator
from pipeline.summary import Summary
from tests.fakes.reader import FakeReader
from tests.integration.line.accounts import CREDENTIALS, Line
from tests.support.many import write_many, write_settings

pytestmark = pytest.mark.integration

DOCUMENT = "doc_type=receipt\ntotal=12.50\ninvoice_number=R-{n}"
MIB = 2**20


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)


def enumerate_all(line: Line) -> dict[str, int]:
    """List everything and let the ledger know, as a run does before it works; return files found by source."""
    found = {}
    with line.connected() as connected:
        summary = Summary(new_run_id(connected))
        with recorded_run(connected, "ingest", summary) as leases:
            for name, spec in connected.settings.specs().items():
                job = make_job(connected, spec, summary.run_id, yes=True, leases=leases)
                with closing(prepare(connected, job, Tally(summary, lambda _: None))) as works:
                    found[name] = sum(len(work.files) for work in works)
    return found


def finish_all(line: Line) -> None:
    """Let the ledger take all that was found for finished."""
    engine = create_engine(f"sqlite:///{line.config.parent / 'ledger.db'}")
    with engine.begin() as connection:
        connection.execute(text("UPDATE files SET stage = 'finished', status = 'done'"))
    engine.dispose()


class Heard:
    """Counts the ledger's statements while it is open."""

    def __init__(self) -> None:
        """Begin at nought."""
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
        line = Line(write_settings(folder / str(count), emulator.url), emulator, FakeReader(), timeout_s=60)
        for name, measured in (("first", enumerate_all), ("rescan", Line.run)):
            line.forget_calls()
            with Heard() as heard:
                measured(line)
            found[name] = (line.calls(), heard.number)
            finish_all(line)
    return found


def test_each_further_thousand_files_costs_two_calls_and_the_same_statements(tmp_path: Path):
    """Listing costs a page of records and a page of files a thousand, first and with nothing new."""
    one, two, three = (cost(tmp_path, count) for count in (1_000, 2_000, 3_000))

    for what, most in (("first", 40), ("rescan", 20)):
        further, again = ((b[what][0] - a[what][0], b[what][1] - a[what][1]) for a, b in ((one, two), (two, three)))
        assert further == again
        assert again[0] == 2
        assert again[1] < most


def test_memory_does_not_grow_with_the_number_of_files(tmp_path: Path):
    """Twice as many files need no more memory: pages come and go."""
    with Emulator(seed=write_many(tmp_path / "seed", 200)) as small:
        line = Line(write_settings(tmp_path / "warm", small.url), small, FakeReader(), timeout_s=60)
        enumerate_all(line)  # which imports and prepares what is needed once
    peaks = [_peak(tmp_path, count) for count in (1_000, 2_000)]

    assert peaks[1] - peaks[0] < MIB


def _peak(folder: Path, count: int) -> int:
    with Emulator(seed=write_many(folder / f"seed{count}", count)) as emulator:
        line = Line(write_settings(folder / str(count), emulator.url), emulator, FakeReader(), timeout_s=60)
        tracemalloc.start()
        try:
            assert enumerate_all(line) == {"uploads": count}
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()


def test_tables_and_the_files_area_are_enumerated_together(tmp_path: Path):
    """A run over a table and the Files area lists both to the end, works on a sample, and finds the rest again."""
    with Emulator(seed=write_many(tmp_path / "seed", 1_100, files=1_050, text=DOCUMENT)) as emulator:
        config = write_settings(tmp_path / "run", emulator.url, inbox=True)
        line = Line(config, emulator, FakeReader(), timeout_s=60)
        first = enumerate_all(line)
        sample = line.run(limit=5).document["documents"]
        finish_all(line)
        line.forget_calls()
        again = line.run().document["documents"]
        listing = {name: number for name, number in emulator.control.calls().items() if number}

    assert first == {"uploads": 1_100, "inbox": 1_050}
    assert sample["done"] == 10
    assert {status: number for status, number in again.items() if number} == {"unchanged": 2_150}
    assert sum(listing.values()) <= 20, listing
