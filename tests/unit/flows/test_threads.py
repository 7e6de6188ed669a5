"""Threads that look again and again outlive whatever a look raises."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flows.app.mapping.live_settings import LiveSettings
from flows.app.settings import load_settings
from flows.cli.services.common import asking_again
from flows.prefect.deployments.reload import Reload
from pipeline.source_run.leases import leased_worker
from tests.fakes.clock import START
from tests.fakes.ledger import MemoryLedger

CONFIG = """
[caspio]
url = "https://abc12345.caspio.com"
[archive]
url = "file:archive"
[[sources]]
name = "receipts"
table = "Receipts"
"""
WAIT_S = 240.0


class Fails:
    """Raises what no family of errors has at its second call, and says when it was called again."""

    def __init__(self, result: Any = None) -> None:
        self.calls = 0
        self.called_again = threading.Event()
        self.result = result

    def __call__(self, *_args: Any, **_options: Any) -> Any:
        """Return the result, but not the second time."""
        self.calls += 1
        if self.calls == 2:
            raise RuntimeError("a bug")
        if self.calls > 2:
            self.called_again.set()
        return self.result


class Server:
    """A server without runs, whose clock is what fails."""

    def __init__(self, now: Callable[[], Any]) -> None:
        self.now = now

    def ask(self, *_call: Any) -> list[object]:
        """Answer that there is nothing."""
        return []


class Live:
    """Settings whose file cannot be looked at once."""

    problems = ()

    def __init__(self) -> None:
        self.refresh = Fails(result=False)


def test_lost_runs_are_looked_for_after_a_bug(tmp_path: Path):
    """`serve` and `worker` look again a minute later."""
    config = tmp_path / "caspio-ingest.toml"
    config.write_text(CONFIG)
    now = Fails(result=START)
    server: Any = Server(now)

    with asking_again(server, load_settings(config, credentials=False), look_s=0.001):
        assert now.called_again.wait(WAIT_S)


def test_changed_settings_are_looked_for_after_a_bug(tmp_path: Path):
    """A running `serve` takes later changes."""
    live: Any = Live()
    server: Any = Server(Fails())
    stop = threading.Event()
    reload = Reload(live, tmp_path / "caspio-ingest.toml", server, look_s=0.001)
    watching = threading.Thread(target=reload.watch, args=(Fails(), stop))
    watching.start()

    heard = live.refresh.called_again.wait(WAIT_S)

    stop.set()
    watching.join()
    assert heard


def test_settings_are_taken_though_that_cannot_be_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """A bug on the way to the ledger ends neither `serve` nor the taking of settings."""
    opened = Fails()
    opened.calls = 1
    config = tmp_path / "caspio-ingest.toml"
    config.write_text(CONFIG)
    monkeypatch.setattr("flows.prefect.deployments.reload.open_ledger", opened)
    settings = load_settings(config, credentials=False)
    server: Any = Server(Fails())

    Reload(LiveSettings(config, settings, load_settings), config, server).begin()

    assert opened.calls == 2


def test_leases_are_renewed_after_a_bug(monkeypatch: pytest.MonkeyPatch):
    """A worker that writes is not treated as dead because one renewal failed."""
    ledger = MemoryLedger()
    renew = Fails()
    monkeypatch.setattr(ledger.leases, "renew", renew, raising=True)

    with leased_worker(ledger, "run-1", ttl_s=0.003):
        assert renew.called_again.wait(WAIT_S)
