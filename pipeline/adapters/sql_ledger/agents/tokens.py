"""Tokens of agents: kept by digest, with the scope that each has."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, select, update

from pipeline.adapters.sql_ledger.agents.tables import agent_tokens
from pipeline.adapters.sql_ledger.session import SqlPart
from pipeline.model.agents import AgentToken, Scope

_rows = agent_tokens.c
# Every request executes it, so that it is made once.
_BY_DIGEST = select(agent_tokens).where(
    _rows.account == bindparam("account"), _rows.digest == bindparam("digest")
)


class SqlTokens(SqlPart):
    """Remember tokens."""

    def add_token(self, token: AgentToken) -> None:
        """Keep a new token; a name belongs to one token that is not revoked."""
        taken = select(_rows.id).where(
            _rows.account == token.account,
            _rows.name == token.name,
            _rows.revoked_at.is_(None),
        )
        with self._session.writing("keep a token") as connection:
            if connection.execute(taken).first() is not None:
                raise ValueError(f"a token named {token.name!r} already exists")
            connection.execute(insert(agent_tokens).values(asdict(token)))

    def token(self, account: str, digest: str) -> AgentToken | None:
        """Return an account's token by its digest."""
        own = {"account": account, "digest": digest}
        with self._session.reading("look up a token") as connection:
            row = connection.execute(_BY_DIGEST, own).mappings().one_or_none()
        return None if row is None else _load(row)

    def tokens(self, account: str) -> Sequence[AgentToken]:
        """Return an account's tokens, oldest first."""
        mine = select(agent_tokens).where(_rows.account == account)
        ordered = mine.order_by(_rows.created_at, _rows.id)
        with self._session.reading("list tokens") as connection:
            return [_load(row) for row in connection.execute(ordered).mappings()]

    def change_expiry(self, account: str, token_id: str, expires_at: datetime) -> bool:
        """Change when a token expires; say whether there is one that is not revoked."""
        return self._change(account, token_id, expires_at=expires_at)

    def revoke(self, account: str, token_id: str) -> bool:
        """Revoke a token for good; say whether there is one that was not revoked."""
        return self._change(account, token_id, revoked_at=self._session.clock.now())

    def _change(self, account: str, token_id: str, **values: Any) -> bool:
        # A revoked token stays as it is: nothing brings it to life again.
        usable = (_rows.account == account) & (_rows.id == token_id) & _rows.revoked_at.is_(None)
        with self._session.writing("change a token") as connection:
            changed = connection.execute(update(agent_tokens).where(usable).values(values))
            return bool(changed.rowcount)


def _load(row: Mapping[Any, Any]) -> AgentToken:
    return AgentToken(**{**row, "scope": Scope.from_json(row["scope"])})
