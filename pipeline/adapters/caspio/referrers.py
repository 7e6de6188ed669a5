"""Find the rows that name one of several Files-area files, with few questions."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from pipeline.adapters.caspio.client import AccessDenied, CaspioClient, where
from pipeline.adapters.caspio.schema_cache import SchemaCache
from pipeline.adapters.caspio.scratch_store import path_key
from pipeline.ports import Referrer

Index = tuple[str, str]
"""A table and its column of paths."""

_JOINT = where.size(" OR ()")
# What asking for the rows behind the first thousand adds to a condition.
_REST = where.size("() AND (PK_ID > 999999999999999999)")


@dataclass(frozen=True, slots=True)
class _Question:
    """One question: the rows of a table that have one of a few paths in one of these fields."""

    table: str
    fields: tuple[str, ...]
    condition: str


class ReferrerLookup:
    """Asks each table for several paths at once, as many as an address has room for."""

    def __init__(self, client: CaspioClient, schema: SchemaCache) -> None:
        self._tables = client.tables
        self._schema = schema

    def find(
        self, paths: Sequence[str], index: Index | None = None
    ) -> Mapping[str, Sequence[Referrer]]:
        """Return, by path, every row that names one, by table and PK_ID."""
        found: dict[str, list[Referrer]] = {path_key(path): [] for path in paths}
        for asked in self._questions(paths, index):
            for page in self._tables.record_pages(
                asked.table, select=(where.PK, *asked.fields), condition=asked.condition
            ):
                for record, field in product(page, asked.fields):
                    key = path_key(str(record.values.get(field) or ""))
                    if key in found:
                        found[key].append(Referrer(asked.table, field, record.pk or ""))
        # A row that names two of the files is in the answers to the questions about either.
        return {path: list(dict.fromkeys(found[path_key(path)])) for path in paths}

    def calls(self, paths: Sequence[str], index: Index | None = None) -> int:
        """Return how many calls `find` takes where no question is answered by a thousand rows."""
        return sum(1 for _ in self._questions(paths, index))

    def tables_with_files(self) -> Mapping[str, tuple[str, ...]]:
        """Return the FILE fields of each table that has some.

        Raises:
            AccessDenied: the fields of a table cannot be read.
        """
        try:
            return self._schema.tables_with_files()
        except AccessDenied as error:
            raise AccessDenied(
                f"looking for every row that names a file: {error} Without it a row could be left "
                "pointing nowhere."
            ) from error

    def _questions(self, paths: Sequence[str], index: Index | None) -> Iterator[_Question]:
        tables = dict(self.tables_with_files())
        for table, fields in tables.items():
            yield from self._about(table, fields, paths)
        if index is None:
            return
        table, column = index
        where.require_known(self._schema.columns(table, is_view=False), [column], container=table)
        if column not in tables.get(table, ()):  # a FILE field was asked for above
            yield from self._about(table, (column,), paths)

    def _about(
        self, table: str, fields: tuple[str, ...], paths: Sequence[str]
    ) -> Iterator[_Question]:
        # A row may name a file in any of the fields, so each is compared with every path.
        room = self._tables.records_room(table, (where.PK, *fields)) - _REST
        longest = max(fields, key=where.size)
        for _, some in where.in_lists(longest, paths, room=room // len(fields) - _JOINT):
            # That they fit together is known, so each field is one condition.
            lists = [
                clause
                for field in fields
                for clause, _ in where.in_lists(field, some, room=sys.maxsize)
            ]
            yield _Question(table, fields, where.either(lists))
