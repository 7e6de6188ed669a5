"""The ledger in SQLite or PostgreSQL."""

from pipeline.adapters.sql_ledger.ledger import SqlLedger

__all__ = ["SqlLedger"]
