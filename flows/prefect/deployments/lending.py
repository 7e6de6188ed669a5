"""Keep reader processes with their models between the runs of one host.

Prefect starts each flow run as a process of its own, which would load the models for each run.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

import structlog

from flows.app.reading import LENDER, REST_S, later
from flows.app.wiring import open_archiving_reader
from pipeline.errors import IngestError
from pipeline.settings import Settings
from processors.sandbox.lender import Lender, Offer
from processors.sandbox.reader import SandboxedReader


@contextmanager
def lending_readers(present: Callable[[], Settings]) -> Iterator[None]:
    """Lend reader processes to the runs that this process starts.

    `present` returns the settings as they are now. Runs with others, such as those of another
    account, start their own, and so do all where nothing can be lent.
    """
    try:
        with _reader(present()) as reader:
            offers = Offers(present, reader.code_digest())
        lender = Lender(offers.offer, later=partial(later, REST_S))
    except (IngestError, OSError) as error:
        structlog.get_logger(__name__).warning("no readers are lent", error=str(error))
        yield
        return
    with lender:
        os.environ[LENDER] = str(lender.path)  # noqa: TID251 - inherited by the runs' processes
        try:
            yield
        finally:
            del os.environ[LENDER]  # noqa: TID251 - the same


@dataclass(frozen=True, slots=True)
class Offers:
    """What is lent under the present settings, as long as the code is the one that began."""

    present: Callable[[], Settings]
    code: bytes

    def offer(self) -> Offer | None:
        """Return what is lent now; None where a run would not start either.

        After an update of the program this process has the code before it, and the runs the new.
        """
        try:
            with _reader(self.present()) as reader:
                return reader.offer() if reader.code_digest() == self.code else None
        except (IngestError, OSError):
            return None


def _reader(settings: Settings) -> SandboxedReader:
    """Return a reader of the kind that runs have; it starts no process."""
    # What isolation is required, a run examines when it has the process.
    processing = settings.processing.model_copy(update={"require_isolation": "none"})
    return open_archiving_reader(settings.model_copy(update={"processing": processing}))
