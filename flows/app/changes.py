"""`apply` and `undo`: carry out exactly what a plan says, and put back what a run changed."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import TypeVar

from flows.app.plan import owner_of
from flows.app.review.desk import REVIEW_RUN
from flows.app.run_report import Report
from flows.app.source_runs import (
    OutcomeCounter,
    conclude,
    make_source_run,
    new_run_id,
    recorded_run,
    within_budget,
)
from flows.app.sources import require_sources
from flows.app.wiring import AppContext, connected
from flows.terminal.progress import RunProgress, progress
from pipeline.context import SourceRun
from pipeline.errors import BadSettings, raise_problems
from pipeline.metering.budget import Priority
from pipeline.metering.summary import Summary
from pipeline.model import Outcome, RecordWork
from pipeline.model.users import AuditEntry
from pipeline.plans.apply import DueRecord, apply_record, due_records, is_carried_out
from pipeline.plans.plan_file import PlanFile, PlannedRecord, open_plan, refuse_owner
from pipeline.plans.refusals import CurrentRefusals, name_of
from pipeline.plans.undo import RunEffects, effects_by_record, undo_record, with_listing
from pipeline.ports import Ledger
from pipeline.source_run.recovery import recover_all
from pipeline.source_run.worker_pool import act_on_each

T = TypeVar("T")

REDO_RUN = "redo"
"""The kind of a run that writes again what an undo put back."""

_NOT_SHOWN = (
    "{} is not the plan that was shown: another one has taken its place. Nothing was written. "
    "Make a new plan and decide on that."
)


def _change_sources(
    context: AppContext,
    kind: str,
    sources: Sequence[str],
    summary: Summary,
    *,
    items: Callable[[SourceRun, OutcomeCounter], Iterable[tuple[RecordWork, T]]],
    change: Callable[[T, SourceRun, RecordWork | None], list[Outcome]],
    watch: AbstractContextManager[RunProgress] | None,
    done: Callable[[SourceRun], None] = lambda _: None,
) -> None:
    """Change records source by source, as one run of the ledger.

    `items` lists what is to be changed in a source: each record with its change. `change` changes
    one record; its last argument is the record listed again, where a worker that died had left
    something open on it. `done` is called after each source.
    """
    with recorded_run(context, kind, summary, sources) as leases, watch or progress() as bars:
        # A user waits for it, as for new work.
        context.spending.priority = Priority.NEW
        for spec in require_sources(context, sources):
            bar = bars.source(spec.name)
            counter = OutcomeCounter(summary, bar.advance, on_found=bar.expect)
            # The operator has approved these very changes, so no source is only planned.
            run = make_source_run(context, spec, summary.run_id, yes=True, leases=leases)
            # The plan knows nothing of a change that an earlier run left open, so it is settled
            # first.
            recover_all(run)

            def act(item: T, fresh: RecordWork | None, run: SourceRun = run) -> list[Outcome]:
                with run.ports.telemetry.stage("write"):
                    return change(item, run, fresh)

            summary.leased_elsewhere += act_on_each(
                within_budget(context, iter(items(run, counter))),
                run,
                act=act,
                observe=counter.add,
                threads=context.threads,
            )
            bar.finish()
            done(run)
        # Only the records of the plan were looked at, and none was acknowledged meanwhile.
        summary.needs_a_user = summary.failed


def apply_directly(
    config: Path, file: Path, *, sources: Sequence[str] = (), records: Sequence[str] = ()
) -> Report:
    """Carry out a plan, or only the named sources and records of it."""
    with connected(config) as context:
        return apply_plan(context, file, sources=sources, records=records)


def apply_plan(
    context: AppContext,
    file: Path,
    *,
    sources: Sequence[str] = (),
    records: Sequence[str] = (),
    leave_out: Sequence[str] = (),
    seal: str | None = None,
    run_id: str = "",
    watch: AbstractContextManager[RunProgress] | None = None,
) -> Report:
    """Carry out a plan on a connected account.

    Records to `leave_out`, and those that users have refused on the page, stay as they are. With
    `seal`, no other plan than the one with this seal is carried out. `run_id` is that of the run,
    "" for a new one.

    Raises:
        BadSettings: the plan was changed, was sealed by another installation, belongs to another
            account, is not the one that was shown, its sources' settings have changed since it was
            made, or a record that is named was refused.
    """
    started = context.ports.clock.monotonic()
    plan = open_plan(file, context.ports.ledger.effects.plan_key())
    chosen_sources = list(sources or plan.owner.sources)
    refused, left_alone = CurrentRefusals(plan, context.ports.ledger), set[str]()
    problems = refuse_owner(plan, owner_of(context.settings, context.settings.specs().values()))
    if seal not in {None, plan.seal}:
        problems.append(_NOT_SHOWN.format(plan.path))
    problems += _not_in_plan(plan, chosen_sources, records)
    problems += _refused(plan, chosen_sources, records, refused.now())
    raise_problems(problems)

    def items(run: SourceRun, counter: OutcomeCounter) -> Iterable[tuple[RecordWork, DueRecord]]:
        # The file is read again for each source: a plan may be larger than memory.
        mine = (record for record in plan.each() if record.source == run.spec.name)
        named = (record for record in mine if not records or record.key in records)
        left = (record for record in named if record.key not in leave_out)
        chosen = _not_refused(left, refused.now(), left_alone, run)
        return due_records(chosen, run, expect=counter.expect)

    summary = Summary(run_id or new_run_id(context))
    _change_sources(
        context,
        "apply",
        chosen_sources,
        summary,
        items=items,
        change=partial(_apply_unless_refused, refused, left_alone),
        watch=watch,
        # A plan may leave records out: the source is confirmed, and not complete.
        done=lambda run: conclude(run, whole=False),
    )
    document = context.document(summary, started=started)
    return Report.of(summary, {**document, "plan": plan.id, "refused": len(left_alone)})


def _not_refused(
    planned: Iterable[PlannedRecord], refused: Collection[str], left_alone: set[str], run: SourceRun
) -> Iterator[PlannedRecord]:
    """Yield the records that nobody has refused; add the others that are due to `left_alone`."""
    for record in planned:
        name = name_of(record)
        if name not in refused:
            yield record
        # What a run has written meanwhile is not left alone.
        elif not is_carried_out(record, run.ports.ledger):
            left_alone.add(name)


def _apply_unless_refused(
    refused: CurrentRefusals,
    left_alone: set[str],
    due: DueRecord,
    run: SourceRun,
    fresh: RecordWork | None,
) -> list[Outcome]:
    """Carry out one record's plan; add it to `left_alone` if a user has refused it since."""
    # Hours may have passed since the run began: a user's word counts until the record is due.
    name = name_of(due.planned)
    if name in refused.now():
        left_alone.add(name)
        return []
    return apply_record(due, run, fresh=fresh)


