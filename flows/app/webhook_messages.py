"""A run for messages of the webhook: what becomes of them when it ends."""

from collections.abc import Iterator
from contextlib import contextmanager

from flows.app.run_request import RunRequest
from pipeline.errors import StopRequested
from pipeline.metering.summary import Summary
from pipeline.model import Status
from pipeline.ports import Ledger

WAIT_S = 60.0
"""Seconds until messages that could not be worked on are taken again; twice as many after each further attempt."""

_LONGEST_WAIT_S = 3_600.0


def wait_s(attempts: int) -> float:
    """Return how long messages wait after so many attempts."""
    return min(WAIT_S * 2.0 ** max(0, attempts - 1), _LONGEST_WAIT_S)


@contextmanager
def answering(ledger: Ledger, request: RunRequest, summary: Summary) -> Iterator[None]:
    """Take over the messages that an order is about, and settle them when their records were worked on.

    Where the run is stopped or a document failed they are put back and taken again later; where it was asked to stop,
    by whoever looks next.
    """
    if not request.batch:
        yield
        return
    begun = ledger.begin_messages(request.batch, summary.run_id)
    seqs = [message.seq for message in begun]
    wait = wait_s(max((message.attempts for message in begun), default=1))
    try:
        yield
    except StopRequested as error:
        ledger.put_back_messages(seqs, str(error), wait_s=0)
        raise
    except BaseException as error:
        ledger.put_back_messages(seqs, str(error) or type(error).__name__, wait_s=wait)
        raise
    if left := _left(summary):
        ledger.put_back_messages(seqs, left, wait_s=wait)
    else:
        ledger.settle_messages(seqs, _said(summary), run_id=summary.run_id)


def _left(summary: Summary) -> str:
    """Say why the records have to be looked at again, "" where they have not."""
    if summary.stopped:
        return "; ".join(problem for problems in summary.stopped.values() for problem in problems)
    if summary.leased_elsewhere:
        return "another worker had the record"
    return "a document failed" if summary.documents[Status.FAILED] else ""


def _said(summary: Summary) -> str:
    counts = ", ".join(
        f"{number} {status}" for status, number in summary.counts().items() if number
    )
    if summary.planned:
        return f"{counts} (planned only: nobody has looked at the source's first plan yet)"
    return counts or "nothing there: the record is gone, has no file, or is not of the source"
