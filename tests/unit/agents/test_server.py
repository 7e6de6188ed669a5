"""No account keeps another one's agents waiting."""

import threading
from types import SimpleNamespace
from typing import Any

import anyio
import anyio.to_thread
import mcp_types as types
import pytest

from flows.agents.calls import AgentCaller, Answered
from flows.agents.server import _Handlers, _reporter
from flows.agents.tools.runs import ProgressWatch


def handlers(name: str) -> Any:
    """Return what answers for an account."""
    account: Any = SimpleNamespace(name=name, clock=SimpleNamespace(monotonic=lambda: 0.0))
    return _Handlers(account, lambda _: SimpleNamespace())  # type: ignore[arg-type, return-value]


def test_an_account_waits_for_its_own_calls_only(monkeypatch: pytest.MonkeyPatch):
    """While one account has as many calls under way as it may, another one is answered."""
    monkeypatch.setattr("flows.agents.server.CALLS", 1)
    begun, leave = threading.Semaphore(0), threading.Event()
    entered: list[str] = []

    def perform(caller: AgentCaller, *_: Any) -> Answered:
        entered.append(caller.account.name)
        begun.release()
        assert caller.account.name == "fast" or leave.wait(60)
        return Answered({"by": caller.account.name})

    monkeypatch.setattr("flows.agents.server.perform", perform)
    context, asked = SimpleNamespace(), types.CallToolRequestParams(name="budget")
    slow, fast = handlers("slow"), handlers("fast")

    async def run() -> list[str]:
        with anyio.fail_after(10):
            async with anyio.create_task_group() as group:
                for _ in range(2):
                    group.start_soon(slow.call_tool, context, asked)
                await anyio.to_thread.run_sync(begun.acquire)
                await fast.call_tool(context, asked)
                seen = list(entered)
                leave.set()
        return seen

    assert anyio.run(run) == ["slow", "fast"]


def test_the_progress_of_sources_adds_up():
    """The second source does not begin at nothing: progress never falls back."""
    sent: list[tuple[int, int | None, str]] = []
    watch = ProgressWatch(lambda *report: sent.append(report))

    for name, files in (("receipts", 3), ("bills", 2)):
        source = watch.source(name)
        source.expect(files)
        source.count(files)

    assert sent == [(3, 3, "receipts"), (5, 5, "bills")]


def test_progress_is_reported_once_a_second():
    """A file that takes minutes is reported by itself, and a thousand fast ones are one report."""
    sent: list[tuple[int, int | None]] = []
    now_s = iter([0.0, 0.0, 0.2, 1.0, 1.1, 1.2, 1.3, 9.0, 10.0])
    clock: Any = SimpleNamespace(monotonic=lambda: next(now_s))

    async def note(handled: int, total: int | None, _word: str) -> None:
        sent.append((handled, total))

    async def run() -> None:
        context: Any = SimpleNamespace(session=SimpleNamespace(report_progress=note))
        report = _reporter(context, clock)

        def work() -> None:
            for handled, total in (
                *((1, None), (2, None), (3, 9), (4, 9), (9, 9)),
                # Of files that did not change, the protocol wants no report: none has risen.
                *((9, 9), (9, 9), (10, 20)),
            ):
                report(handled, total, "receipts")

        await anyio.to_thread.run_sync(work)
        await anyio.wait_all_tasks_blocked()

    anyio.run(run)

    assert sent == [(1, None), (3, 9), (9, 9), (10, 20)]
