"""Own-change detection: distinguish what this program did itself from what needs processing.

Listings use it, since our own rename shows a file version that is new to the ledger. So do
webhooks, which report our own writes like those of anybody else.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from posixpath import basename
from typing import NamedTuple

from pipeline.decide.column_values import same
from pipeline.decide.naming import has_name
from pipeline.decide.ownership import last_applied
from pipeline.model import Column, Effect, EffectKind, EffectState, FileRef, Place, RecordRef, Value
from pipeline.ports import FileState, Ledger, ShownFile

Settle = Callable[[FileRef, FileState], bool]
"""Say whether a file is still the one that was renamed, where its listing leaves doubt."""

# In which zone Caspio writes the dates of files is not documented (caspio-api.md, section 4). All
# zones in use are whole quarters of an hour from UTC, from -12 to +14 hours.
_ZONE_STEP = timedelta(minutes=15)
_WESTMOST, _EASTMOST = -12 * 4, 14 * 4
# Dates that are cut to seconds, and clocks that differ a little. What comes later is never ours.
_EARLIER = timedelta(seconds=1.5)
# In a longer span, such as that of a move which a later run finished, any date fits in some zone.
_LONGEST = timedelta(minutes=1)
# A second, and clocks that differ a little.
_SAME_MOMENT = timedelta(seconds=5)
# The second is how version 2 of the API wrote dates (caspio-api.md, section 3.4).
_DATE_FORMATS = ("%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %H:%M:%S")


@dataclass(frozen=True, slots=True)
class ReportedChange:
    """What is reported as changed: a record's columns with their current values, and its files."""

    record: RecordRef
    values: Mapping[str, Value]
    files: tuple[FileRef, ...] = ()


def is_own_change(change: ReportedChange, *, ledger: Ledger, columns: Mapping[str, Column]) -> bool:
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
    # A message has the name of a file alone: no date of it can leave doubt.
    own = own_renames(rest, ledger=ledger, settle=lambda ref, _: not ref.listed_date)
    return own.keys() == {ref.version for ref in rest}


def unprocessed(
    refs: Iterable[FileRef],
    *,
    ledger: Ledger,
    settle: Settle,
    on_renamed: Callable[[Mapping[str, FileRef]], None] = lambda _: None,
) -> set[str]:
    """Return the versions that need work. Those that our own renames left are recorded, and do not.

    `on_renamed` gets these by the version that was renamed, if there are any.
    """
    refs = list(refs)
    finished = ledger.files.finished([ref.version for ref in refs])
    unknown = [ref for ref in refs if ref.version not in finished]
    renames = record_own_renames(unknown, ledger=ledger, settle=settle)
    if renames:
        on_renamed(renames)
    # A renamed version has the outcome of the version it was, so that it may be finished now.
    versions = {ref.version for ref in unknown}
    return versions - ledger.files.finished(list(versions))


def record_own_renames(
    refs: Sequence[FileRef], *, ledger: Ledger, settle: Settle
) -> Mapping[str, FileRef]:
    """Record the versions that our own renames left; return them by the version that was renamed.

    A file that shows another name, size or content was changed by somebody else: it is not ours,
    and needs processing.
    """
    by_version = {ref.version: ref for ref in refs}
    own = own_renames(refs, ledger=ledger, settle=settle)
    renames = {before: by_version[version] for version, before in own.items()}
    for before, ref in renames.items():
        ledger.files.record_rename(before, ref)
    # The new name was seen at Caspio: that verifies the rename itself.
    for effect in ledger.effects.open(list(renames)) if renames else ():
        if effect.kind is EffectKind.RENAME_ATTACHMENT:
            ledger.effects.settle(effect, EffectState.VERIFIED)
    return renames


def own_renames(refs: Sequence[FileRef], *, ledger: Ledger, settle: Settle) -> Mapping[str, str]:
    """Return, by version as it is listed now, the version that we renamed into it.

    A version that we renamed, and that no listing has shown renamed yet, is matched with what is in
    its place now if that has the name and the size we left, and a date that our rename can have
    left; `settle` decides where the date leaves doubt. Any later file there is not ours. A file of
    the Files area may be referenced by several records; it is a version of its own for each of
    them.
    """
    if not refs:
        return {}
    effects = ledger.effects.names_given(refs)
    candidates = {ref.version: list(earlier_places(ref, effects)) for ref in refs}
    location_keys = {place.key for places in candidates.values() for place in places}
    # An attachment is looked up by its version, a Files-area file by its path before the move.
    before_rename: dict[tuple[str, str], list[FileState]] = {}
    for state in ledger.files.not_renamed(location_keys):
        for file in (state.version, str(state.ref.path)):
            before_rename.setdefault((state.ref.location_key, file), []).append(state)

    # Only the latest place counts: what was at an older one may have been replaced since.
    renames: dict[str, str] = {}
    for ref in refs:
        found = next(_renamed_from(candidates[ref.version], before_rename), None)
        if found and _is_left_by(*found, ref, settle=settle):
            renames[ref.version] = found[1].version
    return renames


