"""Tokens of AI agents: what each may do, and the audit row of every call."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


@dataclass(frozen=True, slots=True)
class Scope:
    """What a token may do. Every part narrows, and an empty one leaves what its default allows.

    Attributes:
        methods: `read`, `write`, `custom`, a method such as `list`, or the names of single tools.
        tags: Groups of tools, such as `tables`; empty for the tools that are shown by default.
        tables: The tables it may touch; with `views` also empty, all.
        views: The views it may touch.
        raw_writes: Whether it may change Caspio without a plan, which cannot be undone.
        raw_where: Whether it may write conditions as text.
        per_minute: Calls of tools in a minute.
        budget_share: Share of the account's monthly Caspio calls, from 0 to 1.
        needs_operator_key: Whether each request must carry the operator's key as well.
        in_path: Whether the token may be a part of the address.
        subject: The user of the authorization server it is for; "" for one that is sent itself.
    """

    methods: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    views: tuple[str, ...] = ()
    raw_writes: bool = False
    raw_where: bool = False
    per_minute: int = 60
    budget_share: float = 0.1
    needs_operator_key: bool = False
    in_path: bool = False
    subject: str = ""

    @property
    def is_narrowed(self) -> bool:
        """Say whether it is for some tables and views only."""
        return bool(self.tables or self.views)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Scope":
        """Restore a scope; JSON has lists where it has tuples."""
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in stored.items()
        }
        return cls(**values)


@dataclass(frozen=True, slots=True)
class AgentToken:
    """One token as the ledger knows it: its digest, never the token.

    `id` names it in lists and in the audit; `account` is its audience.
    """

    id: str
    name: str
    account: str
    digest: str
    scope: Scope
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None

    def is_valid(self, now: datetime) -> bool:
        """Say whether it can be used now."""
        return self.revoked_at is None and now < self.expires_at


class CallState(StrEnum):
    """What became of a call of a tool."""

    BEGUN = "begun"  # written before the effect; a process that died leaves it so
    DONE = "done"
    REFUSED = "refused"  # by the token's scope or by the check of its arguments
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class AgentCall:
    """The audit row of one call of a tool. It holds no value of the arguments or of the answer.

    Attributes:
        arguments: SHA-256 of the arguments, as JSON with sorted keys.
        records: Records or files that were returned or changed.
        calls: Caspio calls that it made.
        run_id: The run of the ledger that it made, "" for none.
        id: Given by the ledger.
    """

    token_id: str
    tool: str
    arguments: str
    at: datetime
    state: CallState = CallState.BEGUN
    note: str = ""
    records: int = 0
    calls: int = 0
    run_id: str = ""
    finished_at: datetime | None = None
    id: int = 0


class RequestState(StrEnum):
    """What became of a request that a program sent under a key of its own."""

    UNDER_WAY = "under_way"
    ABANDONED = "abandoned"  # its process ended before it was answered
    ANSWERED = "answered"


@dataclass(frozen=True, slots=True)
class KeptRequest:
    """A request under a key: kept before its effect, so that it is carried out once.

    Attributes:
        key: SHA-256 of the key.
        request: SHA-256 of method, address and arguments.
        body: SHA-256 of a file that came with it; "" without one, and until it came whole.
        at: When it was begun.
        status: HTTP status of the answer, None before there is one.
        answer: What was answered.
        owner: Changes with each process that carries it out.
    """

    token_id: str
    key: str
    request: str
    body: str = ""
    at: datetime | None = None
    status: int | None = None
    answer: Mapping[str, Any] | None = None
    state: RequestState = RequestState.UNDER_WAY
    owner: str = ""


def token_digest(token: str) -> str:
    """Return what the ledger keeps of a token."""
    # A plain hash is enough: 256 random bits cannot be guessed, which salts and slow hashes are
    # for.
    return hashlib.sha256(token.encode()).hexdigest()
