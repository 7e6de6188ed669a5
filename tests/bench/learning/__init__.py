"""Measure learning from filled records: `python -m tests.bench.learning`."""