def _not_in_plan(plan: PlanFile, sources: Sequence[str], records: Sequence[str]) -> list[str]:
    """Return a sentence for each source and record that was named and that the plan lacks."""
    planned = ", ".join(plan.owner.sources)
    problems = [
        f"{plan.path} plans nothing for a source {name!r}. It plans for: {planned}."
        for name in sources
        if name not in plan.owner.sources
    ]
    if records:
        having: dict[str, list[str]] = {}
        for record in plan.each():
            if record.source in sources and record.key in records:
                having.setdefault(record.key, []).append(record.source)
        unknown = [key for key in records if key not in having]
        problems += [f"{plan.path} plans nothing for a record {key!r}." for key in unknown]
        problems += _of_several(having)
    return problems


def _refused(
    plan: PlanFile,
    sources: Sequence[str],
    records: Sequence[str],
    refused: Mapping[str, AuditEntry],
) -> list[str]:
    """Return a sentence for each record that was named although it was refused."""
    said = [
        (record.key, refused.get(name_of(record)))
        for record in (plan.each() if records and refused else ())
        if record.key in records and record.source in sources
    ]
    return [
        f"Record {key!r} was refused by {entry.user.name}. Allow it on the page of the plan, or "
        "leave it out."
        for key, entry in said
        if entry is not None
    ]


def _of_several(having: Mapping[str, Sequence[str]]) -> list[str]:
    """Return a sentence for each record's name that more than one of its sources has."""
    # PK_IDs are numbers that every table has: without a source they name other records as well.
    listed = {key: list(dict.fromkeys(names)) for key, names in having.items()}
    return [
        f"Several sources have a record {key!r}: {', '.join(names)}. Name one: with --source, or "
        "in the form."
        for key, names in listed.items()
        if len(names) > 1
    ]


def undo_directly(
    config: Path,
    run_id: str,
    *,
    sources: Sequence[str] = (),
    records: Sequence[str] = (),
    redo: bool = False,
) -> Report:
    """Put back what a run wrote and renamed, or only of the named sources and records.

    With `redo`, the run has to be an undo, whose work is written again.
    """
    with connected(config) as context:
        return undo_run(context, run_id, sources=sources, records=records, redo=redo)


