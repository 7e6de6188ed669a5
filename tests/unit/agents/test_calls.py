"""A call whose ledger fails is never said to have done nothing, unless that is sure."""

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from flows.agents.accounts import Shares
from flows.agents.calls import AgentCaller, Unsettled, with_audit
from flows.agents.tokens import make_token
from flows.agents.tools.tool import Answer
from pipeline.errors import LedgerUnavailable
from pipeline.model.agents import CallState, Scope
from tests.fakes.ledger import MemoryLedger


@pytest.fixture
def ledger() -> MemoryLedger:
    """A ledger that a test stops."""
    return MemoryLedger()


@pytest.fixture
def caller(ledger: MemoryLedger) -> AgentCaller:
    """Who calls, with a token for everything."""
    made = make_token(
        ledger, "acme", name="desk", scope=Scope(), life=timedelta(days=1), clock=ledger.clock
    )
    account: Any = SimpleNamespace(
        name="acme",
        key="acme",
        ledger=ledger,
        clock=ledger.clock,
        shares=Shares(),
        spending=SimpleNamespace(require=lambda: None, calls_of_thread=lambda: 0),
        settings=SimpleNamespace(caspio=SimpleNamespace(monthly_calls=None)),
    )
    return AgentCaller(account, made.kept)


def failing(caller: AgentCaller, before: Callable[[], None] = lambda: None) -> Callable[[], Answer]:
    """Return a run that writes, and then cannot reach the ledger."""

    def run() -> Answer:
        caller.drain.run_id = "run-7"
        before()
        raise LedgerUnavailable("the connection was closed")

    return run


def test_a_write_whose_ledger_failed_is_in_doubt(caller: AgentCaller, ledger: MemoryLedger):
    """The client learns that records may have changed, by which run; the audit has both."""
    answered = with_audit(caller, "apply", {}, failing(caller), reads_only=False)

    error = answered.content["error"]
    assert (answered.is_error, error["kind"], error["run_id"]) == (True, "in_doubt", "run-7")
    (row,) = ledger.agents.agent_calls("acme")
    assert (row.state, row.note, row.run_id) == (CallState.FAILED, "in_doubt", "run-7")


def test_a_ledger_that_stays_away_takes_no_run_with_it(
    caller: AgentCaller, ledger: MemoryLedger, monkeypatch: pytest.MonkeyPatch
):
    """If the end cannot be recorded either, the error names the run."""

    def fail(*_: Any, **__: Any) -> None:
        raise LedgerUnavailable("down")

    monkeypatch.setattr(ledger.agents, "settle_call", fail)

    with pytest.raises(Unsettled, match="run-7"):
        with_audit(caller, "apply", {}, failing(caller), reads_only=False)


@pytest.mark.parametrize("reads_only", [True, False])
def test_what_did_not_begin_to_write_did_nothing(caller: AgentCaller, *, reads_only: bool):
    """A call that reads, and one that ended before it began, may be said to have done nothing."""

    def down() -> None:
        raise LedgerUnavailable("down")

    if not reads_only:
        caller.account.spending.require = down  # type: ignore[method-assign]

    with pytest.raises(LedgerUnavailable) as raised:
        with_audit(caller, "apply", {}, failing(caller), reads_only=reads_only)

    assert not isinstance(raised.value, Unsettled)
