"""Import and export tasks: run one, and wait until it has ended."""

from pipeline.adapters.caspio.client import wire_account as wire
from pipeline.adapters.caspio.client.call import Call, Caller
from pipeline.adapters.caspio.client.operations import OPERATIONS, operation
from pipeline.adapters.caspio.client.wire import Payload
from pipeline.adapters.caspio.client.wire_account import Task
from pipeline.errors import EffectInDoubt, ServiceUnavailable
from pipeline.ports import Clock

FIRST_PAUSE_S = 2.0
MAX_PAUSE_S = 30.0
QUIET_S = 20.0  # a task that was never seen running, but Ready for so long, has ended or was over before the first look


class Tasks:
    """Operations on import and export tasks.

    Each raises Unauthorized without the right, NotFound for an unknown key.
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
            EffectInDoubt: no clear answer came; look at its status before starting it again.
        """
        self._ask("RunDataImportExportTask", externalKey=key)

    def run_and_wait(self, key: str, *, timeout_s: float = 3600.0) -> Task:
        """Run a task and return it once it is Ready again; one that is busy is first let end.

        Whether it succeeded Caspio does not tell in v3: look at what it was to bring. Between looks the pause grows
        from 2 to 30 s, each look is a call. A start without an answer counts as done when the task is seen running.

        Raises:
            ServiceUnavailable: it did not end in time; it goes on at Caspio.
            EffectInDoubt: the start got no answer and the task was not seen running.
        """
        ends_at = self._clock.monotonic() + timeout_s
        self._wait(key, ends_at=ends_at, quiet_s=0.0)
        doubt: EffectInDoubt | None = None
        try:
            self.run(key)
        except EffectInDoubt as error:
            doubt = error
        task, was_seen = self._wait(key, ends_at=ends_at, quiet_s=QUIET_S)
        if doubt is not None and not was_seen:
            raise doubt
        return task

    def _wait(self, key: str, *, ends_at: float, quiet_s: float) -> tuple[Task, bool]:
        """Look until the task is Ready, and was seen running or stayed Ready for `quiet_s`."""
        since = self._clock.monotonic()
        pause_s = FIRST_PAUSE_S
        was_seen = False
        while True:
            task = self.get(key)
            was_seen = was_seen or not task.is_ready
            now = self._clock.monotonic()
            if task.is_ready and (was_seen or now - since >= quiet_s):
                return task, was_seen
            if now + pause_s > ends_at:
                raise ServiceUnavailable(
                    f"task {task.name!r} ({key}) is {task.status or 'of no known status'} after {now - since:.0f} s. "
                    "It goes on at Caspio; look there, or wait longer."
                )
            self._clock.sleep(pause_s)
            pause_s = min(MAX_PAUSE_S, pause_s * 2)

    def _ask(self, name: str, **names: str) -> Payload:
        return self._caller.ask(Call(OPERATIONS[name], names))
