"""Run what is deployed so that SIGTERM drains: `serve` on one host, a pool's worker on many.

Prefect's own worker kills its runs when it is stopped, and its own `serve` gives them 30 s one
after the other. Here every running flow is asked at once to stop (`flows/app/drain.py`), nothing
new is started, and there is a limit in seconds. A second SIGTERM or Ctrl-C ends the runs at once;
their states say so. A run that is only starting is asked as soon as it can understand the request.
"""

import abc
import asyncio
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import structlog
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun
from prefect.deployments.runner import RunnerDeployment
from prefect.exceptions import ObjectNotFound
from prefect.runner import Runner
from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings
from prefect.workers.process import ProcessJobConfiguration, ProcessWorker, ProcessWorkerResult

from flows.app.drain import STOP_FOLDER, StopFolder
from flows.prefect.deployments.others import OtherServe
from flows.prefect.names import HEARTBEATS
from pipeline.settings.sections import ServeSettings

# How late the end of the last run may be noticed, when a worker waits for nothing else.
_POLL_S = 0.2
_SETTLE_S = 1.0
"""Seconds after the last run's end in which a worker reports it to the server."""

_REGISTER_S = 60.0
"""Seconds for the server to register a deployment."""

_END_S = 10.0
"""Seconds a run has to end after the second signal, before it is killed with its worker."""

_log = structlog.get_logger()
_SIGNALS = (signal.SIGTERM, signal.SIGINT)


@dataclass(slots=True)
class RunProcesses:
    """The processes of the running flows, and whether they have been asked to stop.

    Attributes:
        stops: Where the processes say that they understand SIGTERM.
        asked: Set when the processes are asked to stop.
        ended: Set when they are asked to stop and none is left.
    """

    stops: StopFolder
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    runs: int = 0
    _pids: set[int] = field(default_factory=set)

    def ask_to_stop(self) -> None:
        """Send SIGTERM to each: the first lets it finish its records, the second ends it.

        A process that is only starting learns of the first by the folder.
        """
        is_first = not self.asked.is_set()
        self.asked.set()
        self.stops.ask()
        for pid in self._pids:
            if not is_first or self.stops.understands(pid):
                _terminate(pid)
        self._check_ended()

    @contextmanager
    def running(self) -> Iterator["list[int]"]:
        """Count a run until it has ended; its process ids go into the list."""
        pids: list[int] = []
        self.runs += 1
        self.ended.clear()
        try:
            yield pids
        finally:
            self.runs -= 1
            self._pids.difference_update(pids)
            self._check_ended()

    def _check_ended(self) -> None:
        if self.asked.is_set() and not self.runs:
            self.ended.set()

    def add(self, pid: int) -> None:
        """Add a process; one that starts after the request to stop learns of it by the folder."""
        self._pids.add(pid)


@contextmanager
def stop_folder() -> Iterator[StopFolder]:
    """Make the folder that this process's runs share with it, and name it to them."""
    with tempfile.TemporaryDirectory(prefix="caspio-ingest-stop-") as name:
        os.environ[STOP_FOLDER] = name  # noqa: TID251 - inherited by the processes of the runs
        try:
            yield StopFolder(Path(name))
        finally:
            del os.environ[STOP_FOLDER]  # noqa: TID251 - the same


def _terminate(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)


@dataclass(frozen=True, slots=True)
class _NotedStatus:
    """Passes a started process on to Prefect, and notes its id."""

    processes: RunProcesses
    pids: list[int]
    waiting: Any  # anyio's TaskStatus

    def started(self, value: int) -> None:
        self.pids.append(value)
        self.processes.add(value)
        if self.waiting is not None:
            self.waiting.started(value)


