"""Walks over file versions: in order, a page at a time, each page a transaction of its own."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, select, tuple_

from pipeline.adapters.sql_ledger.base import CHUNK, SqlPart, chunks
from pipeline.adapters.sql_ledger.figure_log import counted
from pipeline.adapters.sql_ledger.rows import load_file
from pipeline.adapters.sql_ledger.tables import files
from pipeline.ports import FileState

_SLOT = (files.c.source, files.c.container, files.c.holder, files.c.field)
_VERSION = (*_SLOT, files.c.id)


class FileViews(SqlPart):
    """The part of the ledger that walks over file versions."""

    def states(
        self,
        *,
        source: str | None = None,
        pk: str | None = None,
        since: datetime | None = None,
        newest: bool = True,
    ) -> Iterator[FileState]:
        """Yield states in order of source, container, record; with `newest` only each location_key's latest version.

        `pk` is a record's key or a Files-area path; `since` is compared with the last change of the state.
        """
        wanted: list[ColumnElement[bool]] = []
        if source is not None:
            wanted.append(files.c.source == source)
        if pk is not None:
            wanted.append((files.c.holder == pk) | (files.c.path == pk))
        if since is not None:
            wanted.append(files.c.updated_at >= since)
        return self._walk(wanted, newest=newest)

    def stale(
        self, is_current: Callable[[str], bool], rules: str, *, source: str
    ) -> Iterator[FileState]:
        """Yield the latest version of each location_key that would be read or planned differently now."""
        used = select(files.c.fingerprint).where(files.c.source == source).distinct()
        with self._reading("list fingerprints") as connection:
            fingerprints = [text for text in connection.scalars(used) if text is not None]
        outdated = [text for text in fingerprints if not is_current(text)]
        changed = files.c.fingerprint.in_(outdated) | (files.c.rules != rules)
        return self._walk([files.c.source == source, changed], newest=True)

    def unsucceeded(self, slots: Collection[str]) -> Sequence[FileState]:
        """Return the versions in these slots of which no listing has shown what our own write made of them."""
        later = files.alias()
        found: list[FileState] = []
        for chunk in chunks(slots):
            open_ends = ~exists().where(later.c.succeeds == files.c.version)
            wanted = (
                select(files).where(files.c.location_key.in_(chunk), open_ends).order_by(files.c.id)
            )
            found += [load_file(row) for row in self._page(wanted)]
        return found

    def _walk(self, wanted: list[ColumnElement[bool]], *, newest: bool) -> Iterator[FileState]:
        """Page by the order's own columns: a location_key renamed between two pages is neither met twice nor missed."""
        order = _SLOT if newest else _VERSION
        chosen = [*wanted, files.c.is_newest] if newest else wanted
        page: Select[Any] = select(files).where(and_(True, *chosen)).order_by(*order).limit(CHUNK)  # noqa: FBT003 - SQL's TRUE
        after: tuple[Any, ...] | None = None
        while True:
            rows = self._page(page if after is None else page.where(tuple_(*order) > after))
            yield from (load_file(row) for row in rows)
            if len(rows) < CHUNK:
                return
            after = tuple(rows[-1][column.name] for column in order)

    def _page(self, page: Select[Any]) -> list[Any]:
        with self._reading("list files") as connection:
            return list(connection.execute(page).mappings())

    def counts(self) -> Mapping[str, Mapping[str, int]]:
        """Return files by source and status, each location_key's latest version.

        Where there is no outcome yet the stage stands in for it; a version that was only planned counts as planned.
        """
        result: dict[str, Counter[str]] = {}
        with self._reading("count files") as connection:
            for source, status, number, _ in counted(connection):
                result.setdefault(source, Counter())[status] += number
        return result