def undo_run(
    context: AppContext,
    run_id: str,
    *,
    sources: Sequence[str] = (),
    records: Sequence[str] = (),
    redo: bool = False,
    new_id: str = "",
    watch: AbstractContextManager[RunProgress] | None = None,
) -> Report:
    """Undo a run on a connected account; `new_id` names the run that does it, "" for a new name.

    With `sources` and `records`, only what they name is undone. With `redo`, the run has to be an
    undo: to undo it writes again what it put back.

    Raises:
        BadSettings: the ledger knows no such run, or no change of it to such sources and records,
            several sources have such a record, users decided on these values in the review, or the
            run is no undo although it has to be one.
    """
    ledger, started = context.ports.ledger, context.ports.clock.monotonic()
    found = changed_by(ledger, run_id, sources=sources, records=records)
    if redo:
        require_undo(ledger, run_id)
    # A source that was removed from the settings has no columns to write to any more.
    unknown = found.keys() - context.settings.specs()
    if unknown:
        raise BadSettings(
            [
                f"Run {run_id!r} worked on source {name!r}, which the settings lack."
                for name in unknown
            ]
        )

    def items(run: SourceRun, counter: OutcomeCounter) -> Iterable[tuple[RecordWork, RunEffects]]:
        # Found again: what a killed run left open is settled only now.
        settled = effects_by_record(ledger.effects.find(run_id=run_id), ledger, records=records)
        return with_listing(settled.get(run.spec.name, ()), run, expect=counter.expect)

    summary = Summary(new_id or new_run_id(context))
    _change_sources(
        context,
        REDO_RUN if redo else "undo",
        list(found),
        summary,
        items=items,
        change=lambda undoing, run, fresh: undo_record(undoing, run, fresh=fresh),
        watch=watch,
    )
    verb = "redoes" if redo else "undoes"
    document = {**context.document(summary, started=started), verb: run_id}
    return Report.of(summary, document)


def changed_by(
    ledger: Ledger, run_id: str, *, sources: Sequence[str], records: Sequence[str]
) -> dict[str, list[RunEffects]]:
    """Return what a run changed of the named sources and records, by source; of all if none is."""
    if ledger.usage.kind_of(run_id) == REVIEW_RUN:
        # Each suggestion would stay as decided, and the values would lose their protection.
        decided = f"Run {run_id!r} is what was decided in the review: undo each decision there."
        raise BadSettings([decided])
    found = effects_by_record(ledger.effects.find(run_id=run_id), ledger, records=records)
    if sources:
        found = {name: found[name] for name in sources if name in found}
    nothing = "The ledger knows of nothing that run {!r} changed {}. See `caspio-ingest status`."
    if not found:
        raise BadSettings([nothing.format(run_id, "there")])
    problems = [nothing.format(run_id, place) for place in _unchanged(found, sources, records)]
    sources_with = {
        key: [name for name, group in found.items() if any(key in one.names for one in group)]
        for key in records
    }
    problems += _of_several(sources_with)
    raise_problems(problems)
    return found


def require_undo(ledger: Ledger, run_id: str) -> None:
    """Return if a run is an undo.

    Raises:
        BadSettings: it is not, so that to undo it would write nothing again.
    """
    effects = ledger.effects.find(run_id=run_id)
    # By its effects: a ledger that was rebuilt from manifests knows the kind of no run. But a redo
    # undoes as well.
    if ledger.usage.kind_of(run_id) != REDO_RUN and any(effect.undoes for effect in effects):
        return
    problem = f"Run {run_id!r} is no undo, so there is nothing to write again."
    later = ledger.effects.undoing([effect.id for effect in effects])
    runs = dict.fromkeys(effect.run_id for effect in reversed(later))
    undo = next((one for one in runs if ledger.usage.kind_of(one) != REDO_RUN), None)
    if undo is not None:
        problem += f" It was undone by run {undo!r}: name that one."
    raise BadSettings([problem])


def _unchanged(
    found: Mapping[str, Sequence[RunEffects]], sources: Sequence[str], records: Sequence[str]
) -> Iterator[str]:
    """Yield in words each named source and record in which a run changed nothing."""
    yield from (f"in source {name!r}" for name in sources if name not in found)
    names = {name for group in found.values() for one in group for name in one.names}
    yield from (f"in record {key!r}" for key in records if key not in names)
