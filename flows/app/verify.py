"""Run `verify`: source by source, batch by batch, with the place kept in the ledger; and rebuild a ledger."""

import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flows.app.source_runs import make_source_run, new_run_id, recorded_run
from flows.app.sources import require_sources
from flows.app.wiring import AppContext, open_archive, open_ledger
from pipeline.adapters.system_clock import SystemClock
from pipeline.metering.budget import Priority, calls_to_list
from pipeline.metering.summary import Summary
from pipeline.model import SourceSpec
from pipeline.ports import Ledger
from pipeline.record import SourceRun
from pipeline.settings import Settings
from pipeline.verify.reconcile import (
    ADVICE,
    HARMLESS,
    Difference,
    Kind,
    Rebuilt,
    compare_archive,
    compare_source,
    open_effects,
    rebuild_ledger,
)
from pipeline.verify.repair import repair

SHOWN = 1_000
"""Differences kept for the report; all are counted."""

_FIXED_CALLS = 3  # token, schema, and one to spare


@dataclass(slots=True)
class Verified:
    """What `verify` found: counts by kind, the first differences, what was mended and what is left to do."""

    run_id: str
    expected_calls: int
    counts: Counter[Kind] = field(default_factory=Counter)
    shown: list[Difference] = field(default_factory=list)
    repaired: list[tuple[Difference, str]] = field(default_factory=list)
    left: list[tuple[Difference, str]] = field(default_factory=list)
    files: int = 0
    resumed: bool = False
    complete: bool = True

    def add(self, difference: Difference) -> None:
        """Count one."""
        self.counts[difference.kind] += 1
        if len(self.shown) < SHOWN:
            self.shown.append(difference)

    @property
    def harm(self) -> int:
        """Count what differs, is not a person's doing, and was not mended."""
        differing = sum(number for kind, number in self.counts.items() if kind not in HARMLESS)
        return differing - len(self.repaired)

    def as_json(self, calls: Mapping[str, int]) -> Mapping[str, Any]:
        """Return the document that `verify --json` prints."""
        return {
            "run_id": self.run_id,
            "complete": self.complete,
            "resumed": self.resumed,
            "differences": {kind.value: number for kind, number in sorted(self.counts.items())},
            "found": [
                {"kind": d.kind, "subject": d.subject, "detail": d.detail} for d in self.shown
            ],
            "repaired": [
                {"kind": d.kind, "subject": d.subject, "done": done} for d, done in self.repaired
            ],
            "plan": [{"kind": d.kind, "subject": d.subject, "do": what} for d, what in self.left],
            "caspio_calls": {"expected": self.expected_calls, "total": sum(calls.values())},
        }


def verify(
    context: AppContext,
    *,
    sources: Sequence[str] = (),
    limit: int | None = None,
    mend: bool = False,
    tell: Callable[[str], None] = lambda _: None,
) -> Verified:
    """Compare the sources one after the other, then what the archive holds besides; go on where the last one stopped.

    With `limit` it stops after so many files and goes on there the next time.
    """
    specs = require_sources(context, sources)
    ledger = context.ports.ledger
    context.spending.priority = Priority.REPROCESS
    name = f"verify: {' '.join(spec.name for spec in specs)}"
    kept = ledger.cursor(name) or {}
    summary = Summary(new_run_id(context))
    report = Verified(summary.run_id, forecast(specs, ledger, limit=limit), resumed=bool(kept))
    tell(
        f"About {report.expected_calls:,} Caspio calls; repairs take one each. The archive is read, not Caspio."
    )
    with recorded_run(context, "verify", summary) as leases:
        for spec in specs:
            if spec.name in kept.get("done", []):
                continue
            run = make_source_run(context, spec, summary.run_id, yes=True, leases=leases)
            if not _one_source(run, report, kept, name, limit=limit, mend=mend):
                report.complete = False
                return report
            kept = {"done": [*kept.get("done", []), spec.name]}
            ledger.keep_cursor(name, kept)
        if not sources:
            for difference in compare_archive(
                context.ports.archive, ledger, folder=context.ports.work_dir
            ):
                _take(difference, None, report)
        ledger.keep_cursor(name, None)
    return report


def _one_source(
    run: SourceRun,
    report: Verified,
    kept: Mapping[str, Any],
    name: str,
    *,
    limit: int | None,
    mend: bool,
) -> bool:
    """Compare one source; say whether it was compared to its end."""
    ledger, spec = run.ports.ledger, run.spec
    after = kept.get("after", []) if kept.get("source") == spec.name else []
    room = None if limit is None else max(0, limit - report.files)
    if room == 0:
        return False
    if not after:
        for difference in open_effects(run):
            _take(difference, run if mend else None, report)
    before = report.files
    for batch in compare_source(spec, run.ports, after=after, limit=room):
        for difference in batch.differences:
            _take(difference, run if mend else None, report)
        report.files += batch.files
        if batch.place:
            ledger.keep_cursor(
                name,
                {"done": kept.get("done", []), "source": spec.name, "after": list(batch.place)},
            )
        run.go_on()
    return room is None or report.files - before < room


def _take(difference: Difference, run: SourceRun | None, report: Verified) -> None:
    """Count a difference, and mend it or put it on the plan."""
    report.add(difference)
    done, what = repair(difference, run) if run is not None else (False, ADVICE[difference.kind])
    if done:
        report.repaired.append((difference, what))
    elif difference.kind not in HARMLESS:
        report.left.append((difference, what))


def forecast(specs: Iterable[SourceSpec], ledger: Ledger, *, limit: int | None) -> int:
    """Return about how many calls comparing takes, as far as the ledger knows the sources."""
    counts = ledger.counts()
    total = _FIXED_CALLS
    for spec in specs:
        files = sum(counts.get(spec.name, {}).values())
        fields = 0 if spec.folder is not None else max(1, len(spec.fields))
        total += calls_to_list(
            files if limit is None else min(files, limit), attachment_fields=fields
        )
    return total


def rebuild(settings: Settings) -> Rebuilt:
    """Rebuild the ledger of the settings from their archive; Caspio is not asked."""
    with (
        open_ledger(settings, clock=SystemClock()) as ledger,
        tempfile.TemporaryDirectory() as name,
    ):
        return rebuild_ledger(open_archive(settings.archive), ledger, folder=Path(name))
