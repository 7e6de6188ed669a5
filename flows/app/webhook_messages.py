"""What becomes of webhook messages when the run for them ends."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain

from flows.app.run_request import RunRequest
from pipeline.errors import AtWorkElsewhere, StopRequested
from pipeline.metering.summary import Summary
from pipeline.model import Status
from pipeline.ports import Ledger
from pipeline.wording import counts_text

WAIT_S = 60.0
"""Seconds until messages of a failed run are taken again; doubled after each further attempt."""

AT_WORK_S = 10.0
"""The same, where another run works on their sync: most such runs take seconds."""

# After an hour the trouble is none of the moment, and the schedule reads the source anyway.
_LONGEST_WAIT_S = 3_600.0


def wait_s(attempts: int) -> float:
    """Return how many seconds messages wait after so many attempts."""
    return min(WAIT_S * 2.0 ** max(0, attempts - 1), _LONGEST_WAIT_S)


@dataclass(frozen=True, slots=True)
class MessagesResult:
    """What a run came to for its messages: the reason to repeat it, "" for none, and its result."""

    repeat: str
    result: str


@contextmanager
def answering(ledger: Ledger, request: RunRequest, summary: Summary) -> Iterator[None]:
    """Take the messages of a request, and settle them when their records were worked on.

    If a document fails, they are put back and taken again later.
    """
    with answering_batch(
        ledger,
        request.batch,
        summary.run_id,
        lambda: MessagesResult(reason_to_repeat(summary), result_text(summary)),
    ):
        yield


@contextmanager
def answering_batch(
    ledger: Ledger, batch: str, run_id: str, answer: Callable[[], MessagesResult]
) -> Iterator[None]:
    """Take the messages of a batch, and settle them as `answer` says at the end of the run.

    If the run stops, they are put back and taken again later. If it was asked to stop, they are put
    back without a wait.
    """
    if not batch:
        yield
        return
    taken = ledger.messages.begin(batch, run_id)
    seqs = [message.seq for message in taken]
    wait = wait_s(max((message.attempts for message in taken), default=1))
    try:
        yield
    except StopRequested as error:
        ledger.messages.put_back(seqs, str(error), wait_s=0)
        raise
    except AtWorkElsewhere as error:
        # However long the other run takes: it says nothing about these records.
        ledger.messages.put_back(seqs, str(error), wait_s=AT_WORK_S, is_attempt=False)
        raise
    # Also Ctrl-C and bugs: otherwise the messages would wait until they are handed over again.
    except BaseException as error:
        ledger.messages.put_back(seqs, str(error) or type(error).__name__, wait_s=wait)
        raise
    found = answer()
    if found.repeat:
        ledger.messages.put_back(seqs, found.repeat, wait_s=wait)
    else:
        ledger.messages.settle(seqs, found.result, run_id=run_id)


def reason_to_repeat(summary: Summary) -> str:
    """Return why the records must be worked on again; "" if they need not."""
    if summary.stopped:
        return "; ".join(chain.from_iterable(summary.stopped.values()))
    if summary.leased_elsewhere:
        # That worker may have listed the record before the change that the message reports.
        return "another worker had leased the record"
    return "a document failed" if summary.documents[Status.FAILED] else ""


def result_text(summary: Summary) -> str:
    """Return what came of the messages' records, as `webhooks status` shows it."""
    counts = counts_text(summary.counts())
    if summary.planned:
        return f"{counts} (planned: the source's first plan is not approved yet)"
    return counts or "nothing to do: the record is deleted, has no file, or is not in the source"
