"""Take the files out of a document and have each read, within what one upload may unpack to.

No name from a document ever becomes a path: files are numbered. Names are told to people, on one line.
"""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from pipeline.model import Child, Findings, ReadStatus
from processors.contract import EmbeddedFile, Limits, Unreadable, failed
from processors.detect.encoding import clean
from processors.detect.media import UNKNOWN

_RATIO_MATTERS_BYTES = 16 * 2**20
_NAME_CHARS = 255

ReadOne = Callable[[Path, str, Path], Findings]
"""Reads a file under a name for people, leaving derived files in a folder."""


class Budget:
    """What may still be taken out of one upload, shared by everything in it at whatever depth."""

    def __init__(self, limits: Limits, *, upload_bytes: int) -> None:
        self._limits = limits
        self._files = limits.children
        self._bytes = min(
            limits.unpacked_mib * 2**20, max(_RATIO_MATTERS_BYTES, limits.ratio * upload_bytes)
        )

    def refusal(self, depth: int) -> str | None:
        """Say why no further file is taken out at this depth; None where one may be."""
        if depth >= self._limits.depth:
            return (
                f"files inside it lie deeper than {self._limits.depth} levels and were left unread."
            )
        if self._files <= 0:
            return f"it holds more than {self._limits.children} files; the others were left unread."
        if self._bytes <= 0:
            return "it unpacks to more than is read of one upload; what follows was left unread."
        return None

    def take_file(self) -> None:
        """Count a file."""
        self._files -= 1

    def take_bytes(self, count: int) -> None:
        """Count bytes.

        Raises:
            Unreadable: TOO_BIG, these are more than were left.
        """
        self._bytes -= count
        if self._bytes < 0:
            raise Unreadable(
                ReadStatus.TOO_BIG,
                f"it unpacks to more than {self._limits.unpacked_mib} MiB or {self._limits.ratio} times the upload's "
                "size, the limits; if it is genuine, upload what is in it one by one.",
            )


@dataclass(frozen=True, slots=True)
class Taken:
    """The children of one document, what went wrong on the way, and the status that makes of what is missing."""

    children: tuple[Child, ...] = ()
    problems: tuple[str, ...] = ()
    status: ReadStatus = ReadStatus.OK


def take_out(
    enclosed: Iterable[EmbeddedFile],
    *,
    folder: Path,
    budget: Budget,
    depth: int,
    read: ReadOne,
    exhausted: Callable[[], bool],
) -> Taken:
    """Read every file inside a document; each gets a numbered folder of its own below `folder`."""
    children: list[Child] = []
    try:
        for number, one in enumerate(enclosed, start=1):
            refused = budget.refusal(depth)
            if refused is None and exhausted():
                refused = (
                    "the time for one document is used up; further files in it were left unread."
                )
            if refused is not None:
                return Taken(tuple(children), (refused,), ReadStatus.TOO_BIG)
            budget.take_file()
            children.append(_child(one, folder / f"{number:03d}", budget, read))
    except Unreadable as exc:
        return Taken(tuple(children), (str(exc),), exc.status)
    return Taken(tuple(children))


def _child(one: EmbeddedFile, folder: Path, budget: Budget, read: ReadOne) -> Child:
    name = " ".join(clean(one.name).split())[:_NAME_CHARS] or "unnamed"
    folder.mkdir(parents=True)
    path = folder / "original"
    try:
        sha256, size_bytes = _write(one.chunks(), path, budget)
    except Unreadable as exc:
        path.unlink(missing_ok=True)
        return Child(name, failed(UNKNOWN, exc.status, f"{name}: {exc}"))
    return Child(name, read(path, name, folder), sha256, size_bytes, path)


def _write(chunks: Iterable[bytes], path: Path, budget: Budget) -> tuple[str, int]:
    digest = hashlib.sha256()
    size_bytes = 0
    with path.open("xb") as file:
        for chunk in chunks:
            budget.take_bytes(len(chunk))
            digest.update(chunk)
            size_bytes += len(chunk)
            file.write(chunk)
    return digest.hexdigest(), size_bytes
