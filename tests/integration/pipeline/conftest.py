from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from flows.app.reading import cache_folder
from infra.emulator import Emulator, Quirks
from processors.sandbox.reader import SandboxedReader
from tests.integration.pipeline.accounts import (
    Source,
    documents,
    uploads,
    write_account,
    write_settings,
)
from tests.integration.pipeline.workspace import CREDENTIALS, Workspace
from tests.servers.postgres import postgres
from tests.servers.swift import swift

__all__ = ["postgres", "swift"]

MakeWorkspace = Callable[..., Workspace]


@pytest.fixture(scope="session")
def reader() -> Iterator[SandboxedReader]:
    """One reader for all tests: its children stay warm."""
    with SandboxedReader(workers=2, cache=cache_folder()) as reader:
        yield reader


@pytest.fixture
def make_workspace(
    tmp_path: Path, reader: SandboxedReader, monkeypatch: pytest.MonkeyPatch
) -> Iterator[MakeWorkspace]:
    """Make a workspace for an account of its own: eight uploads in one table, unless set otherwise."""
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    with ExitStack() as stack:

        def make(
            *sources: Source,
            account: Mapping[str, Any] | None = None,
            files: Mapping[str, bytes] | None = None,
            quirks: Mapping[str, Any] | None = None,
            **settings: str,
        ) -> Workspace:
            folder = tmp_path / f"line{len(list(tmp_path.iterdir()))}"
            files = documents() if files is None else files
            seed = write_account(
                folder / "seed", uploads(files) if account is None else account, files
            )
            emulator = stack.enter_context(Emulator(seed=seed, quirks=Quirks(**(quirks or {}))))
            config = write_settings(
                folder, emulator.url, *(sources or [Source()]), workers=1, **settings
            )
            return Workspace(config, emulator, reader)

        yield make
