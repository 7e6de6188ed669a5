"""How a flow run ends: green only where it deserves it, with the counts in its message.

The UI takes the colour from a state's type and the word from its name.
"""

from collections.abc import Callable, Mapping

from prefect import State
from prefect.exceptions import Abort
from prefect.states import Cancelled, Completed, Failed

from flows.app.run_report import Report
from pipeline.errors import IngestError, StopRequested
from pipeline.model import Status

FAILED_SHARE = 0.25
"""Share of the documents worked on, from which on a run has failed and not merely in part."""

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


class Ended(Abort):
    """Carries what a red run came to: Prefect's engine passes it on without an error and a traceback in the log."""

    def __init__(self, result: object, message: str) -> None:
        """Keep the result."""
        super().__init__(message)
        self.result = result


def red(name: str, message: str, *, result: object) -> State:
    """Return the state of a run that did what it could and is not green."""
    return Failed(name=name, message=message, data=Ended(result, message))


def failed_share(failed: int, documents: Mapping[str, int]) -> float:
    """Return the share of the documents worked on that did not get through, 0 to 1; `documents` are by status."""
    worked_on = sum(count for status, count in documents.items() if status != Status.UNCHANGED)
    return failed / worked_on if worked_on else 0.0


def final_state(report: Report, documents: Mapping[str, int]) -> State:
    """Return the state a run has earned."""
    counts = ", ".join(f"{count} {status}" for status, count in documents.items() if count)
    if not counts and report.planned_only:
        return Completed(
            name=PLANNED, message=f"dry run: {report.planned_only} files selected", data=report
        )
    counts = counts or "nothing to do"
    if report.stopped:
        problems = [problem for problems in report.stopped.values() for problem in problems]
        return red(FAILED, "\n".join([*problems, counts]), result=report)
    if report.planned_only:
        return Completed(
            name=PLANNED, message=f"planned only, run again to write: {counts}", data=report
        )
    if not report.failed:
        return Completed(message=counts, data=report)
    if failed_share(report.failed, documents) >= FAILED_SHARE:
        return red(FAILED, counts, result=report)
    return red(PARTLY_FAILED, counts, result=report)


def ended(work: Callable[[], State]) -> State:
    """Return the state of a run; of one that could not go on, a state that says what is wrong, without a traceback."""
    try:
        return work()
    except StopRequested as error:
        return stopped_state(error)
    except IngestError as error:
        return red(FAILED, str(error), result=error)


def stopped_state(error: StopRequested, documents: Mapping[str, int] | None = None) -> State:
    """Return the state of a run that was asked to stop: how far it came, and that nothing is lost.

    It is of the type Cancelled: the only one Prefect takes from a run that somebody is cancelling. Its result is what
    Prefect passes on without an error in the log.
    """
    counts = ", ".join(f"{count} {status}" for status, count in (documents or {}).items() if count)
    result = Abort(str(error))
    return Cancelled(
        name=STOPPED, message=" ".join(filter(None, [str(error), counts])), data=result
    )
