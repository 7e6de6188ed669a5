"""Requests under a key: the intent before the effect, and what was answered."""

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from os import getpid
from typing import Any

from sqlalchemy import ColumnElement, delete, select, update

from pipeline.adapters.sql_ledger.agents.tables import kept_requests
from pipeline.adapters.sql_ledger.process_identity import is_gone, process_space
from pipeline.adapters.sql_ledger.session import SqlPart
from pipeline.model.agents import KeptRequest, RequestState

_rows = kept_requests.c


class SqlRequests(SqlPart):
    """Remember requests."""

    def begin_request(self, request: KeptRequest, *, ttl_s: float) -> KeptRequest | None:
        """Keep an intent, unless the token's key has one already, which is then returned."""
        with self._session.writing("keep a request") as connection:
            now = self._session.shared_time(connection)
            row = {
                "token_id": request.token_id,
                "key": request.key,
                "request": request.request,
                "body": "",
                **_owned(now, ttl_s),
            }
            added = self._session.insert(kept_requests).values(row).on_conflict_do_nothing()
            # Not rowcount: what an INSERT that does nothing reports depends on the driver.
            if connection.execute(added.returning(_rows.key)).first() is not None:
                return None
            wanted = select(kept_requests).where(_own(request.token_id, request.key))
            return _load(connection.execute(wanted).mappings().one(), now)

    def take_over_request(self, known: KeptRequest, *, ttl_s: float) -> bool:
        """Continue a request whose process has ended; say whether nobody else did."""
        own = _own(known.token_id, known.key)
        with self._session.writing("continue a request") as connection:
            now = self._session.shared_time(connection)
            same = update(kept_requests).where(
                own, _rows.owner == known.owner, _rows.status.is_(None)
            )
            return bool(connection.execute(same.values(_owned(now, ttl_s))).rowcount)

    def renew_request(self, token_id: str, key: str, *, ttl_s: float) -> None:
        """Say that a request is still under way."""
        with self._session.writing("renew a request") as connection:
            expires_at = _after(self._session.shared_time(connection), ttl_s)
            own = update(kept_requests).where(_own(token_id, key))
            connection.execute(own.values(expires_at=expires_at))

    def settle_request(
        self, token_id: str, key: str, *, body: str, status: int, answer: Mapping[str, Any]
    ) -> None:
        """Keep what was answered."""
        values = {"body": body, "status": status, "answer": dict(answer)}
        with self._session.writing("keep an answer") as connection:
            connection.execute(update(kept_requests).where(_own(token_id, key)).values(values))

    def release_request(self, token_id: str, key: str) -> None:
        """Forget a request that changed nothing."""
        with self._session.writing("release a request") as connection:
            connection.execute(delete(kept_requests).where(_own(token_id, key)))

    def forget_requests(self, *, before: datetime) -> int:
        """Delete old requests; return how many."""
        with self._session.writing("forget old requests") as connection:
            now = self._session.shared_time(connection)
            old = (_rows.at < before) & (_rows.expires_at <= now)
            return connection.execute(delete(kept_requests).where(old)).rowcount


def _after(now: datetime, ttl_s: float) -> datetime:
    return now + timedelta(seconds=ttl_s)


def _own(token_id: str, key: str) -> ColumnElement[bool]:
    return (_rows.token_id == token_id) & (_rows.key == key)


def _owned(now: datetime, ttl_s: float) -> dict[str, Any]:
    """Return the columns of a request that this process begins now."""
    mark = secrets.token_hex(8)
    return {
        "owner": mark,
        "host": process_space(),
        "pid": getpid(),
        "at": now,
        "expires_at": _after(now, ttl_s),
    }


def _load(row: Mapping[Any, Any], now: datetime) -> KeptRequest:
    is_live = row["expires_at"] > now and not is_gone(row["host"], row["pid"])
    if row["status"] is not None:
        state = RequestState.ANSWERED
    else:
        state = RequestState.UNDER_WAY if is_live else RequestState.ABANDONED
    shown = ("token_id", "key", "request", "body", "at", "status", "answer", "owner")
    return KeptRequest(**{name: row[name] for name in shown}, state=state)
