"""Login links, sessions and the audit trail."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import delete, insert, select, update

from pipeline.adapters.sql_ledger.session import SqlPart
from pipeline.adapters.sql_ledger.users.tables import audit_entries, login_links, web_sessions
from pipeline.model.users import AuditEntry, Role, User
from pipeline.ports.ledger.users import NOTED_EVERY


class SqlUsers(SqlPart):
    """Remember who may use the web page, and what they did."""

    def save_login_link(self, digest: str, user: User, *, valid_for: timedelta) -> None:
        """Keep a login link. Links that have expired are deleted."""
        now = self._session.clock.now()
        row = {
            "digest": digest,
            "user_name": user.name,
            "role": user.role.value,
            "expires_at": now + valid_for,
        }
        with self._session.writing("keep a login link") as connection:
            connection.execute(delete(login_links).where(login_links.c.expires_at <= now))
            connection.execute(insert(login_links).values(row))

    def use_login_link(self, digest: str) -> User | None:
        """Return whom a link admits, once; None if it is unknown, used or expired."""
        # If two requests use the same link, one deletes the row and the other finds none.
        used = delete(login_links).where(login_links.c.digest == digest).returning(login_links)
        with self._session.writing("use a login link") as connection:
            row = connection.execute(used).one_or_none()
        if row is None or row.expires_at <= self._session.clock.now():
            return None
        return User(row.user_name, Role(row.role))

    def open_session(self, digest: str, user: User) -> None:
        """Keep a session, which begins now."""
        now = self._session.clock.now()
        row = {
            "digest": digest,
            "user_name": user.name,
            "role": user.role.value,
            "opened_at": now,
            "used_at": now,
        }
        with self._session.writing("keep a session") as connection:
            connection.execute(insert(web_sessions).values(row))

    def session(self, digest: str, *, idle: timedelta, longest: timedelta) -> User | None:
        """Return whose session it is, and note that it was used; None if it has ended."""
        mine, now = web_sessions.c.digest == digest, self._session.clock.now()
        with self._session.reading("look up a session") as connection:
            row = connection.execute(select(web_sessions).where(mine)).one_or_none()
        if row is None:
            return None
        ended = (web_sessions.c.used_at <= now - idle) | (web_sessions.c.opened_at <= now - longest)
        if row.used_at <= now - idle or row.opened_at <= now - longest:
            with self._session.writing("delete ended sessions") as connection:
                connection.execute(delete(web_sessions).where(ended))
            return None
        if row.used_at <= now - NOTED_EVERY:
            # Another request may have noted it meanwhile: the later moment counts.
            noted = update(web_sessions).where(mine, web_sessions.c.used_at < now)
            with self._session.writing("note the use of a session") as connection:
                connection.execute(noted.values(used_at=now))
        return User(row.user_name, Role(row.role))

    def close_session(self, digest: str) -> None:
        """Delete a session."""
        with self._session.writing("delete a session") as connection:
            self._session.remove(connection, web_sessions, key="digest", value=digest)

    def record_audit(self, entry: AuditEntry) -> None:
        """Record what a user did, now."""
        row = {
            "user_name": entry.user.name,
            "role": entry.user.role.value,
            "action": entry.action,
            "subject": entry.subject,
            "detail": entry.detail,
            "at": self._session.clock.now(),
        }
        with self._session.writing(f"record who did {entry.action}") as connection:
            connection.execute(insert(audit_entries).values(row))

    def audit_trail(self, *, subject: str | None = None, limit: int = 100) -> Sequence[AuditEntry]:
        """Return what users did, the latest first; all, or to one subject."""
        latest = select(audit_entries).order_by(audit_entries.c.id.desc()).limit(limit)
        if subject is not None:
            latest = latest.where(audit_entries.c.subject == subject)
        with self._session.reading("list what users did") as connection:
            rows = connection.execute(latest).all()
        return [
            AuditEntry(
                User(row.user_name, Role(row.role)), row.action, row.subject, row.detail, row.at
            )
            for row in rows
        ]
