"""Carry what a child left in its folder to where it was asked for, and nothing else.

A child that a document has taken over may name any file: only plain files of its own folder are moved.
"""

import re
import shutil
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from pipeline.model import Findings

_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")


class ProtocolError(Exception):
    """The findings name a file that is not the child's to name."""


def carried(findings: Findings, *, source: Path, target: Path) -> Findings:
    """Move the files that findings name from `source` to `target`, keeping their places below it.

    Raises:
        ProtocolError: a name or a file is not what a child may leave.
    """
    wanted = list(_files(findings))
    for path in wanted:
        _check(path, source)
    for path in dict.fromkeys(wanted):
        place = target / path.relative_to(source)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(path, place)
    return _moved(findings, source, target)


def _files(findings: Findings) -> Iterator[Path]:
    for name, path in findings.derived.items():
        if not _NAME.fullmatch(name):
            raise ProtocolError(f"a derived file is called {name!r}")
        yield path
    for child in findings.children:
        if child.path is not None:
            yield child.path
        yield from _files(child.findings)


def _check(path: Path, source: Path) -> None:
    with suppress(OSError, RuntimeError):
        inside = path.is_relative_to(source) and path.parent.resolve().is_relative_to(
            source.resolve()
        )
        if inside and ".." not in path.parts and stat.S_ISREG(path.lstat().st_mode):
            return
    raise ProtocolError(f"{path.name!r} is not a file of its own folder")


def _moved(findings: Findings, source: Path, target: Path) -> Findings:
    def new(path: Path) -> Path:
        return target / path.relative_to(source)

    return replace(
        findings,
        derived={name: new(path) for name, path in findings.derived.items()},
        children=tuple(
            replace(
                child,
                path=child.path and new(child.path),
                findings=_moved(child.findings, source, target),
            )
            for child in findings.children
        ),
    )
