"""Calls that block run in threads; a client that cancels ends them in good order."""

import threading

import anyio
import pytest

from flows.agents.threads import in_thread
from flows.agents.tools.limits import LimitedDrain
from pipeline.errors import BudgetExhausted, StopRequested


def test_a_cancelled_call_is_asked_to_stop_and_waited_for():
    """The thread learns of the cancellation, and nothing goes on behind it."""
    drain, begun, ended = LimitedDrain(), threading.Event(), []

    def work() -> None:
        begun.set()
        try:
            while True:
                drain.require()
                threading.Event().wait(0.001)
        except StopRequested:
            ended.append("in good order")

    async def call() -> None:
        with anyio.CancelScope() as scope:
            async with anyio.create_task_group() as group:

                async def cancel() -> None:
                    await anyio.to_thread.run_sync(begun.wait)
                    scope.cancel()

                group.start_soon(cancel)
                await in_thread(work, drain=drain)

    anyio.run(call)

    assert ended == ["in good order"]


def test_an_error_comes_out_as_it_is():
    """What a tool raises is not wrapped, so that each kind can be answered."""

    def work() -> None:
        raise KeyError("this")

    async def call() -> None:
        await in_thread(work, drain=LimitedDrain())

    with pytest.raises(KeyError, match="this"):
        anyio.run(call)


def test_a_run_ends_with_its_share():
    """What a run's own client has spent counts against the calls that its token has left."""
    spent = [2]
    drain = LimitedDrain(left=3, spent=lambda: spent[0])
    drain.require()

    spent[0] = 3

    with pytest.raises(BudgetExhausted, match="share"):
        drain.require()
