"""Choose and connect the adapters that settings name. Nowhere else are adapters named."""

import gc
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import structlog
from pydantic import SecretStr

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
from pipeline.adapters.system_clock import SystemClock
from pipeline.context import Ports
from pipeline.errors import BadSettings, IngestError
from pipeline.metering.budget import Spending
from pipeline.metering.metrics import MetricsRecorder
from pipeline.metering.summary import Summary
from pipeline.model import SourceSpec
from pipeline.model.probes import Examined
from pipeline.ports import Archive, Clock, Ledger, RecordTarget
from pipeline.ports.learner import Learner
from pipeline.ports.metrics import SILENT, Tracer
from pipeline.ports.reader import ReadingTurns
from pipeline.settings import Settings, environment
from pipeline.settings.sections import ArchiveSettings

if TYPE_CHECKING:
    import httpx

    from pipeline.adapters.caspio.client import CaspioClient
    from pipeline.adapters.caspio.client.http.auth import KeptToken
    from processors.sandbox.reader import SandboxedReader


# By default Python looks for garbage after every 700 objects. A page of a listing is tens of
# thousands that are no garbage yet: looking less often saves a fifth of a rescan, for a MiB.
_COLLECTION_THRESHOLDS = (50_000, 20, 20)


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


def open_tracer() -> Tracer:
    """Return a tracer: OpenTelemetry if its variables name a collector, else a silent one."""
    if not any(
        environment(f"OTEL_EXPORTER_OTLP_{name}") for name in ("ENDPOINT", "TRACES_ENDPOINT")
    ):
        return SILENT
    from flows.telemetry.otel import OtelTracer

    return OtelTracer()


def open_archive(settings: ArchiveSettings) -> Archive:
    """Return the archive: a folder or a bucket."""
    if settings.url.startswith("file:"):
        from pipeline.adapters.local_archive import LocalArchive

        return LocalArchive(Path(settings.url.removeprefix("file:")))
    from pipeline.adapters.s3_archive import S3Archive

    bucket, _, prefix = settings.url.removeprefix("s3://").partition("/")
    return S3Archive(
        bucket,
        prefix=prefix,
        endpoint_url=settings.endpoint_url,
        region=settings.region,
        sse=settings.sse,
        sse_kms_key_id=settings.sse_kms_key_id,
        storage_class=settings.storage_class,
        object_lock_days=settings.object_lock_days,
        object_lock_mode=settings.object_lock_mode,
        access_key_id=_revealed(settings.access_key_id),
        secret_access_key=_revealed(settings.secret_access_key),
        session_token=_revealed(settings.session_token),
    )


def _revealed(secret: SecretStr | None) -> str | None:
    return secret.get_secret_value() if secret is not None else None


def system_clock() -> Clock:
    """Return the clock of this machine."""
    return SystemClock()


@contextmanager
def open_ledger(settings: Settings, *, clock: Clock | None = None) -> Iterator[Ledger]:
    """Open the ledger, migrated to the present schema."""
    from pipeline.adapters.sql_ledger import SqlLedger

    file = settings.ledger.url.removeprefix("sqlite:///")
    if settings.account and file != settings.ledger.url:
        with suppress(OSError):  # what is wrong with the folder, SQLite says
            Path(file).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    ledger = SqlLedger(settings.ledger.url, clock=clock or system_clock())
    try:
        yield ledger
    finally:
        ledger.close()


def open_turns(settings: Settings) -> ReadingTurns | None:
    """Return the queue that the accounts of this machine share; None for a settings file alone."""
    if settings.queue is None:
        return None
    from pipeline.adapters.reading_turns import MachineTurns

    queue, places = settings.queue, settings.queue.documents or os.cpu_count() or 1
    return MachineTurns(queue.folder, account=settings.account, places=places)


def open_learner(settings: Settings) -> Learner | None:
    """Return what learns columns; None where learning is switched off."""
    return cast("Learner", _LearnerOnDemand()) if settings.learn.enabled else None


class _LearnerOnDemand:
    """The learner, loaded when it is first asked for something.

    It takes 16 MiB, most of it numpy, and a run without learned columns asks for nothing.
    """

    def __getattr__(self, name: str) -> Any:
        return getattr(_load_learner(), name)


@cache
def _load_learner() -> Learner:
    # Before numpy is loaded: its threads wait for each other where the cores read documents.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # noqa: TID251 - written here, read by BLAS
    from processors.learner import ColumnLearner

    return ColumnLearner()
