"""Connect what `init` needs of an account before there are settings."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from flows.app.onboarding.access import Access
from flows.app.wiring import system_clock
from pipeline.model.schema import DiscoveredAccount
from pipeline.ports import FileSource

if TYPE_CHECKING:
    from pipeline.adapters.caspio.client import CaspioClient


@contextmanager
def open_account(access: Access, *, attempts: int | None = None) -> "Iterator[CaspioClient]":
    """Open a client before there is a settings file.

    With `attempts`, a call is given up earlier than usual: a user waits to correct an address.
    What goes wrong inside is raised as an error of `pipeline.errors`.
    """
    from pipeline.adapters.caspio.client import RETRY, CaspioClient
    from pipeline.adapters.caspio.errors import translated

    retry = RETRY if attempts is None else replace(RETRY, attempts=attempts)
    with (
        translated(),
        CaspioClient(
            url=access.url,
            client_id=access.client_id,
            client_secret=access.client_secret,
            retry=retry,
        ) as client,
    ):
        yield client


def open_source(client: "CaspioClient", *, folder: Path) -> FileSource:
    """Return what lists and opens files over a client; `folder` is for scratch files."""
    from pipeline.adapters.caspio.source import CaspioFileSource

    return CaspioFileSource(client, scratch_dir=folder, clock=system_clock())


def discover_schema(client: "CaspioClient", *, folder: Path) -> DiscoveredAccount:
    """Read the schema of an account and count its files; `folder` is for scratch files."""
    from pipeline.adapters.caspio import discovery

    return discovery.discover_schema(client, scratch_dir=folder)
