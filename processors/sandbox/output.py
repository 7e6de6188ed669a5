"""Copy what a child left in its folder to where it was asked for, and nothing else.

Code that took over a child may name any file and put anything in its folder. So every step on the
way is opened below an open folder without following links, only plain files with one name are
taken, their number and size are bounded by what they claim and by what they take up, and only the
names that renditions have are accepted.
"""

import os
import re
import stat
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.model import Findings
from processors.contract import MOST_DOCUMENTS, RENDITIONS, Limits
from processors.sandbox import file_tree
from processors.sandbox.answers import ProtocolError

_RENDITIONS = frozenset(RENDITIONS.values())
_RENDITIONS_OF_PAGES = 2  # text and pages of a document that consists of pages
_ORIGINAL = "original"
_FOLDER = re.compile(r"children|(?:pages-)?[0-9]{3,6}")
_BLOCK_BYTES = 512
_OPEN_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_CHUNK_BYTES = 2**20


def carry(findings: Findings, *, source: int, target: Path, limits: Limits) -> Findings:
    """Copy the files that findings name to the same places below `target`.

    The child must not run meanwhile.

    Raises:
        ProtocolError: a name or a file is not what a child may leave, or they are too many or too
            large.
        OSError: `target` cannot be written.
    """
    wanted = list(dict.fromkeys(_files(findings)))
    # One original and all renditions for each file inside an upload, the renditions of the upload
    # itself, and what documents that consist of pages have.
    most_files = (limits.children + 1) * (len(_RENDITIONS) + 1)
    most_files += MOST_DOCUMENTS * _RENDITIONS_OF_PAGES
    if len(wanted) > most_files:
        raise ProtocolError(f"it left more than {most_files} files")
    budget = _Budget(limits.disk_mib * 2**20, limits.output_mib * 2**20)
    for path in wanted:
        _copy(path, source, target / path, budget)
    return _moved(findings, target)


@dataclass(slots=True)
class _Budget:
    """How many bytes may still be copied, and how many of one file."""

    left_bytes: int
    file_bytes: int

    def take(self, found: os.stat_result, name: str) -> None:
        """Count a file by its size or its disk space, whichever is more; raises ProtocolError."""
        size = max(found.st_size, found.st_blocks * _BLOCK_BYTES)
        self.left_bytes -= size
        # A file system rounds up to whole blocks, so only the claimed size counts toward the
        # limit for one file.
        if found.st_size > self.file_bytes or self.left_bytes < 0:
            raise ProtocolError(f"{name!r} is larger than a file it may leave, or all of them are")


def _files(findings: Findings) -> Iterator[Path]:
    for name, path in findings.derived.items():
        if name not in _RENDITIONS or path.name != name:
            raise ProtocolError(f"a derived file is called {name!r}")
        yield path
    for child in findings.children:
        if child.path is not None:
            if child.path.name != _ORIGINAL:
                raise ProtocolError(f"a file inside it is kept as {child.path.name!r}")
            yield child.path
        yield from _files(child.findings)


def _copy(path: Path, source: int, place: Path, budget: _Budget) -> None:
    with ExitStack() as stack:
        folder = source
        try:
            for name in path.parts[:-1]:
                if not _FOLDER.fullmatch(name):
                    raise ProtocolError(f"{name!r} is not a folder it may make")
                folder = stack.enter_context(file_tree.opened(name, within=folder))
            number = os.open(path.name, _OPEN_FILE, dir_fd=folder)
        except OSError as exc:
            raise ProtocolError(f"{path.name!r} is not a file of its own folder") from exc
        with os.fdopen(number, "rb") as left:
            found = os.fstat(number)
            # A second name may lie anywhere, and make one file count many times.
            if not stat.S_ISREG(found.st_mode) or found.st_nlink != 1:
                raise ProtocolError(f"{path.name!r} is not a plain file with one name")
            budget.take(found, path.name)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.unlink(missing_ok=True)
            left_bytes = found.st_size
            with place.open("xb") as copy:
                while left_bytes > 0 and (chunk := left.read(min(_CHUNK_BYTES, left_bytes))):
                    copy.write(chunk)
                    left_bytes -= len(chunk)


def _moved(findings: Findings, target: Path) -> Findings:
    """Return findings that name the copies."""
    return replace(
        findings,
        derived={name: target / path for name, path in findings.derived.items()},
        children=tuple(
            replace(
                child,
                path=None if child.path is None else target / child.path,
                findings=_moved(child.findings, target),
            )
            for child in findings.children
        ),
    )
