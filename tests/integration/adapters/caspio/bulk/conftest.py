"""An account with a few records and files, for what the client does in several steps."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from infra.emulator import Emulator
from pipeline.adapters.caspio.client import CaspioClient
from tests.fakes.clock import FakeClock
from tests.integration.adapters.caspio.conftest import Connect, Start
from tests.support.meanwhile import Meanwhile

FIELDS = [
    {"Name": "Number", "Type": "STRING", "Unique": True},
    {"Name": "Name", "Type": "STRING"},
    {"Name": "Total", "Type": "CURRENCY"},
    {"Name": "Day", "Type": "DATE/TIME"},
    {"Name": "Scan", "Type": "ATTACHMENT"},
]
DATA = {f"{n}.bin": bytes([n]) * (n + 1) for n in range(4)}
INSERT, UPDATE = "CreateTableRecord", "UpdateTableRecords"
Between = Callable[..., CaspioClient]


@pytest.fixture
def emulator(start: Start) -> Emulator:
    """Start an account with a table that has a Unique field and one that has none."""
    records = [
        {
            "PK_ID": 1,
            "Number": "a",
            "Name": "x",
            "Total": 1.5,
            "Day": "2024-01-31T00:00:00",
            "Scan": "0.bin",
        },
        {"PK_ID": 2, "Number": "b", "Name": "x", "Scan": "1.bin"},
        {"PK_ID": 9, "Number": "c", "Name": "y", "Scan": "2.bin"},
    ]
    loose = {
        "fields": [{"Name": "Number", "Type": "STRING"}, {"Name": "Name", "Type": "STRING"}],
        "records": [],
    }
    return start({"tables": {"Docs": {"fields": FIELDS, "records": records}, "Loose": loose}}, DATA)


@pytest.fixture
def client(emulator: Emulator, connect: Connect) -> CaspioClient:
    """Connect to the account."""
    return connect(emulator)


@pytest.fixture
def between(emulator: Emulator, clock: FakeClock) -> Between:
    """Return a way to connect such that something happens just before a request."""

    def made(
        happens: Callable[[], object], *, method: str, contains: str = "/records", times: int = 1
    ) -> CaspioClient:
        return CaspioClient(
            url=emulator.url, client_id="id", client_secret="secret", clock=clock,
            rate="1000000/1s",
            transport=Meanwhile(happens, method=method, contains=contains, times=times),
        )  # fmt: skip

    return made


def rows(emulator: Emulator, table: str = "Docs") -> list[Mapping[str, Any]]:
    """Return a table's records as the account holds them."""
    found: list[Mapping[str, Any]] = emulator.control.dump()["tables"][table]
    return found


def row(emulator: Emulator, pk: int) -> Mapping[str, Any]:
    """Return one record of Docs."""
    return next(one for one in rows(emulator) if one["PK_ID"] == pk)


def calls(emulator: Emulator, key: str) -> int:
    """Return how often an operation was asked for."""
    return emulator.control.calls().get(key, 0)
