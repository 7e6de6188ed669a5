"""`plan`, `apply` and `undo`: all but the writing, kept as a file; exactly the writing it says; and back again."""

import hashlib
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from flows.app.drain import draining
from flows.app.execute import (
    OutcomeCounter,
    alone,
    choose_sources,
    conclude,
    make_job,
    new_run_id,
    prepare,
    recorded_run,
    require_sources,
    within_budget,
)
from flows.app.plan_page import write_page
from flows.app.run_report import Report
from flows.app.run_request import RunRequest
from flows.app.settings import load_settings
from flows.app.wiring import AppContext, connect
from flows.terminal.progress import Watch, progress
from pipeline.errors import BadSettings
from pipeline.metering.budget import Priority
from pipeline.metering.summary import Summary
from pipeline.model import Outcome, Place, Plan, ReadDocument, RecordWork, SourceSpec
from pipeline.plans.apply import PAGE, Due, apply_record, due_records
from pipeline.plans.plan_file import (
    Cost,
    Owner,
    PlanFile,
    PlannedRecord,
    PlanWriter,
    open_plan,
    planned_record,
    refuse_owner,
)
from pipeline.plans.undo import Undoing, undo_record, undone_by, with_listing
from pipeline.record import SourceRun
from pipeline.settings import Settings, settings_hash
from pipeline.source_run.recovery import recover_all
from pipeline.source_run.worker_pool import carry_all, work_all
from pipeline.steps.write_back import cost_of

SHOWN = 200
"""Records shown on a terminal; the file has all of them."""

_ROW_CALLS = 2  # a suggestion's row is looked for and inserted; one that stands already costs less


@dataclass(frozen=True, slots=True)
class PlanReport:
    """The report of a planning run, the plan it left, and its first records."""

    report: Report
    plan: PlanFile
    records: tuple[PlannedRecord, ...]

    @property
    def document(self) -> dict[str, Any]:
        """Return what `plan --json` prints."""
        plan = self.plan
        return {
            **self.report.document,
            "plan": {
                "file": str(plan.path),
                "id": plan.id,
                "records": plan.records,
                "caspio_calls": plan.cost.calls,
                "bytes": plan.cost.size_bytes,
            },
        }


def owner_of(
    settings: Settings, sources: Iterable[SourceSpec], *, run_id: str = "", made_at: str = ""
) -> Owner:
    """Say whose plan one made with these settings is; the client id enters as a digest only."""
    profile = hashlib.sha256(settings.client_id.get_secret_value().encode()).hexdigest()[:16]
    hashes = {spec.name: settings_hash(spec) for spec in sources}
    return Owner(settings.caspio.url, profile, hashes, run_id, made_at)


