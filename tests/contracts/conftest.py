from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.adapters.sql_ledger import SqlLedger
from pipeline.ports import Ledger
from tests.fakes.clock import FakeClock
from tests.fakes.ledger import MemoryLedger


@pytest.fixture
def clock() -> FakeClock:
    """A clock that stands still until told otherwise."""
    return FakeClock()


@pytest.fixture(params=["memory", "sqlite"])
def ledger(request: pytest.FixtureRequest, clock: FakeClock, tmp_path: Path) -> Iterator[Ledger]:
    """One ledger of each kind, empty."""
    if request.param == "memory":
        yield MemoryLedger(clock)
        return
    with SqlLedger(f"sqlite:///{tmp_path / 'ledger.db'}", clock=clock) as opened:
        yield opened
