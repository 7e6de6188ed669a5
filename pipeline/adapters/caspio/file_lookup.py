"""Find size and date of Files-area files with few calls: one by one, or by folder."""

import posixpath
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from pipeline.adapters.caspio.client import Clock, ListingChanged, RetryPolicy
from pipeline.adapters.caspio.client.areas.files import Files, split_path, walk_down
from pipeline.adapters.caspio.client.wire.records import FolderItem
from pipeline.adapters.caspio.scratch_store import ListedFile, ScratchStore, path_key

# A listing has up to 1,000 files in one call, so it is cheaper from the second file on. But a
# folder may have a million: few files are asked for one by one, until so many of a folder were that
# its listing would have been the better choice.
FEW_AT_ONCE = 5
FEW_IN_ALL = 25

LISTING = RetryPolicy(on=(ListingChanged,), attempts=3)
"""A folder that changes while it is listed is listed again at once, three times in all."""


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
        return walk_down(path, self.children)

    def walk(self, path: str, key: str) -> Iterator[tuple[str, str]]:
        """Yield path and key of a folder and of all folders below it."""
        waiting = [(path, key)]
        while waiting:
            folder, folder_key = waiting.pop()
            yield folder, folder_key
            waiting += [
                (posixpath.join(folder, child.name), child.key)
                for child in reversed(self.children(folder_key))
            ]


class FileLookup:
    """Look up files by path, listing a folder once when enough of its files are wanted.

    Args:
        files: The Files area.
        tree: Its folders.
        scratch: Keeps the listings.
        clock: Waits between attempts at a listing.
    """

    def __init__(
        self, files: Files, *, tree: FolderTree, scratch: ScratchStore, clock: Clock
    ) -> None:
        self._files = files
        self._tree = tree
        self._scratch = scratch
        self._clock = clock
        self._listed: dict[str, bool] = {}  # whether the folder exists, by its path's key
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
        """Put all files of a folder into the scratch store; again if they change meanwhile."""
        folder = "/" + path.strip("/")

        def attempt() -> None:
            for page in self._files.pages(key):
                self._scratch.add_files(
                    ListedFile(posixpath.join(folder, item.name), item.size_bytes, item.listed_date)
                    for item in page
                )

        LISTING.run(attempt, clock=self._clock)

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
        # A file that is not in the listing may have been added since.
        return {path: self._scratch.file(path) or self._ask(path) for path in paths}

    def _ask(self, path: str) -> ListedFile | None:
        item = self._files.info(path)
        return None if item is None else ListedFile(path, item.size_bytes, item.listed_date)