class DrainingWorker(ProcessWorker, abc.ABC):
    """A process worker that lets its runs finish.

    It is abstract in name only: otherwise Prefect would register it in place of its own.
    """

    processes: RunProcesses

    async def get_and_submit_flow_runs(self) -> list[FlowRun]:
        """Start what is due, unless all runs are to stop."""
        if self.processes.asked.is_set():
            return []
        return await super().get_and_submit_flow_runs()

    async def _submit_scheduled_flow_runs(self, flow_run_response: Any) -> list[FlowRun]:
        """Start what was found due, unless all runs were asked to stop since it was asked for."""
        if self.processes.asked.is_set():
            return []
        return await super()._submit_scheduled_flow_runs(flow_run_response)

    async def _submit_run(self, flow_run: FlowRun) -> None:
        """Start a run; until its process is there, the worker waits for it as for one at work."""
        with self.processes.running():
            await super()._submit_run(flow_run)

    async def run(
        self, flow_run: FlowRun, configuration: ProcessJobConfiguration, task_status: Any = None
    ) -> ProcessWorkerResult:
        """Run a flow as its process."""
        with self.processes.running() as pids:
            await self._mark(flow_run)
            noted: Any = _NotedStatus(self.processes, pids, task_status)
            return await super().run(flow_run, configuration, noted)

    async def _mark(self, flow_run: FlowRun) -> None:
        """Set the tag of runs that send heartbeats; without it silence makes no run a lost one."""
        if HEARTBEATS in flow_run.tags:
            return
        # A run is worth more than its mark.
        with suppress(httpx.HTTPError, ObjectNotFound):
            await self.client.update_flow_run(flow_run.id, tags=[*flow_run.tags, HEARTBEATS])


def work(
    settings: ServeSettings,
    *,
    pool: str,
    queues: Sequence[str] = (),
    name: str | None = None,
    limit: int | None = None,
    with_healthcheck: bool = False,
) -> None:
    """Work for a pool until SIGTERM or Ctrl-C, and then until the running flows have stopped."""
    with (
        temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: settings.heartbeat_s}),
        stop_folder() as stops,
    ):
        worker = DrainingWorker(
            name=name,
            work_pool_name=pool,
            work_queues=list(queues) or None,
            limit=limit,
            # A misspelled name must not become a new pool, to which nothing is ever deployed.
            create_pool_if_not_found=False,
        )
        # Here and not in the constructor, whose signature is Prefect's.
        worker.processes = RunProcesses(stops)
        asyncio.run(work_and_drain(worker, settings.drain_s, with_healthcheck=with_healthcheck))


async def work_and_drain(worker: DrainingWorker, drain_s: int, *, with_healthcheck: bool) -> None:
    """Run the worker until it ends or the request to stop is carried out."""
    working = asyncio.create_task(worker.start(with_healthcheck=with_healthcheck))
    for number in _SIGNALS:
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(number, worker.processes.ask_to_stop)
    drained = asyncio.create_task(_drained(worker.processes, drain_s))
    ended, _ = await asyncio.wait({working, drained}, return_when=asyncio.FIRST_COMPLETED)
    drained.cancel()
    # The worker ended by itself: if by an error, it is raised here.
    if working in ended:
        await working
    working.cancel()
    with suppress(asyncio.CancelledError):
        await working


async def _drained(processes: RunProcesses, drain_s: int) -> None:
    """Wait for the request to stop, then for the runs; after `drain_s` end them."""
    await processes.asked.wait()
    for time_s in (drain_s, _END_S):
        try:
            await asyncio.wait_for(processes.ended.wait(), time_s)
            break
        except TimeoutError:
            # The second request ends a run at once.
            processes.ask_to_stop()
    await asyncio.sleep(_SETTLE_S)


async def _start_nothing(*_args: Any, **_kwargs: Any) -> None:
    """Take the place of what starts the runs that are due."""


