import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from infra.emulator import Emulator
from infra.emulator.quirks import Quirks
from pipeline.adapters.caspio.client import CaspioClient
from tests.fakes.clock import FakeClock

TEXT_FIELDS = [
    {"Name": "Company", "Type": "STRING"},
    {"Name": "Notes", "Type": "TEXT"},
    {"Name": "Total", "Type": "NUMBER"},
    {"Name": "Count", "Type": "INTEGER"},
    {"Name": "Paid", "Type": "YES/NO"},
    {"Name": "Day", "Type": "DATE/TIME"},
]

Start = Callable[..., Emulator]
Connect = Callable[[Emulator], CaspioClient]


def seed(folder: Path, account: Mapping[str, Any], files: Mapping[str, bytes]) -> Path:
    """Write an account and the bytes of its files, each file named by its relative path."""
    folder.mkdir(exist_ok=True)
    (folder / "account.json").write_text(json.dumps(account))
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


@pytest.fixture
def clock() -> FakeClock:
    """Make a clock on which waiting costs no time."""
    return FakeClock()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start an emulator from an account and its files, each named by its relative path."""
    running: list[Emulator] = []

    def start(
        account: Mapping[str, Any], files: Mapping[str, bytes] | None = None, **quirks: Any
    ) -> Emulator:
        folder = seed(tmp_path / f"seed{len(running)}", account, files or {})
        emulator = Emulator(seed=folder, quirks=Quirks(**quirks))
        emulator.__enter__()
        running.append(emulator)
        return emulator

    yield start
    for emulator in running:
        emulator.__exit__(None, None, None)


@pytest.fixture
def connect(clock: FakeClock) -> Iterator[Connect]:
    """Make a client of an emulator; waits cost no time."""
    clients: list[CaspioClient] = []

    def connect(emulator: Emulator) -> CaspioClient:
        client = CaspioClient(
            url=emulator.url, client_id="id", client_secret="secret", clock=clock, rate="1000000/1s"
        )
        clients.append(client)
        return client

    yield connect
    for client in clients:
        client.close()
