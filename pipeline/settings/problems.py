"""Say in sentences what is wrong with settings that do not validate."""

import tomllib
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError


def sentences(
    path: Path, error: ValidationError, *, secrets: Collection[str], origins: Mapping[str, str]
) -> Iterator[str]:
    """Say all that is wrong; what is wrong in a source goes with its name, what a block gave with the block's.

    `origins` are names of blocks by the settings they gave.
    """
    sources = tomllib.loads(path.read_text(encoding="utf-8")).get("sources")
    names = (
        [one.get("name") if isinstance(one, dict) else None for one in sources]
        if isinstance(sources, list)
        else []
    )
    for detail in error.errors():
        loc = detail["loc"]
        number = loc[1] if loc[:1] == ("sources",) and len(loc) > 1 else None
        name = names[number] if isinstance(number, int) and number < len(names) else None
        origin = origins.get(".".join(str(part) for part in loc), str(path))
        yield _sentence(f"{path}: source {name!r}" if name else origin, dict(detail), secrets)


def _sentence(path: str, error: Mapping[str, Any], secrets: Collection[str]) -> str:
    """Say what is wrong with one value, without ever showing the value: it may be a secret."""
    where = ".".join(str(part) for part in error["loc"])
    if where in secrets:
        return f"{where} is not set. Export it, or name a block that has it; credentials never stand in {path}."
    match error["type"]:
        case "missing":
            return f"{path}: {where} is missing."
        case "extra_forbidden":
            return f"{path}: {where} is not a setting. docs/configuration.md lists all settings."
        case _:
            said = error["msg"].removeprefix("Value error, ")
            return f"{path}: {where}: {said}{'' if said.endswith(('.', '?')) else '.'}"
