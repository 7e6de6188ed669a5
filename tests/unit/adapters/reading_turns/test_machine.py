"""The queue of a machine, across threads and processes."""

import multiprocessing
import os
import shutil
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from pipeline.adapters.reading_turns import MachineTurns
from pipeline.errors import BadSettings, TryLater

WAIT_S = 120


@pytest.fixture
def turns(tmp_path: Path) -> Iterator[MachineTurns]:
    """One place, for an account called here."""
    made = MachineTurns(tmp_path, account="here", places=1)
    yield made
    made.close()


def read_elsewhere(folder: Path, line: Connection) -> None:
    """Read in another process, for another account: wait for a turn, say so, and end it on request."""
    turns = MachineTurns(folder, account="elsewhere", places=1)
    line.send("asks")
    while True:
        with turns.turn():
            line.send("reads")
            if line.recv() == "die":
                os._exit(9)


def test_two_processes_take_turns(tmp_path: Path, turns: MachineTurns):
    """The place goes to the other account, although here many documents wait; then back; a dead process keeps none."""
    context = multiprocessing.get_context("spawn")
    line, other_end = context.Pipe()
    read: list[str] = []
    with ThreadPoolExecutor(4) as threads:
        with turns.turn():
            process = context.Process(target=read_elsewhere, args=(tmp_path, other_end))
            process.start()
            assert line.recv() == "asks"
            here = [threads.submit(read_here, turns, read) for _ in range(3)]
            wait_for(turns, waiting=4)
        # One document here has ended; three wait here, one there, and there is one place.
        assert line.recv() == "reads"
        assert read == []

        line.send("go on")
        assert line.recv() == "reads"
        line.send("die")
        for one in here:
            one.result(WAIT_S)
    process.join(WAIT_S)

    assert process.exitcode == 9
    assert len(read) == 3


def read_here(turns: MachineTurns, read: list[str]) -> None:
    """Read a document in a thread of this process."""
    with turns.turn():
        read.append("here")


def wait_for(turns: MachineTurns, *, waiting: int) -> None:
    """Wait until so many tickets wait."""
    pause = threading.Event()
    for _ in range(WAIT_S * 100):
        if sum(not one.reads for one in turns._read().tickets) == waiting:
            return
        pause.wait(0.01)
    raise AssertionError("they do not wait")


def test_no_more_documents_are_read_than_there_are_places(tmp_path: Path):
    """Threads of several readers never read more at once, and all get their turn."""
    now, most, lock = 0, 0, threading.Lock()

    def read(turns: MachineTurns) -> None:
        nonlocal now, most
        with turns.turn():
            with lock:
                now += 1
                most = max(most, now)
            with lock:
                now -= 1

    with ExitStack() as stack:
        readers = [MachineTurns(tmp_path, account=name, places=2) for name in "abc"]
        for one in readers:
            stack.callback(one.close)
        with ThreadPoolExecutor(9) as threads:
            done = [threads.submit(read, one) for one in readers * 12]
            for one_done in done:
                one_done.result(WAIT_S)

    assert most <= 2
    assert not list(tmp_path.glob("*.alive"))
    assert not list(tmp_path.glob("*.bell"))


def test_who_waits_comes_again_when_the_program_ends(tmp_path: Path, turns: MachineTurns):
    """A reader that is closed ends the waiting of its threads, and keeps nothing."""
    other = MachineTurns(tmp_path, account="other", places=1)
    with ThreadPoolExecutor(1) as threads, turns.turn():
        waiting = threads.submit(read_here, other, [])
        wait_for(turns, waiting=1)

        other.close()

        with pytest.raises(TryLater):
            waiting.result(WAIT_S)
    assert turns._read().tickets == ()


def test_an_unreadable_queue_is_begun_again(tmp_path: Path, turns: MachineTurns):
    """A file of another version is no reason to read nothing."""
    (tmp_path / "queue.json").write_text('{"tickets": 1}')

    with turns.turn():
        assert len(turns._read().tickets) == 1


def test_a_folder_that_cannot_be_used_is_a_problem_of_the_settings(tmp_path: Path):
    """It is named with what to do."""
    (tmp_path / "file").touch()

    with pytest.raises(BadSettings, match=r"reading.folder"):
        MachineTurns(tmp_path / "file", account="a", places=1)


def test_a_folder_that_is_cleaned_up_is_made_again(tmp_path: Path):
    """A cleaner of temporary files removes what nobody used for days: reading goes on, and others see who reads."""
    folder = tmp_path / "reading"
    turns = MachineTurns(folder, account="here", places=1)
    shutil.rmtree(folder)

    with turns.turn():
        other = MachineTurns(folder, account="there", places=1)
        (ticket,) = other._change(other._without_dead).tickets
        other.close()

    assert (ticket.account, ticket.reads) == ("here", True)
    turns.close()
    assert not list(folder.glob("*.alive"))


def test_what_a_killed_writer_left_is_removed(tmp_path: Path):
    """A half-written queue beside the queue is nobody's once the lock is free."""
    (tmp_path / ".0123.new").write_text("{")

    MachineTurns(tmp_path, account="here", places=1).close()

    assert not list(tmp_path.glob(".*.new"))
