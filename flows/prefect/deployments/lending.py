"""Keep reader processes with their models between the runs of one host.

Prefect starts each flow run as a process of its own, which would load the models for each run.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import structlog

from flows.app.reading import LENDER, REST_S, later
from flows.app.wiring import open_archiving_reader
from pipeline.errors import IngestError
from pipeline.settings import Settings
from processors.sandbox.lender import Lender, Offer


@contextmanager
def lending_readers(present: Callable[[], Settings]) -> Iterator[None]:
    """Lend reader processes to the runs that this process starts.

    `present` returns the settings as they are now. Runs with others, such as those of another
    account, start their own, and so do all where nothing can be lent.
    """
    try:
        lender = Lender(partial(_offer, present), later=partial(later, REST_S))
    except OSError as error:
        structlog.get_logger(__name__).warning("no readers are lent", error=str(error))
        yield
        return
    with lender:
        os.environ[LENDER] = str(lender.path)  # noqa: TID251 - inherited by the runs' processes
        try:
            yield
        finally:
            del os.environ[LENDER]  # noqa: TID251 - the same


def _offer(present: Callable[[], Settings]) -> Offer | None:
    """Return what is lent under the present settings; None where a run would not start either."""
    settings = present()
    # What isolation is required, a run examines when it has the process.
    processing = settings.processing.model_copy(update={"require_isolation": "none"})
    try:
        with open_archiving_reader(settings.model_copy(update={"processing": processing})) as one:
            return one.offer()
    except (IngestError, OSError):
        return None
