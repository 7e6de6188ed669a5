"""One queue of a machine for reading documents, fair between accounts, across processes."""

from pipeline.adapters.reading_turns.machine import MachineTurns

__all__ = ["MachineTurns"]
