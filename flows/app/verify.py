"""Run `verify` source by source, in batches that resume; and rebuild a lost ledger."""

import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flows.app.accounts.own_archive import require_archive
from flows.app.accounts.own_ledger import record_owner
from flows.app.source_runs import make_source_run, new_run_id, recorded_run, require_calls
from flows.app.sources import choose_sources, source_problems
from flows.app.wiring import AppContext
from flows.app.wiring.account import visible_tables
from flows.app.wiring.ports import open_archive, open_ledger
from flows.terminal.progress import RunProgress, SourceProgress, progress as shown_progress
from pipeline.context import SourceRun
from pipeline.metering.budget import Priority
from pipeline.metering.summary import Summary
from pipeline.model import SourceSpec
from pipeline.ports import Ledger
from pipeline.ports.ledger import VerifyProgress
from pipeline.settings import Settings
from pipeline.verify.cost import calls_to_compare
from pipeline.verify.differences import ADVICE, HARMLESS, Difference, DifferenceKind
from pipeline.verify.rebuild import Rebuilt, rebuild_ledger
from pipeline.verify.reconcile import compare_archive, compare_source, open_effects
from pipeline.verify.repair import repair as repair_difference
from pipeline.wording import counted

SHOWN = 1_000
"""Differences kept for the report; all are counted."""

_FIXED_CALLS = 2  # the token, and one to spare


@dataclass(slots=True)
class Verified:
    """What `verify` found.

    Attributes:
        expected_calls: Caspio calls that were forecast.
        lost_runs: Runs that died before, which this one is the first to record.
        counts: Differences by kind.
        shown: The first differences.
        repaired: Differences that were repaired, with what was done.
        left: Differences that are left, with what to do about each.
        unproven: Originals that were not read and of which the store has no checksum of its own:
            only their size was compared, and the digest that was noted with them.
        resumed: True if it continued where an earlier run stopped.
        complete: False if it stopped at a limit.
        stopped: What keeps runs from working on sources, by name. A source whose columns are wrong
            was not compared either.
    """

    run_id: str
    expected_calls: int
    lost_runs: Sequence[str] = ()
    counts: Counter[DifferenceKind] = field(default_factory=Counter)
    shown: list[Difference] = field(default_factory=list)
    repaired: list[tuple[Difference, str]] = field(default_factory=list)
    left: list[tuple[Difference, str]] = field(default_factory=list)
    files: int = 0
    unproven: int = 0
    resumed: bool = False
    complete: bool = True
    stopped: Mapping[str, list[str]] = field(default_factory=dict)

    def add(self, difference: Difference, run: SourceRun | None = None) -> None:
        """Count a difference; with `run` also repair it, if that is safe."""
        self.counts[difference.kind] += 1
        if len(self.shown) < SHOWN:
            self.shown.append(difference)
        is_repaired, action = False, ADVICE[difference.kind]
        if run is not None:
            is_repaired, action = repair_difference(difference, run)
        if is_repaired:
            self.repaired.append((difference, action))
        elif difference.kind not in HARMLESS:
            self.left.append((difference, action))

    @property
    def harm(self) -> int:
        """Count the differences that no user made and that were not repaired."""
        differing = sum(number for kind, number in self.counts.items() if kind not in HARMLESS)
        return differing - len(self.repaired)

    def as_json(self, calls: Mapping[str, int]) -> Mapping[str, Any]:
        """Return the document that `verify --json` prints."""
        return {
            "run_id": self.run_id,
            "lost_runs": list(self.lost_runs),
            "complete": self.complete,
            "sources_stopped": dict(self.stopped),
            "resumed": self.resumed,
            "differences": {kind.value: number for kind, number in sorted(self.counts.items())},
            "found": [
                {"kind": d.kind, "subject": d.subject, "detail": d.detail} for d in self.shown
            ],
            "repaired": [
                {"kind": d.kind, "subject": d.subject, "done": done} for d, done in self.repaired
            ],
            "plan": [{"kind": d.kind, "subject": d.subject, "do": what} for d, what in self.left],
            "originals_unproven": self.unproven,
            "caspio_calls": {"expected": self.expected_calls, "total": sum(calls.values())},
        }


@dataclass(slots=True)
class _Progress:
    """Which sources are compared, and how far the present one is; kept in the ledger."""

    ledger: Ledger
    sources: Sequence[str]
    now: VerifyProgress
    reads: bool

    @classmethod
    def load(
        cls, ledger: Ledger, specs: Sequence[SourceSpec], *, reads: bool
    ) -> tuple["_Progress", bool]:
        """Return the progress of an earlier run over the same sources, and whether there is one."""
        sources = [spec.name for spec in specs]
        kept = ledger.files.verify_progress(sources, reads=reads)
        return cls(ledger, sources, kept or VerifyProgress(), reads), kept is not None

    def keep(self, source: str, after: Sequence[str]) -> None:
        """Keep how far a source is compared."""
        self._save(VerifyProgress(self.now.done, source, tuple(after)))

    def finish(self, source: str) -> None:
        """Keep that a source is compared to its end."""
        self._save(VerifyProgress((*self.now.done, source)))

    def _save(self, progress: VerifyProgress) -> None:
        self.now = progress
        self.ledger.files.save_verify_progress(self.sources, progress, reads=self.reads)

    def end(self) -> None:
        """Keep that nothing is left to compare."""
        self.ledger.files.save_verify_progress(self.sources, None, reads=self.reads)


