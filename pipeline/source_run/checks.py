"""Check a source against the account: its columns exist, fit, and have not changed."""

import re
from collections.abc import Iterator, Mapping, Sequence

from pipeline.decide.fingerprint import settings_hash
from pipeline.decide.mapping import ColumnsOf, columns_in_use, refuse_columns
from pipeline.errors import BadSettings, raise_problems
from pipeline.model import Column, SourceSpec
from pipeline.model.sources import alike
from pipeline.ports import Ledger, RecordTarget
from pipeline.ports.ledger import ColumnTypes
from pipeline.steps.write_back import known_columns, refuse_review

_PK_ID = re.compile(r"[0-9]{1,18}")  # as many digits as a 64-bit number surely holds


def refuse_source(spec: SourceSpec, target: RecordTarget) -> list[str]:
    """Return a sentence for every column that is mapped or needed, and is missing or unsuitable."""
    container, is_view = _written_container(spec)
    problems: list[str] = []
    try:
        if container and spec.columns:
            columns = target.columns(container, is_view=is_view)
            problems += refuse_columns(spec, columns)
            problems += refuse_columns_in_use(spec, container, known_columns(target))
        if container and spec.reprocess_column:
            columns = target.columns(container, is_view=is_view)
            problems += refuse_reprocess_column(spec, spec.reprocess_column, columns, container)
        for table in _referring_tables(spec, target):
            problems += refuse_columns_in_use(spec, table, known_columns(target))
        if spec.review is not None:
            problems += refuse_review(spec, target.columns(spec.review, is_view=False))
    except BadSettings as error:
        # The table or view itself is gone: one sentence says so, instead of one for each column.
        problems += [f"source {spec.name!r}: {problem}" for problem in error.problems]
    return problems


def require_pk_ids(names: Sequence[str]) -> None:
    """Check what somebody named records of a table by, before anything is asked for.

    In a view a PK_ID is text, and in a folder a path takes its place.

    Raises:
        BadSettings: a name can be no PK_ID.
    """
    problems = [
        f"{name!r} is not a PK_ID. Give the number that Caspio shows for the record."
        for name in names
        if not _PK_ID.fullmatch(name)
    ]
    raise_problems(problems)


def refuse_columns_in_use(spec: SourceSpec, container: str, columns_of: ColumnsOf) -> Iterator[str]:
    """Yield a sentence for every mapped column of a table or view that is one a source works by.

    The settings refuse those that are called the same. Only the account shows what a view calls
    them, and which tables the files of a folder belong to.
    """
    is_view = spec.view is not None
    for name, used in columns_in_use(spec.columns, container, spec, columns_of, is_view=is_view):
        way_out = " If a view is of one other table, name that one with webhook_table."
        yield (
            f"source {spec.name!r}: column {name!r} of {container!r} cannot take a finding: it is "
            f"{used.column!r} of {used.container!r}, the {used.setting} of source {used.source!r}; "
            f"map another column.{way_out if is_view or used.is_view else ''}"
        )


def _referring_tables(spec: SourceSpec, target: RecordTarget) -> Iterator[str]:
    """Yield the tables, beside its index table, whose rows a folder's files give values to."""
    if spec.folder is None or not spec.columns or not spec.columns_in_use:
        return
    for table in target.tables_with_files():
        is_index = spec.index is not None and spec.index.table == table
        if not is_index and spec.columns.keys() <= target.columns(table, is_view=False).keys():
            yield table


def refuse_reprocess_column(
    spec: SourceSpec, name: str, columns: Mapping[str, Column], container: str
) -> Iterator[str]:
    """Yield a sentence if the column is missing, or if it cannot be set and cleared."""
    column = columns.get(name)
    if column is None:
        spellings = alike(name, columns)
        hint = f"did you mean {spellings[0]!r}?" if spellings else "add it as YES/NO."
        yield (
            f"source {spec.name!r}: {container!r} has no column {name!r} for reprocess_column; "
            f"{hint}"
        )
    elif column.type != "YES/NO" or not column.editable or column.is_formula:
        yield (
            f"source {spec.name!r}: reprocess_column {name!r} of {container!r} is {column.type}; "
            "make it YES/NO."
        )


def changed_types(spec: SourceSpec, *, target: RecordTarget, ledger: Ledger) -> list[str]:
    """Return a sentence for every mapped column that has another type than in the last run.

    After its settings were changed there is nothing to compare: the first run with them only plans,
    so that an operator looks at it.
    """
    kept = ledger.files.column_types(spec.name)
    if kept is None or kept.settings_hash != settings_hash(spec):
        return []
    now = _column_types(spec, target)
    return [
        f"source {spec.name!r}: column {column!r} of {spec.container!r} is of type {now[column]} "
        f"and was {before} when the source was last run. Change it back, map another column, or "
        "run once with --yes to accept it as it is."
        for column, before in kept.types.items()
        if now.get(column, before) != before
    ]


def remember_types(spec: SourceSpec, *, target: RecordTarget, ledger: Ledger) -> None:
    """Keep the types of the mapped columns, for `changed_types` to compare."""
    now = ColumnTypes(settings_hash(spec), dict(_column_types(spec, target)))
    if now.types and ledger.files.column_types(spec.name) != now:
        ledger.files.save_column_types(spec.name, now)


def blocked(spec: SourceSpec, ledger: Ledger) -> list[str]:
    """Return a sentence for every table of the source that is blocked: a write met several rows."""
    problems: list[str] = []
    for container in _containers(spec):
        block = ledger.effects.blocked(container)
        if block is not None:
            problems.append(
                f"source {spec.name!r}: run {block.run_id} was stopped in {container!r}: "
                f"{block.reason}. Look at these rows, make PK_ID name one row each (a view may "
                "join them), then run once with --yes."
            )
    return problems


def unblock(spec: SourceSpec, ledger: Ledger) -> None:
    """Let runs write to the source's tables again."""
    for container in _containers(spec):
        ledger.effects.unblock(container)


def _containers(spec: SourceSpec) -> list[str]:
    container, _ = _written_container(spec)
    return [name for name in (container, spec.review) if name]


def _column_types(spec: SourceSpec, target: RecordTarget) -> Mapping[str, str]:
    container, is_view = _written_container(spec)
    if not container or not spec.columns:
        return {}
    columns = target.columns(container, is_view=is_view)
    return {name: columns[name].type for name in spec.columns if name in columns}


def _written_container(spec: SourceSpec) -> tuple[str, bool]:
    """Return the table or view that is written to ("" for none), and whether it is a view."""
    if spec.folder is not None:
        return (spec.index.table if spec.index else ""), False
    return spec.container, spec.view is not None
