"""The final state of a flow run, with the counts in its message.

A run is green if nothing that it was to look at needs a user, except what a user has acknowledged.

Prefect's UI takes the color from a state's type and the word from its name.
"""

from collections.abc import Callable, Mapping
from itertools import chain

from prefect import State
from prefect.exceptions import Abort
from prefect.states import Cancelled, Completed, Failed

from flows.app.run_report import Report
from flows.prefect.requests.again import ask_again
from flows.prefect.ui import events
from pipeline.errors import IngestError, StopRequested, unusable_file
from pipeline.model import Status
from pipeline.wording import counted, counts_text

FAILED_SHARE = 0.25
"""A run fails as a whole if this share of the documents worked on did not get through."""

PLANNED, REFUSED, PARTLY_FAILED = "Planned", "Refused", "Partly failed"
FAILED, DIFFERENCES, STOPPED = "Failed", "Differences", "Stopped"
FINAL_NAMES = (
    "Completed",
    FAILED,
    "Cancelled",
    "Crashed",
    PLANNED,
    REFUSED,
    PARTLY_FAILED,
    DIFFERENCES,
    STOPPED,
)
"""Names of the states a run can end in, Prefect's and ours."""


class RedRun(Abort):
    """Carries the result of a red run: Prefect's engine passes it on without a traceback."""

    def __init__(self, result: object, message: str) -> None:
        """Keep the result."""
        super().__init__(message)
        self.result = result


def red(name: str, message: str, *, result: object) -> State:
    """Return the state of a run that did what it could and is not green."""
    return Failed(name=name, message=message, data=RedRun(result, message))


def failed_share(failed: int, documents: Mapping[str, int]) -> float:
    """Return the share of the documents worked on that did not get through, 0 to 1.

    `documents` are counts by status.
    """
    # Unchanged files cannot fail: with them, a large source would hide that all new files failed.
    worked_on = sum(count for status, count in documents.items() if status != Status.UNCHANGED)
    return failed / worked_on if worked_on else 0.0


def known_text(report: Report) -> str:
    """Return what is not in the counts of this run, "" without any."""
    waiting, known = report.needs_a_user, report.document["acknowledged"]
    needs = "needs" if waiting == 1 else "need"
    texts = [f"{waiting} {needs} a user in all"] if waiting > report.failed else []
    texts += [f"{known} acknowledged"] if known else []
    return "".join(f"; {text}" for text in texts)


def final_state(report: Report, documents: Mapping[str, int]) -> State:
    """Return the final state of a run from its report and its documents by status."""
    counts = counts_text(documents)
    if not counts and report.planned_only:
        message = f"dry run: {counted(report.planned_only, 'file')} selected"
        return Completed(name=PLANNED, message=message, data=report)
    counts = counts or "nothing to do"
    # Before all else: a source that could not run is worse than documents that failed.
    if report.stopped:
        problems = chain.from_iterable(report.stopped.values())
        return red(FAILED, "\n".join([*problems, counts]), result=report)
    again = "run again to write: " if report.planned_only else ""
    message = f"{again}{counts}{known_text(report)}"
    # Also before a plan: what is to be repaired is known now.
    if report.needs_a_user:
        is_failure = failed_share(report.failed, documents) >= FAILED_SHARE
        name = FAILED if is_failure else PARTLY_FAILED
        return red(name, f"planned, {message}" if again else message, result=report)
    return Completed(name=PLANNED if again else None, message=message, data=report)


def ended(work: Callable[[], State]) -> State:
    """Return the state of a run; if it cannot continue, a state with the reason as its message."""
    try:
        return work()
    # A request to stop is no failure: the next run continues, and no alarm is due.
    except StopRequested as error:
        return stopped_state(error)
    except IngestError as error:
        return red(FAILED, str(error), result=error)
    except OSError as error:
        return red(FAILED, unusable_file(error), result=error)
    finally:
        events.send_end()


def stopped_state(error: StopRequested, documents: Mapping[str, int] | None = None) -> State:
    """Return the state of a run that was asked to stop, with how far it came.

    What a user asked for, and nobody would ask for again, is asked for again.

    Its type is Cancelled, the only one that Prefect accepts of a run that is being canceled. Its
    result is one that Prefect passes on without an error in the log.
    """
    again = "What it was asked for waits as a new run." if ask_again() else ""
    message = " ".join(filter(None, [str(error), again, counts_text(documents or {})]))
    return Cancelled(name=STOPPED, message=message, data=Abort(str(error)))
