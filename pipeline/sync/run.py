"""Run one sync: settle what was left open, compare what may have changed, write what differs.

A run is a *sweep*, which compares every row and so finds deletions, or an *increment*, which asks
Caspio for records whose `changed_column` has moved. The mirror, which costs no calls, is looked
through each time, unless it has such a column of its own.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from pipeline.model.sync import (
    UNDONE,
    ChangeKind,
    RecordRow,
    Row,
    RowState,
    Side,
    SyncProgress,
    row_digest,
)
from pipeline.sync.context import SyncContext, found_again, pair_records, pair_rows, pair_states
from pipeline.sync.layout import aware
from pipeline.sync.merge import MergeOutcome
from pipeline.sync.reviews import Reviews
from pipeline.sync.work import Deletion, Worker
from pipeline.sync.write import settle_open
from pipeline.wording import counted

_BATCH = 500
# So many calls are worth the minutes that an import by hand takes.
_MANY_INSERTS = 1_000

_MIRROR_OVERLAP = timedelta(minutes=2)
"""How far an increment looks back behind the last one: a change may be committed after a later
one, and shows the time at which it began."""

OVERLAP = timedelta(hours=1) + _MIRROR_OVERLAP
"""The same at Caspio, whose dates are wall clocks: once a year one is set back by an hour."""


def run_sync(
    context: SyncContext, *, sweep: bool = False, delete_all: bool = False, only: Sequence[str] = ()
) -> None:
    """Bring both sides together, and report what was done or, in a dry run, would be done.

    Args:
        context: The sync.
        sweep: Compare every row, even if an increment would do.
        delete_all: Carry out the deletions, even if they are more than `max_deletions`.
        only: PK_IDs of the only records to compare, as webhooks report them; none means all. Among
            them may be deleted ones.
    """
    if only and context.layout.to_create:
        # A few rows in a new table would keep an export task from loading it.
        note = "the mirror's table is missing: left to the next whole run, which makes it"
        context.report.notes.append(note)
        return
    _settle_before(context)
    worker = Worker(context, Reviews.load(context))
    progress = context.ledger.progress(context.spec.identity)
    if context.plans_table:
        progress = SyncProgress()
    if only:
        _work_named(worker, only)
        _delete(worker, delete_all=delete_all, counted_since=progress)
        context.report.unsettled = worker.unsettled
        return
    began = context.clock.now()
    is_sweep = sweep or _needs_sweep(context, progress)
    context.report.is_sweep = is_sweep
    there = _work_caspio(worker, progress, is_sweep=is_sweep)
    here = _work_mirror(worker, progress, is_sweep=is_sweep)
    _work_decided(worker)
    _delete(worker, delete_all=delete_all)
    context.report.unsettled = worker.unsettled
    if context.dry_run:
        _note_many_inserts(context)
    # What was not settled must be listed again, so that the marks stay where they are.
    if context.dry_run or worker.unsettled:
        return
    came = replace(
        progress,
        caspio_mark=max(there, progress.caspio_mark),
        mirror_mark=max(here, progress.mirror_mark),
    )
    if is_sweep:
        came = replace(came, swept_at=began, deleted=0)
    context.ledger.save_progress(context.spec.identity, came)


def _settle_before(context: SyncContext) -> None:
    """Make the mirror's table where it is missing, and settle what was left open."""
    if context.dry_run:
        if still_open := len(context.ledger.open(context.spec.identity)):
            effects = counted(still_open, "open effect", "is/are")
            note = f"{effects} settled first; that takes calls"
            context.report.notes.append(note)
        return
    if context.layout.to_create:
        _make_table(context)
    settle_open(context)


def _note_many_inserts(context: SyncContext) -> None:
    """Say in a plan that an import by hand saves calls, where there are many rows to insert."""
    number = context.report.written[Side.CASPIO, ChangeKind.INSERT]
    if number >= _MANY_INSERTS:
        context.report.notes.append(
            f"{counted(number, 'record')} would be inserted at Caspio, with one call each. An "
            "import of Caspio's own takes none: see `A first push` in docs/sync.md."
        )


