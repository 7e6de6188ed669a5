"""Running what is deployed so that SIGTERM drains: `serve` on one host, a work pool's process worker on each of many.

Prefect's own worker kills its runs when it is stopped, and its own `serve` gives them 30 s one after the other. Here
every run in hand is asked at once to stop (`flows/app/drain.py`), nothing new is begun, and there is a limit in seconds. A
second SIGTERM or Ctrl-C ends the runs at once; their states say so.
"""

import abc
import asyncio
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from prefect.client.schemas.objects import FlowRun
from prefect.deployments.runner import RunnerDeployment
from prefect.runner import Runner
from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings
from prefect.workers.process import ProcessJobConfiguration, ProcessWorker, ProcessWorkerResult

from pipeline.settings.sections import ServeSettings

_LOOK_S = 0.2
_SETTLE_S = 1.0
"""Seconds after the last run's end in which a worker tells the server of it."""

_END_S = 10.0
"""Seconds a run has to end after the second signal, before it is killed with its worker."""

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


@dataclass(slots=True)
class Crew:
    """The processes of the runs in hand, and whether they have been asked to stop."""

    asked: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    runs: int = 0
    _pids: set[int] = field(default_factory=set)

    def ask(self) -> None:
        """Send each the signal that lets it finish what it is at; the second time, that ends it."""
        self.asked.set()
        for pid in self._pids:
            _terminate(pid)
        self._tell()

    @contextmanager
    def running(self) -> Iterator["list[int]"]:
        """Count a run until it has ended; the process goes into the list."""
        pids: list[int] = []
        self.runs += 1
        try:
            yield pids
        finally:
            self.runs -= 1
            self._pids.difference_update(pids)
            self._tell()

    def _tell(self) -> None:
        if self.asked.is_set() and not self.runs:
            self.ended.set()

    def add(self, pid: int) -> None:
        """Know a process; one that starts when all are to stop is told so."""
        self._pids.add(pid)
        if self.asked.is_set():
            _terminate(pid)


def _terminate(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)


@dataclass(frozen=True, slots=True)
class _Noted:
    """Passes a process on to Prefect, and notes it."""

    crew: Crew
    pids: list[int]
    waiting: Any  # anyio's TaskStatus

    def started(self, value: int) -> None:
        self.pids.append(value)
        self.crew.add(value)
        if self.waiting is not None:
            self.waiting.started(value)


class DrainingWorker(ProcessWorker, abc.ABC):
    """A process worker that lets its runs finish; abstract in name, or Prefect would put it in the place of its own."""

    crew: Crew

    async def get_and_submit_flow_runs(self) -> list[FlowRun]:
        """Take on what is due, unless all are to stop."""
        return [] if self.crew.asked.is_set() else await super().get_and_submit_flow_runs()

    async def run(
        self, flow_run: FlowRun, configuration: ProcessJobConfiguration, task_status: Any = None
    ) -> ProcessWorkerResult:
        """Run a flow as its process."""
        with self.crew.running() as pids:
            noted: Any = _Noted(self.crew, pids, task_status)
            return await super().run(flow_run, configuration, noted)


def work(
    settings: ServeSettings,
    *,
    pool: str,
    queues: Sequence[str] = (),
    name: str | None = None,
    limit: int | None = None,
    with_healthcheck: bool = False,
) -> None:
    """Work for a pool until told to stop, and then until the runs in hand have stopped."""
    with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: settings.heartbeat_s}):
        worker = DrainingWorker(
            name=name,
            work_pool_name=pool,
            work_queues=list(queues) or None,
            limit=limit,
            create_pool_if_not_found=False,
        )
        worker.crew = Crew()
        asyncio.run(_until_told(worker, settings.drain_s, with_healthcheck=with_healthcheck))


async def _until_told(worker: DrainingWorker, drain_s: int, *, with_healthcheck: bool) -> None:
    working = asyncio.create_task(worker.start(with_healthcheck=with_healthcheck))
    for number in _SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, worker.crew.ask)
    drained = asyncio.create_task(_drained(worker.crew, drain_s))
    ended, _ = await asyncio.wait({working, drained}, return_when=asyncio.FIRST_COMPLETED)
    drained.cancel()
    if working in ended:
        await working
    working.cancel()
    with suppress(asyncio.CancelledError):
        await working


async def _drained(crew: Crew, drain_s: int) -> None:
    """Wait for the request to stop, then for the runs; after `drain_s` end them."""
    await crew.asked.wait()
    for time_s in (drain_s, _END_S):
        try:
            await asyncio.wait_for(crew.ended.wait(), time_s)
            break
        except TimeoutError:
            crew.ask()
    await asyncio.sleep(_SETTLE_S)


class DrainingRunner(Runner):
    """Prefect's `serve` that lets its runs finish."""

    drain_s: float = 0.0
    _requests: int = 0
    _idle: bool = False

    def handle_sigterm(self, *_args: Any, **_kwargs: Any) -> None:
        """Ask the runs in hand to stop and begin no others; asked again, end them; end when none is left."""
        self._requests += 1
        if self._idle:
            sys.exit(0)
        if self._requests == 1:
            self._scheduled_run_poller.stopping = True
            threading.Thread(target=self._drain, name="drain", daemon=True).start()

    def _drain(self) -> None:
        """Ask all, and again when the time is up or somebody cannot wait; then let the main thread end."""
        pause = threading.Event()
        for round_number, limit_s in enumerate((self.drain_s, _END_S), start=1):
            until, told = time.monotonic() + limit_s, set[UUID]()
            while (runs := self._process_manager.flow_run_ids()) and time.monotonic() < until:
                if self._requests > round_number:
                    break
                self._ask(runs - told)
                told |= runs
                pause.wait(_LOOK_S)
        pause.wait(_SETTLE_S)
        self._idle = True
        os.kill(os.getpid(), signal.SIGTERM)

    def _ask(self, runs: set[UUID]) -> None:
        for run in runs:
            if handle := self._process_manager.get(run):
                with suppress(ProcessLookupError):
                    handle.graceful_kill()


def serve_here(settings: ServeSettings, deployments: Sequence[RunnerDeployment]) -> None:
    """Serve deployments on this host until told to stop; meanwhile their schedules run, afterwards they are paused."""
    with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: settings.heartbeat_s}):
        runner = DrainingRunner(heartbeat_seconds=settings.heartbeat_s)
        runner.drain_s = settings.drain_s
        for deployment in deployments:
            runner.add_deployment(deployment)
        with suppress(KeyboardInterrupt):
            asyncio.run(runner.start())
