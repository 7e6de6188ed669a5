"""`plan`: read and archive everything new or changed, and write a plan. Nothing is changed."""

import hashlib
import posixpath
import threading
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

from flows.app.direct import DirectRunner
from flows.app.not_planned import NotPlanned, not_planned
from flows.app.plan_page import write_page
from flows.app.run_report import Report
from flows.app.run_request import RunRequest
from flows.app.source_runs import (
    make_source_run,
    new_run_id,
    recorded_run,
    require_calls,
    run_source,
)
from flows.app.sources import choose_sources
from flows.app.wiring import AppContext, connected
from flows.terminal.progress import RunProgress, progress
from pipeline.context import SourceRun
from pipeline.decide.fingerprint import settings_hash
from pipeline.errors import BadSettings
from pipeline.looks import LOOKED_AT_ONCE, are_shared
from pipeline.metering import prices
from pipeline.metering.summary import Summary
from pipeline.model import Place, Plan, ReadDocument, SourceSpec
from pipeline.plans.apply import PAGE
from pipeline.plans.plan_file import PlanFile, PlannedRecord, PlanOwner, PlanWriter, planned_record
from pipeline.ports import RecordTarget
from pipeline.settings import Settings
from pipeline.source_run.selection import Selection
from pipeline.steps.write_back import Cost, cost_of

SHOWN = 200
"""Records shown on a terminal; the file has all of them."""

_FEW_AT_ONCE = 5  # files of a folder that a listing looks up one by one
_ROW_CALLS = 2  # one call looks for a suggestion's row, one inserts it; an existing row costs one


@dataclass(frozen=True, slots=True)
class PlanReport:
    """The report of a planning run, the plan it wrote, its first records, and what it lacks."""

    report: Report
    plan: PlanFile
    records: tuple[PlannedRecord, ...]
    left_out: NotPlanned = field(default_factory=NotPlanned)

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
                "left_out": list(self.left_out.reasons),
            },
        }


def owner_of(
    settings: Settings,
    sources: Iterable[SourceSpec],
    *,
    run_id: str = "",
    made_at: str = "",
    flow_run: str = "",
) -> PlanOwner:
    """Return whose plan one made with these settings is; the client id is stored as a digest."""
    # A plan is passed around, so it has no credentials in it; 64 bits distinguish all profiles of
    # an account.
    profile = hashlib.sha256(settings.client_id.get_secret_value().encode()).hexdigest()[:16]
    hashes = {spec.name: settings_hash(spec) for spec in sources}
    return PlanOwner(settings.caspio.url, profile, hashes, run_id, made_at, flow_run)


@dataclass(slots=True)
class _Listed:
    """How many records a source's plan has, to forecast what they share when it is applied."""

    spec: SourceSpec
    records: int = 0
    renamed: int = 0
    fields: int = 0
    names: Counter[tuple[int, str]] = field(default_factory=Counter)
    """Names that are given, by the page of records that is applied together, and field."""
    lookups: Counter[tuple[str, int, str]] = field(default_factory=Counter)
    """Files of the Files area, by "before" or "after" a rename, page and folder."""
    tables: int = 1
    """Tables that are asked for the rows of a page."""
    moved: list[str] = field(default_factory=list)
    """Files of the Files area that are moved, by their paths before."""
    shares_looks: bool = True

    def add(self, plan: Plan, *, renamed: bool) -> None:
        """Count one record; `renamed` says whether a file of it gets a name."""
        page, page_after = self.records // PAGE, self.renamed // PAGE
        in_folders = [
            (ref.version, posixpath.dirname(ref.path)) for ref in plan.work.files if ref.path
        ]
        for version, folder in in_folders:
            self.lookups["before", page, folder] += 1
            # What was renamed is listed again, as many files at a time.
            self.lookups["after", page_after, folder] += version in plan.new_names
        self.moved += [
            ref.path for ref in plan.work.files if ref.path and ref.version in plan.new_names
        ]
        self.names.update((page, name) for name in named_fields(plan))
        attached = {ref.field for ref in plan.work.files if ref.place is Place.ATTACHMENT}
        self.fields = max(self.fields, len(attached))
        self.records += 1
        self.renamed += renamed

    @property
    def name_calls(self) -> int:
        """Return how many calls look at attachments before they are renamed."""
        at_once = LOOKED_AT_ONCE if self.shares_looks else 1
        looks = sum(prices.rename_looks(n, at_once=at_once) for n in self.names.values())
        return looks + prices.FIRST_NAME * len({name for _, name in self.names})

    @property
    def file_calls(self) -> int:
        """Return how many calls look up files of the Files area: a few one by one, many by folder.

        A folder of more than a thousand files takes a call for each thousand, which no plan knows.
        """
        return sum(number if number <= _FEW_AT_ONCE else 1 for number in self.lookups.values())


