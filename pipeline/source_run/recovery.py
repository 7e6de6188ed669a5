"""Before the work: settle what killed runs left open, and carry out what users have decided."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import compress
from posixpath import basename

from pipeline.context import SourceRun
from pipeline.model import Effect, EffectKind, EffectState, FileRef, Outcome, RecordWork, Status
from pipeline.model.review import ReviewItem
from pipeline.ports import Ledger
from pipeline.source_run.renames import RenameTracker
from pipeline.steps.write_back import (
    WriteContext,
    add_missing_rows,
    carry_out_decisions,
    recover,
    write_context,
)


def recover_all(run: SourceRun) -> int:
    """Settle what killed runs left open, not what living workers do; return how many effects."""
    ledger = run.ports.ledger
    living = ledger.leases.live_workers(asking=run.run_id) - {run.run_id}
    return settle_effects(
        run, [effect for effect in ledger.effects.open() if effect.run_id not in living]
    )


def settle_effects(run: SourceRun, effects: Sequence[Effect]) -> int:
    """Settle effects on files of this source, unless another worker is just doing so."""
    by_version: dict[str, list[Effect]] = {}
    for effect in effects:
        by_version.setdefault(effect.version, []).append(effect)
    states = [run.ports.ledger.files.state(version) for version in by_version]
    works = [
        RecordWork(run.spec.name, state.ref.record, {}, (state.ref,))
        for state in states
        if state is not None and run.owns(state.ref)
    ]
    # Two runs that start together would both finish the same move: the lease lets one do it.
    if run.leases is not None and works:
        works = list(compress(works, run.leases.acquire(works)))
    try:
        refs = [work.files[0] for work in works]
        # Each effect names its own table; the source says which columns of it are a guard.
        context = WriteContext(run, {}, run.ports.work_dir)
        settled = 0
        for ref in refs:
            effects = by_version[ref.version]
            settled += recover(context, effects, may_write=not run.plan_only)
        record_past_renames(run, refs)
        return settled
    finally:
        run.release(works)


def record_past_renames(run: SourceRun, refs: Sequence[FileRef]) -> None:
    """Record the new versions of files that a dead run has renamed."""
    # The records are released by the caller, so the tracker must not release them.
    tracker = RenameTracker(replace(run, leases=None))
    for ref in refs:
        name = given_name(ref, run.ports.ledger)
        if name is not None:
            work = RecordWork(ref.source, ref.record, {}, (ref,))
            tracker.add(work, [Outcome(ref, Status.DONE, new_name=name)])
    tracker.flush()


def given_name(ref: FileRef, ledger: Ledger) -> str | None:
    """Return the name that a rename in effect has given to a file, None if there is none."""
    if ref.path is not None:
        path = ledger.effects.moved_to(ref.path)
        return basename(path) if path else None
    names = [
        str(effect.after["name"])
        for effect in ledger.effects.find(version=ref.version)
        if effect.kind is EffectKind.RENAME_ATTACHMENT and effect.state is EffectState.VERIFIED
    ]
    return names[-1] if names else None


def review_decisions(run: SourceRun) -> Iterator[Outcome]:
    """Carry out what users have decided in the review table; nothing where the run only plans."""
    if not run.plan_only:
        yield from carry_out_decisions(_context(run), now=run.ports.clock.now())


def fill_review_table(run: SourceRun) -> Iterator[ReviewItem]:
    """Fill a review table that was added later from the ledger; nothing where the run only plans.

    No document is read. Yields after each row, so that a caller can end the work in between.
    """
    if not run.plan_only:
        yield from add_missing_rows(_context(run), run.spec.columns)


def _context(run: SourceRun) -> WriteContext:
    return write_context(RecordWork(run.spec.name, None, {}, ()), run, run.ports.work_dir)
