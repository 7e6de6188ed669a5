"""Describe in sentences what is wrong with settings that do not validate."""

import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

_REMOVED: Mapping[str, str] = {
    "min_confidence": "Set write_at, from which on a value is written, and suggest_at, from which "
    "on it is suggested",
}
"""What to use instead of settings that were removed, by the last part of their name."""

_NAMED = {"sources": "source", "sync": "sync"}
"""What one entry of a list of tables is called, by the list."""

Advice = Callable[[str], str]
"""Says how to set a secret that is missing."""


def sentences(
    path: Path,
    error: ValidationError,
    *,
    secrets: Collection[str],
    origins: Mapping[str, str],
    advice: Advice | None = None,
) -> Iterator[str]:
    """Yield a sentence for each problem, with the name of the source, sync or block that has it.

    `origins` are the names of blocks by the settings they gave.
    """
    # Read once more: an entry that does not validate has a name all the same, which says most.
    given = tomllib.loads(path.read_text(encoding="utf-8"))
    for detail in error.errors():
        loc = detail["loc"]
        where = origins.get(".".join(str(part) for part in loc), str(path))
        if loc and loc[0] in _NAMED and len(loc) > 1:
            section = str(loc[0])
            name = _entry_name(given.get(section), loc[1])
            where = f"{path}: {_NAMED[section]} {name!r}" if name else where
        yield sentence(where, dict(detail), secrets, advice)


def _entry_name(entries: object, number: object) -> object:
    """Return what an entry of such a list is called, None if it has no name."""
    if not isinstance(entries, list) or not isinstance(number, int) or number >= len(entries):
        return None
    entry = entries[number]
    return entry.get("name") if isinstance(entry, dict) else None


def sentence(
    path: str,
    error: Mapping[str, Any],
    secrets: Collection[str] = (),
    advice: Advice | None = None,
) -> str:
    """Describe what is wrong with one value, without ever showing the value: it may be a secret."""
    where = ".".join(str(part) for part in error["loc"])
    if where in secrets and advice is not None:
        return f"{where} is not set. {advice(where)}"
    if where in secrets:
        return (
            f"{where} is not set. Export it, or name a block that has it; credentials are never in "
            f"{path}."
        )
    match error["type"]:
        case "missing":
            return f"{path}: {where} is missing."
        case "extra_forbidden" if str(error["loc"][-1]) in _REMOVED:
            instead = _REMOVED[str(error["loc"][-1])]
            return f"{path}: {where} is no longer a setting. {instead}; see docs/configuration.md."
        case "extra_forbidden":
            return f"{path}: {where} is not a setting. docs/configuration.md lists all settings."
        case _:
            problem = error["msg"].removeprefix("Value error, ")
            end = "" if problem.endswith((".", "?")) else "."
            place = f"{path}: {where}" if where else path  # all settings together have no name
            return f"{place}: {problem}{end}"
