"""Tokens of agents and the audit of their calls, in the ledger's database."""

from pipeline.adapters.sql_ledger.agents.calls import SqlAgents as SqlAgents
