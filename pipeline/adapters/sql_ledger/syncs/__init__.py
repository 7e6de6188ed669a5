"""Records in sync, in the ledger's database."""

from pipeline.adapters.sql_ledger.syncs.syncs import SqlSyncs as SqlSyncs
