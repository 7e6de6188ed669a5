"""Read the account's applications and DataPages, and deploy them.

Every look costs calls of the month's budget, so what was read counts for five minutes.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, TypeVar, cast

from flows.app.wiring.account import open_client
from flows.web.site import RequestRefused, not_found
from pipeline.adapters.caspio.client import AccessDenied, CaspioClient, NotFound
from pipeline.adapters.caspio.client.areas.applications import Method
from pipeline.adapters.caspio.client.wire.account import Application, DataPage
from pipeline.metering.budget import Spending
from pipeline.ports import Clock, Ledger
from pipeline.settings import Settings

# Several pages show the same app; what is changed at Caspio is seen here after some minutes.
KEPT = timedelta(minutes=5)
# Beyond it all are forgotten, and asked for again at the cost of a call each.
MOST_KEPT = 500
METHODS: Final[Mapping[Method, str]] = {
    "URL": "Link",
    "iFrame": "Inline frame",
    "Embedded": "Script",
    "Net": "ASP.NET control",
}
"""The ways to show a DataPage, as the API names them, and as the page does."""

OpenClient = Callable[[], AbstractContextManager[CaspioClient]]
_Read = TypeVar("_Read")


@dataclass(frozen=True, slots=True)
class Shown:
    """A DataPage with its application, and the code for each method."""

    application: Application
    page: DataPage
    codes: Mapping[Method, str]


@contextmanager
def counted_client(settings: Settings, ledger: Ledger, clock: Clock) -> Iterator[CaspioClient]:
    """Open a client whose calls are counted, and share the rate of all workers."""
    account, allowance = settings.caspio.account, settings.caspio.allowance
    with (
        closing(Spending(ledger, account, allowance, block=1)) as spending,
        open_client(settings, clock=clock, ledger=ledger, spending=spending) as client,
    ):
        yield client


@dataclass(slots=True)
class AccountApps:
    """Applications and DataPages, as they were in the last minutes. Safe from many threads."""

    open_client: OpenClient
    clock: Clock
    _kept: dict[tuple[str, ...], tuple[datetime, object]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def applications(self) -> tuple[Application, ...]:
        """Return the applications that the API profile may see."""
        return self._remembered((), lambda client: client.applications.all())

    def application(self, key: str) -> tuple[Application, tuple[DataPage, ...]]:
        """Return an application with its DataPages.

        Raises:
            Refused: the account has no such application.
        """

        def read(client: CaspioClient) -> tuple[Application, tuple[DataPage, ...]]:
            return client.applications.get(key), client.applications.data_pages(key)

        return self._remembered((key,), read)

    def shown(self, key: str, page_key: str) -> Shown:
        """Return a DataPage with its codes.

        Raises:
            Refused: the account has no such DataPage.
        """

        def read(client: CaspioClient) -> Shown:
            apps = client.applications
            page = apps.data_page(key, page_key)
            codes = {method: apps.deployment_code(key, page_key, method) for method in METHODS}
            return Shown(apps.get(key), page, codes)

        return self._remembered((key, page_key), read)

    def set_deployed(self, key: str, page_key: str | None, *, deployed: bool) -> None:
        """Deploy or un-deploy a DataPage, or with None all DataPages of an application.

        Raises:
            Refused: the profile may not, or there is no such DataPage.
            IngestError: it failed otherwise, as everywhere.
        """
        with self._at_caspio() as client:
            if page_key is None:
                client.applications.deploy_all(key, deployed=deployed)
            else:
                client.applications.deploy(key, page_key, deployed=deployed)
        with self._lock:
            self._kept.clear()

    def _remembered(self, name: tuple[str, ...], read: Callable[[CaspioClient], _Read]) -> _Read:
        now = self.clock.now()
        with self._lock:
            at, known = self._kept.get(name, (None, None))
        if at is not None and now - at < KEPT:
            return cast("_Read", known)
        with self._at_caspio() as client:
            found = read(client)
        with self._lock:
            # Addresses are made up by whoever asks, but only what exists comes this far.
            if len(self._kept) >= MOST_KEPT:
                self._kept.clear()
            self._kept[name] = (now, found)
        return found

    @contextmanager
    def _at_caspio(self) -> Iterator[CaspioClient]:
        with self.open_client() as client:
            try:
                yield client
            except NotFound:
                raise not_found("This application or DataPage") from None
            except AccessDenied as error:
                remedy = "Give the profile the right at Caspio, under Web Services."
                raise RequestRefused(
                    403, f"The API profile may not do this: {error}", remedy
                ) from error
