"""What the ledger promises about users: login links, sessions, and what they did.

A link and a session are known by the SHA-256 of their secret: whoever reads the ledger cannot sign
in with what is in it.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol

from pipeline.model.users import AuditEntry, User

NOTED_EVERY = timedelta(minutes=1)
"""How exactly the last use of a session is known: a write for each request would be too many."""


class UserLedger(Protocol):
    """Remembers who may use the web page, and what they did."""

    def save_login_link(self, digest: str, user: User, *, valid_for: timedelta) -> None:
        """Keep a login link. Links that have expired are deleted."""

    def use_login_link(self, digest: str) -> User | None:
        """Return whom a link admits, once; None if it is unknown, used or expired."""

    def open_session(self, digest: str, user: User) -> None:
        """Keep a session, which begins now."""

    def session(self, digest: str, *, idle: timedelta, longest: timedelta) -> User | None:
        """Return whose session it is, and note that it was used.

        None if it is unknown, was not used for `idle`, or began before `longest`; it is deleted
        then. Its last use is known to `NOTED_EVERY`.
        """

    def close_session(self, digest: str) -> None:
        """Delete a session."""

    def record_audit(self, entry: AuditEntry) -> None:
        """Record what a user did, now."""

    def audit_trail(self, *, subject: str | None = None, limit: int = 100) -> Sequence[AuditEntry]:
        """Return what users did, the latest first; all, or to one subject."""
