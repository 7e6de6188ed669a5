"""Tell our own work from news: in a listing, and in what a webhook says has changed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from posixpath import basename

from pipeline.mapping import same
from pipeline.model import Column, Effect, EffectKind, FileRef, Place, RecordRef, Value
from pipeline.naming import base_differs
from pipeline.ownership import left
from pipeline.ports import Ledger


@dataclass(frozen=True, slots=True)
class Change:
    """What somebody says has changed: columns of a record with their values now, and files as a listing shows them."""

    record: RecordRef
    values: Mapping[str, Value]
    files: tuple[FileRef, ...] = ()


def is_our_own(change: Change, *, ledger: Ledger, columns: Mapping[str, Column]) -> bool:
    """Say whether a change is nothing but what this program did itself, by what the ledger has of it.

    Every column must hold what this program put there last, and every file must be a version that it has finished or
    named. In doubt it is news: looking once too often costs a call, looking once too seldom loses a document.
    """
    effects = ledger.effects(record=(change.record.container, change.record.pk))
    ours = left(effects)
    if any(
        name not in columns or name not in ours or not same(value, ours[name], columns[name])
        for name, value in change.values.items()
    ):
        return False
    finished = ledger.finished([ref.version for ref in change.files])
    rest = [ref for ref in change.files if ref.version not in finished]
    return set(named_by_us(rest, ledger=ledger)) == {ref.version for ref in rest}


def recognise(refs: Sequence[FileRef], *, ledger: Ledger) -> None:
    """Let the ledger know which of these versions are what our own renames left, so that they are not news."""
    by_version = {ref.version: ref for ref in refs}
    for version, before in named_by_us(refs, ledger=ledger).items():
        ledger.succeeded_by(before, by_version[version])


def named_by_us(refs: Sequence[FileRef], *, ledger: Ledger) -> Mapping[str, str]:
    """Return, by version as it is listed now, the version that we renamed into it.

    The ledger knows renames whose result no listing has shown yet; a file in that place, with that name and the size of
    the file that was renamed, is taken for it. Any later file there is news, whatever its name and size.
    """
    if not refs:
        return {}
    effects = ledger.unseen_names(refs)
    found: dict[str, str] = {}
    for ref in refs:
        states = (ledger.state(effect.version) for effect in reversed(effects) if _fits(ref, effect))
        before = next((state for state in states if state and _became(state.ref, ref)), None)
        if before is not None:
            found[ref.version] = before.version
    return found


def _fits(ref: FileRef, effect: Effect) -> bool:
    if effect.kind is EffectKind.PUT_FILE:
        return ref.path == effect.after["path"] and ref.name == basename(str(ref.path))
    return (
        ref.place is Place.ATTACHMENT
        and ref.record is not None
        and (ref.record.container, ref.record.pk, ref.field) == (effect.container, effect.pk, effect.field)
        and not base_differs(ref.name, str(effect.after["name"]))
    )


def _became(before: FileRef, ref: FileRef) -> bool:
    """Say whether one version may have become another by its renaming: same slot (in a folder any path), same size."""
    if before.version == ref.version or (ref.place is not Place.FOLDER and before.slot != ref.slot):
        return False
    return None in {ref.size_bytes, before.size_bytes} or ref.size_bytes == before.size_bytes


def news(refs: Iterable[FileRef], *, ledger: Ledger) -> set[str]:
    """Return the versions among these that need work, after recognising those that are our own doing."""
    refs = list(refs)
    finished = ledger.finished([ref.version for ref in refs])
    fresh = [ref for ref in refs if ref.version not in finished]
    recognise(fresh, ledger=ledger)
    return {ref.version for ref in fresh} - ledger.finished([ref.version for ref in fresh])