def verify(
    context: AppContext,
    *,
    sources: Sequence[str] = (),
    limit: int | None = None,
    repair: bool = False,
    read: bool = False,
    on_message: Callable[[str], None] = lambda _: None,
    watch: AbstractContextManager[RunProgress] | None = None,
) -> Verified:
    """Compare the sources, then the rest of the archive; continue where the last run stopped.

    With `limit`, stop after this many files; the next run continues there. With `read`, read every
    original and hash its bytes.
    """
    # Nobody waits for a comparison, so all other work comes before it.
    require_calls(context, Priority.REPROCESS)
    specs, stopped = comparable_sources(context, sources)
    ledger = context.ports.ledger
    progress, resumed = _Progress.load(ledger, specs, reads=read)
    summary = Summary(new_run_id(context))
    report = Verified(
        summary.run_id,
        forecast(context, specs, limit=limit),
        lost_runs=summary.lost_runs,
        resumed=resumed,
        stopped=stopped,
    )
    on_message(
        f"About {counted(report.expected_calls, 'Caspio call')}; each repair takes one more. "
        "Contents are read from the archive, not from Caspio."
    )
    named = [spec.name for spec in specs]
    with (
        recorded_run(context, "verify", summary, named) as leases,
        watch or shown_progress() as bars,
    ):
        for spec in specs:
            if spec.name in progress.now.done:
                continue
            run = make_source_run(context, spec, summary.run_id, yes=True, leases=leases)
            bar = bars.source(spec.name)
            if not compare_one(run, report, progress, limit=limit, repair=repair, bar=bar):
                report.complete = False
                return report
            progress.finish(spec.name)
        # What else is in the archive belongs to no source, so a run over named sources cannot judge
        # it.
        if not sources and len(specs) == len(context.settings.specs()):
            archive, folder = context.ports.archive, context.ports.work_dir
            for difference in compare_archive(archive, ledger, folder=folder):
                report.add(difference)
        progress.end()
    return report


def comparable_sources(
    context: AppContext, names: Sequence[str]
) -> tuple[Sequence[SourceSpec], Mapping[str, list[str]]]:
    """Return the sources that can be compared, and what stops sources, by name.

    A comparison writes nothing, so it needs the columns of a source, and not that it is accepted.

    Raises:
        BadSettings: a name is unknown, or no source can be compared.
    """
    chosen = choose_sources(context, names, accept_types=True)
    stopped = dict(chosen.stopped)
    for spec in chosen.specs:
        problems = source_problems(context, spec, accept_types=False)
        context.ports.ledger.files.save_stopped(spec.name, problems)
        if problems:
            stopped[spec.name] = problems
    return chosen.specs, stopped


def compare_one(
    run: SourceRun,
    report: Verified,
    progress: _Progress,
    *,
    limit: int | None,
    repair: bool,
    bar: SourceProgress,
) -> bool:
    """Compare one source; return False if the limit ended it."""
    room = None if limit is None else max(0, limit - report.files)
    if room == 0:
        return False
    repairing = run if repair else None
    after = progress.now.after if progress.now.source == run.spec.name else ()
    # Only at the start of a source: a run that continues has reported them already.
    if not after:
        for difference in open_effects(run):
            report.add(difference, repairing)
    before = report.files
    left = sum(run.ports.ledger.files.counts().get(run.spec.name, {}).values())
    bar.expect(left if room is None else min(left, room))
    read = progress.reads
    for batch in compare_source(run.spec, run.ports, after=after, limit=room, read=read):
        for difference in batch.differences:
            report.add(difference, repairing)
        report.files += batch.files
        report.unproven += batch.unproven
        bar.count(batch.files)
        # After the batch is counted: if the process dies here, the batch is compared again and not
        # missed.
        if batch.place:
            progress.keep(run.spec.name, batch.place)
        run.check_stop()
    bar.finish()
    return room is None or report.files - before < room


def forecast(context: AppContext, specs: Sequence[SourceSpec], *, limit: int | None) -> int:
    """Return about how many Caspio calls a comparison takes; finding it out takes at most one."""
    ledger, target = context.ports.ledger, context.ports.target
    counts = ledger.files.counts()
    has_folder = any(spec.folder is not None for spec in specs)
    tables = len(visible_tables(context.client)) if has_folder else 0
    total = _FIXED_CALLS + has_folder
    for spec in specs:
        files = sum(counts.get(spec.name, {}).values())
        table = spec.index.table if spec.index is not None else spec.container
        is_table = spec.folder is None or spec.index is not None
        total += calls_to_compare(
            spec,
            files=files if limit is None else min(files, limit),
            columns=target.columns(table, is_view=spec.view is not None) if is_table else {},
            states=ledger.files.states(source=spec.name),
            tables=tables,
        )
    return total


def rebuild(settings: Settings) -> Rebuilt:
    """Rebuild the ledger of the settings from their archive, without a call to Caspio."""
    with (
        open_ledger(settings) as ledger,
        tempfile.TemporaryDirectory() as name,
    ):
        archive, folder = open_archive(settings.archive), Path(name)
        require_archive(settings, archive, ledger, folder)
        record_owner(settings, ledger)
        return rebuild_ledger(archive, ledger, folder=folder)
