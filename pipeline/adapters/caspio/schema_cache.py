"""Keep the account's schema for a while: columns, and which tables have paths of files."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pipeline import model
from pipeline.adapters.caspio.client import CaspioClient, Clock, Column, Misconfigured, Refused
from pipeline.adapters.caspio.client.where import unknown_name
from pipeline.model import SourceSpec

MAX_AGE_S = 600.0
"""Seconds. A column that is added while a long-running program works is seen after ten minutes."""

_MISSING = 404


@dataclass(frozen=True, slots=True)
class ContainerLayout:
    """What is read of a table or view: attachment fields, FILE fields, mapped columns."""

    container: str
    is_view: bool
    attachments: tuple[str, ...]
    files: tuple[str, ...]
    columns: tuple[str, ...]

    @property
    def select(self) -> tuple[str, ...]:
        """Return the columns to ask for, PK_ID first, each once."""
        return tuple(dict.fromkeys(("PK_ID", *self.columns, *self.files)))


@dataclass(slots=True)
class KnownSchema:
    """What was asked of an account's schema, for the runs that follow each other in a process.

    `since_s` is when it began to be asked for, by the monotonic clock; None before that.
    """

    columns: dict[tuple[str, bool], Mapping[str, Column]] = field(default_factory=dict)
    since_s: float | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)


class SchemaCache:
    """Ask for each table's fields once; safe from many threads. Without a clock, never again.

    `known` is what others of the same account share, or have left. Only columns are taken from it:
    where files may be named each asks again.
    """

    def __init__(
        self,
        client: CaspioClient,
        *,
        clock: Clock | None = None,
        known: KnownSchema | None = None,
    ) -> None:
        self._client = client
        self._clock = clock
        self._known = known or KnownSchema()
        # What this one has asked for itself, since `_since_s`.
        self._asked: set[tuple[str, bool]] = set()
        self._with_files: Mapping[str, tuple[str, ...]] | None = None
        self._since_s: float | None = None

    def columns(self, container: str, *, is_view: bool) -> Mapping[str, Column]:
        """Return the columns of a table or view by name, without PK_ID.

        Raises:
            Misconfigured: there is no such table or view; says which one may be meant.
        """
        with self._known.lock:
            self._drop_what_is_old()
            if (container, is_view) not in self._known.columns:
                self._ask(container, is_view=is_view)
            return self._known.columns[container, is_view]

    def tables_with_files(self) -> Mapping[str, tuple[str, ...]]:
        """Return, by table in order of name, the FILE fields of all tables that have any."""
        with self._known.lock:
            self._drop_what_is_old()
            # A file that a row names is not deleted. A FILE field that was added since an earlier
            # run asked may name it, so nothing that such a run knew is an answer here.
            if self._with_files is None:
                found: dict[str, tuple[str, ...]] = {}
                for table in sorted(self._client.tables.names()):
                    if (table, False) not in self._asked:
                        self._ask(table, is_view=False)
                    fields = file_fields(self._known.columns[table, False])
                    if fields:
                        found[table] = fields
                self._with_files = found
            return self._with_files

    def _ask(self, container: str, *, is_view: bool) -> None:
        operations = self._client.container(is_view=is_view)
        try:
            fields = operations.fields(container)
        except Refused as error:
            # A wrong name is easier to correct with the name that may be meant.
            if error.status != _MISSING:
                raise
            place = "the account's views" if is_view else "the account's tables"
            problem = unknown_name(container, operations.names(), container=place)
            raise Misconfigured([problem]) from error
        self._known.columns[container, is_view] = {column.name: column for column in fields}
        self._asked.add((container, is_view))

    def _drop_what_is_old(self) -> None:
        if self._clock is None:
            return
        known, now_s = self._known, self._clock.monotonic()
        if known.since_s is None:
            known.since_s = now_s
        elif now_s - known.since_s > MAX_AGE_S:
            known.columns.clear()
            known.since_s = now_s
        if self._since_s != known.since_s:  # dropped here, or by another that shares it
            self._asked.clear()
            self._with_files, self._since_s = None, known.since_s


def file_fields(columns: Mapping[str, Column]) -> tuple[str, ...]:
    """Return the names of the FILE fields."""
    return tuple(column.name for column in columns.values() if column.type.upper() == "FILE")


def layout(spec: SourceSpec, column_types: Mapping[str, str]) -> ContainerLayout:
    """Return what to read of a table or view for a source.

    Args:
        spec: The source.
        column_types: The type of each column, by name.

    Raises:
        Misconfigured: a field or column is unknown or of the wrong type; lists all such problems.
    """
    types = {name: kind.upper() for name, kind in column_types.items()}
    with_files = [name for name, kind in types.items() if kind in {"ATTACHMENT", "FILE"}]
    problems = _problems(spec, types, with_files)
    if problems:
        raise Misconfigured(problems)
    # Without `fields` a source takes every file of its records.
    wanted = spec.fields or tuple(with_files)
    return ContainerLayout(
        container=spec.container,
        is_view=spec.view is not None,
        attachments=tuple(name for name in wanted if types[name] == "ATTACHMENT"),
        files=tuple(name for name in wanted if types[name] == "FILE"),
        columns=tuple(spec.columns),
    )


def _problems(spec: SourceSpec, types: Mapping[str, str], with_files: Sequence[str]) -> list[str]:
    source, container = f"source {spec.name!r}", spec.container
    problems = []
    for name in spec.fields:
        if name not in types:
            unknown = unknown_name(name, with_files or types, container=container)
            problems.append(f"{source}: fields: {unknown}")
        elif name not in with_files:
            problems.append(
                f"{source}: field {name!r} is of type {types[name]}; only ATTACHMENT and FILE "
                "have files"
            )
    for name in spec.columns:
        if name not in types:
            unknown = unknown_name(name, types, container=container)
            problems.append(f"{source}: columns: {unknown}")
        elif types[name] in {"PASSWORD", "ATTACHMENT"}:
            problems.append(
                f"{source}: column {name!r} is of type {types[name]}, which cannot be read and "
                "written"
            )
    if not with_files:
        problems.append(f"{source}: {container} has neither an ATTACHMENT nor a FILE field")
    return problems


def as_column(column: Column) -> model.Column:
    """Return the pipeline's value for the client's."""
    return model.Column(
        name=column.name,
        type=column.type,
        editable=column.editable,
        is_formula=column.is_formula,
        unique=column.unique,
        table_field=column.table_field,
    )
