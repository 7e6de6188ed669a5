"""Run sources from beginning to end, with or without Prefect: who may run, what is planned only, what is kept."""

import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice

from flows.wiring import Connected
from pipeline.batch import Observe, Selection, recover_all, refuse_source, selected_work
from pipeline.errors import BadSettings, BudgetExhausted
from pipeline.model import Confirm, FileRef, Outcome, RecordWork, SourceSpec, Status
from pipeline.naming import NameTemplate
from pipeline.run import Job, new_work
from pipeline.settings import settings_hash
from pipeline.summary import Summary


@dataclass(slots=True)
class Tally:
    """Feeds a summary and whoever looks on; `found` grows as pages are listed."""

    summary: Summary
    observe: Observe
    found: int = 0
    handled: int = 0
    on_found: Callable[[int], None] = field(default=lambda _: None)

    def add(self, outcome: Outcome) -> None:
        """Count an outcome and show it."""
        self.summary.add(outcome)
        self.handled += outcome.status is not Status.UNCHANGED
        self.observe(outcome)

    def unchanged(self, ref: FileRef) -> None:
        """Count a file that the ledger calls finished."""
        self.add(Outcome(ref, Status.UNCHANGED))

    def expect(self, files: int) -> None:
        """Learn of files about to be worked on."""
        self.found += files
        self.on_found(self.found)


def choose_sources(connected: Connected, names: Sequence[str]) -> list[SourceSpec]:
    """Return the named sources, or all of them.

    Raises:
        BadSettings: a name is unknown, or a mapped column is missing or cannot be written (all of them listed).
    """
    specs = connected.settings.specs()
    unknown = [name for name in names if name not in specs]
    if unknown:
        raise BadSettings([f"There is no source {name!r}. Sources: {', '.join(specs)}." for name in unknown])
    chosen = [specs[name] for name in names] if names else list(specs.values())
    problems = [problem for spec in chosen for problem in refuse_source(spec, connected.parts.target)]
    if problems:
        raise BadSettings(problems)
    return chosen


def new_run_id(connected: Connected) -> str:
    """Return an id that sorts by time: date, time and four random digits."""
    return f"{connected.parts.clock.now():%Y%m%d-%H%M%S}-{uuid.uuid4().hex[:4]}"


@contextmanager
def recorded_run(connected: Connected, kind: str, summary: Summary) -> Iterator[None]:
    """Keep a run in the ledger from its start to its end, with its counts and calls, however it ends."""
    ledger = connected.parts.ledger
    require_budget(connected)
    ledger.start_run(summary.run_id, kind)
    status = "stopped"
    try:
        yield
        status = "failed" if summary.failed else "done"
    except KeyboardInterrupt:
        status = "interrupted"
        raise
    finally:
        ledger.finish_run(summary.run_id, status, counts=summary.counts(), calls=connected.client.calls)


def require_budget(connected: Connected) -> None:
    """Refuse to start a run when the month's calls are used up to the reserve.

    Raises:
        BudgetExhausted: fewer calls are left than the reserve.
    """
    budget = connected.settings.caspio.monthly_calls
    if budget is None:
        return
    _refuse_beyond(connected.parts.ledger.calls_this_month(), budget, connected.settings.caspio.reserve)


def _refuse_beyond(used: int, budget: int, reserve: float) -> None:
    if used >= budget * (1 - reserve):
        raise BudgetExhausted(
            f"{used:,} of {budget:,} Caspio calls of this month are used; the rest is the reserve. "
            "Raise caspio.monthly_calls or wait for the next month."
        )


def make_job(connected: Connected, spec: SourceSpec, run_id: str, *, yes: bool, reread: bool = False) -> Job:
    """Return the job for a source; a new or changed source is only planned the first time, unless `yes`."""
    confirmed = (
        yes or spec.confirm is Confirm.NEVER or connected.parts.ledger.source_confirmed(spec.name, settings_hash(spec))
    )
    return Job(
        spec,
        connected.parts,
        run_id,
        plan_only=not confirmed,
        reread=reread,
        template=NameTemplate(spec.rename) if spec.rename else None,
    )


def prepare(
    connected: Connected, job: Job, tally: Tally, *, selection: Selection | None = None, limit: int | None = None
) -> Iterator[RecordWork]:
    """Settle what an earlier run left open, then list the work: what is new, or what a selection names."""
    recover_all(job)
    if selection is None:
        works = new_work(job, unchanged=tally.unchanged, found=tally.expect)
    else:
        works = _expected(selected_work(job, selection), tally)
    return _within_budget(connected, islice(works, limit))


def _within_budget(connected: Connected, works: Iterator[RecordWork]) -> Iterator[RecordWork]:
    """Hand out work while the month's calls last; what is begun is finished, what is not waits for the next run."""
    budget = connected.settings.caspio.monthly_calls
    used_before = connected.parts.ledger.calls_this_month()
    for work in works:
        if budget is not None:
            used = used_before + sum(connected.client.calls.values())
            _refuse_beyond(used, budget, connected.settings.caspio.reserve)
        yield work


def _expected(works: Iterator[RecordWork], tally: Tally) -> Iterator[RecordWork]:
    for work in works:
        tally.expect(len(work.files))
        yield work


def conclude(job: Job) -> None:
    """Remember that a source was planned or run with its present settings."""
    job.parts.ledger.confirm_source(job.spec.name, settings_hash(job.spec))
