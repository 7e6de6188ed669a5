"""Tokens are made with limits, shown once, and found only by whom they are for."""

from datetime import timedelta

import pytest

from flows.agents.tokens import PREFIX, Made, find_token, make_token, token_of_subject
from pipeline.errors import BadSettings
from pipeline.model.agents import AgentToken, Scope
from tests.fakes.clock import FakeClock
from tests.fakes.ledger import MemoryLedger

KEY = "an operator's key"


@pytest.fixture
def clock() -> FakeClock:
    """A clock that a test moves."""
    return FakeClock()


@pytest.fixture
def ledger(clock: FakeClock) -> MemoryLedger:
    """A ledger without tokens."""
    return MemoryLedger(clock)


def make(ledger: MemoryLedger, scope: Scope | None = None, *, days: float = 90) -> Made:
    """Make a token for the account `acme`."""
    life = timedelta(days=days)
    return make_token(
        ledger, "acme", name="desk", scope=scope or Scope(), life=life, clock=ledger.clock
    )


def find(
    ledger: MemoryLedger, token: str, *, account: str = "acme", in_path: bool = False, key: str = ""
) -> AgentToken | None:
    """Look a token up as a request does."""
    return find_token(
        ledger,
        account,
        token,
        clock=ledger.clock,
        operator_key=KEY,
        given_key=key,
        in_path=in_path,
    )


def test_only_a_digest_is_kept(ledger: MemoryLedger):
    """A token has 256 random bits behind its prefix, and the ledger holds nothing of them."""
    made = make(ledger)

    assert made.token.startswith(PREFIX)
    assert len(made.token) - len(PREFIX) >= 43
    assert made.token not in repr(ledger.agents.tokens("acme"))
    assert made.kept.digest != made.token


def test_a_token_is_for_its_account_alone(ledger: MemoryLedger):
    """Its audience is one account: presented to another, it does not exist."""
    made = make(ledger)

    assert find(ledger, made.token) == made.kept
    assert find(ledger, made.token, account="other") is None


@pytest.mark.parametrize("given", ["", "cing_", "Bearer", "cing_" + "x" * 43, "cing_" + "x" * 9999])
def test_what_is_no_token_finds_none(ledger: MemoryLedger, given: str):
    """Anything else is refused, however long."""
    make(ledger)

    assert find(ledger, given) is None


def test_an_expired_or_revoked_token_finds_nothing(ledger: MemoryLedger, clock: FakeClock):
    """A token ends with its date, or at once when it is revoked."""
    made = make(ledger, days=1)
    clock.advance(86_399)
    assert find(ledger, made.token)
    clock.advance(1)
    assert find(ledger, made.token) is None

    ledger.agents.change_expiry("acme", made.kept.id, clock.now() + timedelta(days=1))
    assert find(ledger, made.token)
    ledger.agents.revoke("acme", made.kept.id)
    assert find(ledger, made.token) is None


def test_dual_auth_needs_both(ledger: MemoryLedger):
    """A token that needs the operator's key is nothing without it, nor is the key without a token."""
    made = make(ledger, Scope(needs_operator_key=True))

    assert find(ledger, made.token) is None
    assert find(ledger, made.token, key="wrong") is None
    assert find(ledger, made.token, key=KEY) == made.kept
    without = find_token(ledger, "acme", made.token, clock=ledger.clock, given_key="")
    assert without is None


def test_a_token_of_the_address_works_there_alone(ledger: MemoryLedger):
    """One for headers is refused in an address, and the other way round."""
    in_path = make(ledger, Scope(methods=("read",), in_path=True), days=30)
    ledger.agents.revoke("acme", "nothing")

    assert find(ledger, in_path.token, in_path=True) == in_path.kept
    assert find(ledger, in_path.token) is None


@pytest.mark.parametrize(
    ("scope", "days", "said"),
    [
        (Scope(), 0, "1 to 366 days"),
        (Scope(), 400, "1 to 366 days"),
        (Scope(methods=("read",), in_path=True), 31, "1 to 30 days"),
        (Scope(in_path=True), 30, "only reads"),
        (Scope(methods=("read", "apply"), in_path=True), 30, "only reads"),
        (Scope(budget_share=0), 90, "share"),
        (Scope(methods=("drop",)), 90, "'drop'"),
        (Scope(tags=("all",)), 90, "'all'"),
    ],
)
def test_a_scope_that_cannot_be_is_refused(
    ledger: MemoryLedger, scope: Scope, days: float, said: str
):
    """A life beyond the limit, a part that there is not, or a contradiction is said."""
    with pytest.raises(BadSettings, match=said):
        make(ledger, scope, days=days)

    assert ledger.agents.tokens("acme") == []


def test_a_name_is_given_once(ledger: MemoryLedger):
    """Two tokens of one name could not be distinguished in the audit."""
    make(ledger)

    with pytest.raises(BadSettings, match="'desk' already"):
        make(ledger)


def test_a_user_has_one_valid_token(ledger: MemoryLedger, clock: FakeClock):
    """A second one would change nothing while the first is valid; it is refused until then."""

    def of_ana(name: str) -> Made:
        life, scope = timedelta(days=1), Scope(subject="ana")
        return make_token(ledger, "acme", name=name, scope=scope, life=life, clock=clock)

    first = of_ana("wide")
    with pytest.raises(BadSettings, match="Revoke it first"):
        of_ana("narrow")
    ledger.agents.revoke("acme", first.kept.id)
    second = of_ana("narrow")
    clock.advance(86_400)
    third = of_ana("later")

    assert token_of_subject(ledger, "acme", "ana", clock=clock) == third.kept
    assert second.kept.id != third.kept.id
