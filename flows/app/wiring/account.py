"""Connect an account at Caspio: its client, and the ledger that counts its calls."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from flows.app.wiring.ports import open_ledger, system_clock
from pipeline.adapters.system_clock import SystemClock
from pipeline.metering.budget import Spending
from pipeline.model import SourceSpec
from pipeline.model.probes import Examined
from pipeline.ports import Clock, Ledger, RecordTarget
from pipeline.settings import Settings

if TYPE_CHECKING:
    import httpx

    from pipeline.adapters.caspio.client import CaspioClient
    from pipeline.adapters.caspio.client.http.auth import KeptToken


@dataclass(frozen=True, slots=True)
class Account:
    """An account and the ledger that counts its calls, where no document is read."""

    client: "CaspioClient"
    target: RecordTarget
    ledger: Ledger
    clock: Clock
    spending: Spending


@contextmanager
def open_settings_account(settings: Settings) -> Iterator[Account]:
    """Open the account and the ledger of the settings; every call counts in the month's budget."""
    from pipeline.adapters.caspio.target import CaspioRecordTarget

    clock = SystemClock()
    with ExitStack() as stack:
        ledger = stack.enter_context(open_ledger(settings, clock=clock))
        # Booked call by call: a command makes a few, and a larger block would look used until it
        # ends.
        spending = Spending(ledger, settings.caspio.account, settings.caspio.allowance, block=1)
        stack.enter_context(closing(spending))
        client = stack.enter_context(
            open_client(settings, clock=clock, ledger=ledger, spending=spending)
        )
        yield Account(client, CaspioRecordTarget(client), ledger, clock, spending)


@dataclass(frozen=True, slots=True)
class SharedPermits:
    """The permits of an account, shared by all workers through the ledger."""

    ledger: Ledger
    account: str

    def reserve(self, permits: int, *, per_second: float) -> float:
        """Reserve permits behind all workers'; return in how many seconds the first is due."""
        return self.ledger.usage.reserve_permits(self.account, permits, per_second=per_second)

    def delay(self, seconds: float) -> None:
        """Make no permit that is reserved from now on due before so many seconds."""
        self.ledger.usage.delay_permits(self.account, seconds)


@contextmanager
def open_client(
    settings: Settings,
    *,
    clock: Clock | None = None,
    ledger: Ledger | None = None,
    spending: Spending | None = None,
    timeout: "httpx.Timeout | None" = None,
    token: "KeptToken | None" = None,
) -> "Iterator[CaspioClient]":
    """Open a client for the account; with a ledger it shares its rate with all workers.

    `token` is what clients of these settings before it have left, and is left by this one.
    What goes wrong inside is raised as an error of `pipeline.errors`.
    """
    from pipeline.adapters.caspio.client import CaspioClient
    from pipeline.adapters.caspio.errors import translated

    pool = SharedPermits(ledger, settings.caspio.account) if ledger is not None else None
    with (
        translated(),
        CaspioClient(
            url=settings.caspio.url,
            client_id=settings.client_id.get_secret_value(),
            client_secret=settings.client_secret.get_secret_value(),
            rate=settings.caspio.rate,
            clock=clock or system_clock(),
            timeout=timeout,
            pool=pool,
            meter=spending,
            token=token,
        ) as client,
    ):
        yield client


def open_target(client: "CaspioClient") -> RecordTarget:
    """Return what reads and changes records over a client."""
    from pipeline.adapters.caspio.target import CaspioRecordTarget

    return CaspioRecordTarget(client)


def visible_tables(client: "CaspioClient") -> Sequence[str]:
    """Return the tables that the API profile can see; raises an error of `pipeline.errors`."""
    from pipeline.adapters.caspio.errors import translated

    with translated():
        return client.tables.names()


def check_file_fields(spec: SourceSpec, target: RecordTarget) -> None:
    """Check that a table or view has the file fields of a source.

    Raises:
        BadSettings: a field is missing or of the wrong type; lists all problems.
    """
    from pipeline.adapters.caspio.errors import translated
    from pipeline.adapters.caspio.schema_cache import layout

    columns = target.columns(spec.container, is_view=spec.view is not None)
    with translated():
        layout(spec, {name: column.type for name, column in columns.items()})


def probe_account(client: "CaspioClient", *, folder: Path, may_write: bool) -> Examined:
    """Find out how an account behaves where the documentation is silent."""
    from pipeline.adapters.caspio import probes

    return probes.probe_account(client, clock=system_clock(), folder=folder, may_write=may_write)
