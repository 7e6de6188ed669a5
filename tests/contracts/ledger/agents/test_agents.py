"""Tokens of agents, and the audit of what they did."""

from dataclasses import replace
from datetime import timedelta

import pytest

from pipeline.model.agents import AgentCall, AgentToken, CallState, Scope, token_digest
from pipeline.ports import Ledger
from tests.fakes.clock import FakeClock

SCOPE = Scope(methods=("read", "plan"), tables=("Receipts",), per_minute=2, budget_share=0.25)


@pytest.fixture
def token(ledger: Ledger, clock: FakeClock) -> AgentToken:
    """A token that the ledger knows."""
    now = clock.now()
    token = AgentToken(
        "t1", "desk", "acme", token_digest("cing_1"), SCOPE, now, now + timedelta(90)
    )
    ledger.agents.add_token(token)
    return token


def a_call(clock: FakeClock, whose: str = "t1") -> AgentCall:
    """Return a call that begins now."""
    return AgentCall(whose, "plan", "digest", clock.now())


def begun(ledger: Ledger, clock: FakeClock, whose: str = "t1") -> AgentCall:
    """Record a call that the rate allows."""
    call = ledger.agents.begin_call(a_call(clock, whose), per_minute=1000)
    assert call is not None
    return call


def test_a_token_is_found_by_its_digest_alone(ledger: Ledger, token: AgentToken):
    """What is kept is the digest; it leads to the whole token with its scope, and nothing else does."""
    assert ledger.agents.token("acme", token_digest("cing_1")) == token
    assert ledger.agents.token("acme", "cing_1") is None


def test_a_token_belongs_to_one_account(ledger: Ledger, token: AgentToken):
    """Another account neither finds, lists, changes nor revokes it."""
    agents = ledger.agents

    assert agents.token("other", token.digest) is None
    assert agents.tokens("other") == []
    assert not agents.change_expiry("other", token.id, token.expires_at)
    assert not agents.revoke("other", token.id)
    assert agents.tokens("acme") == [token]


def test_a_name_is_given_once(ledger: Ledger, token: AgentToken):
    """Two living tokens of an account never share a name; after a revocation it is free."""
    again = replace(token, id="t2", digest="another")
    with pytest.raises(ValueError, match="'desk' already"):
        ledger.agents.add_token(again)

    ledger.agents.revoke("acme", token.id)

    ledger.agents.add_token(again)


def test_a_revoked_token_stays_revoked(ledger: Ledger, clock: FakeClock, token: AgentToken):
    """Neither a later date nor a second revocation changes it."""
    assert ledger.agents.revoke("acme", token.id)
    revoked = ledger.agents.token("acme", token.digest)

    assert not ledger.agents.change_expiry("acme", token.id, clock.now() + timedelta(999))
    assert not ledger.agents.revoke("acme", token.id)
    assert revoked is not None
    assert revoked.revoked_at == clock.now()
    assert ledger.agents.token("acme", token.digest) == revoked


def test_an_expiry_can_be_changed(ledger: Ledger, clock: FakeClock, token: AgentToken):
    """A token is valid until the date it was given last."""
    until = clock.now() + timedelta(1)

    assert ledger.agents.change_expiry("acme", token.id, until)

    found = ledger.agents.token("acme", token.digest)
    assert found is not None
    assert found.is_valid(until - timedelta(seconds=1))
    assert not found.is_valid(until)


@pytest.mark.usefixtures("token")
def test_a_call_is_recorded_before_its_effect(ledger: Ledger, clock: FakeClock):
    """The row is there as soon as a call begins, and its token was used then."""
    clock.advance(5)

    call = begun(ledger, clock)

    assert ledger.agents.agent_calls("acme") == [call]
    assert call.state is CallState.BEGUN
    assert ledger.agents.tokens("acme")[0].last_used_at == clock.now()


def test_an_unknown_token_begins_nothing(ledger: Ledger, clock: FakeClock):
    """Without a token there is no row, so there is no call."""
    with pytest.raises(KeyError):
        ledger.agents.begin_call(a_call(clock, "nobody"), per_minute=1)


