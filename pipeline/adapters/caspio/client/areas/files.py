"""The Files area: folders found by walking, files by folder, key or path."""

import posixpath
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Literal, TypeVar

from pipeline.adapters.caspio.client.errors import FileMissing, ListingChanged, NotFound, Refused
from pipeline.adapters.caspio.client.http.call import Caller
from pipeline.adapters.caspio.client.http.request import Call, Upload
from pipeline.adapters.caspio.client.operations import OPERATIONS, operation
from pipeline.adapters.caspio.client.query import FEWEST_A_PAGE, MOST_ROWS
from pipeline.adapters.caspio.client.values import Download
from pipeline.adapters.caspio.client.wire import records as wire
from pipeline.adapters.caspio.client.wire.payload import Payload
from pipeline.adapters.caspio.client.wire.records import FileItem, FolderItem, ListPage, StoredFile

PAGE = 1000
ROOT = ""
FolderSort = Literal["Name", "DateCreated"]
FileSort = Literal["Name", "Size", "ContentType", "DateCreated", "LastModified"]

_Item = TypeVar("_Item", FileItem, FolderItem)
_TAKEN = 409


class Files:
    """Operations on the Files area.

    A folder is named by its key, the root by "". Nothing in the Files area can be renamed. Every
    method raises AccessDenied where the profile may not, and Unavailable when retries are used up.
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
    ) -> ListPage[FolderItem]:
        """Return one page of the folders in a folder (ListFilesFolders).

        Args:
            parent: Key of the folder.
            number: Number of the page, from 1.
            size: Folders a page, 5 to 1,000.
            sort: By what they are sorted.
            descending: Whether the last comes first.
        """
        name = "ListFilesFolders"
        listing = self._listing(name, parent, number, size, sort, descending=descending)
        return wire.folder_page(listing)

    @operation("ListFiles")
    def page(
        self,
        folder: str = ROOT,
        *,
        number: int = 1,
        size: int = PAGE,
        sort: FileSort = "Name",
        descending: bool = False,
    ) -> ListPage[FileItem]:
        """Return one page of the files in a folder (ListFiles).

        The arguments are those of `folder_page`.
        """
        listing = self._listing("ListFiles", folder, number, size, sort, descending=descending)
        return wire.file_page(listing)

    def folders(self, parent: str = ROOT) -> tuple[FolderItem, ...]:
        """Return the folders in a folder."""
        found: list[FolderItem] = []
        for page in _pages(
            "ListFilesFolders", lambda number: self.folder_page(parent, number=number), size=PAGE
        ):
            found += page
        return tuple(found)

    def folder_key(self, path: str) -> str | None:
        """Return the key of the folder at a path, None where there is none.

        Folders are looked for by name, level by level: one listing each. Case does not matter.
        """
        return walk_down(path, self.folders)

    @operation("GetFilesFolderMetadataByKey")
    def folder(self, key: str) -> FolderItem | None:
        """Return a folder by its key, None where there is none (GetFilesFolderMetadataByKey)."""
        return self._found(
            Call(OPERATIONS["GetFilesFolderMetadataByKey"], {"externalKey": key}), wire.folder_item
        )

    def pages(self, folder: str = ROOT, *, size: int = PAGE) -> Iterator[tuple[FileItem, ...]]:
        """Yield the files in a folder by name, `size` at a time: 5 to 1,000.

        Raises:
            ListingChanged: a file came twice, or not as many came as were reported.
        """

        def ask(number: int) -> ListPage[FileItem]:
            return self.page(folder, number=number, size=size)

        return _pages("ListFiles", ask, size=size)

    @operation("GetFileMetadataByPath")
    def info(self, path: str) -> FileItem | None:
        """Return the file at a path, None where there is none (GetFileMetadataByPath)."""
        return self._found(self._by_path("GetFileMetadataByPath", path), wire.file_item)

    @operation("GetFileMetadataByKey")
    def info_by_key(self, key: str) -> FileItem | None:
        """Return a file by its key, None where there is none (GetFileMetadataByKey)."""
        return self._found(self._by_key("GetFileMetadataByKey", key), wire.file_item)

    @operation("DownloadFileByPath")
    def download(self, path: str) -> AbstractContextManager[Download]:
        """Open the file at a path; FileMissing or NotFound without one (DownloadFileByPath)."""
        return self._caller.stream(self._by_path("DownloadFileByPath", path))

    @operation("DownloadFileByKey")
    def download_key(self, key: str) -> AbstractContextManager[Download]:
        """Open the file of a key; FileMissing or NotFound without one (DownloadFileByKey)."""
        return self._caller.stream(self._by_key("DownloadFileByKey", key))

    @operation("UploadFiles")
    def add(self, folder: str, *, source: Path, name: str, media_type: str) -> StoredFile | None:
        """Add a file to a folder, never overwriting: None when the name is taken (UploadFiles).

        One file a call: what becomes of several when one name is taken is documented nowhere.

        Raises:
            TooLarge: it is larger than Caspio takes.
            InDoubt: no clear answer came; look for the file before adding it again.
        """
        # The part is called "Files" in POST and "File" in PUT (caspio-api.md, section 3.4).
        upload = Upload("Files", source, name, media_type)
        try:
            stored = wire.uploaded(self._upload("UploadFiles", folder, upload))
        except Refused as error:
            # A clash of names is 409; it is common where one folder is used by all (caspio-api.md,
            # section 9).
            if error.status == _TAKEN:
                return None
            raise
        return stored[0] if stored else None

    @operation("UpdateFile")
    def put(self, folder: str, *, source: Path, name: str, media_type: str) -> StoredFile | None:
        """Add a file to a folder, or overwrite the one of this name (UpdateFile).

        Returns:
            What was stored; None where the answer does not say.

        Raises as `add` does.
        """
        upload = Upload("File", source, name, media_type)
        stored = wire.uploaded(self._upload("UpdateFile", folder, upload))
        return stored[0] if stored else None

    @operation("DeleteFileByPath")
    def delete(self, path: str) -> None:
        """Delete the file at a path; FileMissing without one (DeleteFileByPath)."""
        self._delete(self._by_path("DeleteFileByPath", path))

    @operation("DeleteFileByKey")
    def delete_key(self, key: str) -> None:
        """Delete the file of a key; FileMissing without one (DeleteFileByKey)."""
        self._delete(self._by_key("DeleteFileByKey", key))

    def _listing(
        self, name: str, folder: str, number: int, size: int, sort: str, *, descending: bool
    ) -> Payload:
        if not FEWEST_A_PAGE <= size <= MOST_ROWS or number < 1:
            raise ValueError(
                f"pages are counted from 1 and hold {FEWEST_A_PAGE} to {MOST_ROWS:,} items"
            )
        # pageSize, not q.pageSize: with the wrong name a listing has 25 items (caspio-api.md,
        # section 2.6).
        query = {"externalKey": folder} if folder else {}
        query |= {"pageNumber": str(number), "pageSize": str(size), "sortField": sort}
        if descending:
            query["sortDescending"] = "true"
        return self._caller.ask(Call(OPERATIONS[name], query=query))

    def _upload(self, name: str, folder: str, upload: Upload) -> Payload:
        query = {"externalKey": folder} if folder else {}
        call = Call(OPERATIONS[name], query=query, upload=upload, about=upload.name)
        return self._caller.ask(call)

    def _found(self, call: Call, parse: Callable[[Payload], _Item]) -> _Item | None:
        try:
            return parse(self._caller.ask(call))
        except (FileMissing, NotFound):
            return None

    def _delete(self, call: Call) -> None:
        try:
            self._caller.json(call)
        except NotFound as error:
            raise FileMissing(str(error)) from error

    def _by_path(self, name: str, path: str) -> Call:
        return Call(OPERATIONS[name], query={"filePath": path}, about=path)

    def _by_key(self, name: str, key: str) -> Call:
        return Call(OPERATIONS[name], {"externalKey": key})


def _pages(
    name: str, ask: Callable[[int], ListPage[_Item]], *, size: int
) -> Iterator[tuple[_Item, ...]]:
    """Yield page after page, and refuse a listing that changes on the way.

    Pages are numbered, so a file that is added or deleted meanwhile shifts the ones behind it: one
    would come twice, or not at all.
    """
    seen = 0
    before: frozenset[str] = frozenset()
    total: int | None = None
    number = 1
    while True:
        page = ask(number)
        keys = frozenset(item.key for item in page.items)
        repeats = bool(keys & before) or len(keys) < len(page.items)
        if repeats or (number > 1 and page.total != total):
            raise ListingChanged(f"{name} changed before page {number} was read. List it again.")
        total = page.total
        seen += len(page.items)
        if not page.items:
            break
        yield page.items
        # Without a total, a page that is not full is the last.
        is_last = len(page.items) < size if total is None else seen >= total
        if is_last:
            break
        before, number = keys, number + 1
    if total is not None and seen != total:
        raise ListingChanged(
            f"{name}: {seen:,} items came, {total:,} were reported. List it again."
        )


def walk_down(path: str, folders: Callable[[str], Iterable[FolderItem]]) -> str | None:
    """Return the key of the folder at a path, None where there is none.

    Args:
        path: Names of folders separated by slashes; case does not matter.
        folders: Returns the folders in the folder of a key.
    """
    key = ROOT
    for part in path.split("/"):
        if not part:
            continue
        # The rule for case is not documented; SQL Server, which stores the names, ignores it.
        keys = [item.key for item in folders(key) if item.name.casefold() == part.casefold()]
        if not keys:
            return None
        key = keys[0]
    return key


def split_path(path: str) -> tuple[str, str]:
    """Return the folder's path and the name of a Files-area path."""
    # Paths begin with a slash; a FILE field may lack it.
    return posixpath.split(path if path.startswith("/") else "/" + path)
