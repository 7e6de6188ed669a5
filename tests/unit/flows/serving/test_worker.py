"""What a worker does with its runs when it is asked to stop, with real processes and without a server."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from uuid import UUID, uuid4

import httpx
import pytest
from prefect.client.schemas.objects import FlowRun
from prefect.runner._scheduled_run_poller import ScheduledRunPoller
from prefect.utilities.dispatch import lookup_type
from prefect.workers.base import BaseWorker
from prefect.workers.process import ProcessWorker

from flows.app.drain import STOP_FOLDER, Drain, StopFolder, draining
from flows.prefect.deployments import worker
from flows.prefect.deployments.worker import DrainingRunner, DrainingWorker, RunProcesses
from pipeline.errors import StopRequested

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

# Does its work, then gets SIGTERM twice. In a process of its own, since the second ends it.
LATE = """
import contextlib, signal
from flows.app.drain import Drain, draining
from pipeline.errors import StopRequested
with contextlib.suppress(StopRequested), draining(Drain()):
    pass
signal.raise_signal(signal.SIGTERM)
print("the first is over", flush=True)
signal.raise_signal(signal.SIGTERM)
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


@pytest.fixture(autouse=True)
def handler() -> Iterator[None]:
    """Leave SIGTERM to these tests' process as it was."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.fixture
def processes(tmp_path: Path) -> RunProcesses:
    """No runs yet."""
    return RunProcesses(StopFolder(tmp_path))


def _add(processes: RunProcesses, process: "subprocess.Popen[str]") -> None:
    """Add a process that understands SIGTERM."""
    processes.stops.understand(process.pid)
    processes.add(process.pid)


def _said(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def test_every_run_in_progress_is_asked_at_once(processes: RunProcesses):
    """One request reaches all, and none of them twice."""
    with (
        _process(STUBBORN) as one,
        _process(STUBBORN) as two,
        processes.running() as first,
        processes.running() as second,
    ):
        for process, pids in ((one, first), (two, second)):
            pids.append(process.pid)
            _add(processes, process)

        processes.ask_to_stop()

        assert (_said(one), _said(two)) == ("asked\n", "asked\n")
        assert (one.poll(), two.poll()) == (None, None)
        assert not processes.ended.is_set()
    assert processes.ended.is_set()


def test_a_run_that_is_only_starting_is_not_killed_by_the_request(
    processes: RunProcesses, monkeypatch: pytest.MonkeyPatch
):
    """It gets no signal, which would end it; it stops as soon as it could take one."""
    with _process(STUBBORN) as starting:
        processes.add(starting.pid)
        processes.ask_to_stop()
        monkeypatch.setenv(STOP_FOLDER, str(processes.stops.path))
        with pytest.raises(StopRequested), draining(Drain()):
            pytest.fail("the work began")

        # The first signal that reaches it is the second request.
        processes.ask_to_stop()
        assert _said(starting) == "asked\n"


@pytest.mark.parametrize("asked", [True, False])
def test_the_first_request_may_come_after_the_work(processes: RunProcesses, *, asked: bool):
    """A run that stopped by the folder, or has only its end to report, does not crash by the first signal."""
    if asked:
        processes.ask_to_stop()

    ended = subprocess.run(
        [sys.executable, "-c", LATE],
        env=os.environ | {STOP_FOLDER: str(processes.stops.path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.stdout == "the first is over\n", ended.stderr
    assert ended.returncode == -signal.SIGTERM


def test_a_run_that_was_not_asked_says_that_it_understands_signals(
    processes: RunProcesses, monkeypatch: pytest.MonkeyPatch
):
    """From then on the worker may send it one."""
    monkeypatch.setenv(STOP_FOLDER, str(processes.stops.path))

    with draining(Drain()):
        assert processes.stops.understands(os.getpid())


def test_asked_again_a_run_ends(processes: RunProcesses):
    """The second request ends what has not stopped, and one that has ended is no error."""
    with _process(STUBBORN) as process:
        _add(processes, process)
        processes.ask_to_stop()
        _said(process)

        processes.ask_to_stop()

        assert process.wait(120) == -signal.SIGTERM
        processes.ask_to_stop()


def test_runs_that_take_too_long_are_ended(
    processes: RunProcesses, monkeypatch: pytest.MonkeyPatch
):
    """After serve.drain_s the second request comes by itself."""
    monkeypatch.setattr(worker, "_END_S", 30.0)
    monkeypatch.setattr(worker, "_SETTLE_S", 0.0)

    async def drain(process: "subprocess.Popen[str]") -> None:
        with processes.running() as pids:
            pids.append(process.pid)
            _add(processes, process)
            processes.ask_to_stop()
            await asyncio.to_thread(_said, process)
            ended = asyncio.create_task(worker._drained(processes, drain_s=1))
            await asyncio.to_thread(process.wait, 30)
        await ended

    with _process(STUBBORN) as process:
        asyncio.run(drain(process))

        assert process.returncode == -signal.SIGTERM


def test_a_worker_with_nothing_in_progress_stops_at_once(
    processes: RunProcesses, monkeypatch: pytest.MonkeyPatch
):
    """It does not wait for anything."""
    monkeypatch.setattr(worker, "_SETTLE_S", 0.0)

    async def stop() -> None:
        processes.ask_to_stop()
        await asyncio.wait_for(worker._drained(processes, drain_s=600), 30)

    asyncio.run(stop())


def test_a_worker_waits_for_a_run_that_has_no_process_yet(
    processes: RunProcesses, monkeypatch: pytest.MonkeyPatch
):
    """Between the answer of the server and the start of the process it is asked to stop: it does not end."""
    ended: list[bool] = []

    async def submit(_worker: ProcessWorker, _flow_run: object) -> None:
        processes.ask_to_stop()
        ended.append(processes.ended.is_set())

    monkeypatch.setattr(ProcessWorker, "_submit_run", submit)
    one = object.__new__(DrainingWorker)
    one.processes = processes

    asyncio.run(one._submit_run(None))  # type: ignore[arg-type]

    assert ended == [False]
    assert processes.ended.is_set()
    assert asyncio.run(one._submit_scheduled_flow_runs(["due"])) == []


@pytest.mark.parametrize("error", [None, httpx.ConnectError("down")])
def test_a_worker_marks_what_sends_heartbeats_before_it_runs(
    processes: RunProcesses, monkeypatch: pytest.MonkeyPatch, error: Exception | None
):
    """By the tag its silence is known for what it is; a server that refuses the tag stops no run."""
    done: list[object] = []

    async def update(_run: UUID, *, tags: list[str]) -> None:
        done.append(tags)
        if error:
            raise error

    async def run(*_args: object) -> None:
        done.append("runs")

    monkeypatch.setattr(ProcessWorker, "run", run)
    monkeypatch.setattr(
        ProcessWorker, "client", SimpleNamespace(update_flow_run=update), raising=True
    )
    one = object.__new__(DrainingWorker)
    one.processes = processes
    due = FlowRun(flow_id=uuid4(), tags=["caspio-ingest"])

    asyncio.run(one.run(due, None))  # type: ignore[arg-type]

    assert done == [["caspio-ingest", "heartbeats"], "runs"]


def test_serve_waits_for_a_run_that_has_no_process_yet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """A run that is being started holds the end of `serve` back, and nothing new is started meanwhile."""
    starting, seen = {uuid4()}, []

    def flow_run_ids() -> set[UUID]:
        seen.append(len(starting))
        if len(seen) == 3:
            starting.clear()
        return set()

    monkeypatch.setattr(worker, "_POLL_S", 0.0)
    monkeypatch.setattr(worker, "_SETTLE_S", 0.0)
    terminated: list[int] = []
    monkeypatch.setattr(worker, "_terminate", terminated.append)
    monkeypatch.setattr(threading.Thread, "start", lambda thread: thread.run())
    runner = object.__new__(DrainingRunner)
    runner.stops, runner.drain_s = StopFolder(tmp_path), 600.0
    poller = SimpleNamespace(_submitting_flow_run_ids=starting, _submit_scheduled_flow_runs=None)
    runner._scheduled_run_poller = poller  # type: ignore[assignment]
    runner._process_manager = SimpleNamespace(flow_run_ids=flow_run_ids)  # type: ignore[assignment]

    runner.handle_sigterm()

    assert seen == [1, 1, 1, 0, 0]
    assert terminated == [os.getpid()]
    assert poller._submit_scheduled_flow_runs is worker._start_nothing


def test_prefects_poller_has_the_names_that_are_used_of_it():
    """They are private: a Prefect that names them otherwise would start runs during a stop."""
    poller = ScheduledRunPoller.__new__(ScheduledRunPoller)
    set_at_first = ScheduledRunPoller.__init__.__code__.co_names

    assert callable(poller._submit_scheduled_flow_runs)
    assert {"_submitting_flow_run_ids", "stopping"} <= set(set_at_first)


def test_prefects_own_worker_stays_what_it_is():
    """Ours is not registered as the type process, though it is one."""
    find: Callable[..., type] = lookup_type

    assert find(BaseWorker, "process") is ProcessWorker
    assert DrainingWorker.type == "process"
