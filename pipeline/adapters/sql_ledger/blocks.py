"""Blocked tables and views, repairs, the key that seals plans, and whose ledger it is."""

import secrets
from collections.abc import Sequence

from sqlalchemy import Connection, func, insert, select, union

from pipeline.adapters.sql_ledger.session import SqlPart
from pipeline.adapters.sql_ledger.syncs.tables import sync_effects, sync_rows
from pipeline.adapters.sql_ledger.tables import (
    blocked_containers,
    effects,
    files,
    permits,
    repairs,
    secret_keys,
    usage,
)
from pipeline.ports.ledger import Block, Repair

_PLAN_KEY, _ACCOUNT = "plans", "account"  # names of what is kept
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
            known = _kept(connection, _PLAN_KEY)
        if known is None:
            row = self._row(_PLAN_KEY, secrets.token_bytes(_KEY_BYTES))
            added = self._session.insert(secret_keys).values(row).on_conflict_do_nothing()
            with self._session.writing("make the key of plans") as connection:
                connection.execute(added)
                # Another process may have been first: its key counts, and this one is dropped.
                known = _kept(connection, _PLAN_KEY)
        assert known is not None
        return known

    def account(self) -> str:
        """Return the account that the ledger's files and effects belong to.

        It is "" while there are none, and where no account is recorded.
        """
        with self._session.reading("look up whose ledger it is") as connection:
            known = _kept(connection, _ACCOUNT)
            return known.decode() if known is not None and _is_used(connection) else ""

    def record_account(self, account: str) -> None:
        """Record whose the ledger is, in place of what was recorded before."""
        row = self._row(_ACCOUNT, account.encode())
        with self._session.writing("record whose ledger it is") as connection:
            self._session.keep(connection, secret_keys, row, key="name")

    def adopt_account(self) -> None:
        """Record the account of a ledger that was used before accounts were recorded.

        It is the only one whose calls were counted. Later it would not be known any more: settings
        that name another account count calls of that one, too.
        """
        with self._session.reading("look up whose ledger it is") as connection:
            if _kept(connection, _ACCOUNT) is not None or not _is_used(connection):
                return
            counted = union(select(usage.c.account), select(permits.c.account))
            accounts = connection.execute(counted).scalars().all()
        if len(accounts) == 1:
            self.record_account(accounts[0])

    def _row(self, name: str, value: bytes) -> dict[str, object]:
        return {"name": name, "key": value.hex(), "made_at": self._session.clock.now()}


def _kept(connection: Connection, name: str) -> bytes | None:
    """Return what is kept under a name."""
    wanted = select(secret_keys.c.key).where(secret_keys.c.name == name)
    known: str | None = connection.execute(wanted).scalar_one_or_none()
    return None if known is None else bytes.fromhex(known)


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
