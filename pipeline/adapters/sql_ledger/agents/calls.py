"""The audit of agents: a row for every call of a tool, from before its effect."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Select, bindparam, delete, func, insert, select, update

from pipeline.adapters.sql_ledger.agents.requests import SqlRequests
from pipeline.adapters.sql_ledger.agents.tables import agent_calls, agent_tokens
from pipeline.adapters.sql_ledger.agents.tokens import SqlTokens
from pipeline.model.agents import AgentCall, CallState
from pipeline.ports.ledger.agents import RATE_WINDOW

_rows = agent_calls.c

# Every call of a tool executes these: made once, since to build and to recognize a statement takes
# longer than SQLite takes to execute it.
_IN_WINDOW = (_rows.token_id == bindparam("token"), _rows.at > bindparam("since"))
_RECENT = select(func.count()).select_from(agent_calls).where(*_IN_WINDOW)
_USED = (
    update(agent_tokens)
    .where(agent_tokens.c.id == bindparam("token"))
    .values(last_used_at=bindparam("now"))
)
_BEGUN = insert(agent_calls).returning(_rows.id)
_SETTLED = update(agent_calls).where(_rows.id == bindparam("call"))


class SqlAgents(SqlTokens, SqlRequests):
    """Remember tokens, calls, and requests under a key."""

    def begin_call(
        self, call: AgentCall, *, per_minute: int, must_last: bool = True
    ) -> AgentCall | None:
        """Record a call before its effect, unless the token's rate is used up."""
        token = {"token": call.token_id}
        row = {
            "token_id": call.token_id,
            "tool": call.tool,
            "arguments": call.arguments,
            "at": call.at,
            "state": call.state,
            "note": call.note,
            "records": call.records,
            "calls": call.calls,
            "run_id": call.run_id,
            "finished_at": call.finished_at,
        }
        writing = self._session.writing if must_last else self._session.writing_unflushed
        with writing("record the call of a tool") as connection:
            # The token's row is locked, so that two servers cannot both take the last call.
            if connection.execute(_USED, {**token, "now": call.at}).rowcount == 0:
                raise KeyError(call.token_id)
            window = {**token, "since": call.at - RATE_WINDOW}
            # Counted, not concluded from ids: where servers' clocks differ, the call of the
            # earliest time may have been begun last.
            if connection.execute(_RECENT, window).scalar_one() >= per_minute:
                return None
            return replace(call, id=connection.execute(_BEGUN, row).scalar_one())

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
        values = {
            "call": call_id,
            "state": state,
            "note": note,
            "records": records,
            "calls": calls,
            "run_id": run_id,
            "finished_at": self._session.clock.now(),
        }
        # A power cut leaves the row as it was begun, which says that its end is not known.
        with self._session.writing_unflushed("record the end of a tool's call") as connection:
            connection.execute(_SETTLED, values)

    def agent_calls(
        self, account: str, *, token_id: str | None = None, limit: int = 50
    ) -> Sequence[AgentCall]:
        """Return the latest calls, newest first."""
        wanted = select(agent_calls).where(_rows.token_id.in_(_tokens_of(account)))
        if token_id is not None:
            wanted = wanted.where(_rows.token_id == token_id)
        newest = wanted.order_by(_rows.id.desc()).limit(limit)
        with self._session.reading("list the calls of tools") as connection:
            found = connection.execute(newest).mappings()
            return [AgentCall(**{**row, "state": CallState(row["state"])}) for row in found]

    def calls_spent(self, token_id: str) -> int:
        """Return the Caspio calls that a token has made in the present month (UTC)."""
        now = self._session.clock.now()
        month = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        own = (_rows.token_id == token_id) & (_rows.at >= month)
        total = select(func.coalesce(func.sum(_rows.calls), 0)).where(own)
        with self._session.reading("add up the calls of a token") as connection:
            return int(connection.execute(total).scalar_one())

    def run_of_agent(self, account: str, run_id: str) -> bool:
        """Say whether a run was made by a call of one of the account's tokens."""
        mine = select(_rows.id).where(
            _rows.run_id == run_id, _rows.token_id.in_(_tokens_of(account))
        )
        with self._session.reading("look up who made a run") as connection:
            return bool(run_id) and connection.execute(mine.limit(1)).first() is not None

    def forget_calls(self, *, before: datetime) -> int:
        """Delete audit rows of calls that began before a moment; return how many."""
        with self._session.writing("forget old calls of tools") as connection:
            return connection.execute(delete(agent_calls).where(_rows.at < before)).rowcount


def _tokens_of(account: str) -> Select[tuple[str]]:
    return select(agent_tokens.c.id).where(agent_tokens.c.account == account)
