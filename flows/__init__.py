"""Prefect flows, the wiring and the command line; `ingest`, `on_demand` and `approval` are the flows."""
