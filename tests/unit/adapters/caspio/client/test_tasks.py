from collections.abc import Sequence

import pytest

from pipeline.adapters.caspio.client.areas.tasks import Tasks
from pipeline.adapters.caspio.client.errors import InDoubt, Unavailable
from pipeline.adapters.caspio.client.http.request import Call
from pipeline.adapters.caspio.client.wire.payload import Payload
from tests.fakes.clock import FakeClock


class OneTask:
    """An account with one task, whose status is read from a list; the last one stays."""

    def __init__(self, statuses: Sequence[str], *, start_is_lost: bool = False) -> None:
        self.statuses = list(statuses)
        self.start_is_lost = start_is_lost
        self.started = 0

    def ask(self, call: Call) -> Payload:
        """Answer a call as the client's Caller does."""
        if call.operation.id == "RunDataImportExportTask":
            self.started += 1
            if self.start_is_lost:
                raise InDoubt("no answer came")
            return Payload(None, what=call.what)
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        return Payload(
            {"Result": {"Name": "Import", "ExternalKey": "k", "Status": status}}, what=call.what
        )


def tasks(account: OneTask, clock: FakeClock) -> Tasks:
    """Make the operations on an account's task."""
    return Tasks(account, clock=clock)  # type: ignore[arg-type]  # all that is used of a Caller


def test_task_is_waited_for(clock: FakeClock) -> None:
    """A task is run once and returned when it has been seen running and is Ready again."""
    account = OneTask(["Ready", "Busy", "Processing", "Processing", "Ready"])

    task = tasks(account, clock).run_and_wait("k")

    assert (task.is_ready, account.started, account.statuses) == (True, 1, ["Ready"])


def test_busy_task_is_let_end_before_it_is_run(clock: FakeClock) -> None:
    """A task that somebody else has started is not started on top."""
    account = OneTask(["Processing", "Ready", "Processing", "Ready"])

    tasks(account, clock).run_and_wait("k")

    assert account.started == 1


def test_task_that_was_over_at_once_is_noticed(clock: FakeClock) -> None:
    """A task that is never seen running has ended when it stays Ready for a while."""
    task = tasks(OneTask(["Ready"]), clock).run_and_wait("k")

    assert task.is_ready
    assert 20 <= clock.monotonic() < 60


def test_waiting_is_bounded_and_asks_ever_less_often(clock: FakeClock) -> None:
    """A task that does not end is given up in time, after few calls."""
    with pytest.raises(Unavailable, match="Processing"):
        tasks(OneTask(["Ready", "Processing"]), clock).run_and_wait("k", timeout_s=600)

    assert clock.monotonic() <= 600
    assert len(clock.slept) < 30
    assert clock.slept == sorted(clock.slept), "each pause is as long as the one before or longer"


def test_start_without_an_answer_is_settled_by_looking(clock: FakeClock) -> None:
    """A task that is seen running was started, and is not started again."""
    account = OneTask(["Ready", "Processing", "Ready"], start_is_lost=True)

    assert tasks(account, clock).run_and_wait("k").is_ready
    assert account.started == 1


def test_start_without_an_answer_or_a_trace_is_in_doubt(clock: FakeClock) -> None:
    """A task that is never seen running may have been started or not: the caller must look."""
    account = OneTask(["Ready"], start_is_lost=True)

    with pytest.raises(InDoubt):
        tasks(account, clock).run_and_wait("k")
    assert account.started == 1
