from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from pipeline.model.agents import AgentCall, AgentToken, CallState, KeptRequest, RequestState
from pipeline.ports.ledger.agents import RATE_WINDOW
from tests.fakes.ledger.memory import Memory, MemoryPart


class MemoryAgents(MemoryPart):
    """Tokens and calls in dictionaries."""

    def __init__(self, memory: Memory) -> None:
        super().__init__(memory)
        self._tokens: dict[str, AgentToken] = {}
        self._calls: dict[int, AgentCall] = {}
        self._requests: dict[tuple[str, str], KeptRequest] = {}
        self._ends: dict[tuple[str, str], datetime] = {}

    def add_token(self, token: AgentToken) -> None:
        """Keep a new token."""
        for known in self._tokens.values():
            same = (known.account, known.name) == (token.account, token.name)
            if same and known.revoked_at is None:
                raise ValueError(f"a token named {token.name!r} already exists")
        self._tokens[token.id] = token

    def token(self, account: str, digest: str) -> AgentToken | None:
        """Return a token by its digest."""
        mine = (one for one in self._tokens.values() if one.account == account)
        return next((one for one in mine if one.digest == digest), None)

    def tokens(self, account: str) -> Sequence[AgentToken]:
        """Return an account's tokens, oldest first."""
        mine = [one for one in self._tokens.values() if one.account == account]
        return sorted(mine, key=lambda one: (one.created_at, one.id))

    def change_expiry(self, account: str, token_id: str, expires_at: datetime) -> bool:
        """Change when a token expires."""
        return self._change(account, token_id, expires_at=expires_at)

    def revoke(self, account: str, token_id: str) -> bool:
        """Revoke a token."""
        return self._change(account, token_id, revoked_at=self._memory.clock.now())

    def _change(self, account: str, token_id: str, **values: datetime) -> bool:
        token = self._tokens.get(token_id)
        if token is None or token.account != account or token.revoked_at is not None:
            return False
        self._tokens[token_id] = replace(token, **values)
        return True

    def begin_call(
        self,
        call: AgentCall,
        *,
        per_minute: int,
        must_last: bool = True,  # noqa: ARG002 - memory does not last
    ) -> AgentCall | None:
        """Record a call, unless the rate is used up."""
        token = self._tokens[call.token_id]
        recent = [
            one
            for one in self._calls.values()
            if one.token_id == call.token_id and one.at > call.at - RATE_WINDOW
        ]
        if len(recent) >= per_minute:
            return None
        self._tokens[token.id] = replace(token, last_used_at=call.at)
        begun = replace(call, id=len(self._calls) + 1)
        self._calls[begun.id] = begun
        return begun

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
        self._calls[call_id] = replace(
            self._calls[call_id],
            state=state,
            note=note,
            records=records,
            calls=calls,
            run_id=run_id,
            finished_at=self._memory.clock.now(),
        )

    def agent_calls(
        self, account: str, *, token_id: str | None = None, limit: int = 50
    ) -> Sequence[AgentCall]:
        """Return the latest calls, newest first."""
        mine = {one.id for one in self.tokens(account)}
        found = [
            one
            for one in self._calls.values()
            if one.token_id in mine and token_id in {None, one.token_id}
        ]
        return found[::-1][:limit]

    def calls_spent(self, token_id: str) -> int:
        """Return a token's Caspio calls of the month."""
        month = f"{self._memory.clock.now():%Y-%m}"
        return sum(
            one.calls
            for one in self._calls.values()
            if one.token_id == token_id and f"{one.at:%Y-%m}" == month
        )

    def run_of_agent(self, account: str, run_id: str) -> bool:
        """Say whether a token made a run."""
        mine = {one.id for one in self.tokens(account)}
        return bool(run_id) and any(
            one.run_id == run_id and one.token_id in mine for one in self._calls.values()
        )

    def forget_calls(self, *, before: datetime) -> int:
        """Delete old calls."""
        old = [number for number, one in self._calls.items() if one.at < before]
        for number in old:
            del self._calls[number]
        return len(old)

    def begin_request(self, request: KeptRequest, *, ttl_s: float) -> KeptRequest | None:
        """Keep a request, unless its key is known."""
        own = (request.token_id, request.key)
        if own not in self._requests:
            self._requests[own] = replace(request, at=self._memory.clock.now())
            self.renew_request(*own, ttl_s=ttl_s)
            return None
        known = self._requests[own]
        if known.status is not None:
            return replace(known, state=RequestState.ANSWERED)
        is_live = self._ends[own] > self._memory.clock.now()
        return replace(known, state=RequestState.UNDER_WAY if is_live else RequestState.ABANDONED)

    def take_over_request(self, known: KeptRequest, *, ttl_s: float) -> bool:
        """Continue a request that was abandoned."""
        own = (known.token_id, known.key)
        kept = self._requests.get(own)
        if kept is None or kept.status is not None or self._ends[own] > self._memory.clock.now():
            return False
        self._requests[own] = replace(kept, at=self._memory.clock.now())
        self.renew_request(*own, ttl_s=ttl_s)
        return True

    def renew_request(self, token_id: str, key: str, *, ttl_s: float) -> None:
        """Say that a request is still under way."""
        self._ends[token_id, key] = self._memory.clock.now() + timedelta(seconds=ttl_s)

    def settle_request(
        self, token_id: str, key: str, *, body: str, status: int, answer: Mapping[str, Any]
    ) -> None:
        """Keep what was answered."""
        kept = self._requests[token_id, key]
        self._requests[token_id, key] = replace(kept, body=body, status=status, answer=answer)

    def release_request(self, token_id: str, key: str) -> None:
        """Forget a request."""
        self._requests.pop((token_id, key), None)

    def forget_requests(self, *, before: datetime) -> int:
        """Delete old requests."""
        now = self._memory.clock.now()
        old = [
            own
            for own, one in self._requests.items()
            if one.at is not None and one.at < before and self._ends[own] <= now
        ]
        for own in old:
            del self._requests[own]
        return len(old)
