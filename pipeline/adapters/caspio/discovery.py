"""Look an account over: the columns of its tables and views, and how many files lie where, with bounded calls."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path

from pipeline.adapters.caspio.client import where
from pipeline.adapters.caspio.client.areas.containers import Containers
from pipeline.adapters.caspio.client.areas.files import ROOT
from pipeline.adapters.caspio.client.attachment_lookup import AttachmentLookup
from pipeline.adapters.caspio.client.client import CaspioClient
from pipeline.adapters.caspio.client.query import Query
from pipeline.adapters.caspio.client.wire import Record
from pipeline.adapters.caspio.file_lookup import FileLookup, FolderTree
from pipeline.adapters.caspio.scratch_store import scratch
from pipeline.errors import RefusedByCaspio, Unauthorized
from pipeline.model.schema import FILE_TYPES, Container, DiscoveredAccount, FileField, FilesArea

MOST_PAGES = 5
"""Pages of 1,000 records that are counted of one table; what lies behind them is carried on from these."""

MOST_FOLDERS = 50
"""Folders of the Files area that are counted."""


def survey(
    client: CaspioClient, *, scratch_dir: Path, pages: int = MOST_PAGES, folders: int = MOST_FOLDERS
) -> DiscoveredAccount:
    """Read the schema of every table and view, and count the files; what the profile may not see is listed, too.

    Raises:
        Unauthorized: not even the tables can be listed.
    """
    unreadable: dict[str, str] = {}
    found: list[Container] = []
    with scratch(scratch_dir) as store:
        files = FileLookup(client.files, tree=FolderTree(client.files), scratch=store)
        for operations in (client.tables, client.views):
            for name in sorted(operations.names(), key=str.casefold):
                try:
                    found.append(_container(operations, name, files, pages))
                except (Unauthorized, RefusedByCaspio) as error:
                    unreadable[name] = str(error)
    try:
        area = _files_area(client, folders)
    except (Unauthorized, RefusedByCaspio) as error:
        area = FilesArea()
        unreadable["the Files area"] = str(error)
    return DiscoveredAccount(tuple(found), area, unreadable)


def _container(operations: Containers, name: str, files: FileLookup, pages: int) -> Container:
    columns = {column.name: column for column in operations.fields(name)}
    holders = {c.name: c.type.upper() for c in columns.values() if c.type.upper() in FILE_TYPES}
    if not holders:
        return Container(name, operations.is_view, columns)
    (row,) = operations.query(name, Query(select="COUNT(*) AS n")).items
    paths = [field for field, kind in holders.items() if kind == "FILE"]
    sizes = {
        field: _Sizes(_reader(operations, name, field, kind, files))
        for field, kind in holders.items()
    }
    looked_at = 0
    for page in islice(operations.record_pages(name, select=(where.PK, *paths)), pages):
        looked_at += len(page)
        for counted in sizes.values():
            counted.add(page)
    fields = tuple(
        FileField(field, holders[field], one.files, one.size_bytes) for field, one in sizes.items()
    )
    total = int(str(row.values.get("n") or 0))
    return Container(name, operations.is_view, columns, fields, max(total, looked_at), looked_at)


class _Sizes:
    """Adds up the files of one field."""

    def __init__(self, read: Callable[[Sequence[Record]], Iterator[int]]) -> None:
        self._read = read
        self.files = 0
        self.size_bytes = 0

    def add(self, page: Sequence[Record]) -> None:
        for size_bytes in self._read(page):
            self.files += 1
            self.size_bytes += size_bytes


def _reader(
    operations: Containers, container: str, field: str, kind: str, files: FileLookup
) -> Callable[[Sequence[Record]], Iterator[int]]:
    """Return what yields the sizes of the files that a page of records has in a field."""
    if kind == "ATTACHMENT":
        lookup = AttachmentLookup(operations, container=container, field=field)

        def attached(page: Sequence[Record]) -> Iterator[int]:
            pks = [record.pk for record in page if record.pk is not None]
            yield from (
                info.size_bytes or 0 for info in lookup.of_page(pks, condition=None).values()
            )

        return attached

    def named(page: Sequence[Record]) -> Iterator[int]:
        paths = [
            path
            for record in page
            if isinstance(path := record.values.get(field), str) and path.strip()
        ]
        try:
            found = files.find(paths)
        except Unauthorized:  # the Files area may be closed to a profile that may read the table
            found = {}
        for path in paths:
            file = found.get(path)
            yield (file.size_bytes or 0) if file else 0

    return named


def _files_area(client: CaspioClient, most: int) -> FilesArea:
    """Count the files of the first folders, and the bytes of the first thousand of each."""
    files = size_bytes = 0
    counted_all = True
    walk = FolderTree(client.files).walk("/", ROOT)
    for _, key in islice(walk, most):
        page = client.files.page(key)
        files += len(page.items) if page.total is None else page.total
        size_bytes += sum(item.size_bytes or 0 for item in page.items)
        counted_all = counted_all and (page.total is None or page.total == len(page.items))
    return FilesArea(files, size_bytes, counted_all and next(walk, None) is None)
