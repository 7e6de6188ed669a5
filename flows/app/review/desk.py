"""Carry out decisions of users at once, as one run of the ledger that lasts as long as the page."""

import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from flows.app.accounts.own_archive import own_archive
from flows.app.review.conflicts import decide_conflict, open_conflict_again
from flows.app.source_runs import make_source_run, new_run_id, recorded_run, require_archive
from flows.app.wiring import AppContext
from pipeline.context import SourceRun
from pipeline.decide.column_values import same
from pipeline.decide.ownership import DECISION_KINDS, undone
from pipeline.errors import BadSettings, LeaseLost, StopRun, TryLater, raise_problems
from pipeline.metering.budget import Priority
from pipeline.metering.summary import Summary
from pipeline.model import (
    Effect,
    EffectState,
    FileRef,
    Outcome,
    RecordWork,
    Status,
    Value,
)
from pipeline.model.review import Decider, ReviewItem, ReviewState
from pipeline.model.sync import is_sync
from pipeline.plans.undo import effects_by_record, undo_record, with_listing
from pipeline.ports.ledger import EffectLedger
from pipeline.source_run.checks import blocked
from pipeline.source_run.leases import Leases
from pipeline.source_run.recovery import settle_effects
from pipeline.steps.write_back import (
    NotDecided,
    ReviewChoice,
    WriteContext,
    decide_on_page,
    open_again,
    write_context,
)

REVIEW_RUN = "review"
"""The kind of a run that decisions are made in. They are taken back by the desk, one by one."""

Connect = Callable[[], AbstractContextManager[AppContext]]


@dataclass(slots=True)
class _Opened:
    """A connected account, and the run that decisions are made in."""

    context: AppContext
    leases: Leases
    summary: Summary
    stack: ExitStack


@dataclass(slots=True)
class ReviewDesk:
    """Decides one suggestion at a time. It connects with the first one. Safe from many threads."""

    connect: Connect
    decider: Decider = Decider.USER
    _opened: _Opened | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def decide(self, item: ReviewItem, choice: ReviewChoice, text: str = "") -> str:
        """Carry out a decision; return "" or what changed in the record, which stays as it is.

        Raises:
            NotDecided: the decision does not fit, or was made by somebody else.
            IngestError: nothing was decided; the message says what to do.
        """
        if is_sync(item.source):
            with self._in_ledger(item) as (ledger, run_id):
                decide_conflict(item, choice, ledger, decider=self.decider, run_id=run_id)
            return ""
        with self._at_work(item) as (run, ref, context):
            _refuse_changed(item, run.ports.ledger.effects)
            now = run.ports.clock.now()
            changes = decide_on_page(item, choice, text, context, now=now, decider=self.decider)
            if choice in {ReviewChoice.ACCEPT, ReviewChoice.CORRECT}:
                status = Status.CONFLICT if changes else Status.DONE
                if self._opened is not None:
                    self._opened.summary.add(Outcome(ref, status, changes))
            return changes

    def take_back(self, item: ReviewItem) -> str:
        """Undo the decision on a suggestion, so that it waits again; return "" or what was left.

        Raises:
            NotDecided: there is nothing to undo.
            IngestError: nothing was undone; the message says what to do.
        """
        if item.state not in {ReviewState.ACCEPTED, ReviewState.REJECTED}:
            raise NotDecided(f"{item.suggestion.column} is {item.state}: there is nothing to undo.")
        if is_sync(item.source):
            with self._in_ledger(item) as (ledger, run_id):
                open_conflict_again(item, ledger, run_id=run_id)
            return ""
        with self._at_work(item) as (run, _, context):
            _refuse_changed(item, run.ports.ledger.effects)
            left = ""
            effect = decided_effect(item, run.ports.ledger.effects)
            if item.state is ReviewState.ACCEPTED and effect is not None:
                # Its manifest says what was taken back. A decision alone needs no archive.
                require_archive(self._open().context)
                left = _undo(effect, run)
            row = run.ports.target.read(item.record, [item.suggestion.column])
            if row is None:
                raise NotDecided("The record was deleted.")
            if not left and _holds_suggested(item, row, run):
                raise NotDecided(
                    f"{item.suggestion.column} holds {item.suggestion.suggested}, as it was read, "
                    "and not by this decision: there is nothing to decide again."
                )
            if not left:
                open_again(item, row[item.suggestion.column], context)
            return left

    @property
    def run_id(self) -> str:
        """Name the run that decisions are made in, "" before the first one."""
        return self._opened.summary.run_id if self._opened is not None else ""

    def close(self) -> None:
        """End the run, if there was a decision."""
        with self._lock:
            self._end()

    @contextmanager
    def _in_ledger(self, item: ReviewItem) -> Iterator[tuple[EffectLedger, str]]:
        """Give the ledger for a decision that writes to no record now, and the run's id."""
        with self._lock:
            opened = self._open()
            try:
                ledger = opened.context.ports.ledger.effects
                _refuse_changed(item, ledger)
                yield ledger, opened.summary.run_id
            except StopRun:
                self._end()
                raise

    @contextmanager
    def _at_work(self, item: ReviewItem) -> Iterator[tuple[SourceRun, FileRef, WriteContext]]:
        """Lease the record of a suggestion, and settle what a dead worker left open on it."""
        with self._lock:
            opened = self._open()
            try:
                with self._leased(item, opened) as work:
                    yield work
            except (LeaseLost, StopRun):
                # The next decision begins another run.
                self._end()
                raise

    @contextmanager
    def _leased(
        self, item: ReviewItem, opened: _Opened
    ) -> Iterator[tuple[SourceRun, FileRef, WriteContext]]:
        context, leases = opened.context, opened.leases
        spec = context.settings.specs().get(item.source)
        state = context.ports.ledger.files.state(item.version)
        if spec is None or state is None:
            problem = f"The settings have no source {item.source!r} any more."
            raise BadSettings([problem])
        problems = list(blocked(spec, context.ports.ledger))
        raise_problems(problems)
        context.spending.require()
        run = make_source_run(context, spec, opened.summary.run_id, yes=True, leases=leases)
        work = RecordWork(item.source, item.record, {}, (state.ref,))
        if not leases.acquire([work])[0]:
            raise TryLater(
                "A run works on this record at the moment. Decide again in a few seconds."
            )
        try:
            ledger, folder = context.ports.ledger, context.ports.work_dir
            settle_effects(replace(run, leases=None), ledger.effects.open([item.version]))
            with tempfile.TemporaryDirectory(dir=folder) as name:
                yield run, state.ref, write_context(work, run, Path(name))
        finally:
            leases.release(work)
            leases.acquire([])  # frees it now, and not with the next decision

    def _open(self) -> _Opened:
        if self._opened is None:
            with ExitStack() as stack:
                context = stack.enter_context(self.connect())
                archive = own_archive(context.settings, context.ports.archive, context.ports.ledger)
                context = replace(context, ports=replace(context.ports, archive=archive))
                # A user waits for it, as for new work.
                context.spending.priority = Priority.NEW
                summary = Summary(new_run_id(context))
                run = recorded_run(context, REVIEW_RUN, summary, needs_archive=False)
                leases = stack.enter_context(run)
                self._opened = _Opened(context, leases, summary, stack.pop_all())
        return self._opened

    def _end(self) -> None:
        opened, self._opened = self._opened, None
        if opened is not None:
            opened.stack.close()


