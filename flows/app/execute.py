"""Run sources from beginning to end, with or without Prefect: who may run, what is planned only, what is kept."""

import uuid
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeVar

from flows.app.missed_events import MissedEventCounter
from flows.app.run_request import RunRequest
from flows.app.wiring import AppContext
from pipeline.decide.naming import NameTemplate
from pipeline.errors import BadSettings, RefusedByCaspio, StopRequested
from pipeline.metering.budget import Priority
from pipeline.metering.summary import Summary
from pipeline.model import Confirm, FileRef, Outcome, RecordRef, RecordWork, SourceSpec, Status
from pipeline.record import SourceRun, new_work
from pipeline.settings import Settings, settings_hash
from pipeline.source_run.checks import changed_types, held, refuse_source, release, remember_types
from pipeline.source_run.leases import Leases, working
from pipeline.source_run.recovery import decisions, recover_all
from pipeline.source_run.worker_pool import Observe, Selection, selected_work, ticked_work

T = TypeVar("T")


@dataclass(slots=True)
class OutcomeCounter:
    """Feeds a summary and whoever looks on; `found` grows as pages are listed."""

    summary: Summary
    observe: Observe
    found: int = 0
    handled: int = 0
    on_found: Callable[[int], None] = field(default=lambda _: None)
    missed: MissedEventCounter | None = None
    asked: set[RecordRef | None] = field(default_factory=set)

    def add(self, outcome: Outcome) -> None:
        """Count an outcome and show it."""
        self.summary.add(outcome)
        self.handled += outcome.status is not Status.UNCHANGED
        self.observe(outcome)

    def unchanged(self, ref: FileRef) -> None:
        """Count a file that the ledger calls finished, unless it was asked for and so is worked on all the same."""
        if ref.record is None or ref.record not in self.asked:
            self.add(Outcome(ref, Status.UNCHANGED))

    def expect(self, files: int) -> None:
        """Learn of files about to be worked on."""
        self.found += files
        self.on_found(self.found)


@dataclass(frozen=True, slots=True)
class Chosen:
    """The sources that can be run, and by name what is wrong with the others."""

    specs: tuple[SourceSpec, ...]
    stopped: Mapping[str, list[str]]


def named_sources(settings: Settings, names: Sequence[str]) -> list[SourceSpec]:
    """Return the named sources, or all of them.

    Raises:
        BadSettings: a name is unknown.
    """
    specs = settings.specs()
    unknown = [name for name in names if name not in specs]
    if unknown:
        raise BadSettings(
            [f"There is no source {name!r}. Sources: {', '.join(specs)}." for name in unknown]
        )
    return [specs[name] for name in names] if names else list(specs.values())


def source_problems(context: AppContext, spec: SourceSpec, *, accept_types: bool) -> list[str]:
    """Return a sentence for everything in which a source contradicts the account as it is now, or why it is held."""
    target, ledger = context.ports.target, context.ports.ledger
    problems = refuse_source(spec, target)
    if problems or accept_types:
        return problems
    return [*held(spec, ledger), *changed_types(spec, target=target, ledger=ledger)]


def choose_sources(
    context: AppContext, names: Sequence[str], *, accept_types: bool = False
) -> Chosen:
    """Part the named sources, or all, into those that can be run and those that contradict the account.

    Raises:
        BadSettings: a name is unknown, or not one source can be run (all problems listed).
    """
    specs = named_sources(context.settings, names)
    found = {spec.name: source_problems(context, spec, accept_types=accept_types) for spec in specs}
    stopped = {name: problems for name, problems in found.items() if problems}
    refuse_if_none_runs(stopped, [spec.name for spec in specs])
    return Chosen(tuple(spec for spec in specs if spec.name not in stopped), stopped)


def require_sources(context: AppContext, names: Sequence[str]) -> list[SourceSpec]:
    """Return the named sources, or all of them, where what is done must not leave one out.

    Raises:
        BadSettings: a name is unknown, or a mapped column is missing or cannot be written (all of them listed).
    """
    chosen = choose_sources(context, names, accept_types=True)
    problems = [problem for problems in chosen.stopped.values() for problem in problems]
    if problems:
        raise BadSettings(problems)
    return list(chosen.specs)


def refuse_if_none_runs(stopped: Mapping[str, Sequence[str]], names: Sequence[str]) -> None:
    """Make it an error of the settings when every source is stopped."""
    if names and all(name in stopped for name in names):
        raise BadSettings([problem for name in dict.fromkeys(names) for problem in stopped[name]])


@contextmanager
def alone(spec: SourceSpec, summary: Summary) -> Iterator[None]:
    """Let what contradicts the account, also what changes while it is read, stop this source and no other."""
    try:
        yield
    except BadSettings as error:
        summary.stopped[spec.name] = list(error.problems)
    except RefusedByCaspio as error:
        summary.stopped[spec.name] = [
            f"source {spec.name!r}: {error} If a column was changed meanwhile, see `doctor`."
        ]


def new_run_id(context: AppContext) -> str:
    """Return an id that sorts by time: date, time and eight random digits. Workers are told apart by it."""
    return f"{context.ports.clock.now():%Y%m%d-%H%M%S}-{uuid.uuid4().hex[:8]}"


