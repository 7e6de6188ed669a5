"""What a worker does with its runs when it is asked to stop, with real processes and without a server."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from prefect.utilities.dispatch import lookup_type
from prefect.workers.base import BaseWorker
from prefect.workers.process import ProcessWorker

from flows.prefect.deployments import worker
from flows.prefect.deployments.worker import DrainingWorker, RunProcesses

# Ends at the second SIGTERM only, and says when it is ready for the first, and when it has had it.
STUBBORN = """
import os, signal
def first(*_):
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.write(1, b"asked\\n")
signal.signal(signal.SIGTERM, first)
os.write(1, b"ready\\n")
while True:
    signal.pause()
"""


@contextmanager
def _process(code: str) -> "Iterator[subprocess.Popen[str]]":
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            yield process
        finally:
            process.kill()


def _said(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def test_every_run_in_progress_is_asked_at_once():
    """One request reaches all, and none of them twice."""
    processes = RunProcesses()
    with (
        _process(STUBBORN) as one,
        _process(STUBBORN) as two,
        processes.running() as first,
        processes.running() as second,
    ):
        for process, pids in ((one, first), (two, second)):
            pids.append(process.pid)
            processes.add(process.pid)

        processes.ask_to_stop()

        assert (_said(one), _said(two)) == ("asked\n", "asked\n")
        assert (one.poll(), two.poll()) == (None, None)
        assert not processes.ended.is_set()
    assert processes.ended.is_set()


def test_a_run_that_starts_after_the_request_is_asked_too():
    """A process that was just beginning when all were asked is not forgotten."""
    processes = RunProcesses()
    processes.ask_to_stop()

    with _process(STUBBORN) as late:
        processes.add(late.pid)

        assert _said(late) == "asked\n"


def test_asked_again_a_run_ends():
    """The second request ends what has not stopped, and one that has ended is no error."""
    processes = RunProcesses()
    with _process(STUBBORN) as process:
        processes.add(process.pid)
        processes.ask_to_stop()
        _said(process)

        processes.ask_to_stop()

        assert process.wait(30) == -signal.SIGTERM
        processes.ask_to_stop()


def test_runs_that_take_too_long_are_ended(monkeypatch: pytest.MonkeyPatch):
    """After serve.drain_s the second request comes by itself."""
    monkeypatch.setattr(worker, "_END_S", 30.0)
    monkeypatch.setattr(worker, "_SETTLE_S", 0.0)

    async def drain(process: "subprocess.Popen[str]") -> None:
        processes = RunProcesses()
        with processes.running() as pids:
            pids.append(process.pid)
            processes.add(process.pid)
            processes.ask_to_stop()
            await asyncio.to_thread(_said, process)
            ended = asyncio.create_task(worker._drained(processes, drain_s=1))
            await asyncio.to_thread(process.wait, 30)
        await ended

    with _process(STUBBORN) as process:
        asyncio.run(drain(process))

        assert process.returncode == -signal.SIGTERM


def test_a_worker_with_nothing_in_progress_stops_at_once(monkeypatch: pytest.MonkeyPatch):
    """It does not wait for anything."""
    monkeypatch.setattr(worker, "_SETTLE_S", 0.0)

    async def stop() -> None:
        processes = RunProcesses()
        processes.ask_to_stop()
        await asyncio.wait_for(worker._drained(processes, drain_s=600), 30)

    asyncio.run(stop())


def test_prefects_own_worker_stays_what_it_is():
    """Ours is not registered as the type process, though it is one."""
    find: Callable[..., type] = lookup_type

    assert find(BaseWorker, "process") is ProcessWorker
    assert DrainingWorker.type == "process"
