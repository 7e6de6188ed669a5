"""The Files area: folders found by walking, files by folder, key or path."""

import posixpath
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Literal, TypeVar

from pipeline.adapters.caspio.client import wire
from pipeline.adapters.caspio.client.call import Call, Caller, Upload
from pipeline.adapters.caspio.client.operations import OPERATIONS, operation
from pipeline.adapters.caspio.client.query import FEWEST_A_PAGE, MOST_ROWS
from pipeline.adapters.caspio.client.refusals import NotFound
from pipeline.adapters.caspio.client.wire import FileItem, FolderItem, Page, Payload, StoredFile
from pipeline.errors import FileGone, RefusedByCaspio, ServiceUnavailable
from pipeline.ports import Download

PAGE = 1000
ROOT = ""
FolderSort = Literal["Name", "DateCreated"]
FileSort = Literal["Name", "Size", "ContentType", "DateCreated", "LastModified"]

_Item = TypeVar("_Item", FileItem, FolderItem)
_TAKEN = 409


class ListingChanged(ServiceUnavailable):
    """A listing changed while its pages were read, or repeated one; what was read is not the whole of it."""


class Files:
    """Operations on the Files area. A folder is named by its key, the root by "". Nothing in it can be renamed.

    Every method raises Unauthorized where the profile may not, and ServiceUnavailable when retries are used up.
    """

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    @operation("ListFilesFolders")
    def folder_page(
        self,
        parent: str = ROOT,
        *,
        number: int = 1,
        size: int = PAGE,
        sort: FolderSort = "Name",
        descending: bool = False,
    ) -> Page[FolderItem]:
        """Return one page of the folders in a folder: pages from 1, 5 to 1,000 a page (ListFilesFolders)."""
        return wire.folder_page(
            self._listing("ListFilesFolders", parent, number, size, sort, descending=descending)
        )

    @operation("ListFiles")
    def page(
        self,
        folder: str = ROOT,
        *,
        number: int = 1,
        size: int = PAGE,
        sort: FileSort = "Name",
        descending: bool = False,
    ) -> Page[FileItem]:
        """Return one page of the files in a folder: pages from 1, 5 to 1,000 a page (ListFiles)."""
        return wire.file_page(
            self._listing("ListFiles", folder, number, size, sort, descending=descending)
        )

    def folders(self, parent: str = ROOT) -> tuple[FolderItem, ...]:
        """Return the folders in a folder."""
        pages = _pages(
            "ListFilesFolders", lambda number: self.folder_page(parent, number=number), size=PAGE
        )
        return tuple(item for page in pages for item in page)

    def folder_key(self, path: str) -> str | None:
        """Return the key of the folder at a path, walking down by name; None where there is none."""
        key = ROOT
        for part in filter(None, path.split("/")):
            found = [
                folder.key
                for folder in self.folders(key)
                if folder.name.casefold() == part.casefold()
            ]
            if not found:
                return None
            key = found[0]
        return key

    @operation("GetFilesFolderMetadataByKey")
    def folder(self, key: str) -> FolderItem | None:
        """Return what is known of a folder, None where there is none (GetFilesFolderMetadataByKey)."""
        return self._found(
            Call(OPERATIONS["GetFilesFolderMetadataByKey"], {"externalKey": key}), wire.folder_item
        )

    def pages(self, folder: str = ROOT, *, size: int = PAGE) -> Iterator[tuple[FileItem, ...]]:
        """Yield the files in a folder by name, `size` at a time: 5 to 1,000.

        Raises:
            ListingChanged: a file came twice, or not as many came as were reported.
        """
        return _pages(
            "ListFiles", lambda number: self.page(folder, number=number, size=size), size=size
        )

    @operation("GetFileMetadataByPath")
    def info(self, path: str) -> FileItem | None:
        """Return what is known of the file at a path, None where there is none (GetFileMetadataByPath)."""
        return self._found(self._by_path("GetFileMetadataByPath", path), wire.file_item)

    @operation("GetFileMetadataByKey")
    def info_by_key(self, key: str) -> FileItem | None:
        """Return what is known of the file of a key, None where there is none (GetFileMetadataByKey)."""
        return self._found(self._by_key("GetFileMetadataByKey", key), wire.file_item)

    @operation("DownloadFileByPath")
    def download(self, path: str) -> AbstractContextManager[Download]:
        """Open the file at a path; FileGone or NotFound when there is none (DownloadFileByPath)."""
        return self._caller.stream(self._by_path("DownloadFileByPath", path))

    @operation("DownloadFileByKey")
    def download_key(self, key: str) -> AbstractContextManager[Download]:
        """Open the file of a key; FileGone or NotFound when there is none (DownloadFileByKey)."""
        return self._caller.stream(self._by_key("DownloadFileByKey", key))

    @operation("UploadFiles")
    def add(self, folder: str, *, source: Path, name: str, media_type: str) -> StoredFile | None:
        """Add a file to a folder, never overwriting: None when the name is taken (UploadFiles).

        One file a call: what becomes of several when one name is taken is documented nowhere.

        Raises:
            TooLarge: it is larger than Caspio takes.
            EffectInDoubt: no clear answer came; look for the file before adding it again.
        """
        try:
            stored = wire.uploaded(
                self._upload("UploadFiles", folder, Upload("Files", source, name, media_type))
            )
        except RefusedByCaspio as error:
            if error.status == _TAKEN:
                return None
            raise
        return stored[0] if stored else None

    @operation("UpdateFile")
    def put(self, folder: str, *, source: Path, name: str, media_type: str) -> StoredFile | None:
        """Add a file to a folder, or overwrite the one of this name (UpdateFile).

        Returns what was stored where the answer tells it. Raises as `add` does.
        """
        stored = wire.uploaded(
            self._upload("UpdateFile", folder, Upload("File", source, name, media_type))
        )
        return stored[0] if stored else None

    @operation("DeleteFileByPath")
    def delete(self, path: str) -> None:
        """Delete the file at a path; FileGone when there is none (DeleteFileByPath)."""
        self._delete(self._by_path("DeleteFileByPath", path))

    @operation("DeleteFileByKey")
    def delete_key(self, key: str) -> None:
        """Delete the file of a key; FileGone when there is none (DeleteFileByKey)."""
        self._delete(self._by_key("DeleteFileByKey", key))

    def _listing(
        self, name: str, folder: str, number: int, size: int, sort: str, *, descending: bool
    ) -> Payload:
        if not FEWEST_A_PAGE <= size <= MOST_ROWS or number < 1:
            raise ValueError(
                f"pages are counted from 1 and hold {FEWEST_A_PAGE} to {MOST_ROWS:,} items"
            )
        query = {"externalKey": folder} if folder else {}
        query |= {"pageNumber": str(number), "pageSize": str(size), "sortField": sort}
        query |= {"sortDescending": "true"} if descending else {}
        return self._caller.ask(Call(OPERATIONS[name], query=query))

    def _upload(self, name: str, folder: str, upload: Upload) -> Payload:
        query: Mapping[str, str] = {"externalKey": folder} if folder else {}
        return self._caller.ask(
            Call(OPERATIONS[name], query=query, upload=upload, about=upload.name)
        )

    def _found(self, call: Call, parse: Callable[[Payload], _Item]) -> _Item | None:
        try:
            return parse(self._caller.ask(call))
        except (FileGone, NotFound):
            return None

    def _delete(self, call: Call) -> None:
        try:
            self._caller.json(call)
        except NotFound as error:
            raise FileGone(str(error)) from error

    def _by_path(self, name: str, path: str) -> Call:
        return Call(OPERATIONS[name], query={"filePath": path}, about=path)

    def _by_key(self, name: str, key: str) -> Call:
        return Call(OPERATIONS[name], {"externalKey": key})


def _pages(
    name: str, ask: Callable[[int], Page[_Item]], *, size: int
) -> Iterator[tuple[_Item, ...]]:
    seen = 0
    before: frozenset[str] = frozenset()
    total: int | None = None
    number = 1
    while True:
        page = ask(number)
        keys = frozenset(item.key for item in page.items)
        seen += len(page.items)
        if keys & before or len(keys) < len(page.items) or (number > 1 and page.total != total):
            raise ListingChanged(
                f"{name} changed before page {number} was read. The next run lists it again."
            )
        total = page.total
        if page.items:
            yield page.items
        if not page.items or (
            seen >= page.total if page.total is not None else len(page.items) < size
        ):
            break
        before, number = keys, number + 1
    if page.total is not None and seen != page.total:
        raise ListingChanged(
            f"{name}: {seen:,} items came, {page.total:,} were reported. The next run lists it again."
        )


def split_path(path: str) -> tuple[str, str]:
    """Return the folder's path and the name of a Files-area path."""
    return posixpath.split(path if path.startswith("/") else "/" + path)
