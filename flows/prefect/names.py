"""Names at Prefect's server that several modules use. Importing them does not import Prefect."""

TAG = "caspio-ingest"
"""Tag of every deployment, run and automation."""

HEARTBEATS = "heartbeats"
"""Tag of a run whose process sends them: whoever starts it sets the tag before it runs."""

LOST_RUNS = f"{TAG}: mark lost runs"
"""Name of the automation that marks lost runs."""

HEARTBEATS_MISSED = 3
"""Heartbeats in a row that a lost run has missed; `serve.heartbeat_s` is the time between two."""
