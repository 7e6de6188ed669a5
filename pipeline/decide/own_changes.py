"""Own-change detection: distinguish what this program did itself from what needs processing.

Listings use it, since our own rename shows a file version that is new to the ledger. So do
webhooks, which report our own writes like those of anybody else.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from posixpath import basename

from pipeline.decide.column_values import same
from pipeline.decide.naming import base_differs
from pipeline.decide.ownership import last_applied
from pipeline.model import Column, Effect, EffectKind, FileRef, Place, RecordRef, Value
from pipeline.ports import Ledger


@dataclass(frozen=True, slots=True)
class Change:
    """What is reported as changed: a record's columns with their current values, and its files."""

    record: RecordRef
    values: Mapping[str, Value]
    files: tuple[FileRef, ...] = ()


def is_own_change(change: Change, *, ledger: Ledger, columns: Mapping[str, Column]) -> bool:
    """Say whether the ledger shows that this program made a change itself.

    Every column must hold what this program wrote there last, and every file must be a version that
    it has finished or renamed. In doubt the answer is no: to look once too often costs a call, to
    look once too seldom loses a document.
    """
    applied = last_applied(ledger.effects.find(record=(change.record.container, change.record.pk)))
    for name, value in change.values.items():
        if name not in columns or name not in applied:
            return False
        if not same(value, applied[name], columns[name]):
            return False
    finished = ledger.files.finished([ref.version for ref in change.files])
    rest = [ref for ref in change.files if ref.version not in finished]
    return own_renames(rest, ledger=ledger).keys() == {ref.version for ref in rest}


def unprocessed(
    refs: Iterable[FileRef],
    *,
    ledger: Ledger,
    on_renamed: Callable[[Mapping[str, FileRef]], None] = lambda _: None,
) -> set[str]:
    """Return the versions that need work. Those that our own renames left are recorded, and do not.

    `on_renamed` gets these by the version that was renamed, if there are any.
    """
    refs = list(refs)
    finished = ledger.files.finished([ref.version for ref in refs])
    unknown = [ref for ref in refs if ref.version not in finished]
    by_version = {ref.version: ref for ref in unknown}
    renames = {
        before: by_version[version]
        for version, before in own_renames(unknown, ledger=ledger).items()
    }
    for before, ref in renames.items():
        ledger.files.record_rename(before, ref)
    if renames:
        on_renamed(renames)
    # A renamed version has the outcome of the version it was, so that it may be finished now.
    return by_version.keys() - ledger.files.finished(list(by_version))


def own_renames(refs: Sequence[FileRef], *, ledger: Ledger) -> Mapping[str, str]:
    """Return, by version as it is listed now, the version that we renamed into it.

    A version that we renamed, and that no listing has shown renamed yet, is matched with what is in
    its place now if that has the name and the size we left. Any later file there is not ours,
    whatever its name and size. A file of the Files area may be referenced by several records; it is
    a version of its own for each of them.
    """
    if not refs:
        return {}
    effects = ledger.effects.names_given(refs)
    candidates = {ref.version: list(earlier_places(ref, effects)) for ref in refs}
    location_keys = {key for places in candidates.values() for key, _ in places}
    # An attachment is looked up by its version, a Files-area file by its path before the move.
    before_rename: dict[tuple[str, str], FileRef] = {}
    for state in ledger.files.not_renamed(location_keys):
        before_rename[state.ref.location_key, state.version] = state.ref
        before_rename[state.ref.location_key, str(state.ref.path)] = state.ref

    renames: dict[str, str] = {}
    for ref in refs:
        places = (place for place in candidates[ref.version] if place in before_rename)
        before = before_rename.get(next(places, ("", "")))
        if before is not None and before.version != ref.version and same_size(before, ref):
            renames[ref.version] = before.version
    return renames


def earlier_places(ref: FileRef, effects: Sequence[Effect]) -> Iterator[tuple[str, str]]:
    """Yield where a file may have been before we named it, the latest first.

    That is its location key, and its path (Files area) or version (attachment).
    """
    attachment = None
    if ref.place is Place.ATTACHMENT and ref.record is not None:
        attachment = (ref.record.container, ref.record.pk, ref.field)
    for effect in reversed(effects):
        match effect.kind:
            case EffectKind.PUT_FILE:
                if effect.after["path"] == ref.path and ref.name == basename(str(ref.path)):
                    old = str(effect.before["path"])
                    yield replace(ref, path=old, name=basename(old)).location_key, old
            case EffectKind.RENAME_ATTACHMENT:
                place = (effect.container, effect.pk, effect.field)
                is_here = attachment is not None and attachment == place
                if is_here and not base_differs(ref.name, str(effect.after["name"])):
                    yield ref.location_key, effect.version


def same_size(one: FileRef, other: FileRef) -> bool:
    """Say whether two files may be the same by their sizes; a listing may leave a size out."""
    return None in {one.size_bytes, other.size_bytes} or one.size_bytes == other.size_bytes
