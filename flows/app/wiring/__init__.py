"""Connect the adapters that settings name; in flows, only what is called `wiring` names any."""

import gc
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog

from flows.app.accounts.own_ledger import check_owner
from flows.app.drain import Drain, draining
from flows.app.reading import (
    KeptReader,
    lender_of_runs,
    open_reader,
    own_rules,
    worker_count,
)
from flows.app.settings import load_settings
from flows.app.wiring.account import open_client
from flows.app.wiring.ports import open_archive, open_learner, open_ledger, open_tracer, open_turns
from pipeline.adapters.system_clock import SystemClock
from pipeline.context import Ports
from pipeline.errors import BadSettings, IngestError
from pipeline.metering.budget import Spending
from pipeline.metering.metrics import MetricsRecorder
from pipeline.metering.summary import Summary
from pipeline.settings import Settings

if TYPE_CHECKING:
    from pipeline.adapters.caspio.client import CaspioClient
    from processors.sandbox.reader import SandboxedReader


# By default Python looks for garbage after every 700 objects. A page of a listing is tens of
# thousands that are no garbage yet: looking less often saves a fifth of a rescan, for five MiB.
# More objects save nothing more, and what waits for the next look grows with the files.
_COLLECTION_THRESHOLDS = (25_000, 10, 10)


@dataclass(frozen=True, slots=True)
class AppContext:
    """Everything connected for one run: the ports and, for counting calls, the client."""

    settings: Settings
    ports: Ports
    client: "CaspioClient"
    spending: Spending
    drain: Drain = field(default_factory=Drain)
    stages: Callable[[], Mapping[str, float]] = field(default=dict)

    def document(self, summary: Summary, *, started: float) -> Mapping[str, Any]:
        """Return a run's document for --json; `started` is the clock's reading at its start."""
        seconds = self.ports.clock.monotonic() - started
        return summary.as_json(calls=self.client.calls, seconds=seconds, stages=self.stages())

    @property
    def threads(self) -> int:
        """Return how many records are worked on at once."""
        # Two per reader process and two more: downloads overlap with reading on every core.
        return 2 * worker_count(self.settings.processing) + 2


@contextmanager
def connected(
    config: Path, *, drain: Drain | None = None, kept: KeptReader | None = None
) -> Iterator[AppContext]:
    """Load settings and connect all that they name; the first SIGTERM is a request to stop."""
    with (
        connect(load_settings(config), drain=drain, kept=kept) as context,
        draining(context.drain),
    ):
        yield context


@contextmanager
def connect(
    settings: Settings, *, drain: Drain | None = None, kept: KeptReader | None = None
) -> Iterator[AppContext]:
    """Open client, archive, ledger and reader, and close them again, however the run ends.

    `drain` is whoever may ask the run to stop, where that is not the run's own signal. `kept` lends
    its reader and what it knows of the account, in a process that runs again and again.

    Raises:
        LedgerUnavailable, ForeignLedger, ArchiveUnavailable, BadSettings: with what to do about it.
    """
    # Adapters are imported where they are opened: a command that needs none starts at once.
    from pipeline.adapters.caspio.kept import KeptAccount
    from pipeline.adapters.caspio.schema_cache import SchemaCache
    from pipeline.adapters.caspio.source import CaspioFileSource
    from pipeline.adapters.caspio.target import CaspioRecordTarget

    # For the rest of the process: runs overlap, and none may end what another one relies on.
    gc.set_threshold(*_COLLECTION_THRESHOLDS)
    drain = drain or Drain()
    clock = SystemClock(drain.require)  # a long wait ends when the run is asked to stop
    with ExitStack() as stack:
        ledger = stack.enter_context(open_ledger(settings, clock=clock))
        check_owner(settings, ledger)
        work_dir = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="caspio-ingest-")))
        (scratch := work_dir / "listing").mkdir()
        spending = stack.enter_context(
            closing(Spending(ledger, settings.caspio.account, settings.caspio.allowance))
        )
        # After any change of the settings nothing old is known.
        key = (settings.model_dump(), settings.account)
        account = KeptAccount() if kept is None else kept.known(key, KeptAccount)
        client = stack.enter_context(
            open_client(
                settings, clock=clock, ledger=ledger, spending=spending, token=account.token
            )
        )
        schema = SchemaCache(client, clock=clock, known=account.schema)
        book = MetricsRecorder(
            ledger, clock=clock, tracer=open_tracer(), calls=lambda: client.calls
        )
        stack.enter_context(closing(book))
        ports = Ports(
            source=CaspioFileSource(client, scratch_dir=scratch, clock=clock, schema=schema),
            target=CaspioRecordTarget(client, schema=schema),
            archive=open_archive(settings.archive),
            ledger=ledger,
            reader=stack.enter_context(_reader_for(settings, kept)),
            clock=clock,
            work_dir=work_dir,
            telemetry=book,
            learner=open_learner(settings),
        )
        try:
            yield AppContext(settings, ports, client, spending, drain, book.seconds)
        except BadSettings:
            # What the settings name may have been added to the account since it was looked at.
            if kept is not None:
                kept.forget()
            raise


def _reader_for(
    settings: Settings, kept: KeptReader | None
) -> AbstractContextManager["SandboxedReader"]:
    """Return the reader of a run, its own or one that is kept."""
    archive = settings.archive
    if kept is None:
        return open_archiving_reader(settings, lender=lender_of_runs())
    opening = partial(open_archiving_reader, settings)
    # The settings name the file of the user's rules, and it may have changed.
    rules = own_rules(settings.processing.rules)
    key = (settings.processing, rules, archive.renditions, settings.account, settings.queue)
    return kept.lent(key, opening)


def warm_reader(settings: Settings, kept: KeptReader) -> None:
    """Let the reader that a process keeps load its models, without waiting for it.

    What goes wrong is only logged: the first run fails with the same reason, and says more.
    """
    try:
        with _reader_for(settings, kept) as reader:
            reader.warm()
    except (IngestError, OSError) as error:
        structlog.get_logger(__name__).warning("reader not warmed", error=str(error))


def open_archiving_reader(settings: Settings, *, lender: Path | None = None) -> "SandboxedReader":
    """Return the reader of a run; `lender` is the socket of what lends its processes."""
    return open_reader(
        settings.processing,
        renditions=settings.archive.renditions,
        turns=open_turns(settings),
        lender=lender,
        owner=f"{settings.account} {settings.caspio.account}",
    )
