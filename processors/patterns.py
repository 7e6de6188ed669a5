"""Keep the word lists as they are used, and what patterns are compiled to.

To read, join and compile them takes a good part of the time that a first receipt takes.

Python's engine runs a list of numbers, and `re` has no way to keep it: what it pickles is the text,
to be compiled again. So a reader process replaces the step of `re.compile` that makes the numbers:
a pattern that was kept goes to `_sre.compile` at once, the last step, which checks the numbers
before it takes them. Neither is a public interface: numbers are taken only by the Python that made
them, and what is missing or refused is compiled as ever.
"""

import _sre  # type: ignore[import-not-found]  # typeshed does not have it
import hashlib
import json
import re
import sys
import tomllib
from array import array
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from importlib import resources
from pathlib import Path
from re import _compiler, _parser  # type: ignore[attr-defined]  # typeshed has their old names
from typing import Any

from processors import prepared

_NAME = "patterns"
_NUMBER = "I"  # the engine's own, of four bytes

_Asked = tuple[str, int]
"""A pattern, and the flags that it is compiled with."""

_compile: Callable[..., re.Pattern[str]] = _compiler.compile


@dataclass(frozen=True, slots=True)
class _Code:
    """What a pattern was compiled to; its names of groups are by number and by name.

    `flags` include those that the pattern itself asks for.
    """

    flags: int
    names: tuple[str | None, ...]
    numbers_by_name: dict[str, int]
    numbers: "array[int]"


_kept: dict[_Asked, _Code] = {}
"""Compiled patterns. They belong to the process, as imported modules do."""

_made: dict[str, Any] = {}
"""What this process has made of the word lists, by name."""

_kept_json: dict[str, str] = {}
"""The same as another process has made it, as JSON: most of it is not needed for one document."""


def made(name: str, make: Callable[[], Any]) -> Any:
    """Return what `make` makes of the word lists, or what was made before; it is plain JSON.

    The files of words and the code of `make` must be among those of the recipe.
    """
    kept = _kept_json.get(name)
    if kept is not None:
        return json.loads(kept)
    _made[name] = found = make()
    return found


def read_packaged(package: str, name: str) -> dict[str, Any]:
    """Read a file of words or rules that is packaged with the code."""
    return tomllib.loads(resources.files(package).joinpath(name).read_text(encoding="utf-8"))


def recipe(use: Callable[[], None], *, sources: Iterable[Path]) -> prepared.Recipe:
    """Return how to make what `use` uses, of the files of words and the code in `sources`.

    These are compared by their content: a package may be built with the same times for all files.
    """
    digest = hashlib.sha256(b"\0".join(path.read_bytes() for path in sources)).hexdigest()
    made_from = (sys.version, str(_sre.MAGIC), digest)
    return prepared.Recipe(_NAME, made_from, partial(_packed, use))


def take() -> None:
    """Take the patterns that were opened: whatever is compiled from now on may be among them."""
    content = prepared.content(_NAME)
    if content is None:
        return
    end = bytes(content).index(b"\n") + 1
    numbers = array(_NUMBER, bytes(content[end:]))
    start = 0
    header, kept = json.loads(bytes(content[:end]))
    _kept_json.update(kept)
    for pattern, asked, flags, names, numbers_by_name, count in header:
        code = numbers[start : start + count]
        _kept[pattern, asked] = _Code(flags, tuple(names), numbers_by_name, code)
        start += count
    _compiler.compile = _kept_or_compiled


def _kept_or_compiled(pattern: Any, flags: int = 0) -> re.Pattern[str]:
    kept = _kept.get((pattern, flags)) if isinstance(pattern, str) else None
    if kept is not None:
        numbers, groups = kept.numbers.tolist(), len(kept.names) - 1
        with suppress(RuntimeError, TypeError, ValueError):  # it refuses the numbers
            found: re.Pattern[str] = _sre.compile(
                pattern, kept.flags, numbers, groups, kept.numbers_by_name, kept.names
            )
            return found
    return _compile(pattern, flags)


def _patterns_of(use: Callable[[], None]) -> Iterable[_Asked]:
    """Return the patterns that are compiled for `use`, and for what it imports, in their order."""
    asked: dict[_Asked, None] = {}

    def noted(pattern: Any, flags: int = 0) -> re.Pattern[str]:
        found: re.Pattern[str] = before(pattern, flags)
        # Patterns of bytes are few, and none is a text of JSON.
        if isinstance(pattern, str):
            asked[pattern, flags] = None
        return found

    before, _compiler.compile = _compiler.compile, noted
    try:
        use()
    finally:
        _compiler.compile = before
    return asked


def _packed(use: Callable[[], None]) -> bytes:
    """Return the patterns as a line of JSON, and their numbers after it."""
    header, numbers = [], array(_NUMBER)
    for pattern, asked in _patterns_of(use):
        parsed = _parser.parse(pattern, asked)
        code = _compiler._code(parsed, asked)  # noqa: SLF001 - as `re.compile` does
        by_name = parsed.state.groupdict
        names = [None] * parsed.state.groups
        for name, number in by_name.items():
            names[number] = name
        flags = asked | parsed.state.flags
        header.append((pattern, asked, flags, names, by_name, len(code)))
        numbers.extend(code)
    kept = {name: json.dumps(found) for name, found in _made.items()}
    return json.dumps((header, kept)).encode() + b"\n" + numbers.tobytes()
