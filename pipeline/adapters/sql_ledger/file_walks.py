"""Walks over file versions: in order, a page at a time, each page a transaction of its own."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    case,
    exists,
    func,
    null,
    select,
    tuple_,
    type_coerce,
)

from pipeline.adapters.sql_ledger.metrics import latest_versions
from pipeline.adapters.sql_ledger.rows import load_file, searched_names
from pipeline.adapters.sql_ledger.session import CHUNK, SqlPart, chunks, rows_in, values_in
from pipeline.adapters.sql_ledger.tables import files
from pipeline.model import FileRef, RecordRef, Status
from pipeline.ports import FileState
from pipeline.ports.ledger import Attention

# A place has one newest version, so its columns give the newest versions a complete order.
_PLACE = (files.c.source, files.c.container, files.c.record_key, files.c.field)
_VERSION = (*_PLACE, files.c.id)


class SqlFileWalks(SqlPart):
    """Walk over file versions."""

    def states(
        self,
        *,
        source: str | None = None,
        pk: str | None = None,
        since: datetime | None = None,
        newest: bool = True,
    ) -> Iterator[FileState]:
        """Yield states in order of source, container, record; see `FileLedger.states`."""
        wanted: list[ColumnElement[bool]] = []
        if source is not None:
            wanted.append(files.c.source == source)
        if pk is not None:
            wanted.append((files.c.record_key == pk) | (files.c.path == pk))
        if since is not None:
            wanted.append(files.c.updated_at >= since)
        return self._walk(wanted, newest=newest)

    def search(self, text: str, *, source: str = "", limit: int = 50) -> Sequence[FileState]:
        """Return the latest versions of a record, or with all words of a text in their names."""
        words = searched_names(text).split()
        if not words:
            return []
        chosen = select(files.c.id).where(files.c.is_newest)
        if source:
            chosen = chosen.where(files.c.source == source)
        order = (files.c.source, files.c.names, files.c.id)
        its_record = chosen.where(files.c.record_key == text).order_by(*order)
        has_words = (files.c.names.contains(word, autoescape=True) for word in words)
        # In the order of its index, so that nothing else is looked at.
        named = chosen.where(*has_words).order_by(*order)
        with self._session.reading("search files") as connection:
            ids = [*connection.scalars(its_record.limit(limit))]
            ids = list(dict.fromkeys([*ids, *connection.scalars(named.limit(limit))]))[:limit]
            rows = connection.execute(select(files).where(files.c.id.in_(ids))).mappings()
            found = {row["id"]: load_file(row) for row in rows}
        return [found[one] for one in ids]

    def containers(
        self, source: str, shown: Sequence[tuple[RecordRef, Collection[int]]]
    ) -> Sequence[set[str]]:
        """Return the tables and views in which each record was shown; see `FileLedger`."""
        # A reference takes long to load, and the source's own files need none. With the source in
        # the condition instead, SQLite would search all its files.
        other = case((files.c.source == source, null()), else_=files.c.ref)
        listed = select(
            files.c.record_key,
            files.c.container,
            files.c.ref["size_bytes"].as_integer().label("size_bytes"),
            type_coerce(other, files.c.ref.type).label("ref"),
        )
        own: dict[str, set[str]] = defaultdict(set)
        own_sizes: dict[str, set[int]] = defaultdict(set)
        others: dict[str, list[FileRef]] = defaultdict(list)
        with self._session.reading("look up the tables of records") as connection:
            keys = dict.fromkeys(record.pk for record, _ in shown)
            for row in rows_in(connection, listed, files.c.record_key, keys):
                if row["ref"] is None:
                    own[row["record_key"]].add(row["container"])
                    own_sizes[row["record_key"]].add(row["size_bytes"])
                else:
                    others[row["record_key"]].append(FileRef.from_plain(row["ref"]))
        return [
            own[record.pk]
            | {
                ref.container
                for ref in others.get(record.pk, ())
                if ref.shows_record_of(record, own_sizes[record.pk].union(sizes))
            }
            for record, sizes in shown
        ]

    def seen_at(self, source: str, pk: str) -> Sequence[datetime | None]:
        """Return when each version of a record's files was first listed by a source."""
        same_key = select(files.c.source, files.c.seen_at).where(files.c.record_key == pk)
        with self._session.reading(f"look up when record {pk} was listed") as connection:
            found = connection.execute(same_key.order_by(files.c.id)).all()
        return [row.seen_at for row in found if row.source == source]

    def stale(
        self, is_current: Callable[[str], bool], rules: str, *, source: str
    ) -> Iterator[FileState]:
        """Yield the latest versions that are not as they would be written now; see `FileLedger`."""
        used = select(files.c.fingerprint).where(files.c.source == source).distinct()
        with self._session.reading("list fingerprints") as connection:
            fingerprints = [text for text in connection.scalars(used) if text is not None]
        outdated = [text for text in fingerprints if not is_current(text)]
        changed = (
            files.c.fingerprint.in_(outdated) | (files.c.rules != rules) | files.c.planned_only
        )
        return self._walk([files.c.source == source, changed], newest=True)

    def not_renamed(self, location_keys: Collection[str]) -> Sequence[FileState]:
        """Return the versions at these places for which no rename is recorded, the oldest first."""
        later = files.alias()
        renamed = exists().where(later.c.renamed_from == files.c.version)
        found: list[FileState] = []
        for chunk in chunks(location_keys):
            wanted = select(files).where(files.c.location_key.in_(chunk), ~renamed)
            found += [load_file(row) for row in self._page(wanted.order_by(files.c.id))]
        return found

    def replaced(self, versions: Collection[str]) -> set[str]:
        """Return those versions in whose place a listing has shown another file since.

        A version that our own renames made of it is the same file: what they became is followed,
        a rename a round, to see whether it is the newest in its place.
        """
        with self._session.reading("look up files") as connection:
            replaced = values_in(connection, select(files.c.version), files.c.version, versions)
        origins = {version: version for version in replaced}  # by version as renamed so far
        seen = set(origins)  # a file that was renamed back may have a version that it had
        newest = select(files.c.version).where(files.c.is_newest)
        later = select(files.c.renamed_from, files.c.version)
        while origins:
            with self._session.reading("look up replaced files") as connection:
                in_place = values_in(connection, newest, files.c.version, origins)
                replaced -= {origins[one] for one in in_place}
                after = rows_in(connection, later, files.c.renamed_from, origins)
                renamed = {row["version"]: origins[row["renamed_from"]] for row in after}
            origins = {after: first for after, first in renamed.items() if after not in seen}
            seen |= origins.keys()
        return replaced

    def counts(self) -> Mapping[str, Mapping[str, int]]:
        """Return how many files each source has by status, counting the latest versions.

        Where there is no outcome yet, the stage is used instead of the status; what was only
        planned counts as planned.
        """
        result: dict[str, Counter[str]] = {}
        with self._session.reading("count files") as connection:
            for source, status, number, _ in latest_versions(connection):
                result.setdefault(source, Counter())[status] += number
        return result

    def attention(
        self, statuses: Collection[Status], *, source: str | None = None
    ) -> Iterator[FileState]:
        """Yield the latest versions with one of these outcomes."""
        wanted: list[ColumnElement[bool]] = [
            files.c.status.in_([status.value for status in statuses])
        ]
        if source is not None:
            wanted.append(files.c.source == source)
        return self._walk(wanted, newest=True)

    def count_attention(
        self, statuses: Collection[Status], *, source: str, keys: Collection[str] = ()
    ) -> Attention:
        """Count what `attention` yields of a source, or of some of its records or paths."""
        wanted = [
            files.c.is_newest,
            files.c.source == source,
            files.c.status.in_([status.value for status in statuses]),
        ]
        if keys:
            wanted.append(files.c.record_key.in_(keys) | files.c.path.in_(keys))
        known = files.c.acknowledged_at.is_not(None)
        counted = select(known, func.count()).where(*wanted).group_by(known)
        with self._session.reading("count what needs a user") as connection:
            numbers = {bool(is_known): number for is_known, number in connection.execute(counted)}
        return Attention(open=numbers.get(False, 0), acknowledged=numbers.get(True, 0))

    def _walk(self, wanted: list[ColumnElement[bool]], *, newest: bool) -> Iterator[FileState]:
        """Yield page after page, each behind the last row of the one before.

        Pages follow the order's own columns and not an OFFSET: a place that is renamed between two
        pages is neither met twice nor missed.
        """
        order = _PLACE if newest else _VERSION
        chosen = [*wanted, files.c.is_newest] if newest else wanted
        page: Select[Any] = select(files).where(*chosen).order_by(*order).limit(CHUNK)
        rows = self._page(page)
        while True:
            for row in rows:
                yield load_file(row)
            if len(rows) < CHUNK:
                return
            after = tuple(rows[-1][column.name] for column in order)
            rows = self._page(page.where(tuple_(*order) > after))

    def _page(self, page: Select[Any]) -> list[Any]:
        with self._session.reading("list files") as connection:
            return list(connection.execute(page).mappings())
