"""Undo a run: restore values and names, record by record, where nothing has changed since."""

import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path

from pipeline.context import SourceRun
from pipeline.decide.ownership import PERHAPS_IN_EFFECT, touched, without_own_undos
from pipeline.isolation import isolated
from pipeline.model import (
    Effect,
    EffectKind,
    FileRef,
    Outcome,
    Place,
    RecordWork,
    Status,
    Value,
    ValueCounts,
)
from pipeline.plans.listing import is_in_place_of, list_by_key
from pipeline.ports import FileState, Ledger
from pipeline.steps.write_back import UNDOABLE, Undone, undo_effects, write_context
from pipeline.verify.manifests import amend_manifest, document_folder, versions_of

PAGE = 500
"""Records looked at in one listing before they are restored."""

SEE_FIRST_FILE = "see the record's first file"
"""The reason of a record's other files."""


@dataclass(frozen=True, slots=True)
class RunEffects:
    """What a run did to one record, and how the record is listed now.

    `key` is its PK_ID, for a folder's file its current path.
    """

    key: str
    effects: tuple[Effect, ...]
    files: tuple[FileState, ...]
    listed: RecordWork | None = None

    @property
    def names(self) -> set[str]:
        """Return by what a user can name the record: its PK_IDs, and the paths of its files."""
        paths = (str(state.ref.path) for state in self.files)
        return {self.key, *(effect.pk for effect in self.effects), *paths}


_Group = tuple[list[Effect], dict[str, FileState]]


def effects_by_record(
    effects: Sequence[Effect], ledger: Ledger, *, records: Sequence[str] = ()
) -> dict[str, list[RunEffects]]:
    """Group a run's effects by source and record; `records` limits them to PK_IDs or paths."""
    states = ledger.files.states_of(dict.fromkeys(effect.version for effect in effects))
    groups: dict[tuple[str, str], _Group] = {}
    for effect in effects:
        state = states.get(effect.version)
        if state is None:
            continue
        place = (state.ref.source, _listing_key(state.ref, ledger))
        group, files = groups.setdefault(place, ([], {}))
        group.append(effect)
        files[effect.version] = state

    grouped: dict[str, list[RunEffects]] = {}
    for (source, key), (group, files) in groups.items():
        one = RunEffects(key, tuple(group), tuple(files.values()))
        if not records or not one.names.isdisjoint(records):
            grouped.setdefault(source, []).append(one)
    return grouped


def _listing_key(ref: FileRef, ledger: Ledger) -> str:
    """Return what a source lists a record by: the PK_ID, for a folder's file its current path."""
    if ref.place is not Place.FOLDER:
        return ref.holder
    return ledger.effects.moved_to(ref.holder) or ref.holder


def with_listing(
    records: Iterable[RunEffects], run: SourceRun, *, expect: Callable[[int], None] = lambda _: None
) -> Iterator[tuple[RecordWork, RunEffects]]:
    """Yield records, each with its files as they are listed now, a page at a time.

    `expect` gets the number of files that a page has.
    """
    rest = iter(records)
    while page := list(islice(rest, PAGE)):
        listed = list_by_key(run, (one.key for one in page))
        # The versions that are there now get outcomes, and so the ledger has to know them.
        now = [ref for work in listed.values() for ref in work.files]
        run.ports.ledger.files.seen(now, run.run_id)
        expect(sum(len(one.files) for one in page))
        for one in page:
            refs = tuple(state.ref for state in one.files)
            work = RecordWork(run.spec.name, refs[0].record, {}, refs)
            yield work, replace(one, listed=listed.get(one.key))


@dataclass(frozen=True, slots=True)
class PutBack:
    """A value that an undo puts back: `now` is what the run left, `before` what was there before.

    `name` is a column, "name" for that of an attachment, or "path" for that of a file. A row of an
    index table is put back as a whole: `name` says which, the values what it is and will be.
    """

    name: str
    now: Value
    before: Value


def to_put_back(done: RunEffects, dead: Collection[tuple[int, str]]) -> list[PutBack]:
    """Return what an undo puts back in a record that nobody has changed since.

    Also what a killed run left open: an undo begins by looking whether that is there. `dead` is
    what was undone of it (`pipeline.decide.ownership.undone`).
    """
    perhaps_there = [effect for effect in done.effects if effect.state in PERHAPS_IN_EFFECT]
    found: list[PutBack] = []
    for effect in without_own_undos(perhaps_there):
        alive = [name for name in touched(effect) if (effect.id, name) not in dead]
        if not alive or effect.kind not in UNDOABLE:
            continue
        row = f"row {effect.pk} of {effect.container}"
        match effect.kind:
            case EffectKind.INSERT_INDEX_ROW:
                found.append(PutBack(row, "inserted", "deleted"))
            case EffectKind.DELETE_INDEX_ROW:
                found.append(PutBack(row, "deleted", "inserted again"))
            case _:
                found += [
                    PutBack(name, effect.after.get(name), effect.before.get(name)) for name in alive
                ]
    return found


