"""The server as it is started: at an address, and over stdin and stdout."""

import os
import sys
import threading
from contextlib import nullcontext
from datetime import timedelta
from pathlib import Path

import anyio
import httpx
import pytest
from mcp import StdioServerParameters
from mcp.client import Client

from flows.agents.serve import serving
from flows.agents.tokens import make_token
from flows.app.accounts.secret_changes import set_reference
from flows.app.settings import load_settings
from flows.app.wiring.ports import open_ledger, system_clock
from flows.http.server import require_https
from infra.emulator import Emulator
from pipeline.errors import BadSettings
from pipeline.model.agents import Scope
from tests.integration.agents.desk import account_of
from tests.integration.pipeline.accounts import Source, receipt, write_account, write_settings
from tests.integration.pipeline.workspace import CREDENTIALS

pytestmark = [pytest.mark.integration, pytest.mark.slow]


def test_it_listens_and_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The server listens at its address, names its accounts, and ends when it is asked to."""
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    config = write_settings(tmp_path, "http://127.0.0.1:1", Source({"table": "Receipts"}))

    with serving((config,), "127.0.0.1:0") as ready:
        (address,) = ready.addresses
        thread = threading.Thread(target=ready.run)
        thread.start()
        try:
            health = httpx.get(address.replace("/mcp/uploads", "/health"))
            refused = httpx.post(address, json={})
        finally:
            ready.server.should_exit = True
            thread.join()

    assert (health.status_code, refused.status_code) == (200, 401)


@pytest.mark.parametrize(
    ("listen", "url", "is_let"),
    [
        ("127.0.0.1:1", None, True),
        ("0.0.0.0:1", None, False),
        ("0.0.0.0:1", "http://agents.example.com", False),
        ("0.0.0.0:1", "https://agents.example.com", True),
    ],
)
def test_others_reach_it_by_https_alone(listen: str, url: str | None, *, is_let: bool):
    """Without the https address of a proxy, the server listens for this machine only."""
    with nullcontext() if is_let else pytest.raises(BadSettings, match="https"):
        require_https(listen, url, section="agents")


@pytest.mark.parametrize("is_alone", [True, False])
def test_the_token_comes_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_alone: bool
):
    """A client starts the program with the token in its environment, for one of several accounts, too."""
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    files = {f"main{n}.txt": receipt(n) for n in (1, 2, 3)}
    seed = write_account(tmp_path / "seed", account_of("main"), files)
    with Emulator(seed=seed) as emulator:
        config = write_settings(tmp_path, emulator.url, Source({"table": "Receipts"}))
        chosen = ["--config", str(config)] if is_alone else one_of_several(config)
        settings, clock = load_settings(Path(chosen[-1])), system_clock()
        with open_ledger(settings) as ledger:
            made = make_token(
                ledger,
                settings.caspio.account,
                name="desk",
                scope=Scope(),
                life=timedelta(1),
                clock=clock,
            )
        started = StdioServerParameters(
            command=sys.executable,
            args=["-m", "flows.cli", "mcp", "serve", "--stdio", *chosen],
            env={**os.environ, "CASPIO_INGEST_AGENT_TOKEN": made.token},
        )

        async def ask() -> object:
            async with Client(started, read_timeout_seconds=60) as client:
                answer = await client.call_tool("list_all_caspio_tables", {})
                return answer.structured_content

        found = anyio.run(ask)

    assert found == {"result": ["Private", "Receipts", "Staff"], "untrusted": True}


def one_of_several(config: Path) -> list[str]:
    """Make the account of a settings file one of several; return the options that choose it."""
    moved = config.parent / "accounts.d" / "main.toml"
    moved.parent.mkdir()
    config.rename(moved)
    config.touch()
    for kind, variable in zip(("client-id", "client-secret"), CREDENTIALS, strict=True):
        set_reference(moved, "main", kind, f"env:{variable}")
    return ["--config", str(moved)]
