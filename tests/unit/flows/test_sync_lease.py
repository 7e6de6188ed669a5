"""One run of a sync at a time: a scheduled one waits for those that messages start."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from flows.app.drain import Drain
from flows.app.sync.run import PATIENCE_S, take_sync
from flows.webhooks import dispatch
from pipeline.errors import AtWorkElsewhere, StopRequested
from pipeline.model.sync import SyncSpec
from tests.fakes.clock import FakeClock
from tests.fakes.ledger import MemoryLedger

SPEC = SyncSpec("s", "T", "t", {"Code": "code"}, ("Code",))


class Passing(FakeClock):
    """A clock by which the other run ends after so many seconds."""

    def __init__(self, ledger: MemoryLedger, ends_s: float) -> None:
        super().__init__()
        self._ledger, self._ends_s = ledger, ends_s

    def sleep(self, seconds: float) -> None:
        """Wait, and let the other run end when its time has come."""
        super().sleep(seconds)
        if self.monotonic() >= self._ends_s:
            self._ledger.leases.leave("messages")


def _context(ends_s: float, drain: Drain | None = None) -> Any:
    """Return what a run is connected to, while a run for messages has the sync."""
    ledger = MemoryLedger()
    for worker in ("messages", "scheduled"):
        ledger.leases.join(worker, ttl_s=1_000)
    assert ledger.leases.claim("messages", [[SPEC.source]])[0]
    ports = SimpleNamespace(clock=Passing(ledger, ends_s), ledger=ledger)
    return SimpleNamespace(ports=ports, drain=drain or Drain())


def test_a_scheduled_run_waits_for_a_short_one():
    """It has the sync as soon as the run for messages has ended."""
    context = _context(ends_s=7)

    take_sync(context, SPEC, "scheduled", patience_s=PATIENCE_S)

    assert 7 <= sum(context.ports.clock.slept) < 8
    assert context.ports.ledger.memory.leases == {SPEC.source: "scheduled"}


@pytest.mark.parametrize("patience_s", [0.0, 120.0])
def test_a_long_run_is_not_waited_for(patience_s: float):
    """A first load takes hours; a run for messages does not wait at all."""
    context = _context(ends_s=3_600)

    with pytest.raises(AtWorkElsewhere, match="Another run works on sync 's'"):
        take_sync(context, SPEC, "scheduled", patience_s=patience_s)

    assert sum(context.ports.clock.slept) == patience_s


def test_a_run_that_waits_can_be_stopped():
    """A request to stop ends the wait."""
    with pytest.raises(StopRequested):
        take_sync(_context(7, Drain(requested=True)), SPEC, "scheduled", patience_s=PATIENCE_S)


def test_a_run_for_messages_has_the_reader_that_is_kept(monkeypatch: pytest.MonkeyPatch):
    """A sync reads nothing, and opens no reader of its own for it."""
    given: list[dict[str, Any]] = []
    monkeypatch.setattr("flows.app.sync.run.run_reported", lambda *_, **named: given.append(named))
    kept: Any = object()
    drain = Drain()

    dispatch.start_directly(Path("settings.toml"), drain, kept)("sync:s", ["1"], "batch")

    assert given == [{"drain": drain, "kept": kept}]
