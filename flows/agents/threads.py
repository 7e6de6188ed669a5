"""Run what blocks in a thread, and end it in good order when the client cancels."""

import functools
from collections.abc import Callable
from typing import Any, TypeVar

import anyio
import anyio.to_thread

from flows.agents.tools.limits import LimitedDrain

CALLS = 40
"""Calls of one account at the same time: each has a thread, and others wait for their turn."""

T = TypeVar("T")


async def in_thread(
    work: Callable[..., T],
    *arguments: Any,
    drain: LimitedDrain | None = None,
    limiter: anyio.CapacityLimiter | None = None,
) -> T:
    """Run what blocks in a thread; if the client cancels, ask it to stop and wait until it has."""
    call = functools.partial(work, *arguments)
    if drain is None:
        return await anyio.to_thread.run_sync(call, limiter=limiter)
    finished = anyio.Event()

    async def watch() -> None:
        try:
            await finished.wait()
        except anyio.get_cancelled_exc_class():
            drain.request()
            raise

    found: list[T] = []
    failure: Exception | None = None
    async with anyio.create_task_group() as group:
        group.start_soon(watch)
        # Never abandoned: an effect that has begun is finished and recorded.
        try:
            found.append(await anyio.to_thread.run_sync(call, limiter=limiter))
        except Exception as error:  # noqa: BLE001 - raised below; a task group would wrap it
            failure = error
        finished.set()
    if failure is not None:
        raise failure
    return found[0]
