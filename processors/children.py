"""Extract the files in a document and read each, within what one upload may unpack to.

No name from a document ever becomes a path: files are numbered. Names appear in messages only.
"""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from pipeline.model import Child, Findings, ReadStatus
from processors.contract import MOST_DOCUMENTS, EmbeddedFile, Limits, Unreadable, failed
from processors.detect.encoding import clean
from processors.detect.media import UNKNOWN

# Zip bombs unpack to thousands of times their size; small texts may honestly unpack to hundreds.
_ALWAYS_ALLOWED_BYTES = 16 * 2**20
_LONGEST_NAME = 255

ReadOne = Callable[[Path, str, Path], Findings]
"""Reads a file under a name for messages, and leaves derived files in a folder."""


class UnpackBudget:
    """What may still be extracted from one upload, shared by all files in it at any depth.

    `documents_left` is how many documents that consist of pages may still be kept apart.
    """

    def __init__(self, limits: Limits, *, upload_bytes: int) -> None:
        self._limits = limits
        self._files_left = limits.children
        self.documents_left = MOST_DOCUMENTS
        self._bytes_left = min(
            limits.unpacked_mib * 2**20,
            max(_ALWAYS_ALLOWED_BYTES, limits.ratio * upload_bytes),
        )

    def refusal(self, depth: int) -> str | None:
        """Return why no further file is extracted at this depth; None if one may be."""
        limits = self._limits
        if depth >= limits.depth:
            return f"files inside it are deeper than {limits.depth} levels and were not read."
        if self._files_left <= 0:
            return f"it has more than {limits.children} files inside; the others were not read."
        if self._bytes_left <= 0:
            return "it unpacks to more than is read of one upload; the rest was not read."
        return None

    def take_file(self) -> None:
        """Count a file."""
        self._files_left -= 1

    def take_bytes(self, count: int) -> None:
        """Count bytes.

        Raises:
            Unreadable: TOO_BIG, these are more than were left.
        """
        self._bytes_left -= count
        if self._bytes_left < 0:
            raise Unreadable(
                ReadStatus.TOO_BIG,
                f"it unpacks to more than {self._limits.unpacked_mib} MiB or "
                f"{self._limits.ratio} times the size of the upload, the limits; "
                "if it is genuine, upload the files in it one by one.",
            )


@dataclass(frozen=True, slots=True)
class ReadChildren:
    """The files in one document, the problems with extracting them, and the status these cause."""

    children: tuple[Child, ...] = ()
    problems: tuple[str, ...] = ()
    status: ReadStatus = ReadStatus.OK


def read_children(
    files: Iterable[EmbeddedFile],
    *,
    folder: Path,
    budget: UnpackBudget,
    depth: int,
    read: ReadOne,
    exhausted: Callable[[], bool],
) -> ReadChildren:
    """Read every file in a document; each has a folder of its own in `folder`."""
    children: list[Child] = []
    try:
        for number, file in enumerate(files, start=1):
            refusal = budget.refusal(depth)
            if refusal is None and exhausted():
                refusal = "the time for one document is used up; further files in it were not read."
            if refusal is not None:
                return ReadChildren(tuple(children), (refusal,), ReadStatus.TOO_BIG)
            budget.take_file()
            child_folder = folder / f"{number:03d}"
            child_folder.mkdir(parents=True)
            children.append(read_child(file, child_folder, budget, read))
    except Unreadable as exc:
        return ReadChildren(tuple(children), (str(exc),), exc.status)
    return ReadChildren(tuple(children))


def read_child(
    file: EmbeddedFile,
    folder: Path,
    budget: UnpackBudget,
    read: ReadOne,
) -> Child:
    """Extract one file into its folder, and read it."""
    name = " ".join(clean(file.name).split())[:_LONGEST_NAME] or "unnamed"
    path = folder / "original"
    digest = hashlib.sha256()
    size_bytes = 0
    try:
        with path.open("xb") as target:
            for chunk in file.chunks():
                budget.take_bytes(len(chunk))
                digest.update(chunk)
                size_bytes += len(chunk)
                target.write(chunk)
    except Unreadable as exc:
        path.unlink(missing_ok=True)
        return Child(name, failed(UNKNOWN, exc.status, f"{name}: {exc}"))
    return Child(name, read(path, name, folder), digest.hexdigest(), size_bytes, path)
