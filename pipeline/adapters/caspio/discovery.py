"""Discover an account: the columns of its tables and views, and how many files there are."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

from pipeline.adapters.caspio.client import (
    AccessDenied,
    CaspioClient,
    Query,
    Record,
    Refused,
    where,
)
from pipeline.adapters.caspio.client.areas.containers import Containers
from pipeline.adapters.caspio.client.areas.files import ROOT
from pipeline.adapters.caspio.client.bulk.attachment_lookup import AttachmentLookup
from pipeline.adapters.caspio.client.wire.records import pks_of
from pipeline.adapters.caspio.errors import translated
from pipeline.adapters.caspio.file_lookup import FileLookup, FolderTree
from pipeline.adapters.caspio.schema_cache import as_column
from pipeline.adapters.caspio.scratch_store import scratch
from pipeline.model import Column, Value
from pipeline.model.probes import PROBE_TABLE
from pipeline.model.schema import (
    FILE_TYPES,
    Container,
    DiscoveredAccount,
    FileField,
    FilesArea,
    Folder,
)

# PASSWORD columns show nothing, and attachments are listed in a way of their own.
_UNREADABLE = frozenset({"PASSWORD", "ATTACHMENT"})

MOST_PAGES = 5
"""Pages of 1,000 records that are counted of one table; the rest is estimated from these."""

SAMPLED = 25
"""Records of a table whose values are looked at."""

MOST_FOLDERS = 50
"""Folders of the Files area that are counted."""


@translated()
def discover_schema(
    client: CaspioClient, *, scratch_dir: Path, pages: int = MOST_PAGES
) -> DiscoveredAccount:
    """Read the schema of every table and view, and count the files.

    What the profile may not see is listed, too.

    Raises:
        Unauthorized: not even the tables can be listed.
    """
    unreadable: dict[str, str] = {}
    found: list[Container] = []
    with scratch(scratch_dir) as store:
        tree = FolderTree(client.files)
        files = FileLookup(client.files, tree=tree, scratch=store, clock=client.clock)
        for operations in (client.tables, client.views):
            for name in sorted(operations.names(), key=str.casefold):
                if name.casefold() == PROBE_TABLE:
                    continue  # the one of `doctor --deep`, which has attachments of its own
                try:
                    found.append(_container(operations, name, files, pages))
                except (AccessDenied, Refused) as error:
                    unreadable[name] = str(error)
    try:
        area = _files_area(client)
    except (AccessDenied, Refused) as error:
        area = FilesArea()
        unreadable["the Files area"] = str(error)
    return DiscoveredAccount(tuple(found), area, unreadable)


@translated()
def discover_container(
    client: CaspioClient, name: str, *, is_view: bool, scratch_dir: Path, pages: int = MOST_PAGES
) -> Container:
    """Read the schema of one table or view, and count its files.

    Raises:
        BadSettings: there is no such table or view.
    """
    with scratch(scratch_dir) as store:
        tree = FolderTree(client.files)
        files = FileLookup(client.files, tree=tree, scratch=store, clock=client.clock)
        return _container(client.container(is_view=is_view), name, files, pages)


def _container(operations: Containers, name: str, files: FileLookup, pages: int) -> Container:
    columns = {column.name: as_column(column) for column in operations.fields(name)}
    counters: list[_FieldCounter] = []
    paths: list[str] = []
    for column in columns.values():
        kind = column.type.upper()
        if kind == "ATTACHMENT":
            counters.append(_AttachmentCounter(operations, name, column.name))
        elif kind in FILE_TYPES:
            counters.append(_PathCounter(column.name, kind, files))
            paths.append(column.name)
    if not counters:
        # A table without files may have their paths: that is an index table, if its values are.
        samples = _samples(operations, name, columns) if path_columns(columns) else ()
        return Container(name, operations.is_view, columns, samples=samples)

    (row,) = operations.query(name, Query(select="COUNT(*) AS n")).items
    total = int(str(row.values.get("n") or 0))
    looked_at = 0
    for page in islice(operations.record_pages(name, select=(where.PK, *paths)), pages):
        looked_at += len(page)
        for counter in counters:
            counter.add(page)
    # More rows than were counted at first may have come meanwhile.
    records = max(total, looked_at)
    fields = tuple(counter.counted for counter in counters)
    samples = _samples(operations, name, columns)
    return Container(name, operations.is_view, columns, fields, records, looked_at, samples)


def _samples(
    operations: Containers, name: str, columns: Mapping[str, Column]
) -> tuple[Mapping[str, Value], ...]:
    """Return the values of the first records, of the columns that can be read."""
    readable = [one.name for one in columns.values() if one.type not in _UNREADABLE]
    select = (where.PK, *readable)
    if operations.records_room(name, select) < 0:
        return ()  # too many names for one address: the proposal does without values
    return tuple(one.values for one in operations.records(name, select=select, limit=SAMPLED))


def path_columns(columns: Mapping[str, Column]) -> list[str]:
    """Return the text columns that may hold paths of the Files area, by their names."""
    return [
        one.name
        for one in columns.values()
        if one.type in {"STRING", "TEXT"} and "path" in one.name.casefold()
    ]


class _FieldCounter(ABC):
    """Counts the files that records have in one field, and their bytes."""

    def __init__(self, field: str, kind: str) -> None:
        self.counted = FileField(field, kind, 0, 0)

    def add(self, page: Sequence[Record]) -> None:
        """Count the files of a page of records."""
        sizes = self._sizes(page)
        files = self.counted.files + len(sizes)
        size_bytes = self.counted.size_bytes + sum(sizes)
        self.counted = replace(self.counted, files=files, size_bytes=size_bytes)

    @abstractmethod
    def _sizes(self, page: Sequence[Record]) -> Sequence[int]:
        """Return a size in bytes for each file; 0 where it is not known."""


class _AttachmentCounter(_FieldCounter):
    """Counts the files of an ATTACHMENT field."""

    def __init__(self, operations: Containers, container: str, field: str) -> None:
        super().__init__(field, "ATTACHMENT")
        self._lookup = AttachmentLookup(operations, container=container, field=field)

    def _sizes(self, page: Sequence[Record]) -> Sequence[int]:
        pks = pks_of(page)
        infos = self._lookup.of_page(pks, condition=None)
        return [info.size_bytes or 0 for info in infos.values()]


class _PathCounter(_FieldCounter):
    """Counts the files of the Files area that a FILE field names."""

    def __init__(self, field: str, kind: str, files: FileLookup) -> None:
        super().__init__(field, kind)
        self._files = files

    def _sizes(self, page: Sequence[Record]) -> Sequence[int]:
        values = [record.values.get(self.counted.name) for record in page]
        paths = [value for value in values if isinstance(value, str) and value.strip()]
        try:
            found = self._files.find(paths)
        except AccessDenied:
            # The Files area may be closed to a profile that may read the table: the files then
            # count without sizes.
            found = {}
        sizes = []
        for path in paths:
            file = found.get(path)
            sizes.append((file.size_bytes or 0) if file else 0)
        return sizes


def _files_area(client: CaspioClient) -> FilesArea:
    """Count the files of the first folders, and the bytes of the first thousand of each."""
    files = size_bytes = 0
    counted_all = True
    folders = FolderTree(client.files).walk("/", ROOT)
    found: list[Folder] = []
    # One page has the number of all files; the bytes are those of its first thousand.
    for path, key in islice(folders, MOST_FOLDERS):
        page = client.files.page(key)
        total = len(page.items) if page.total is None else page.total
        files += total
        found.append(Folder(path, total))
        size_bytes += sum(item.size_bytes or 0 for item in page.items)
        counted_all = counted_all and total == len(page.items)
    has_more = next(folders, None) is not None
    return FilesArea(files, size_bytes, counted_all and not has_more, tuple(found))