@pytest.mark.usefixtures("token")
def test_the_end_of_a_call_is_recorded(ledger: Ledger, clock: FakeClock):
    """What it did, what it cost and which run it made are in its row."""
    call = begun(ledger, clock)
    clock.advance(3)

    ledger.agents.settle_call(
        call.id, CallState.DONE, note="2 written", records=2, calls=7, run_id="run-1"
    )

    assert ledger.agents.agent_calls("acme", token_id="t1") == [
        replace(
            call,
            state=CallState.DONE,
            note="2 written",
            records=2,
            calls=7,
            run_id="run-1",
            finished_at=clock.now(),
        )
    ]
    assert ledger.agents.run_of_agent("acme", "run-1")
    assert not ledger.agents.run_of_agent("acme", "")
    assert not ledger.agents.run_of_agent("other", "run-1")


@pytest.mark.usefixtures("token")
def test_a_minute_has_so_many_calls(ledger: Ledger, clock: FakeClock):
    """A token that has used its rate up begins nothing until the first call is a minute old."""
    assert ledger.agents.begin_call(a_call(clock), per_minute=2)
    clock.advance(30)
    assert ledger.agents.begin_call(a_call(clock), per_minute=2)

    assert ledger.agents.begin_call(a_call(clock), per_minute=2) is None
    clock.advance(30)
    assert ledger.agents.begin_call(a_call(clock), per_minute=2)
    assert len(ledger.agents.agent_calls("acme")) == 3


@pytest.mark.usefixtures("token")
def test_a_slow_clock_gives_no_calls(ledger: Ledger, clock: FakeClock):
    """One call by a server whose clock is seconds behind leaves the rate of the minute as it is."""
    late = replace(a_call(clock), at=clock.now() - timedelta(seconds=5))
    taken = [ledger.agents.begin_call(a_call(clock), per_minute=6) for _ in range(5)]
    taken.append(ledger.agents.begin_call(late, per_minute=6))

    assert all(taken)
    assert ledger.agents.begin_call(a_call(clock), per_minute=6) is None


def test_calls_of_another_token_take_nothing_off(
    ledger: Ledger, clock: FakeClock, token: AgentToken
):
    """However many calls others make in between, a token has its own rate, and no more."""
    ledger.agents.add_token(replace(token, id="t2", name="other", digest="d2"))
    assert ledger.agents.begin_call(a_call(clock), per_minute=3)
    for _ in range(5):
        assert ledger.agents.begin_call(a_call(clock, "t2"), per_minute=1000)

    taken = [ledger.agents.begin_call(a_call(clock), per_minute=3) is not None for _ in range(3)]
    assert taken == [True, True, False]


def test_calls_are_added_up_by_token_and_month(ledger: Ledger, clock: FakeClock, token: AgentToken):
    """The share of the budget is by calendar month, and each token has its own."""
    ledger.agents.add_token(replace(token, id="t2", name="other", digest="d2"))
    for token_id, calls in (("t1", 3), ("t1", 4), ("t2", 50)):
        ledger.agents.settle_call(begun(ledger, clock, token_id).id, CallState.DONE, calls=calls)

    assert ledger.agents.calls_spent("t1") == 7
    clock.advance(32 * 86_400)
    assert ledger.agents.calls_spent("t1") == 0


@pytest.mark.usefixtures("token")
def test_the_newest_calls_come_first(ledger: Ledger, clock: FakeClock):
    """A list shows the latest calls, at most so many; old ones can be forgotten."""
    calls = []
    for _ in range(3):
        clock.advance(60)
        calls.append(begun(ledger, clock))

    assert ledger.agents.agent_calls("acme", limit=2) == [calls[2], calls[1]]
    assert ledger.agents.agent_calls("other") == []
    assert ledger.agents.forget_calls(before=calls[2].at) == 2
    assert ledger.agents.agent_calls("acme") == [calls[2]]