def undo_record(
    done: RunEffects, run: SourceRun, *, fresh: RecordWork | None = None
) -> list[Outcome]:
    """Undo what a run did to one record; return the outcomes of its files, as the ledger has them.

    `fresh` is the record as it was listed once more, where that was needed after `done` was.
    """
    # What a dead worker left open was settled when the record was leased, after `done` was listed.
    done = replace(
        done, listed=fresh or done.listed, effects=_as_settled(done.effects, run.ports.ledger)
    )
    by_version = {ref.version: ref for ref in (_current(state, done) for state in done.files)}
    refs = list(by_version.values())
    with tempfile.TemporaryDirectory(dir=run.ports.work_dir) as name:
        outcomes = isolated(refs, partial(_undo, done, refs, run, Path(name)))
    known = run.ports.ledger.files.finished(list(by_version))
    for outcome in outcomes:
        # A file that somebody put there since is not finished by this: the next run reads it.
        if outcome.status is not Status.UNCHANGED and outcome.ref.version in known:
            run.ports.ledger.files.finish(_as_kept(outcome, run.ports.ledger), run.run_id)
    return outcomes


def _as_kept(outcome: Outcome, ledger: Ledger) -> Outcome:
    """Return what is kept of an undo: a file that was done in part before it is so after it.

    Such a file may be read in part only, and nothing else would say so once the undo is undone.
    """
    known = ledger.files.state(outcome.ref.version)
    before = known.outcome if known is not None else None
    if before is None or before.status is not Status.PARTIAL or outcome.status is Status.UNCHANGED:
        return outcome
    is_of_undo = before.reason_before_undo is not None
    own = before.reason_before_undo if is_of_undo else before.reason
    if not own:
        return outcome
    reason = "; ".join(filter(None, [own, outcome.reason]))
    return replace(outcome, status=Status.PARTIAL, reason=reason, reason_before_undo=own)


def _as_settled(effects: Sequence[Effect], ledger: Ledger) -> tuple[Effect, ...]:
    """Return effects as the ledger has them now."""
    ids = {effect.id for effect in effects}
    versions = {effect.version for effect in effects}
    now = [one for version in versions for one in ledger.effects.find(version=version)]
    return tuple(sorted((one for one in now if one.id in ids), key=lambda one: one.id))


def _current(state: FileState, done: RunEffects) -> FileRef:
    """Return the file as it is there now; as it was, where it is gone."""
    listed = done.listed.files if done.listed else ()
    here = (ref for ref in listed if is_in_place_of(ref, state.ref))
    return next(here, state.ref)


def _undo(done: RunEffects, refs: Sequence[FileRef], run: SourceRun, folder: Path) -> list[Outcome]:
    work = done.listed
    if work is None:
        first = done.files[0].ref
        work = RecordWork(first.source, first.record, {}, tuple(refs))
    undone = undo_effects(done.effects, done.listed, write_context(work, run, folder))
    outcomes = [_outcome(ref, undone, run, is_first=number == 0) for number, ref in enumerate(refs)]
    kept = {one.ref.version: _as_kept(one, run.ports.ledger) for one in outcomes}
    amend_manifests(done, kept, run, folder)
    return outcomes


def _outcome(ref: FileRef, undone: Undone, run: SourceRun, *, is_first: bool) -> Outcome:
    """Return the outcome of one file; restored values are reported with the record's first file."""
    if undone.nothing:
        return Outcome(ref, Status.UNCHANGED)
    status, reason = Status.DONE, ""
    if undone.skipped:
        status, reason = Status.PARTIAL, SEE_FIRST_FILE
    if undone.skipped and is_first:
        reason = "left alone: " + "; ".join(undone.skipped)
    known = run.ports.ledger.files.state(ref.version)
    values = undone.values if is_first else {}
    return Outcome(
        ref,
        status,
        reason,
        sha256=known.sha256 if known else None,
        doc_type=known.outcome.doc_type if known and known.outcome else None,
        written=values,
        values=ValueCounts(written=len(values)),
        new_name=undone.names.get(ref.version),
        reason_before_undo="",
    )


def amend_manifests(
    done: RunEffects, outcomes: Mapping[str, Outcome], run: SourceRun, folder: Path
) -> None:
    """Add to the manifests what was undone, so that a ledger rebuilt from them has it.

    Also where nothing had to be undone: an earlier undo may have been killed right before this.
    """
    ledger = run.ports.ledger
    for state in done.files:
        prefix = document_folder(state, run.ports)
        if prefix is None:
            continue
        current = _current(state, done).version
        # The effects of the file's whole history: an undo renames it to a version of its own.
        ends = (ledger.files.state(current) or state, state)
        versions = {one.version for end in ends for one in versions_of(end, ledger)}
        effects = [
            effect for version in versions for effect in ledger.effects.find(version=version)
        ]
        effects.sort(key=lambda effect: effect.id)  # in the order in which they were made
        amend_manifest(prefix, outcomes[current], effects, run.ports, folder, run_id=run.run_id)
