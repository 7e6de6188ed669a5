"""Open what settings name besides the account: archive, ledger, tracer, queue and learner."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any, cast

from pydantic import SecretStr

from pipeline.adapters.system_clock import SystemClock
from pipeline.ports import Archive, Clock, Ledger
from pipeline.ports.learner import Learner
from pipeline.ports.metrics import SILENT, Tracer
from pipeline.ports.reader import ReadingTurns
from pipeline.settings import Settings, environment
from pipeline.settings.sections import ArchiveSettings


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


def open_tracer() -> Tracer:
    """Return a tracer: OpenTelemetry if its variables name a collector, else a silent one."""
    if not any(
        environment(f"OTEL_EXPORTER_OTLP_{name}") for name in ("ENDPOINT", "TRACES_ENDPOINT")
    ):
        return SILENT
    from flows.telemetry.otel import OtelTracer

    return OtelTracer()


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


def system_clock() -> Clock:
    """Return the clock of this machine."""
    return SystemClock()
