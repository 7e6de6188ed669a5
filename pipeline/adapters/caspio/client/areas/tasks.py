"""Import and export tasks: run one, and wait until it has ended."""

from pipeline.adapters.caspio.client.clock import Clock
from pipeline.adapters.caspio.client.errors import InDoubt, Unavailable
from pipeline.adapters.caspio.client.http.call import Caller
from pipeline.adapters.caspio.client.http.request import Call
from pipeline.adapters.caspio.client.operations import OPERATIONS, operation
from pipeline.adapters.caspio.client.retry import Failures, Repeatable, RetryPolicy
from pipeline.adapters.caspio.client.wire import account as wire
from pipeline.adapters.caspio.client.wire.account import Task
from pipeline.adapters.caspio.client.wire.payload import Payload

# Each look at a running task is a call that counts, so the pauses grow.
FIRST_PAUSE_S = 2.0
MAX_PAUSE_S = 30.0

QUIET_S = 20.0
"""Seconds. A task that was Ready for so long and never seen running has ended."""


class Tasks:
    """Operations on import and export tasks.

    Each raises AccessDenied without the right, NotFound for an unknown key.
    """

    def __init__(self, caller: Caller, *, clock: Clock) -> None:
        self._caller = caller
        self._clock = clock

    @operation("ListDataImportExportTasks")
    def all(self) -> tuple[Task, ...]:
        """Return the tasks that the profile may see (ListDataImportExportTasks)."""
        return tuple(map(wire.task, wire.many(self._ask("ListDataImportExportTasks"))))

    @operation("GetDataImportExportTask")
    def get(self, key: str) -> Task:
        """Return a task with its status (GetDataImportExportTask)."""
        return wire.task(self._ask("GetDataImportExportTask", externalKey=key).member("Result"))

    @operation("RunDataImportExportTask")
    def run(self, key: str) -> None:
        """Start a task and return at once; it goes on at Caspio (RunDataImportExportTask).

        Raises:
            InDoubt: no clear answer came; look at its status before starting it again.
        """
        self._ask("RunDataImportExportTask", externalKey=key)

    def run_and_wait(self, key: str, *, timeout_s: float = 3600.0) -> Task:
        """Run a task and return it once it is Ready again; a task that is busy is waited for first.

        The API does not say whether the task succeeded: look at the records it was to bring.
        Between two looks, each of which is a call, the pause grows from 2 to 30 s. A start without
        an answer counts as done when the task is seen running.

        Args:
            key: The task's external key.
            timeout_s: Seconds for everything together.

        Raises:
            Unavailable: it did not end in time; it goes on at Caspio.
            InDoubt: the start got no answer and the task was not seen running.
        """
        ends_at = self._clock.monotonic() + timeout_s
        self._wait(key, ends_at=ends_at, quiet_s=0.0)
        # A second start would import everything twice.
        doubt: InDoubt | None = None
        try:
            self.run(key)
        except InDoubt as error:
            doubt = error
        task, was_seen_running = self._wait(key, ends_at=ends_at, quiet_s=QUIET_S)
        if doubt is not None and not was_seen_running:
            raise doubt
        return task

    def _wait(self, key: str, *, ends_at: float, quiet_s: float) -> tuple[Task, bool]:
        """Look until the task is Ready, and was seen running or stayed Ready for `quiet_s`."""
        started = self._clock.monotonic()
        was_seen_running = False
        task: Task | None = None

        def look() -> Task:
            nonlocal task, was_seen_running
            task = self.get(key)
            was_seen_running = was_seen_running or not task.is_ready
            is_quiet = self._clock.monotonic() - started >= quiet_s
            if task.is_ready and (was_seen_running or is_quiet):
                return task
            raise Repeatable(f"task {task.name!r} is {task.status}")

        def give_up(failures: Failures) -> Exception:
            if task is None:
                return failures.last
            return Unavailable(
                f"task {task.name!r} ({key}) is {task.status or 'of unknown status'} after "
                f"{failures.spent_s:.0f} s. It goes on at Caspio; look there, or wait longer."
            )

        polling = RetryPolicy(
            on=(Repeatable,),
            total_s=ends_at - started,
            first_pause_s=FIRST_PAUSE_S,
            max_pause_s=MAX_PAUSE_S,
            jitter=lambda: 1.0,  # one task has one that waits for it: nothing to spread
        )
        return polling.run(look, clock=self._clock, give_up=give_up), was_seen_running

    def _ask(self, name: str, **names: str) -> Payload:
        return self._caller.ask(Call(OPERATIONS[name], names))
