"""Connect what `init` needs of an account before there are settings."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from flows.app.onboarding.access import Access
from flows.app.wiring.ports import system_clock
from pipeline.errors import BadSettings
from pipeline.model.schema import Container, DiscoveredAccount
from pipeline.ports import FileSource

if TYPE_CHECKING:
    from pipeline.adapters.caspio.client import CaspioClient

EXAMPLE = "https://abc12345.caspio.com"


@contextmanager
def open_account(access: Access, *, attempts: int | None = None) -> "Iterator[CaspioClient]":
    """Open a client before there is a settings file.

    With `attempts`, a call is given up earlier than usual: a user waits to correct an address.
    What goes wrong inside is raised as an error of `pipeline.errors`.

    Raises:
        BadSettings: the address is not that of an account; nothing was sent.
    """
    from pydantic import ValidationError

    from pipeline.adapters.caspio.client import RETRY, CaspioClient
    from pipeline.adapters.caspio.errors import translated
    from pipeline.settings.sections import CaspioSettings

    try:
        CaspioSettings(url=access.url)
    except ValidationError as error:
        problem = f"{access.url} is not the address of an account, such as {EXAMPLE}."
        raise BadSettings([problem]) from error
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


def discover_schema(
    client: "CaspioClient", *, folder: Path, pages: int | None = None
) -> DiscoveredAccount:
    """Read the schema of an account and count its files; `folder` is for scratch files.

    With `pages`, the files of so many pages of records are counted in each table.
    """
    from pipeline.adapters.caspio import discovery

    most = discovery.MOST_PAGES if pages is None else pages
    return discovery.discover_schema(client, scratch_dir=folder, pages=most)


def discover_container(
    client: "CaspioClient", name: str, *, is_view: bool, folder: Path
) -> Container:
    """Read the schema of one table or view, and count its files."""
    from pipeline.adapters.caspio import discovery

    return discovery.discover_container(client, name, is_view=is_view, scratch_dir=folder, pages=1)


def count_records(client: "CaspioClient", name: str, condition: str, *, is_view: bool) -> int:
    """Count the records of a table or view that fit a condition; "" is all of them.

    Raises:
        RefusedByCaspio: the condition cannot be understood.
    """
    from pipeline.adapters.caspio.client import Query
    from pipeline.adapters.caspio.errors import translated

    with translated():
        query = Query(select="COUNT(*) AS n", where=condition)
        (row,) = client.container(is_view=is_view).query(name, query).items
    return int(str(row.values.get("n") or 0))
