"""A ledger without rows, made once: making one takes longer than most tests of it."""

import tempfile
from functools import cache
from pathlib import Path

from pipeline.adapters.sql_ledger import SqlLedger
from tests.fakes.clock import FakeClock


def place_empty_ledger(path: Path) -> Path:
    """Put an SQLite ledger into a place where nothing is."""
    with path.open("xb") as file:
        file.write(_empty_ledger())
    return path


@cache
def _empty_ledger() -> bytes:
    with tempfile.TemporaryDirectory(prefix="ledger-") as folder:
        path = Path(folder, "ledger.db")
        SqlLedger(f"sqlite:///{path}", clock=FakeClock()).close()
        return path.read_bytes()
