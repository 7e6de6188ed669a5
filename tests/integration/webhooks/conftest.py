from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from infra.emulator import Emulator, Quirks
from processors.sandbox.reader import SandboxedReader
from tests.contracts.conftest import migrated
from tests.integration.pipeline.accounts import (
    Source,
    receipt,
    uploads,
    write_account,
    write_settings,
)
from tests.integration.pipeline.conftest import reader
from tests.integration.pipeline.workspace import CREDENTIALS
from tests.integration.webhooks.hooked import Hooked
from tests.servers.postgres import postgres
from tests.support.processes import free_port

__all__ = ["migrated", "postgres", "reader"]

FILES = {f"upload{n}.txt": receipt(n) for n in range(1, 4)}

EAGER: dict[str, Any] = {"webhook_retry_ms": 200, "webhook_retries": 20, "attachment_event": True}
LEDGER = "sqlite:///ledger.db"

MakeHooked = Callable[..., Hooked]


@pytest.fixture
def make_hooked(
    tmp_path: Path, reader: SandboxedReader, monkeypatch: pytest.MonkeyPatch
) -> Iterator[MakeHooked]:
    """Make an account whose webhooks are delivered to an address of this machine."""
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("CASPIO_WEBHOOK_SECRET", raising=False)
    with ExitStack() as stack:

        def make(
            *sources: Source,
            account: Any = None,
            files: Mapping[str, bytes] = FILES,
            address: str = "",
            more: str = "",
            quirks: Any = None,
            ledger: str = LEDGER,
        ) -> Hooked:
            port = free_port()
            seed = write_account(
                tmp_path / "seed", uploads(FILES) if account is None else account, files
            )
            emulator = stack.enter_context(
                Emulator(seed=seed, quirks=Quirks(**EAGER | (quirks or {})))
            )
            address = address or f"http://127.0.0.1:{port}/webhooks/caspio"
            hooks = f'[webhooks]\nurl = "{address}"\nbatch_s = 0.1\n{more}'
            config = write_settings(
                tmp_path, emulator.url, *(sources or [Source()]), more=hooks, ledger=ledger
            )
            return Hooked(config, emulator, port, stack, reader)

        yield make
