"""How a flow run ends: green only where it deserves it, with the counts in its message."""

from prefect import State
from prefect.states import Completed, Failed

from flows.report import Report
from pipeline.model import Status
from pipeline.summary import Summary

FAILED_SHARE = 0.25
"""Share of the documents worked on, from which on a run is red and not merely marked."""

PLANNED, PARTLY_FAILED, FAILED = "Planned", "Partly failed", "Failed"
FINAL_NAMES = ("Completed", FAILED, "Cancelled", "Crashed", PLANNED, PARTLY_FAILED)
"""Names of the states a run can end in, Prefect's and ours."""


def failed_share(summary: Summary) -> float:
    """Return the share of the documents worked on that did not get through, 0 to 1."""
    worked_on = sum(count for status, count in summary.documents.items() if status is not Status.UNCHANGED)
    return summary.failed / worked_on if worked_on else 0.0


def final_state(report: Report, summary: Summary) -> State:
    """Return the state a run has earned."""
    counts = ", ".join(f"{count} {status}" for status, count in summary.counts().items() if count) or "nothing to do"
    if report.planned_only:
        return Completed(name=PLANNED, message=f"planned only, run again to write: {counts}", data=report)
    if not report.failed:
        return Completed(message=counts, data=report)
    if failed_share(summary) >= FAILED_SHARE:
        return Failed(name=FAILED, message=counts, data=report)
    return Completed(name=PARTLY_FAILED, message=counts, data=report)