@dataclass(slots=True)
class _Collector:
    """Writes each plan into the file as it is made, with what it will cost. Safe from many threads."""

    writer: PlanWriter
    tables_with_files: Callable[[], int]
    pages: dict[str, list[int]] = field(default_factory=dict)
    lookups: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _tables: int | None = None

    def add(self, spec: SourceSpec, plan: Plan, documents: Sequence[ReadDocument]) -> None:
        """Write one record's plan; one that neither writes nor suggests anything is left out."""
        readable = [document for document in documents if document.findings.status.readable]
        if not readable:
            return
        with self._lock:
            sizes = {document.file.ref.version: document.file.size_bytes for document in readable}
            review_calls = (
                _ROW_CALLS * len(plan.suggestions) if spec.review and plan.work.record else 0
            )
            cost = cost_of(
                plan, sizes, look_calls=self._look_calls(spec, plan), review_calls=review_calls
            )
            self.writer.add(planned_record(plan, list(documents), cost=cost))
            renames = any(version in plan.new_names for version in sizes)
            self.lookups += (1 + renames) * sum(
                document.file.ref.path is not None for document in documents
            )
            fields = len({document.file.ref.field for document in documents})
            counted = self.pages.setdefault(spec.name, [0, 0, 0])
            counted[:] = [counted[0] + 1, counted[1] + renames, max(counted[2], fields)]

    def _look_calls(self, spec: SourceSpec, plan: Plan) -> int:
        moves = any(
            f.version in plan.new_names and f.place is not Place.ATTACHMENT for f in plan.work.files
        )
        if not moves:
            return 0
        if self._tables is None:
            self._tables = self.tables_with_files()
        return self._tables + (spec.index is not None)

    def listing(self) -> Cost:
        """Say about what listing the records before, and the renamed ones after, will cost."""
        pages = (
            (-(-records // PAGE) - (-renamed // PAGE)) * (1 + fields)
            for records, renamed, fields in self.pages.values()
        )
        return Cost(sum(pages) + self.lookups)


def plan_directly(
    config: Path, *, sources: Sequence[str], limit: int | None, file: Path | None, html: Path | None
) -> PlanReport:
    """Read and archive everything new or changed, and leave a plan of what would be written."""
    with connect(load_settings(config)) as context, draining(context.drain):
        return plan_sources(context, sources=sources, limit=limit, file=file, html=html)


def plan_sources(
    context: AppContext,
    *,
    sources: Sequence[str],
    limit: int | None,
    file: Path | None,
    html: Path | None,
    watch: AbstractContextManager[Watch] | None = None,
) -> PlanReport:
    """Do the same on what is connected already. Planning confirms no source: applying does."""
    ports = context.ports
    began = ports.clock.monotonic()
    summary = Summary(new_run_id(context))
    chosen = choose_sources(context, sources)
    summary.stopped |= chosen.stopped
    made_at = ports.clock.now().isoformat(timespec="seconds")
    owner = owner_of(context.settings, chosen.specs, run_id=summary.run_id, made_at=made_at)
    path = file or Path(f"plan-{summary.run_id}.jsonl")
    with (
        recorded_run(context, "plan", summary) as leases,
        _writer(path, owner) as writer,
        watch or progress() as bar,
    ):
        collector = _Collector(writer, lambda: len(ports.target.tables_with_files()))
        for spec in chosen.specs:
            shown = bar.source(spec.name)
            counter = OutcomeCounter(summary, shown.advance, on_found=shown.expect)
            job = _planning(
                make_job(context, spec, summary.run_id, yes=False, leases=leases), collector
            )
            with (
                alone(spec, summary),
                closing(prepare(context, job, counter, RunRequest(limit=limit))) as works,
            ):
                summary.held += work_all(works, job, observe=counter.add, threads=context.threads)
            shown.finish()
        plan = writer.finish(listing=collector.listing())
    if html is not None:
        write_page(plan, html, archive=ports.archive, work_dir=ports.work_dir)
    document = context.document(summary, began=began)
    report = Report(document, summary.failed, summary.planned, tuple(summary.shown()))
    return PlanReport(report, plan, tuple(islice(plan.each(), SHOWN)))


def _planning(job: SourceRun, collector: _Collector) -> SourceRun:
    def keep(plan: Plan, documents: Sequence[ReadDocument]) -> None:
        collector.add(job.spec, plan, documents)

    return replace(job, plan_only=True, on_plan=keep)


def _writer(path: Path, owner: Owner) -> PlanWriter:
    if not path.parent.is_dir():
        raise BadSettings(
            [
                f"There is no folder {path.parent} for the plan; make it, or name another file with -o."
            ]
        )
    return PlanWriter(path, owner)


def apply_directly(config: Path, file: Path, *, records: Sequence[str] = ()) -> Report:
    """Carry out a plan, or the named records of it."""
    with connect(load_settings(config)) as context, draining(context.drain):
        return apply_plan(context, file, records=records)


def apply_plan(
    context: AppContext,
    file: Path,
    *,
    records: Sequence[str] = (),
    leave_out: Sequence[str] = (),
    watch: AbstractContextManager[Watch] | None = None,
) -> Report:
    """Do the same on what is connected already; records to `leave_out` stay as they are.

    Raises:
        BadSettings: the plan was changed, or is another account's, or its sources' settings have changed since.
    """
    began = context.ports.clock.monotonic()
    plan = open_plan(file)
    specs = context.settings.specs()
    problems = refuse_owner(plan, owner_of(context.settings, specs.values())) + _unknown(
        plan, records
    )
    if problems:
        raise BadSettings(problems)
    summary = Summary(new_run_id(context))
    with recorded_run(context, "apply", summary) as leases, watch or progress() as bar:
        context.spending.priority = Priority.NEW
        for spec in require_sources(context, list(plan.owner.sources)):
            shown = bar.source(spec.name)
            counter = OutcomeCounter(summary, shown.advance, on_found=shown.expect)
            job = make_job(context, spec, summary.run_id, yes=True, leases=leases)
            recover_all(job)
            due = due_records(
                _chosen(plan, records, frozenset(leave_out)), job, expect=counter.expect
            )
            works = within_budget(context, due)
            act = partial(_apply_one, job)
            summary.held += carry_all(
                works, job, act=act, observe=counter.add, threads=context.threads
            )
            shown.finish()
            conclude(job, whole=False)
    document = {**context.document(summary, began=began), "plan": plan.id}
    return Report(document, summary.failed, summary.planned, tuple(summary.shown()))


def undo_directly(config: Path, run_id: str, *, records: Sequence[str] = ()) -> Report:
    """Put back what a run wrote and renamed, or only for the named records."""
    with connect(load_settings(config)) as context, draining(context.drain):
        return undo_run(context, run_id, records=records)


def undo_run(
    context: AppContext,
    run_id: str,
    *,
    records: Sequence[str] = (),
    watch: AbstractContextManager[Watch] | None = None,
) -> Report:
    """Do the same on what is connected already.

    Raises:
        BadSettings: the ledger knows nothing of such a run, or nothing it did to such records.
    """
    ledger, began = context.ports.ledger, context.ports.clock.monotonic()
    found = undone_by(ledger.effects(run_id=run_id), ledger, records=records)
    specs = context.settings.specs()
    problems = (
        [f"The ledger knows of nothing that run {run_id!r} changed there. See `status`."]
        if not found
        else []
    )
    problems += [
        f"Run {run_id!r} worked on source {name!r}, which the settings lack."
        for name in found.keys() - specs
    ]
    if problems:
        raise BadSettings(problems)
    summary = Summary(new_run_id(context))
    with recorded_run(context, "undo", summary) as leases, watch or progress() as bar:
        context.spending.priority = Priority.NEW
        for spec in require_sources(context, list(found)):
            shown = bar.source(spec.name)
            counter = OutcomeCounter(summary, shown.advance, on_found=shown.expect)
            job = make_job(context, spec, summary.run_id, yes=True, leases=leases)
            recover_all(job)
            works = within_budget(
                context, with_listing(found[spec.name], job, expect=counter.expect)
            )
            act = partial(_undo_one, job)
            summary.held += carry_all(
                works, job, act=act, observe=counter.add, threads=context.threads
            )
            shown.finish()
    document = {**context.document(summary, began=began), "undoes": run_id}
    return Report(document, summary.failed, summary.planned, tuple(summary.shown()))


def _apply_one(job: SourceRun, due: Due, fresh: RecordWork | None) -> list[Outcome]:
    with job.ports.telemetry.stage("write"):
        return apply_record(due, job, fresh=fresh)


def _undo_one(job: SourceRun, undoing: Undoing, fresh: RecordWork | None) -> list[Outcome]:
    with job.ports.telemetry.stage("write"):
        return undo_record(undoing, job, fresh=fresh)


def _chosen(
    plan: PlanFile, records: Sequence[str], leave_out: Collection[str]
) -> Iterator[PlannedRecord]:
    chosen = (record for record in plan.each() if not records or record.key in records)
    return (record for record in chosen if record.key not in leave_out)


def _unknown(plan: PlanFile, records: Sequence[str]) -> list[str]:
    if not records:
        return []
    keys = {record.key for record in plan.each()}
    return [
        f"{plan.path} plans nothing for a record {key!r}." for key in records if key not in keys
    ]
