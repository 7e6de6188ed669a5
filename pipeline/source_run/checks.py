"""Hold a source against the account: the columns it needs, and whether they are still what they were."""

from collections.abc import Mapping

from pipeline.decide.mapping import refuse_columns
from pipeline.errors import BadSettings
from pipeline.model import Column, SourceSpec
from pipeline.ports import Ledger, RecordTarget
from pipeline.settings import settings_hash
from pipeline.steps.write_back import hold_name, refuse_review


def refuse_source(spec: SourceSpec, target: RecordTarget) -> list[str]:
    """Return one sentence for every mapped column, and every column of a review table, that is missing or unfit."""
    container, is_view = _written(spec)
    problems: list[str] = []
    try:
        if container and spec.columns:
            problems += refuse_columns(spec, target.columns(container, is_view=is_view))
        if container and spec.reprocess_column:
            problems += _refuse_tick(spec, target.columns(container, is_view=is_view), container)
        if spec.review is not None:
            problems += refuse_review(spec, target.columns(spec.review, is_view=False))
    except BadSettings as error:  # the table or view itself is gone
        problems += [f"source {spec.name!r}: {problem}" for problem in error.problems]
    return problems


def _refuse_tick(spec: SourceSpec, columns: Mapping[str, Column], container: str) -> list[str]:
    """Return a sentence where the column that people tick is missing or cannot be ticked and cleared."""
    name = spec.reprocess_column or ""
    column = columns.get(name)
    if column is None:
        close = [one for one in columns if one.casefold() == name.casefold()]
        hint = f"did you mean {close[0]!r}?" if close else "add it as YES/NO."
        return [
            f"source {spec.name!r}: {container!r} has no column {name!r} for reprocess_column; {hint}"
        ]
    if column.type != "YES/NO" or not column.editable or column.is_formula:
        return [
            f"source {spec.name!r}: reprocess_column {name!r} of {container!r} is {column.type}; make it YES/NO."
        ]
    return []


def changed_types(spec: SourceSpec, *, target: RecordTarget, ledger: Ledger) -> list[str]:
    """Return one sentence for every mapped column that has another type than when the source was last run.

    Settings that changed meanwhile were looked at by a person, and so begin anew.
    """
    kept = ledger.cursor(_name(spec))
    if kept is None or kept["settings"] != settings_hash(spec):
        return []
    now = _types(spec, target)
    return [
        f"source {spec.name!r}: column {column!r} of {spec.container!r} is of type {now[column]} and was {before} when "
        "the source was last run. Change it back, map another column, or run once with --yes to take it as it is."
        for column, before in kept["types"].items()
        if now.get(column, before) != before
    ]


def remember_types(spec: SourceSpec, *, target: RecordTarget, ledger: Ledger) -> None:
    """Keep the types of the mapped columns, for `changed_types` to compare."""
    kept = {"settings": settings_hash(spec), "types": dict(_types(spec, target))}
    if kept["types"] and ledger.cursor(_name(spec)) != kept:
        ledger.keep_cursor(_name(spec), kept)


def held(spec: SourceSpec, ledger: Ledger) -> list[str]:
    """Return why nothing may be written to a source's tables until a person has looked: a write met too many rows."""
    kept = {container: ledger.cursor(hold_name(container)) for container in _containers(spec)}
    return [
        f"source {spec.name!r}: run {hold['run']} was stopped in {container!r}: {hold['note']}. Look at these rows, "
        "let PK_ID name one each (a view may join them), then run once with --yes."
        for container, hold in kept.items()
        if hold is not None
    ]


def release(spec: SourceSpec, ledger: Ledger) -> None:
    """Let a source be written to again."""
    for container in _containers(spec):
        ledger.keep_cursor(hold_name(container), None)


def _containers(spec: SourceSpec) -> list[str]:
    return [name for name in (_written(spec)[0], spec.review) if name]


def _name(spec: SourceSpec) -> str:
    return f"column types: {spec.name}"


def _types(spec: SourceSpec, target: RecordTarget) -> Mapping[str, str]:
    container, is_view = _written(spec)
    if not container or not spec.columns:
        return {}
    columns = target.columns(container, is_view=is_view)
    return {name: columns[name].type for name in spec.columns if name in columns}


def _written(spec: SourceSpec) -> tuple[str, bool]:
    """Return the table or view that is written to, and whether it is a view; "" where that is not one alone."""
    if spec.folder is not None:
        return (spec.index.table if spec.index else ""), False
    return spec.container, spec.view is not None