def _work_named(worker: Worker, pks: Sequence[str]) -> None:
    """Compare named records.

    Those that are not at Caspio, and the former keys of others, are rows that were deleted there.
    """
    context = worker.context
    found = context.table.by_pk(pks, context.layout.caspio_columns)
    worker.work(pair_records(context, found))
    known = context.ledger.rows_with_pks(context.spec.identity, pks)
    if gone := [state for state in known if state.key not in worker.handled]:
        worker.work(pair_states(context, gone))


def _make_table(context: SyncContext) -> None:
    """Create the mirror's table; what was known of the rows of an earlier one is forgotten.

    It comes first: rows that are known and not there count as deleted.
    """
    _forget_rows(context)
    context.mirror.create(context.layout.to_create, context.layout.mirror_keys)
    settle_open(context)
    _forget_rows(context)


def _forget_rows(context: SyncContext) -> None:
    identity = context.spec.identity
    while page := context.ledger.page(identity):
        context.ledger.save(identity, [], forget=[state.key for state in page])
    context.ledger.save_progress(identity, SyncProgress())


def _needs_sweep(context: SyncContext, progress: SyncProgress) -> bool:
    if progress.swept_at is None or not context.spec.changed_column or not progress.caspio_mark:
        return True
    age = context.clock.now() - progress.swept_at
    return age >= timedelta(hours=context.spec.sweep_hours)


def _work_caspio(worker: Worker, progress: SyncProgress, *, is_sweep: bool) -> str:
    """Compare Caspio's records with the mirror; return the latest date among them, "" for none."""
    context, column = worker.context, worker.context.spec.changed_column
    since = None
    if not is_sweep:
        mark = datetime.fromisoformat(progress.caspio_mark) - OVERLAP
        since = (column, mark.replace(microsecond=0).isoformat())
    latest = ""
    if _may_export(context, progress):
        spec = context.spec
        pages = context.table.exported(
            spec.export_task, spec.export_file, context.layout.caspio_columns
        )
    else:
        pages = context.table.pages(context.layout.caspio_columns, since=since)
    for page in pages:
        context.before_each()
        worker.work(pair_records(context, page, handled=worker.handled))
        latest = max(latest, *_dates(page, column))
    return latest


def _may_export(context: SyncContext, progress: SyncProgress) -> bool:
    """Say whether this is the first load of an empty mirror, for which there is an export task.

    Rows that are there already are compared by pages, also those of a first load that was killed.
    """
    if not context.spec.export_task or progress.swept_at is not None:
        return False
    if context.dry_run:
        note = "the first run loads the file of export_task; the pages of this plan are not needed"
        context.report.notes.append(note)
        return False
    pages = context.mirror.pages(context.layout.mirror_columns, context.layout.mirror_keys)
    return next(iter(pages), None) is None


def _dates(page: Sequence[RecordRow], column: str) -> Iterator[str]:
    yield ""
    for record in page:
        if column and record.values.get(column):
            yield str(record.values[column])


def _work_mirror(worker: Worker, progress: SyncProgress, *, is_sweep: bool) -> str:
    """Compare the mirror's rows that are not known as they are; return the latest time."""
    context, column = worker.context, worker.context.spec.mirror_changed_column
    if context.layout.to_create and context.dry_run:
        return ""
    since = None
    if column and progress.mirror_mark and not is_sweep:
        since = (column, datetime.fromisoformat(progress.mirror_mark) - _MIRROR_OVERLAP)
    latest, seen = "", set[str]()
    pages = context.mirror.pages(
        context.layout.mirror_columns, context.layout.mirror_keys, since=since
    )
    for page in pages:
        context.before_each()
        keys = _changed_rows(worker, page)
        seen |= keys.keys()
        worker.work(pair_rows(context, [row for row in keys.values() if row is not None]))
        latest = max(latest, *_times(page, column))
    if since is None:
        _work_missing(worker, seen, is_sweep=is_sweep)
    return latest


def _times(page: Sequence[Mapping[str, object]], column: str) -> Iterator[str]:
    yield ""
    for row in page:
        moment = row.get(column)
        if isinstance(moment, datetime):
            yield aware(moment).astimezone(UTC).isoformat()


