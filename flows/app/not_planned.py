"""What a plan does not have, and why: for the terminal, the page and the Prefect UI."""

from dataclasses import dataclass
from itertools import chain

from pipeline.metering.summary import FAILED, Summary
from pipeline.model import Outcome, Status
from pipeline.wording import counted


@dataclass(frozen=True, slots=True)
class NotPlanned:
    """What is not in a plan.

    Attributes:
        reasons: A sentence for each reason that concerns whole sources, or files that are not
            listed one by one.
        outcomes: The files that could not be planned, each with its reason.
    """

    reasons: tuple[str, ...] = ()
    outcomes: tuple[Outcome, ...] = ()


def not_planned(summary: Summary, *, limit: int | None) -> NotPlanned:
    """Return what a planning run left out; `limit` is that of the run."""
    reasons = [f"Stopped: {problem}" for problem in chain.from_iterable(summary.stopped.values())]
    unchanged, elsewhere = summary.documents[Status.UNCHANGED], summary.leased_elsewhere
    if unchanged:
        reasons.append(
            f"Unchanged: {counted(unchanged, 'file', 'was/were')} finished by an earlier run, "
            "and nothing has changed since."
        )
    if elsewhere:
        reasons.append(
            f"Leased elsewhere: another worker has {counted(elsewhere, 'file')}; what it leaves is "
            "in the next plan."
        )
    if limit is not None:
        records = counted(limit, "record")
        reasons.append(
            f"Beyond the limit: of each source {records} with new or changed files were looked at, "
            "and no more."
        )
    outcomes = tuple(one for one in summary.problems if one.status in FAILED)
    # The summary keeps the first thousand.
    if summary.failed > len(outcomes):
        number = counted(summary.failed, "file")
        reasons.append(f"Not planned: {number}, of which {len(outcomes):,} are listed.")
    return NotPlanned(tuple(reasons), outcomes)