@contextmanager
def recorded_run(context: AppContext, kind: str, summary: Summary) -> Iterator[Leases]:
    """Keep a run in the ledger from its start to its end, with its counts and calls, however it ends.

    Meanwhile it is a worker: what it yields says which records are its own.
    """
    ledger = context.ports.ledger
    context.spending.require()
    ledger.start_run(summary.run_id, kind)
    status = "stopped"
    try:
        with working(ledger, summary.run_id) as leases:
            yield leases
        status = "failed" if summary.stopped else "partly failed" if summary.failed else "done"
    except (KeyboardInterrupt, StopRequested):
        status = "interrupted"
        raise
    finally:
        ledger.finish_run(
            summary.run_id, status, counts=summary.counts(), calls=context.client.calls
        )


def make_job(
    context: AppContext,
    spec: SourceSpec,
    run_id: str,
    *,
    yes: bool,
    selection: Selection | None = None,
    leases: Leases | None = None,
) -> SourceRun:
    """Return the job for a source; a new or changed source is only planned the first time, unless `yes`.

    What a `selection` names is read again; where it names what is stale, only what was read under another fingerprint.
    """
    confirmed = (
        yes
        or spec.confirm is Confirm.NEVER
        or context.ports.ledger.source_confirmed(spec.name, settings_hash(spec))
    )
    return SourceRun(
        spec,
        context.ports,
        run_id,
        plan_only=not confirmed,
        reread=selection is not None,
        reuse=selection is not None and selection.stale,
        template=NameTemplate(spec.rename) if spec.rename else None,
        leases=leases,
        others=frozenset(context.settings.specs()) - {spec.name},
        go_on=context.drain.require,
    )


def prepare(
    context: AppContext, job: SourceRun, counter: OutcomeCounter, request: RunRequest
) -> Generator[RecordWork, None, None]:
    """Settle what an earlier run left open, then list the work: what is new, or what the order names.

    Whoever takes the work closes it, so that a listing that is not read to its end leaves nothing on the disk.
    """
    context.spending.priority = request.priority or _priority(job)
    context.spending.require()
    if request.yes and not job.plan_only:
        # A person has looked. Before the work, not after it: what another run has met meanwhile stays held.
        release(job.spec, job.ports.ledger)
    recover_all(job)
    for decided in () if request.records else decisions(job):
        counter.add(decided)
    if request.selection is None:
        counter.missed = MissedEventCounter(job) if request.whole else None
        works = new_work(
            job,
            only=request.records,
            unchanged=counter.unchanged,
            found=lambda files: _listed(counter, job, files),
        )
    else:
        works = _expected(selected_work(job, request.selection), counter)
    return within_budget(context, islice(_asked_first(works, job, request, counter), request.limit))


def _asked_first(
    works: Iterator[RecordWork], job: SourceRun, request: RunRequest, counter: OutcomeCounter
) -> Iterator[RecordWork]:
    """Yield what people asked for in the records themselves, then everything new but that."""
    if request.selection is not None:
        yield from works
        return
    if job.spec.reprocess_column is not None and not job.plan_only:
        for work in _expected(ticked_work(job, request.records), counter):
            counter.asked.add(work.record)
            yield work
    for work in works:
        if work.record is None or work.record not in counter.asked:
            yield work


def _priority(job: SourceRun) -> Priority:
    """Say how urgent new work is: until a source was written to its end once, its files are a backlog."""
    return Priority.NEW if job.ports.ledger.cursor(_caught_up(job)) else Priority.BACKFILL


def _caught_up(job: SourceRun) -> str:
    return f"caught up: {job.spec.name}"


def within_budget(context: AppContext, works: Iterator[T]) -> Generator[T, None, None]:
    """Hand out work while the month's calls last; what is begun is finished, what is not waits for the next run."""
    for work in works:
        context.drain.require()
        context.spending.require()
        yield work


def _listed(counter: OutcomeCounter, job: SourceRun, files: Sequence[FileRef]) -> None:
    """Learn of a page of a listing; one with nothing new in it is no reason to go on when asked to stop."""
    job.go_on()
    counter.expect(len(files))
    if counter.missed is not None:
        counter.missed.listed(files)


def _expected(works: Iterator[RecordWork], counter: OutcomeCounter) -> Iterator[RecordWork]:
    for work in works:
        counter.expect(len(work.files))
        yield work


def finish_request(job: SourceRun, request: RunRequest, counter: OutcomeCounter) -> None:
    """Do what comes after all work of an order: see `conclude`, and count what webhooks have missed.

    A plan of a few named records is none of the source: nobody has looked at the others.
    """
    if request.records and job.plan_only:
        return
    conclude(job, whole=request.whole)
    if counter.missed is not None:
        counter.summary.missed += counter.missed.conclude()


def conclude(job: SourceRun, *, whole: bool = True) -> None:
    """Remember that a source was planned or run with its present settings, and when it was written to its end."""
    ledger = job.ports.ledger
    ledger.confirm_source(job.spec.name, settings_hash(job.spec))
    remember_types(job.spec, target=job.ports.target, ledger=ledger)
    if whole and not job.plan_only and ledger.cursor(_caught_up(job)) is None:
        ledger.keep_cursor(
            _caught_up(job), {"at": job.ports.clock.now().isoformat(), "run": job.run_id}
        )