def _refuse_changed(item: ReviewItem, ledger: EffectLedger) -> None:
    """Refuse a decision on a suggestion that is not any more as the user saw it."""
    record = (item.record.container, item.record.pk)
    kept = {one.key: one for one in ledger.review_items(item.source, record)}
    now = kept.get(item.key)
    if now is None or (now.state, now.suggestion) != (item.state, item.suggestion):
        raise NotDecided(
            f"What is suggested for {item.suggestion.column} has changed. Look at it again."
        )


def _holds_suggested(item: ReviewItem, row: Mapping[str, Value], run: SourceRun) -> bool:
    """Say whether a record holds what is suggested for it, whoever has written it."""
    record, name = item.record, item.suggestion.column
    column = run.ports.target.columns(record.container, is_view=record.is_view).get(name)
    return column is not None and same(row[name], item.suggestion.suggested, column)


def decided_effect(item: ReviewItem, ledger: EffectLedger) -> Effect | None:
    """Return the write of the last decision on a suggestion, None if nothing was written."""
    record, column = (item.record.container, item.record.pk), item.suggestion.column
    found = [
        effect
        for effect in ledger.find(record=record)
        if effect.kind in DECISION_KINDS
        and effect.state in {EffectState.APPLIED, EffectState.VERIFIED}
        and column in effect.after
    ]
    # A write that was taken back is not that of a later decision, which may have written nothing.
    taken_back = undone(ledger.undoing([effect.id for effect in found]))
    found = [effect for effect in found if (effect.id, column) not in taken_back]
    return found[-1] if found else None


def _undo(effect: Effect, run: SourceRun) -> str:
    """Undo one write; return "" or what was left alone and why."""
    grouped = effects_by_record([effect], run.ports.ledger)
    outcomes = [
        outcome
        for _, one in with_listing(grouped[run.spec.name], run)
        for outcome in undo_record(one, run)
    ]
    return "; ".join(one.reason for one in outcomes if one.status is Status.PARTIAL)
