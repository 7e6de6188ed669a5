"""The Files area: folders found by walking, files by folder, key or path."""

import posixpath
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TypeVar

from pipeline.adapters.caspio import wire
from pipeline.adapters.caspio.call import Call, Caller, Upload
from pipeline.adapters.caspio.wire import FileItem, FolderItem, Page, Payload
from pipeline.errors import FileGone, RefusedByCaspio, ServiceUnavailable
from pipeline.ports import Download

PAGE = 1000
ROOT = ""

_Item = TypeVar("_Item", FileItem, FolderItem)
_GONE = 404
_TAKEN = 409


class ListingChanged(ServiceUnavailable):
    """A listing changed while its pages were read, or repeated one; what was read is not the whole of it."""


class Files:
    """Operations on the Files area. A folder is named by its key, the root by ""."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def folders(self, parent: str = ROOT) -> tuple[FolderItem, ...]:
        """Return the folders in a folder."""
        pages = self._pages("/v3/files/folders", parent, wire.folder_page)
        return tuple(item for page in pages for item in page)

    def folder_key(self, path: str) -> str | None:
        """Return the key of the folder at a path, walking down by name; None where there is none."""
        key = ROOT
        for part in filter(None, path.split("/")):
            found = [folder.key for folder in self.folders(key) if folder.name.casefold() == part.casefold()]
            if not found:
                return None
            key = found[0]
        return key

    def pages(self, folder: str = ROOT) -> Iterator[tuple[FileItem, ...]]:
        """Yield the files in a folder, 1,000 at a time by name.

        Raises:
            ListingChanged: a file came twice, or not as many came as were reported.
        """
        return self._pages("/v3/files", folder, wire.file_page)

    def _pages(
        self, template: str, folder: str, parse: Callable[[Payload], Page[_Item]]
    ) -> Iterator[tuple[_Item, ...]]:
        seen = 0
        before: frozenset[str] = frozenset()
        number = 1
        while True:
            query = {"externalKey": folder} if folder else {}
            query |= {"pageNumber": str(number), "pageSize": str(PAGE), "sortField": "Name"}
            page = parse(self._ask(Call("GET", template, query=query)))
            keys = frozenset(item.key for item in page.items)
            seen += len(page.items)
            if keys & before or len(keys) < len(page.items):
                raise ListingChanged(f"GET {template}: page {number} repeats items. The next run lists it again.")
            if page.items:
                yield page.items
            if not page.items or (seen >= page.total if page.total is not None else len(page.items) < PAGE):
                break
            before, number = keys, number + 1
        if page.total is not None and seen != page.total:
            raise ListingChanged(
                f"GET {template}: {seen:,} items came, {page.total:,} were reported. The next run lists it again."
            )

    def info(self, path: str) -> FileItem | None:
        """Return what is known of the file at a path, None where there is none."""
        call = Call("GET", "/v3/files/path/fileInfo", query={"filePath": path}, about=path)
        try:
            return wire.file_item(self._ask(call))
        except FileGone:
            return None
        except RefusedByCaspio as error:
            if error.status == _GONE:
                return None
            raise

    def download(self, path: str) -> AbstractContextManager[Download]:
        """Open the file at a path."""
        return self._caller.stream(Call("GET", "/v3/files/path", query={"filePath": path}, binary=True, about=path))

    def download_key(self, key: str) -> AbstractContextManager[Download]:
        """Open the file of a key."""
        return self._caller.stream(Call("GET", "/v3/files/{externalKey}", {"externalKey": key}, binary=True))

    def add(self, folder: str, *, source: Path, name: str, media_type: str) -> bool:
        """Add a file to a folder, never overwriting: False when the name is taken."""
        try:
            stored = wire.uploaded(self._upload("POST", folder, Upload("Files", source, name, media_type)))
        except RefusedByCaspio as error:
            if error.status == _TAKEN:
                return False
            raise
        return bool(stored)

    def put(self, folder: str, *, source: Path, name: str, media_type: str) -> None:
        """Add a file to a folder, or overwrite the one of this name."""
        wire.uploaded(self._upload("PUT", folder, Upload("File", source, name, media_type)))

    def _upload(self, method: str, folder: str, upload: Upload) -> Payload:
        query: Mapping[str, str] = {"externalKey": folder} if folder else {}
        return self._ask(Call(method, "/v3/files", query=query, upload=upload, about=upload.name))

    def delete(self, path: str) -> None:
        """Delete the file at a path; FileGone when there is none."""
        self._delete(Call("DELETE", "/v3/files/path", query={"filePath": path}, about=path))

    def delete_key(self, key: str) -> None:
        """Delete the file of a key; FileGone when there is none."""
        self._delete(Call("DELETE", "/v3/files/{externalKey}", {"externalKey": key}))

    def _delete(self, call: Call) -> None:
        try:
            self._caller.json(call)
        except RefusedByCaspio as error:
            if error.status == _GONE:
                raise FileGone(str(error)) from error
            raise

    def _ask(self, call: Call) -> Payload:
        return Payload(self._caller.json(call), what=call.what)


def split_path(path: str) -> tuple[str, str]:
    """Return the folder's path and the name of a Files-area path."""
    return posixpath.split(path if path.startswith("/") else "/" + path)
