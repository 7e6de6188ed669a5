"""What was learned from filled records, in the ledger's database."""

from pipeline.adapters.sql_ledger.learning.learning import SqlLearning as SqlLearning