def _changed_rows(
    worker: Worker, page: Sequence[Mapping[str, object]]
) -> Mapping[str, Mapping[str, object] | None]:
    """Return the rows of a page by key, None for those that need no look."""
    context = worker.context
    rows: dict[str, tuple[Mapping[str, object], Row | None]] = {}
    for row in page:
        key, common = context.layout.key_and_row(row)
        # A row without a key can be compared with none; the next change of it may give it one.
        if key:
            rows[key] = (row, common)
    unknown = [key for key in rows if key not in worker.handled]
    known = {s.key: s for s in context.ledger.rows(context.spec.identity, unknown)}
    found: dict[str, Mapping[str, object] | None] = dict.fromkeys(rows)
    for key in unknown:
        row, common = rows[key]
        state = known.get(key)
        # In a sweep, a row that no page of Caspio has shown is new here or was deleted there.
        if context.report.is_sweep or not _is_known(state, common, context):
            found[key] = row
    return found


def _is_known(state: RowState | None, row: Row | None, context: SyncContext) -> bool:
    """Say whether the mirror's side of a row is as the last run left it."""
    if state is None:
        return False
    policy, _, rows = state.left_as.partition(" ")
    is_left = policy in {context.spec.policy, UNDONE} and rows.endswith(row_digest(row))
    return is_left or context.layout.known(state.base) == row


def _work_missing(worker: Worker, seen: set[str], *, is_sweep: bool) -> None:
    """Compare the rows that the ledger knows and the mirror does not have."""
    context = worker.context
    after = ""
    while page := context.ledger.page(context.spec.identity, after=after):
        after = page[-1].key
        missing = [s for s in page if s.key not in seen and s.key not in worker.handled]
        # In a sweep both sides were looked through, and only the ledger still has these rows.
        wanted = [s for s in missing if is_sweep or not _is_known(s, None, context)]
        if wanted:
            context.before_each()
            worker.work(pair_states(context, wanted))


def _work_decided(worker: Worker) -> None:
    """Compare the rows about which a user has decided, if that has not been done yet."""
    context = worker.context
    if context.plans_table:
        return
    keys = [key for key in worker.reviews.decided_keys() if key not in worker.handled]
    found = context.ledger.rows(context.spec.identity, keys)
    # What was decided and carried out is no difference any more.
    if states := [state for state in found if state.left_as]:
        worker.work(pair_states(context, states))


def _delete(worker: Worker, *, delete_all: bool, counted_since: SyncProgress | None = None) -> None:
    """Delete what is gone on the other side, if it is not too much to do so unasked.

    With `counted_since` it is one of many small runs, which have one share until the next sweep.
    """
    context, found = worker.context, worker.deletions
    if not found:
        return
    report, spec = context.report, context.spec
    report.deletions = len(found)
    known = context.ledger.count(spec.identity)
    before = counted_since.deleted if counted_since else 0
    allowed = max(1, spec.max_deletions * (known + before)) - before if spec.max_deletions else 0
    if len(found) > allowed and not delete_all:
        report.deletions_left = len(found)
        report.counts[MergeOutcome.WRITE] -= len(found)
        report.counts["kept"] += len(found)
        earlier = f"{before:,} were deleted since the last sweep, and " if before else ""
        report.notes.append(
            f"{earlier}{len(found):,} of {known:,} rows are gone on one side, more than "
            f"max_deletions ({spec.max_deletions:.0%}) allows, so none was deleted from the other. "
            f"Look at them with `sync plan {spec.name} --delete`; if they are right, run "
            f"`sync run {spec.name} --delete`."
        )
        return
    if counted_since and not delete_all and not context.dry_run:
        # Before the first of them: a killed run must not leave the next one the whole share.
        deleted = replace(counted_since, deleted=before + len(found))
        context.ledger.save_progress(spec.identity, deleted)
    # In batches, each of which is looked at again right before it is deleted.
    for start in range(0, len(found), _BATCH):
        context.before_each()
        worker.write(_still_gone(worker, found[start : start + _BATCH]))


def _still_gone(worker: Worker, found: Sequence[Deletion]) -> Sequence[Deletion]:
    """Read again where rows are gone, since the run has gone on meanwhile; leave those back."""
    back: set[str] = set()
    for side in Side:
        gone = [pair for pair, merge in found if side.other in merge.kinds]
        back |= found_again(worker.context, gone, side) if gone else set()
    worker.overtaken(len(back))
    return [(pair, merge) for pair, merge in found if pair.key not in back]