class DrainingRunner(Runner):
    """Prefect's `serve`, but it lets its runs finish."""

    drain_s: float = 0.0
    stops: StopFolder
    others: OtherServe
    _requests: int = 0
    _idle: bool = False

    def handle_sigterm(self, *_args: Any, **_kwargs: Any) -> None:
        """Ask the running flows to stop and start no others; a second signal ends them."""
        self._requests += 1
        # The signal that `_drain` sends when nothing is left.
        if self._idle:
            sys.exit(0)
        if self._requests == 1:
            self.stops.ask()
            self._scheduled_run_poller.stopping = True
            # Also what a poll finds that has begun already.
            self._scheduled_run_poller._submit_scheduled_flow_runs = _start_nothing  # type: ignore[method-assign]  # noqa: SLF001 - it has no other switch
            # In a thread: the handler has to return, so that Prefect's loop goes on reporting the
            # runs.
            threading.Thread(target=self._drain, name="drain", daemon=True).start()

    def _drain(self) -> None:
        """Ask all runs to stop, again after the limit or a second signal; then end the process."""
        pause = threading.Event()
        for round_number, limit_s in enumerate((self.drain_s, _END_S), start=1):
            until = time.monotonic() + limit_s
            asked: set[UUID] = set()
            while self._has_runs() and time.monotonic() < until:
                # A second signal from outside: whoever sent it does not want to wait for the limit.
                if self._requests > round_number:
                    break
                runs = self._process_manager.flow_run_ids() - asked
                asked |= {run for run in runs if self._ask(run, round_number)}
                pause.wait(_POLL_S)
        pause.wait(_SETTLE_S)
        self._idle = True
        _terminate(os.getpid())

    def _has_runs(self) -> bool:
        """Say whether a run is in progress, or one is being started that has no process yet."""
        # Where the server is slow, this takes many seconds; Prefect would kill such a run as it
        # ends.
        starting = self._scheduled_run_poller._submitting_flow_run_ids  # noqa: SLF001 - the same
        return bool(starting or self._process_manager.flow_run_ids())

    async def _pause_schedules(self) -> None:
        """Pause the schedules at the end, unless another `serve` has them.

        A deployment may have been deleted meanwhile.
        """
        if self.others.may_be_there:
            _log.warning("schedules not paused, since another serve has the same deployments")
            return
        for deployment in self._deployment_registry.get_deployment_ids():
            with suppress(ObjectNotFound):
                await self._client.pause_deployment(deployment)

    def _ask(self, run: UUID, round_number: int) -> bool:
        """Send SIGTERM to a run, in the first round only if it understands it; say if it was."""
        handle = self._process_manager.get(run)
        pid = handle.pid if handle else None
        if handle is None or pid is None:
            return False
        if round_number == 1 and not self.stops.understands(pid):
            return False
        with suppress(ProcessLookupError):
            handle.graceful_kill()
        return True

    def asked(self) -> tuple[datetime | None, bool]:
        """Return when the runs that are due were asked for last, and whether that has ended."""
        poller = self._scheduled_run_poller
        return poller.last_polled, poller.stopping

    def last_asked(self) -> datetime | None:
        """Return when anybody has asked for them last, by the server; None before that."""
        served = sorted(self._deployment_registry.get_deployment_ids())
        if not served:
            return None
        with get_client(sync_client=True) as client:
            return client.read_deployment(served[0]).last_polled


Watch = Callable[[Callable[[RunnerDeployment], object], threading.Event], None]
"""Registers further deployments while others are served, until the event is set."""


def serve_here(
    settings: ServeSettings, deployments: Sequence[RunnerDeployment], watch: Watch | None = None
) -> None:
    """Serve deployments on this host until SIGTERM or Ctrl-C.

    Their schedules run meanwhile; afterwards they are paused, unless another `serve` has been
    noticed that has them as well. `watch` runs beside them.
    """
    with (
        temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: settings.heartbeat_s}),
        stop_folder() as stops,
    ):
        runner = DrainingRunner(heartbeat_seconds=settings.heartbeat_s)
        # Here and not in the constructor, whose signature is Prefect's.
        runner.drain_s, runner.stops, runner.others = settings.drain_s, stops, OtherServe()
        for deployment in deployments:
            runner.add_deployment(deployment)
        with (
            suppress(KeyboardInterrupt),
            _beside(runner, watch),
            _beside(runner, _others_of(runner)),
        ):
            asyncio.run(runner.start())


def _others_of(runner: DrainingRunner) -> Watch:
    """Return what looks whether another `serve` has the same deployments."""
    return lambda _register, stop: runner.others.watch(runner.asked, runner.last_asked, stop)


@contextmanager
def _beside(runner: DrainingRunner, watch: Watch | None) -> Iterator[None]:
    """Let a thread register deployments at a runner while it works."""
    stop = threading.Event()

    def register(deployment: RunnerDeployment) -> object:
        # In the runner's loop, which owns the client and what is known of deployments.
        return runner.execute_in_background(runner.aadd_deployment, deployment).result(_REGISTER_S)

    if watch is not None:
        # A daemon: a call to a server that does not answer must not keep the program.
        threading.Thread(target=watch, args=(register, stop), name="watch", daemon=True).start()
    try:
        yield
    finally:
        stop.set()
