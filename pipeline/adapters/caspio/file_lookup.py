"""Find size and date of Files-area files with few calls: one by one, or folder by folder where that is cheaper."""

import posixpath
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from pipeline.adapters.caspio.client.areas.files import ROOT, Files, ListingChanged, split_path
from pipeline.adapters.caspio.client.wire import FileItem, FolderItem
from pipeline.adapters.caspio.scratch_store import ListedFile, Scratch, path_key

FEW_AT_ONCE = 5  # files of a folder that are asked for one by one …
FEW_IN_ALL = 25  # … until so many of the folder were
LISTING_ATTEMPTS = 3


class FolderTree:
    """The folders of the Files area, each one's children asked for once."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._children: dict[str, tuple[FolderItem, ...]] = {}

    def children(self, key: str) -> tuple[FolderItem, ...]:
        """Return the folders in a folder."""
        if key not in self._children:
            self._children[key] = self._files.folders(key)
        return self._children[key]

    def key(self, path: str) -> str | None:
        """Return the key of the folder at a path ("" is the root's); None where there is none."""
        key = ROOT
        for part in filter(None, path.split("/")):
            found = [
                child.key
                for child in self.children(key)
                if child.name.casefold() == part.casefold()
            ]
            if not found:
                return None
            key = found[0]
        return key

    def walk(self, path: str, key: str) -> Iterator[tuple[str, str]]:
        """Yield path and key of a folder and of all folders below it."""
        waiting = [(path, key)]
        while waiting:
            here, its_key = waiting.pop()
            yield here, its_key
            waiting += [
                (posixpath.join(here, child.name), child.key)
                for child in reversed(self.children(its_key))
            ]


class FileLookup:
    """Look files up by path, listing a folder once when enough of its files are wanted."""

    def __init__(self, files: Files, *, tree: FolderTree, scratch: Scratch) -> None:
        self._files = files
        self._tree = tree
        self._scratch = scratch
        self._listed: dict[str, bool] = {}  # whether the folder is there, by its key in lower case
        self._asked: Counter[str] = Counter()

    def find(self, paths: Iterable[str]) -> Mapping[str, ListedFile | None]:
        """Return what is known of each path, None where there is no file."""
        by_folder: dict[str, list[str]] = {}
        for path in dict.fromkeys(paths):
            by_folder.setdefault(path_key(split_path(path)[0]), []).append(path)
        found: dict[str, ListedFile | None] = {}
        for folder, wanted in by_folder.items():
            found |= self._find_in(folder, wanted)
        return found

    def list_folder(self, path: str, key: str) -> None:
        """Put all files of a folder into the scratch database, again from the start where they change meanwhile."""
        for attempt in range(1, LISTING_ATTEMPTS + 1):
            try:
                for page in self._files.pages(key):
                    self._scratch.add_files(_listed(path, item) for item in page)
            except ListingChanged:
                if attempt == LISTING_ATTEMPTS:
                    raise
            else:
                return

    def _find_in(self, folder: str, paths: list[str]) -> Mapping[str, ListedFile | None]:
        if folder not in self._listed:
            self._asked[folder] += len(paths)
            if len(paths) <= FEW_AT_ONCE and self._asked[folder] <= FEW_IN_ALL:
                return {path: self._ask(path) for path in paths}
            key = self._tree.key(folder)
            self._listed[folder] = key is not None
            if key is not None:
                self.list_folder(split_path(paths[0])[0], key)
        if not self._listed[folder]:
            return dict.fromkeys(paths)
        return {path: self._scratch.file(path) or self._ask(path) for path in paths}

    def _ask(self, path: str) -> ListedFile | None:
        item = self._files.info(path)
        return None if item is None else ListedFile(path, item.size_bytes, item.listed_date)


def _listed(folder: str, item: FileItem) -> ListedFile:
    return ListedFile(
        posixpath.join("/" + folder.strip("/"), item.name), item.size_bytes, item.listed_date
    )
