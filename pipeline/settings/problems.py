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
    """Yield a sentence for each problem, with the name of the source or block that has it.

    `origins` are the names of blocks by the settings they gave.
    """
    # Read once more: a source that does not validate has a name all the same, which says most.
    sources = tomllib.loads(path.read_text(encoding="utf-8")).get("sources")
    for detail in error.errors():
        loc = detail["loc"]
        where = origins.get(".".join(str(part) for part in loc), str(path))
        if loc[:1] == ("sources",) and len(loc) > 1:
            name = _source_name(sources, loc[1])
            where = f"{path}: source {name!r}" if name else where
        yield sentence(where, dict(detail), secrets, advice)


def _source_name(sources: object, number: object) -> object:
    """Return what a `[[sources]]` entry of the file is called, None if it has no name."""
    if not isinstance(sources, list) or not isinstance(number, int) or number >= len(sources):
        return None
    source = sources[number]
    return source.get("name") if isinstance(source, dict) else None


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