@dataclass(slots=True)
class _Collector:
    """Writes each plan to the file as it is made, with its forecast of calls. Thread-safe."""

    writer: PlanWriter
    target: RecordTarget
    shares_looks: bool
    listed: dict[str, _Listed] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, spec: SourceSpec, plan: Plan, documents: Sequence[ReadDocument]) -> None:
        """Write one record's plan; a record without a readable document is left out."""
        readable = [document for document in documents if document.findings.status.readable]
        if not readable:
            return
        has_rows = spec.review is not None and plan.work.record is not None
        review_calls = _ROW_CALLS * len(plan.suggestions) if has_rows else 0
        sizes = {document.file.ref.version: document.file.size_bytes for document in readable}
        renamed = any(version in plan.new_names for version in sizes)
        with self._lock:
            cost = cost_of(plan, sizes, review_calls=review_calls)
            self.writer.add(planned_record(plan, list(documents), cost=cost))
            listed = self.listed.get(spec.name)
            if listed is None:
                listed = self.listed[spec.name] = _Listed(
                    spec, tables=self.tables_listed(spec), shares_looks=self.shares_looks
                )
            listed.add(plan, renamed=renamed)

    def _move_calls(self, listed: _Listed) -> int:
        """Return how many calls the moves of a source share."""
        index = listed.spec.index
        where = None if index is None else (index.table, index.path_column)
        return prices.shared_by_moves(
            listed.moved, referrer_calls=lambda paths: self.target.referrer_calls(paths, where)
        )

    def tables_listed(self, spec: SourceSpec) -> int:
        """Return how many calls list the rows of a page: a folder's files have theirs anywhere."""
        if spec.folder is None:
            return 1
        fields: set[tuple[str, str]] = set()
        for table in self.target.tables_with_files():
            columns = self.target.columns(table, is_view=False)
            if spec.columns.keys() <= columns.keys():
                fields |= {(table, c.name) for c in columns.values() if c.type.upper() == "FILE"}
        if spec.index is not None and spec.index.table not in {table for table, _ in fields}:
            fields.add((spec.index.table, spec.index.path_column))
        return len(fields)

    def listing(self) -> Cost:
        """Forecast the calls that records share: listings, looks before renames and moves."""
        calls = 0
        for listed in self.listed.values():
            pages = -(-listed.records // PAGE) - (-listed.renamed // PAGE)  # both rounded up
            calls += pages * (listed.tables + listed.fields) + listed.file_calls
            calls += listed.name_calls + self._move_calls(listed)
        return Cost(calls)


def named_fields(plan: Plan) -> set[str]:
    """Return the ATTACHMENT fields in which a plan gives names."""
    return {
        ref.field
        for ref in plan.work.files
        if ref.version in plan.new_names and ref.place is Place.ATTACHMENT
    }


def plan_directly(
    config: Path,
    *,
    sources: Sequence[str],
    records: Sequence[str] = (),
    limit: int | None,
    file: Path | None,
    html: Path | None,
) -> PlanReport:
    """Read and archive everything new or changed, and write a plan of what would be written.

    With `records`, only these of the one source that is named.
    """
    with connected(config) as context:
        return plan_sources(
            context, sources=sources, records=records, limit=limit, file=file, html=html
        )


def plan_sources(
    context: AppContext,
    *,
    sources: Sequence[str],
    limit: int | None,
    file: Path | None,
    html: Path | None,
    records: Sequence[str] = (),
    selection: Selection | None = None,
    flow_run: str = "",
    watch: AbstractContextManager[RunProgress] | None = None,
) -> PlanReport:
    """Plan the sources of a connected account. Planning confirms no source; applying does.

    With `records`, only what is new or changed of these; with a `selection`, what it names again.
    `flow_run` is the Prefect run that the plan is made for, "" for none.
    """
    # As a dry run, a request confirms no source.
    request = RunRequest(tuple(records), selection, limit, dry_run=True)
    require_calls(context, request.priority, sources)
    ports = context.ports
    started = ports.clock.monotonic()
    summary = Summary(new_run_id(context))
    chosen = choose_sources(context, sources)
    summary.stopped |= chosen.stopped
    made_at = ports.clock.now().isoformat(timespec="seconds")
    owner = owner_of(
        context.settings,
        chosen.specs,
        run_id=summary.run_id,
        made_at=made_at,
        flow_run=flow_run,
    )
    path = file or Path(f"plan-{summary.run_id}.jsonl")
    # Before anything is read: hours of reading would be lost if the plan could not be written.
    if not path.parent.is_dir():
        raise BadSettings(
            [f"There is no folder {path.parent} for the plan. Create it, or name a file with -o."]
        )
    with (
        recorded_run(context, "plan", summary, list(owner.sources)) as leases,
        PlanWriter(path, owner, ports.ledger.effects.plan_key()) as writer,
        watch or progress() as bars,
    ):
        collector = _Collector(
            writer, ports.target, are_shared(context.settings.caspio.calls_per_second)
        )
        runner = DirectRunner(bars, context.threads)
        for spec in chosen.specs:
            run = make_source_run(
                context, spec, summary.run_id, yes=False, selection=selection, leases=leases
            )
            planning = _planning(run, collector)
            run_source(planning, request, context=context, summary=summary, runner=runner)
        plan = writer.finish(listing=collector.listing())
    left_out = not_planned(summary, limit=limit)
    if html is not None:
        write_page(plan, html, left_out=left_out, archive=ports.archive, work_dir=ports.work_dir)
    report = Report.of(summary, context.document(summary, started=started))
    return PlanReport(report, plan, tuple(islice(plan.each(), SHOWN)), left_out)


def _planning(run: SourceRun, collector: _Collector) -> SourceRun:
    # A function for each run: in the loop, every source would be planned as the last one.
    def keep(plan: Plan, documents: Sequence[ReadDocument]) -> None:
        collector.add(run.spec, plan, documents)

    return replace(run, plan_only=True, on_plan=keep)
