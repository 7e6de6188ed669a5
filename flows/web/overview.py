"""The overview: sources, calls, what needs a user, the last runs, and the health of it all."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice

from starlette.responses import Response

from flows.app.learning.state import learning_of
from flows.web.render import page, see
from flows.web.review.queue import MOST_COUNTED
from flows.web.site import Visit
from pipeline.metering.budget import Priority
from pipeline.metering.summary import FAILED, NEEDS_ATTENTION
from pipeline.model import FileRef, Stage, Status
from pipeline.model.review import ReviewFilter
from pipeline.steps.write_back import UNDOABLE

MOST_PROBLEMS = 25
"""Documents shown that need somebody; the counts are complete, and `status` lists more."""

MOST_ENTRIES = 500
"""Entries of the audit trail that are shown; the ledger has all."""

# "planned" is a stage, and also what was planned only counts as.
_STATES = (*(status.value for status in Status), *(stage.value for stage in Stage))


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A source with its documents by state; `is_known` is False where the settings lack it."""

    name: str
    container: str
    counts: Mapping[str, int]
    is_known: bool
    is_paused: bool = False

    @property
    def total(self) -> int:
        """Count its documents."""
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class Problem:
    """A document that needs somebody or was done in part, and why."""

    ref: FileRef
    status: str
    reason: str
    quarantined: bool


@dataclass(frozen=True, slots=True)
class OutcomeGroup:
    """How many documents ended in some ways, those acknowledged apart, and the first of them."""

    open: int
    acknowledged: int
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Calls:
    """Caspio calls; `limit` is None where there is no budget, `left` what new files may use."""

    today: int
    month: int
    limit: int | None
    left: int | None


def overview(visit: Visit) -> Response:
    """Show the overview."""
    ledger = visit.site.ledger
    counts = ledger.files.counts()
    sources = source_rows(visit, counts)
    # Apart, as `status` has them: only what failed makes a run red.
    needing = group_of(visit, counts, FAILED)
    in_part = group_of(visit, counts, NEEDS_ATTENTION - FAILED)
    runs = ledger.usage.runs()
    states = [name for name in _STATES if any(name in row.counts for row in sources)]
    return page(
        visit,
        "overview",
        sources=sources,
        syncs=[sync.name for sync in visit.site.settings.sync],
        states=states,
        calls=calls_of(visit),
        waiting=ledger.reviews.queue_length(ReviewFilter(), most=MOST_COUNTED),
        most_counted=MOST_COUNTED,
        needing=needing,
        in_part=in_part,
        acknowledged=needing.acknowledged + in_part.acknowledged,
        runs=runs,
        so_far={
            run.id: ledger.effects.files_changed(run.id, kinds=UNDOABLE)
            for run in runs
            if run.status == "running"
        },
        unsettled=len(ledger.effects.open()),
        learning=[one for one in learning_of(visit.site.settings, ledger) if one.has_model],
        health=visit.site.health.latest(),
        prefect=visit.site.prefect,
    )


def source_rows(visit: Visit, counts: Mapping[str, Mapping[str, int]]) -> list[SourceRow]:
    """Return the sources of the settings in their order, then those that only the ledger knows."""
    specs, paused = visit.site.settings.specs(), visit.site.settings.paused()
    return [
        SourceRow(
            name,
            specs[name].container if name in specs else "",
            counts.get(name, {}),
            is_known=name in specs,
            is_paused=name in paused,
        )
        for name in dict.fromkeys([*specs, *counts])
    ]


def calls_of(visit: Visit) -> Calls:
    """Return the calls of today and of this month, and the budget."""
    caspio, usage = visit.site.settings.caspio, visit.site.ledger.usage
    month = usage.this_month(caspio.account).calls
    return Calls(
        usage.today(caspio.account).calls,
        month,
        caspio.allowance.monthly_calls,
        caspio.allowance.left(Priority.NEW, month),
    )


def group_of(
    visit: Visit, counts: Mapping[str, Mapping[str, int]], statuses: frozenset[Status]
) -> OutcomeGroup:
    """Count the documents that ended so and that nobody has acknowledged; return the first."""
    files = visit.site.ledger.files
    # Most sources have none: those are not walked through.
    names = [name for name, by_status in counts.items() if statuses & by_status.keys()]
    known = [files.count_attention(statuses, source=name) for name in names]
    found = (
        Problem(state.ref, state.outcome.status, state.outcome.reason, state.outcome.quarantined)
        for name in names
        for state in files.attention(statuses, source=name)
        if state.outcome is not None and state.acknowledged is None
    )
    return OutcomeGroup(
        sum(one.open for one in known),
        sum(one.acknowledged for one in known),
        tuple(islice(found, MOST_PROBLEMS)),
    )


def examine_again(visit: Visit) -> Response:
    """Have the installation examined again."""
    visit.site.health.expire()
    visit.site.health.latest()
    visit.audit("examine", "installation")
    return see("/#health")


def audit(visit: Visit) -> Response:
    """Show what users did."""
    entries = visit.site.ledger.users.audit_trail(limit=MOST_ENTRIES)
    return page(visit, "audit", entries=entries, most=MOST_ENTRIES)
