"""Blocked tables and views, repairs, the key that seals plans, and whose ledger it is."""

import secrets
from collections.abc import Sequence

from sqlalchemy import Connection, func, insert, select

from pipeline.adapters.sql_ledger.session import SqlPart
from pipeline.adapters.sql_ledger.syncs.tables import sync_effects, sync_rows
from pipeline.adapters.sql_ledger.tables import (
    blocked_containers,
    effects,
    files,
    ledger_owner,
    repairs,
    secret_keys,
)
from pipeline.ports.ledger import Block, Repair

_PLAN_KEY = "plans"
_OWNER = 1  # the only row of its table
_KEY_BYTES = 32  # as long as the digest of HMAC-SHA256 (RFC 2104, section 3)


class SqlBlocks(SqlPart):
    """Remember blocks and repairs."""

    def block(self, container: str, block: Block) -> None:
        """Record that nothing may be written to a table or view until a user has looked."""
        row = {
            "container": container,
            "reason": block.reason,
            "run_id": block.run_id,
            "blocked_at": self._session.clock.now(),
        }
        with self._session.writing(f"block {container}") as connection:
            self._session.keep(connection, blocked_containers, row, key="container")

    def blocked(self, container: str) -> Block | None:
        """Return why nothing may be written to a table or view, None where it may be."""
        wanted = select(blocked_containers).where(blocked_containers.c.container == container)
        with self._session.reading(f"look up whether {container} is blocked") as connection:
            row = connection.execute(wanted).one_or_none()
        return None if row is None else Block(row.reason, row.run_id)

    def unblock(self, container: str) -> None:
        """Allow writing to a table or view again."""
        with self._session.writing(f"unblock {container}") as connection:
            self._session.remove(connection, blocked_containers, key="container", value=container)

    def record_repair(self, kind: str, subject: str, done: str, *, run_id: str) -> None:
        """Record a repair."""
        row = {
            "kind": kind,
            "subject": subject,
            "done": done,
            "run_id": run_id,
            "at": self._session.clock.now(),
        }
        with self._session.writing(f"record the repair of {subject}") as connection:
            connection.execute(insert(repairs).values(row))

    def repairs(self, run_id: str) -> Sequence[Repair]:
        """Return a run's repairs, oldest first."""
        wanted = select(repairs).where(repairs.c.run_id == run_id).order_by(repairs.c.id)
        with self._session.reading("list repairs") as connection:
            rows = connection.execute(wanted).mappings()
            return [Repair(row["kind"], row["subject"], row["done"], row["at"]) for row in rows]


class SqlPlanKey(SqlPart):
    """Keep the key of plans and the account: one each for all workers that share this ledger."""

    def plan_key(self) -> bytes:
        """Return the secret key that seals plans, made by the first call."""
        with self._session.reading("look up the key of plans") as connection:
            known = _plan_key(connection)
        if known is None:
            row = {
                "name": _PLAN_KEY,
                "key": secrets.token_hex(_KEY_BYTES),
                "made_at": self._session.clock.now(),
            }
            added = self._session.insert(secret_keys).values(row).on_conflict_do_nothing()
            with self._session.writing("make the key of plans") as connection:
                connection.execute(added)
                # Another process may have been first: its key counts, and this one is dropped.
                known = _plan_key(connection)
        assert known is not None
        return bytes.fromhex(known)

    def account(self) -> str:
        """Return the account that the ledger's files and effects belong to.

        It is "" while there are none, and where no account is recorded.
        """
        with self._session.reading("look up whose ledger it is") as connection:
            known = connection.execute(select(ledger_owner.c.account)).scalar_one_or_none()
            return known if known is not None and _is_used(connection) else ""

    def record_account(self, account: str) -> None:
        """Record whose the ledger is, in place of what was recorded before."""
        row = {"id": _OWNER, "account": account, "recorded_at": self._session.clock.now()}
        with self._session.writing("record whose ledger it is") as connection:
            self._session.keep(connection, ledger_owner, row, key="id")


def _plan_key(connection: Connection) -> str | None:
    """Return the key of plans in hex digits, None where there is none yet."""
    wanted = select(secret_keys.c.key).where(secret_keys.c.name == _PLAN_KEY)
    return connection.execute(wanted).scalar_one_or_none()


def _is_used(connection: Connection) -> bool:
    """Say whether the ledger knows anything of an account's records."""
    # The least key is found by the index of keys.
    return any(
        connection.execute(select(func.min(table.c[column]))).scalar_one() is not None
        for table, column in (
            (files, "id"),
            (effects, "id"),
            (sync_rows, "sync"),
            (sync_effects, "id"),
        )
    )
