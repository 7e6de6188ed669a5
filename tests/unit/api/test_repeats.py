"""A write with a key is answered, whatever the ledger does while it is under way."""

from collections.abc import Callable, Coroutine
from types import SimpleNamespace
from typing import Any

import anyio
import anyio.from_thread
import pytest

from flows.api.answers import ApiReply, problem, success
from flows.api.repeats import once
from pipeline.errors import LedgerUnavailable
from pipeline.model.agents import KeptRequest, RequestState
from tests.fakes.ledger import MemoryLedger

INTENT = KeptRequest("token", "key", "request")


def send(ledger: MemoryLedger, carry_out: Callable[[], Coroutine[Any, Any, ApiReply]]) -> ApiReply:
    """Send a request with a key."""
    account: Any = SimpleNamespace(name="acme", ledger=ledger)

    async def run() -> ApiReply:
        with anyio.fail_after(10):
            return await once(account, INTENT, carry_out, is_raw=False, upload=None)

    return anyio.run(run)


@pytest.mark.parametrize("failure", [LedgerUnavailable("down"), RuntimeError("a bug")])
def test_a_renewal_that_fails_loses_no_answer(monkeypatch: pytest.MonkeyPatch, failure: Exception):
    """The write goes on, the client gets its answer, and the key keeps it."""
    ledger = MemoryLedger()

    async def carry_out() -> ApiReply:
        tried = anyio.Event()

        def renew(*_: Any, **__: Any) -> None:
            anyio.from_thread.run_sync(tried.set)
            raise failure

        monkeypatch.setattr(ledger.agents, "renew_request", renew)
        await tried.wait()
        return success({"result": 1})

    monkeypatch.setattr("flows.api.repeats._RENEW_S", 0)

    answered = send(ledger, carry_out)

    kept = ledger.agents.begin_request(INTENT, ttl_s=60)
    assert answered.status == 200
    assert kept is not None
    assert (kept.state, kept.status) == (RequestState.ANSWERED, 200)


def test_a_key_that_cannot_be_released_hides_no_problem(monkeypatch: pytest.MonkeyPatch):
    """The client learns what the request ended with, and not that nothing was done."""
    ledger = MemoryLedger()

    async def carry_out() -> ApiReply:
        return problem("in_doubt", "Records may have changed.", run_id="run-7")

    def release(*_: Any) -> None:
        raise LedgerUnavailable("down")

    monkeypatch.setattr(ledger.agents, "release_request", release)

    answered = send(ledger, carry_out)

    (error,) = answered.content["errors"]
    assert (error["kind"], error["run_id"]) == ("in_doubt", "run-7")