def _renamed_from(
    places: Iterable["EarlierPlace"], states: Mapping[tuple[str, str], Sequence[FileState]]
) -> Iterator[tuple[Effect, FileState]]:
    """Yield the versions that effects may have renamed, with the effect, the latest first.

    A path may have had several files: what was moved is known by its bytes.
    """
    for place in places:
        for state in reversed(states.get(place[:2], ())):
            if state.sha256 is None or place.effect.after.get("sha256") in {None, state.sha256}:
                yield place.effect, state


def _is_left_by(effect: Effect, before: FileState, now: FileRef, *, settle: Settle) -> bool:
    """Say whether a file that has the name we gave is the one that we gave it to."""
    if before.version == now.version or not same_size(before.ref, now):
        return False
    return is_dated_by(effect, before.ref, now) or settle(now, before)


class EarlierPlace(NamedTuple):
    """Where a file may have been before an effect named it.

    `key` is its location key, `file` its path (Files area) or version (attachment).
    """

    key: str
    file: str
    effect: Effect


def earlier_places(ref: FileRef, effects: Sequence[Effect]) -> Iterator[EarlierPlace]:
    """Yield where a file may have been before we named it, the latest first."""
    attachment = None
    if ref.place is Place.ATTACHMENT and ref.record is not None:
        attachment = (ref.record.container, ref.record.pk, ref.field)
    for effect in reversed(effects):
        match effect.kind:
            case EffectKind.PUT_FILE:
                if effect.after["path"] == ref.path and ref.name == basename(str(ref.path)):
                    old = str(effect.before["path"])
                    key = replace(ref, path=old, name=basename(old)).location_key
                    yield EarlierPlace(key, old, effect)
            case EffectKind.RENAME_ATTACHMENT:
                place = (effect.container, effect.pk, effect.field)
                is_here = attachment is not None and attachment == place
                if is_here and has_name(ref, str(effect.after["name"])):
                    yield EarlierPlace(ref.location_key, effect.version, effect)


def same_size(one: FileRef, other: FileRef) -> bool:
    """Say whether two files may be the same by their sizes; a listing may leave a size out."""
    return None in {one.size_bytes, other.size_bytes} or one.size_bytes == other.size_bytes


def is_dated_by(effect: Effect, before: FileRef, now: FileRef) -> bool:
    """Say whether an effect on a file explains the dates that it is listed with now.

    That is the date it had, or one between the effect's intent and its answer, in any zone. A file
    that was put there at another moment has neither. A put makes a file with a date of its own.
    """
    if effect.kind is EffectKind.RENAME_ATTACHMENT:
        if before.created and now.created and before.created != now.created:
            return False
        if now.listed_date == before.listed_date:
            return True
    # Without both there is nothing to compare; the caller then looks at the file itself.
    date = _date(now.listed_date)
    if date is None or effect.at is None:
        return False
    first = effect.at.astimezone(UTC).replace(tzinfo=None) - _EARLIER
    last = (effect.applied_at or effect.at).astimezone(UTC).replace(tzinfo=None)
    if last - first > _LONGEST:
        return False
    # The offsets of zones with which the date would not be before the first moment.
    offset = (date - first) // _ZONE_STEP
    return _WESTMOST <= offset <= _EASTMOST and date - offset * _ZONE_STEP <= last


def is_untouched(state: FileState, shown: ShownFile) -> bool:
    """Say whether a Files-area file is surely the one that was read, by its size and date.

    A date to the second may hide that a file was replaced within the second in which it was read.
    So the date has to be older than the first look at the file, in every zone.
    """
    date = _date(shown.listed_date)
    # A version that our own rename left was not read under this date.
    if date is None or state.seen_at is None or state.renamed_from is not None:
        return False
    if shown.listed_date != state.ref.listed_date:
        return False
    if shown.size_bytes is None or shown.size_bytes != state.ref.size_bytes:
        return False
    age = state.seen_at.astimezone(UTC).replace(tzinfo=None) - date
    if age > _EASTMOST * _ZONE_STEP + _SAME_MOMENT:
        return True
    return _SAME_MOMENT < age % _ZONE_STEP < _ZONE_STEP - _SAME_MOMENT


def _date(listed: str) -> datetime | None:
    """Parse a date as a listing has it, without its zone; None where it cannot be read."""
    with suppress(ValueError):
        return datetime.fromisoformat(listed).replace(tzinfo=None)
    for text_format in _DATE_FORMATS:
        with suppress(ValueError):
            return datetime.strptime(listed, text_format)  # noqa: DTZ007  the zone is not known
    return None
