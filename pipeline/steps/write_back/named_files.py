"""Which paths a record may name while values that were read from its files are written to it."""

from collections.abc import Iterable, Mapping, Sequence

from pipeline.decide.ownership import PERHAPS_IN_EFFECT
from pipeline.model import Effect, EffectKind, FileRef, Plan, Value
from pipeline.steps.write_back.context import WriteContext


def named_files(plan: Plan, context: WriteContext) -> Mapping[str, Sequence[str]]:
    """Return the paths of the files that a plan's values are from, by the field that names them.

    The last is the one that the record should name now: the file's own, or the one that this run
    has led the record to. Before it are others where this run has put the same bytes.
    """
    record = plan.work.record
    files = _files_written_from(plan) if record is not None else ()
    if record is None or not files:
        return {}
    if record.is_view:  # no run gives names to what a view names
        return {ref.field: [str(ref.path)] for ref in files}
    effects = context.ports.ledger.effects.find(record=(record.container, record.pk))
    made = [
        one
        for one in effects
        if one.run_id == context.run.run_id and one.state in PERHAPS_IN_EFFECT
    ]
    return {ref.field: _paths(ref, made) for ref in files}


def names_others(current: Mapping[str, Value], named: Mapping[str, Sequence[str]]) -> bool:
    """Say whether a record as it is now names other files than those."""
    return any(
        not is_one_of(path, named[field]) for field, path in paths_now(current, named).items()
    )


def paths_now(current: Mapping[str, Value], fields: Iterable[str]) -> dict[str, str]:
    """Return the paths that a record as it is now has in some fields."""
    return {field: str(current.get(field) or "") for field in fields}


def is_one_of(path: str, paths: Iterable[str]) -> bool:
    """Say whether a path is one of these. The Files area ignores case; a row may lack the slash."""
    return _key(path) in {_key(one) for one in paths}


def _files_written_from(plan: Plan) -> Sequence[FileRef]:
    """Return the Files-area files of a record that the values to be written are from."""
    first = plan.work.files[0].version
    bases = [plan.basis.get(column) for column in plan.after]
    versions = {(basis.version if basis else "") or first for basis in bases}
    files = [ref for ref in plan.work.files if ref.version in versions and ref.path]
    return [ref for ref in files if ref.field and ref.field not in plan.after]


def _key(path: str) -> str:
    return path.strip().lstrip("/").casefold()


def _paths(ref: FileRef, effects: Iterable[Effect]) -> Sequence[str]:
    own = str(ref.path)
    copies, led = [], []
    for effect in effects:
        if effect.kind is EffectKind.PUT_FILE and effect.before.get("path") == own:
            copies.append(str(effect.after["path"]))
        elif effect.kind is EffectKind.REPOINT and effect.before.get(ref.field) == own:
            led.append(str(effect.after[ref.field]))
    return [*copies, own, *led]
