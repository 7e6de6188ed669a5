"""How the demo ends: with the web page and Prefect's UI open, where somebody can look at them."""

import io
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from flows.cli.services import demo as command
from flows.cli.services.demo import demo, page_of
from flows.prefect.demo import DemoResult
from flows.prefect.server import free_port
from pipeline.errors import ServiceUnavailable

SETTINGS = """
[caspio]
url = "https://a.caspio.com"
[web]
listen = "127.0.0.1:{port}"
[[sources]]
name = "receipts"
table = "Receipts"
"""
CREDENTIALS = {"CASPIO_CLIENT_ID": "id", "CASPIO_CLIENT_SECRET": "secret"}
LINK = "http://127.0.0.1:1/login?link=x"


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Play no demo and serve no page; note what would be open, and who is shown what."""
    noted: list[str] = []

    @contextmanager
    def played(folder: Path, _console: object) -> Iterator[DemoResult]:
        yield DemoResult(folder, {}, {}, {}, {}, {}, (), "http://127.0.0.1:2")
        noted.append("ended")

    @contextmanager
    def page(config: Path, _environment: object) -> Iterator[str]:
        noted.append(f"page of {config}")
        yield LINK

    def wait(_event: object) -> None:
        noted.append("open")
        raise KeyboardInterrupt

    monkeypatch.setattr("flows.prefect.demo.played", played)
    monkeypatch.setattr(command, "page_of", page)
    monkeypatch.setattr(command, "show_result", lambda *_, **__: None)
    monkeypatch.setattr("threading.Event.wait", wait)
    return noted


class _Terminal(io.StringIO):
    """A stdout that somebody looks at."""

    def isatty(self) -> bool:
        """Say that it is a terminal."""
        return True


def test_a_demo_in_a_terminal_stays_open(
    served: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    """Page and UI stay up until Ctrl-C, with their addresses and how to get another link."""
    monkeypatch.setattr("sys.stdout", _Terminal())
    demo(folder=tmp_path, keep_open=None)

    said = capsys.readouterr().err
    assert served == [f"page of {tmp_path / 'caspio-ingest.toml'}", "open", "ended"]
    for part in (LINK, "http://127.0.0.1:2", "web login", "Ctrl-C"):
        assert part in said


@pytest.mark.parametrize(
    ("stdout", "options"),
    [
        (io.StringIO, {"keep_open": None}),
        (_Terminal, {"keep_open": False}),
        (_Terminal, {"keep_open": None, "as_json": True}),
    ],
)
def test_a_demo_that_nobody_looks_at_ends(
    served: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    stdout: type[io.StringIO],
    options: dict[str, bool | None],
):
    """A script and CI get their prompt back, and who asks for it; nothing is left open."""
    monkeypatch.setattr("sys.stdout", stdout())
    demo(folder=tmp_path, **options)  # type: ignore[arg-type]  # as typer calls it

    assert served == ["ended"]


@pytest.mark.integration
def test_the_page_of_a_demo_answers_as_long_as_it_is_open(tmp_path: Path):
    """The link leads to a page that answers; afterwards nothing listens there."""
    config = tmp_path / "caspio-ingest.toml"
    config.write_text(SETTINGS.format(port=free_port()), encoding="utf-8")
    with page_of(config, os.environ | CREDENTIALS) as link:
        page = httpx.get(link, trust_env=False)

    assert "This link works once" in page.text
    with pytest.raises(httpx.ConnectError):
        httpx.get(link, trust_env=False)


@pytest.mark.integration
def test_a_page_that_does_not_start_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """If the page ends at once, the demo says so and does not wait for it."""
    config = tmp_path / "caspio-ingest.toml"
    config.write_text(SETTINGS.format(port=free_port()), encoding="utf-8")
    for name in CREDENTIALS:
        monkeypatch.delenv(name, raising=False)

    # `web login` needs no credentials, `web serve` does.
    with pytest.raises(ServiceUnavailable, match="web serve"), page_of(config, os.environ.copy()):
        pass


def test_a_page_that_starts_slowly_is_waited_for_as_prefect_is(monkeypatch: pytest.MonkeyPatch):
    """On a machine where Prefect's server takes minutes, the page takes some as well."""
    clock = {"now": 0.0}

    def answer(*_: object, **__: object) -> httpx.Response:
        if clock["now"] < 200:
            raise httpx.ConnectError("refused")
        return httpx.Response(200)

    time = SimpleNamespace(
        monotonic=lambda: clock["now"], sleep=lambda _: clock.update(now=clock["now"] + 1.0)
    )
    monkeypatch.setattr(command, "time", time)
    monkeypatch.setattr(httpx, "get", answer)
    running: Any = SimpleNamespace(poll=lambda: None)

    command.wait_until_answering(LINK, running)

    assert clock["now"] == 200


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_killed_demo_stops_what_it_started(number: signal.Signals):
    """The page and the server run in sessions of their own, which no signal to the demo reaches."""
    program = (
        "import signal, subprocess, sys, threading\n"
        "from flows.cli.services.demo import ended_by_signals\n"
        "signal.signal(signal.SIGHUP, signal.SIG_DFL)\n"  # these tests may run under `nohup`
        "with ended_by_signals():\n"
        "    child = subprocess.Popen(['sleep', '60'], start_new_session=True)\n"
        "    try:\n"
        "        print(child.pid, flush=True)\n"
        "        threading.Event().wait()\n"
        "    finally:\n"
        "        child.terminate()\n"
        "        print(child.wait(), flush=True)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as demo:
        assert demo.stdout is not None
        demo.stdout.readline()
        demo.send_signal(number)
        try:
            left, _ = demo.communicate(timeout=240)
        finally:
            demo.kill()

    assert left.strip() == str(-signal.SIGTERM)
