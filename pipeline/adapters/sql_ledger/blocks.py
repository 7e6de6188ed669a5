"""Blocked tables and views, repairs, the key that seals plans, and whose ledger it is."""

import secrets
from collections.abc import Sequence

from sqlalchemy import insert, select

from pipeline.adapters.sql_ledger.session import SqlPart
from pipeline.adapters.sql_ledger.syncs.tables import sync_effects, sync_rows
from pipeline.adapters.sql_ledger.tables import (
    blocked_containers,
    effects,
    files,
    repairs,
    secret_keys,
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
        return bytes.fromhex(self._first(_PLAN_KEY, secrets.token_hex(_KEY_BYTES)))

    def account(self, address: str, *, former: str = "", first: str = "") -> str:
        """Return the address of the account that the ledger is of; see `EffectLedger.account`."""
        kept = bytes.fromhex(self._first(_ACCOUNT, (first or address).encode().hex())).decode()
        if kept == address or (kept != former and not self._is_unused()):
            return kept
        row = self._row(_ACCOUNT, address.encode().hex())
        with self._session.writing("record the new address of the account") as connection:
            self._session.keep(connection, secret_keys, row, key="name")
        return address

    def _is_unused(self) -> bool:
        """Say whether the ledger knows nothing of any record: an address may have been mistyped."""
        with self._session.reading("look up whether the ledger was used") as connection:
            return not any(
                connection.execute(select(table).limit(1)).first()
                for table in (files, effects, sync_rows, sync_effects)
            )

    def _first(self, name: str, value: str) -> str:
        """Return what is kept under a name, which is this value if there was nothing."""
        wanted = select(secret_keys.c.key).where(secret_keys.c.name == name)
        with self._session.reading(f"look up the key of {name}") as connection:
            known: str | None = connection.execute(wanted).scalar_one_or_none()
        if known is None:
            row = self._row(name, value)
            added = self._session.insert(secret_keys).values(row).on_conflict_do_nothing()
            with self._session.writing(f"make the key of {name}") as connection:
                connection.execute(added)
                # Another process may have been first: its value counts, and this one is dropped.
                known = connection.execute(wanted).scalar_one()
        return known

    def _row(self, name: str, value: str) -> dict[str, object]:
        return {"name": name, "key": value, "made_at": self._session.clock.now()}
