"""How each kind of effect is made and looked for at Caspio: what the table in `effects` names."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.decide.column_values import same
from pipeline.decide.naming import split_name
from pipeline.errors import FileGone
from pipeline.model import Effect, RecordRef, Value
from pipeline.ports import RecordTarget, Updated


@dataclass(frozen=True, slots=True)
class CallAnswer:
    """What a call or a look met: how many rows or files, and the row where it is known.

    `pk` is the PK_ID of an inserted row, or of the row that is there already; "" where none is
    there, None for effects that insert nothing. What is half done is finished by the same call.
    """

    met: int
    row: Mapping[str, Value] | None = None
    pk: str | None = None
    is_half_done: bool = False


@dataclass(frozen=True, slots=True)
class FileToPut:
    """Bytes to put into the Files area."""

    path: Path
    media_type: str


@dataclass(frozen=True, slots=True)
class Renaming:
    """What the rename of an attachment needs.

    `extension` is what Caspio lists beside its name (`FileRef`). `until_s` is when the call has to
    leave at the latest, by the monotonic clock; None for no limit.
    """

    extension: str | None
    until_s: float | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """An effect with what its call needs: guard (columns with their values), bytes, renaming."""

    effect: Effect
    guard: Mapping[str, Value]
    upload: FileToPut | None = None
    renaming: Renaming | None = None


def record_of(effect: Effect) -> RecordRef:
    """Return the record that an effect changes."""
    return RecordRef(effect.container, effect.pk, effect.is_view)


def _answered(updated: Updated) -> CallAnswer:
    return CallAnswer(updated.affected, updated.row)


def update(request: Request, target: RecordTarget) -> CallAnswer:
    """Write columns."""
    effect = request.effect
    return _answered(
        target.update(record_of(effect), guard=request.guard, values=effect.after, columns=())
    )


def holds_values(effect: Effect, target: RecordTarget) -> CallAnswer:
    """Say whether the record holds what was to be written."""
    columns = target.columns(effect.container, is_view=effect.is_view)
    if not effect.after.keys() <= columns.keys():
        return CallAnswer(0)  # a column was removed
    row = target.read(record_of(effect), list(effect.after))
    holds = row is not None and all(
        same(row.get(name), value, columns[name]) for name, value in effect.after.items()
    )
    return CallAnswer(int(holds), row)


def rename_attachment(request: Request, target: RecordTarget) -> CallAnswer:
    """Rename an attachment; its extension stays."""
    effect, renaming = request.effect, request.renaming
    assert renaming is not None
    base, _ = split_name(str(effect.after["name"]), renaming.extension)
    return _answered(
        target.rename_attachment(
            record_of(effect),
            effect.field,
            base_name=base,
            extension=renaming.extension,
            guard=request.guard,
            until_s=renaming.until_s,
        )
    )


def has_name(effect: Effect, target: RecordTarget) -> CallAnswer:
    """Say whether an attachment has its new name."""
    shown = target.attachment(record_of(effect), effect.field)
    if shown is None:
        return CallAnswer(0)
    old, new = str(effect.before["name"]), str(effect.after["name"])
    bases = {split_name(name, shown.extension)[0] for name in (shown.name, new)}
    # Whatever Caspio takes a new name for, the extension is to stay: see `rename_attachment` of the
    # target, which may need two calls for the first name in a field.
    rest = new[len(shown.name) :]
    has_lost_it = rest.startswith(".") and new == shown.name + rest and old.endswith(rest)
    has_doubled_it = shown.name.startswith(f"{new}.") and new.endswith(shown.name[len(new) :])
    # A name that is an extension alone has nothing that a second call could put before it.
    is_half_done = bases != {""} and (has_lost_it or has_doubled_it)
    return CallAnswer(int(len(bases) == 1), is_half_done=is_half_done)


def insert_row(request: Request, target: RecordTarget) -> CallAnswer:
    """Insert a row, unless there is one."""
    effect = request.effect
    found = find_row(effect, target)
    if found.met:  # somebody was quicker, or an interrupted run: no second row
        return CallAnswer(0, pk=found.pk)
    return CallAnswer(1, pk=target.insert(effect.container, effect.after))


def find_row(effect: Effect, target: RecordTarget) -> CallAnswer:
    """Find the row that was to be inserted, by the column that it is known by."""
    pks = target.find(effect.container, effect.field, effect.after[effect.field])
    return CallAnswer(len(pks[:1]), pk=pks[0] if pks else "")


def delete_row(request: Request, target: RecordTarget) -> CallAnswer:
    """Delete a row."""
    return _answered(target.delete(record_of(request.effect), guard=request.guard))


def row_is_gone(effect: Effect, target: RecordTarget) -> CallAnswer:
    """Say whether a row is gone."""
    return CallAnswer(int(target.read(record_of(effect), []) is None))


def put_file(request: Request, target: RecordTarget) -> CallAnswer:
    """Put a file under a new path, never over another."""
    upload = request.upload
    assert upload is not None
    path = str(request.effect.after["path"])
    return CallAnswer(int(target.put_file(path, upload.path, media_type=upload.media_type)))


def has_bytes(effect: Effect, target: RecordTarget) -> CallAnswer:
    """Say whether a file has the bytes that were put there."""
    try:
        digest = target.file_sha256(str(effect.after["path"]))
    except FileGone:
        return CallAnswer(0)
    return CallAnswer(int(digest == effect.after["sha256"]))


def delete_file(request: Request, target: RecordTarget) -> CallAnswer:
    """Delete a Files-area file."""
    try:
        target.delete_file(str(request.effect.before["path"]))
    except FileGone:
        return CallAnswer(1)  # somebody has deleted it: that is what was wanted
    return CallAnswer(1)


def file_is_gone(effect: Effect, target: RecordTarget) -> CallAnswer:
    """Say whether a Files-area file is gone."""
    return CallAnswer(int(target.file(str(effect.before["path"])) is None))
