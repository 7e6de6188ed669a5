"""Tell our own work from news: in a listing, and in what a webhook says has changed."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from posixpath import basename

from pipeline.decide.mapping import same
from pipeline.decide.naming import base_differs
from pipeline.decide.ownership import left
from pipeline.model import Column, Effect, EffectKind, FileRef, Place, RecordRef, Value
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


def recognise(refs: Sequence[FileRef], *, ledger: Ledger) -> Mapping[str, FileRef]:
    """Let the ledger know which of these versions are what our own renames left, so that they are not news.

    Returns them by the version that was renamed.
    """
    by_version = {ref.version: ref for ref in refs}
    recognised = {
        before: by_version[version] for version, before in named_by_us(refs, ledger=ledger).items()
    }
    for before, ref in recognised.items():
        ledger.succeeded_by(before, ref)
    return recognised


def named_by_us(refs: Sequence[FileRef], *, ledger: Ledger) -> Mapping[str, str]:
    """Return, by version as it is listed now, the version that we renamed into it.

    A version that no listing has shown a successor of yet, in the place that we renamed, is taken for what became of
    it when name and size are those we left. Any later file there is news, whatever its name and size. A file of the
    Files area may lie in several records; for each of them it is a version of its own.
    """
    if not refs:
        return {}
    effects = ledger.names_given(refs)
    candidates = {ref.version: list(_candidates(ref, effects)) for ref in refs}
    known: dict[tuple[str, str], FileRef] = {}
    for state in ledger.unsucceeded(
        {location_key for places in candidates.values() for location_key, _ in places}
    ):
        known[state.ref.location_key, state.version] = known[
            state.ref.location_key, str(state.ref.path)
        ] = state.ref
    found: dict[str, str] = {}
    for ref in refs:
        before = next((known[place] for place in candidates[ref.version] if place in known), None)
        if before is not None and before.version != ref.version and _same_size(before, ref):
            found[ref.version] = before.version
    return found


def _candidates(ref: FileRef, effects: Sequence[Effect]) -> Iterator[tuple[str, str]]:
    """Yield what a file may have been before we named it, the latest first: its location_key, and its path or version."""
    for effect in reversed(effects):
        match effect.kind:
            case EffectKind.PUT_FILE if effect.after["path"] == ref.path and ref.name == basename(
                str(ref.path)
            ):
                old = str(effect.before["path"])
                yield replace(ref, path=old, name=basename(old)).location_key, old
            case EffectKind.RENAME_ATTACHMENT if _renamed(ref, effect):
                yield ref.location_key, effect.version


def _renamed(ref: FileRef, effect: Effect) -> bool:
    return (
        ref.place is Place.ATTACHMENT
        and ref.record is not None
        and (ref.record.container, ref.record.pk, ref.field)
        == (effect.container, effect.pk, effect.field)
        and not base_differs(ref.name, str(effect.after["name"]))
    )


def _same_size(before: FileRef, ref: FileRef) -> bool:
    return None in {ref.size_bytes, before.size_bytes} or ref.size_bytes == before.size_bytes


def news(
    refs: Iterable[FileRef],
    *,
    ledger: Ledger,
    recognised: Callable[[Mapping[str, FileRef]], None] = lambda _: None,
) -> set[str]:
    """Return the versions among these that need work, after recognising those that are our own doing.

    `recognised` is told the latter by the version that was renamed, if there are any.
    """
    refs = list(refs)
    finished = ledger.finished([ref.version for ref in refs])
    fresh = [ref for ref in refs if ref.version not in finished]
    ours = recognise(fresh, ledger=ledger)
    if ours:
        recognised(ours)
    return {ref.version for ref in fresh} - ledger.finished([ref.version for ref in fresh])
