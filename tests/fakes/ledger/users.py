from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pipeline.model.users import AuditEntry, User
from tests.fakes.ledger.memory import Memory, MemoryPart


@dataclass
class _Session:
    user: User
    opened_at: datetime
    used_at: datetime


class MemoryUsers(MemoryPart):
    """Users in dictionaries."""

    def __init__(self, memory: Memory) -> None:
        super().__init__(memory)
        self._links: dict[str, tuple[User, datetime]] = {}
        self._sessions: dict[str, _Session] = {}
        self._audit: list[AuditEntry] = []

    def save_login_link(self, digest: str, user: User, *, valid_for: timedelta) -> None:
        """Keep a login link."""
        self._links[digest] = (user, self._memory.clock.now() + valid_for)

    def use_login_link(self, digest: str) -> User | None:
        """Return whom a link admits, once."""
        user, expires_at = self._links.pop(digest, (None, self._memory.clock.now()))
        return user if expires_at > self._memory.clock.now() else None

    def open_session(self, digest: str, user: User) -> None:
        """Keep a session."""
        now = self._memory.clock.now()
        self._sessions[digest] = _Session(user, now, now)

    def session(self, digest: str, *, idle: timedelta, longest: timedelta) -> User | None:
        """Return whose session it is, and note that it was used."""
        known, now = self._sessions.get(digest), self._memory.clock.now()
        if known is None:
            return None
        if known.used_at <= now - idle or known.opened_at <= now - longest:
            del self._sessions[digest]
            return None
        known.used_at = now
        return known.user

    def close_session(self, digest: str) -> None:
        """Delete a session."""
        self._sessions.pop(digest, None)

    def record_audit(self, entry: AuditEntry) -> None:
        """Record what a user did."""
        self._audit.append(replace(entry, at=self._memory.clock.now()))

    def audit_trail(self, *, subject: str | None = None, limit: int = 100) -> Sequence[AuditEntry]:
        """Return what users did, the latest first."""
        mine = [entry for entry in self._audit if subject in {None, entry.subject}]
        return mine[::-1][:limit]
