"""Blocked tables and views, what `verify --repair` repaired, and the key that seals plans."""

import secrets
from collections.abc import Sequence

from sqlalchemy import insert, select

from pipeline.adapters.sql_ledger.session import SqlPart
from pipeline.adapters.sql_ledger.tables import blocked_containers, repairs, secret_keys
from pipeline.ports.ledger import Block, Repair

_PLAN_KEY = "plans"
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
    """Keep the key of plans: one for all workers that share this ledger."""

    def plan_key(self) -> bytes:
        """Return the secret key that seals plans, made by the first call."""
        wanted = select(secret_keys.c.key).where(secret_keys.c.name == _PLAN_KEY)
        with self._session.reading("look up the key of plans") as connection:
            known: str | None = connection.execute(wanted).scalar_one_or_none()
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
                known = connection.execute(wanted).scalar_one()
        return bytes.fromhex(known)
