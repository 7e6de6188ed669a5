"""What the ledger promises about the tokens of agents, and the audit of their calls."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

from pipeline.model.agents import AgentCall, AgentToken, CallState, KeptRequest

RATE_WINDOW = timedelta(minutes=1)
"""The time in which `Scope.per_minute` calls may begin."""


REQUESTS_KEPT = timedelta(hours=24)
"""How long a key of a program belongs to its request, at least."""


class AgentLedger(Protocol):
    """Remembers tokens by their digest, and every call of a tool from before its effect."""

    def add_token(self, token: AgentToken) -> None:
        """Keep a new token.

        Raises:
            ValueError: the account has a token of this name that is not revoked.
        """

    def token(self, account: str, digest: str) -> AgentToken | None:
        """Return an account's token by its digest, valid or not; None where there is none."""

    def tokens(self, account: str) -> Sequence[AgentToken]:
        """Return an account's tokens, oldest first."""

    def change_expiry(self, account: str, token_id: str, expires_at: datetime) -> bool:
        """Change when a token expires; say whether there is one that is not revoked."""

    def revoke(self, account: str, token_id: str) -> bool:
        """Revoke a token for good; say whether there is one that was not revoked."""

    def begin_call(
        self, call: AgentCall, *, per_minute: int, must_last: bool = True
    ) -> AgentCall | None:
        """Record a call before its effect and that its token was used; return it with its id.

        One that only reads need not last: a power cut may lose its row.

        Return None, and record nothing, if the token has begun so many calls in the last minute.

        Raises:
            KeyError: there is no such token.
        """

    def settle_call(
        self,
        call_id: int,
        state: CallState,
        *,
        note: str = "",
        records: int = 0,
        calls: int = 0,
        run_id: str = "",
    ) -> None:
        """Record what became of a call."""

    def agent_calls(
        self, account: str, *, token_id: str | None = None, limit: int = 50
    ) -> Sequence[AgentCall]:
        """Return the latest calls of an account's tokens, or of one of them, newest first."""

    def calls_spent(self, token_id: str) -> int:
        """Return the Caspio calls that a token has made in the present month (UTC)."""

    def run_of_agent(self, account: str, run_id: str) -> bool:
        """Say whether a run was made by a call of one of the account's tokens."""

    def forget_calls(self, *, before: datetime) -> int:
        """Delete audit rows of calls that began before a moment; return how many."""

    def begin_request(self, request: KeptRequest, *, ttl_s: float) -> KeptRequest | None:
        """Keep a request before its effect and return None; unless renewed, it is abandoned.

        If the token has sent one under this key before, keep nothing and return that one.
        """

    def take_over_request(self, known: KeptRequest, *, ttl_s: float) -> bool:
        """Continue a request that was abandoned; say whether nobody else did meanwhile."""

    def renew_request(self, token_id: str, key: str, *, ttl_s: float) -> None:
        """Say that a request is still under way."""

    def settle_request(
        self, token_id: str, key: str, *, body: str, status: int, answer: Mapping[str, Any]
    ) -> None:
        """Keep what was answered."""

    def release_request(self, token_id: str, key: str) -> None:
        """Forget a request that changed nothing, so that its key can be used again."""

    def forget_requests(self, *, before: datetime) -> int:
        """Delete requests that began before a moment and are not under way; return how many."""
