"""Remember the account's schema for a while: which columns a table has, which tables hold paths of files."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.adapters.caspio.client.client import CaspioClient
from pipeline.adapters.caspio.client.where import unknown_name
from pipeline.errors import BadSettings, RefusedByCaspio
from pipeline.model import Column, SourceSpec
from pipeline.ports import Clock

MAX_AGE_S = 600.0
_MISSING = 404


@dataclass(frozen=True, slots=True)
class Layout:
    """What is read of a table or view: its attachment fields, its FILE fields and the mapped columns."""

    container: str
    is_view: bool
    attachments: tuple[str, ...]
    files: tuple[str, ...]
    columns: tuple[str, ...]

    @property
    def select(self) -> tuple[str, ...]:
        """Return the columns to ask for, PK_ID first, each once."""
        return tuple(dict.fromkeys(("PK_ID", *self.columns, *self.files)))


class Schema:
    """Ask for each table's fields once; safe from many threads. Without a clock it never asks again."""

    def __init__(self, client: CaspioClient, *, clock: Clock | None = None) -> None:
        self._client = client
        self._clock = clock
        self._lock = threading.RLock()
        self._columns: dict[tuple[str, bool], Mapping[str, Column]] = {}
        self._tables: tuple[str, ...] | None = None
        self._since = clock.monotonic() if clock else 0.0

    def columns(self, container: str, *, is_view: bool) -> Mapping[str, Column]:
        """Return the columns of a table or view by name, without PK_ID.

        Raises:
            BadSettings: there is no such table or view; says which one may be meant.
        """
        with self._lock:
            self._forget_what_is_old()
            key = (container, is_view)
            if key not in self._columns:
                self._columns[key] = {
                    column.name: column for column in self._fields(container, is_view=is_view)
                }
            return self._columns[key]

    def tables_with_files(self) -> Mapping[str, tuple[str, ...]]:
        """Return, by table in order of name, the FILE fields of all tables that have any."""
        with self._lock:
            self._forget_what_is_old()
            if self._tables is None:
                self._tables = tuple(sorted(self._client.tables.names()))
            fields = {
                table: file_fields(self.columns(table, is_view=False)) for table in self._tables
            }
            return {table: names for table, names in fields.items() if names}

    def _fields(self, container: str, *, is_view: bool) -> Sequence[Column]:
        operations = self._client.container(is_view=is_view)
        try:
            return operations.fields(container)
        except RefusedByCaspio as error:
            if error.status != _MISSING:
                raise
            place = "the account's views" if is_view else "the account's tables"
            raise BadSettings(
                [unknown_name(container, operations.names(), container=place)]
            ) from error

    def _forget_what_is_old(self) -> None:
        if self._clock is not None and self._clock.monotonic() - self._since > MAX_AGE_S:
            self._columns.clear()
            self._tables = None
            self._since = self._clock.monotonic()


def file_fields(columns: Mapping[str, Column]) -> tuple[str, ...]:
    """Return the names of the FILE fields."""
    return tuple(column.name for column in columns.values() if column.type.upper() == "FILE")


def layout(spec: SourceSpec, columns: Mapping[str, Column]) -> Layout:
    """Return what to read of a table or view for a source.

    Raises:
        BadSettings: a field or column is unknown or of the wrong type; lists all such problems.
    """
    kinds = {column.name: column.type.upper() for column in columns.values()}
    holders = [name for name, kind in kinds.items() if kind in {"ATTACHMENT", "FILE"}]
    problems = [_field_problem(spec, name, kinds, holders) for name in spec.fields]
    problems += [_column_problem(spec, name, kinds) for name in spec.columns]
    if not holders:
        problems.append(
            f"source {spec.name!r}: {spec.container} has neither an ATTACHMENT nor a FILE field"
        )
    found = [problem for problem in problems if problem]
    if found:
        raise BadSettings(found)
    wanted = spec.fields or tuple(holders)
    return Layout(
        container=spec.container,
        is_view=spec.view is not None,
        attachments=tuple(name for name in wanted if kinds[name] == "ATTACHMENT"),
        files=tuple(name for name in wanted if kinds[name] == "FILE"),
        columns=tuple(spec.columns),
    )


def _field_problem(
    spec: SourceSpec, name: str, kinds: Mapping[str, str], holders: Sequence[str]
) -> str:
    if name in holders:
        return ""
    if name in kinds:
        return f"source {spec.name!r}: field {name!r} is of type {kinds[name]}; only ATTACHMENT and FILE hold files"
    return f"source {spec.name!r}: fields: " + unknown_name(
        name, holders or kinds, container=spec.container
    )


def _column_problem(spec: SourceSpec, name: str, kinds: Mapping[str, str]) -> str:
    if name not in kinds:
        return f"source {spec.name!r}: columns: " + unknown_name(
            name, kinds, container=spec.container
        )
    if kinds[name] in {"PASSWORD", "ATTACHMENT"}:
        return f"source {spec.name!r}: column {name!r} is of type {kinds[name]}, which cannot be read and written"
    return ""
