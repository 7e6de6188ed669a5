"""Prefect flows, the wiring and the command line."""
