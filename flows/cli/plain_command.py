"""Commands whose help is in plain words, and whose texts and paths are taken as they are.

Typer's help names types of Python (`<list[str]>`) and cuts a sentence off where the line ends. And
it imports pydantic for the first value that it converts, which takes 0.08 s of CPU: as long as all
else that a command imports until it begins.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any, get_args

from typer.core import TyperCommand, TyperGroup

_WHOLE = 1000
"""Characters that no first sentence has."""

_CONVERSIONS: dict[object, Callable[[str], object]] = {
    str: str,
    Path: Path,
    list[str]: str,
    list[Path]: Path,
}


class PlainHelp:
    """A command or group whose `--help` is no value to convert, and whose summary is whole."""

    def get_help_option(self, ctx: Any) -> Any:
        """Return the option."""
        option = super().get_help_option(ctx)  # type: ignore[misc]  # the class beside it has it
        if option is not None:
            option.get_runtime_param = _Plain(bool)
        return option

    def get_short_help_str(self, limit: int = 0) -> str:
        """Return the whole first sentence; the list of commands wraps it."""
        del limit
        summary: str = super().get_short_help_str(_WHOLE)  # type: ignore[misc]  # see above
        return summary


class PlainGroup(PlainHelp, TyperGroup):
    """A group of such commands."""


class PlainCommand(PlainHelp, TyperCommand):
    """Takes texts and paths as they were typed; other values go Typer's way."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for param in self.params:
            described: Any = getattr(param, "type_descriptor", None)
            if described is None:
                continue
            _name_value(param, described.annotation)
            convert = _CONVERSIONS.get(described.annotation)
            if convert is not None:
                # Typer asks for it when the first value is there.
                param.get_runtime_param = _Plain(convert)  # type: ignore[attr-defined]  # see above


def value_name(kind: object) -> str:
    """Return how help and pages name the value of an option that has no name of its own."""
    inner = [one for one in get_args(kind) if one is not type(None)]
    plain: Any = inner[0] if inner else kind
    if isinstance(plain, type) and issubclass(plain, Enum):
        return "|".join(str(member.value) for member in plain)
    return {int: "N", float: "N", Path: "PATH", datetime: "DATE"}.get(plain, "TEXT")


def _name_value(param: Any, kind: object) -> None:
    """Name a parameter's value in the help."""
    if param.param_type_name == "argument":
        # Its name says it already.
        param.metavar = param.metavar or param.name.upper()
        param.display_type_rich = lambda ctx: None  # noqa: ARG005 - Typer passes the context
    elif param.metavar is None and not param.is_flag:
        param.metavar = value_name(kind)


@dataclass(frozen=True, slots=True)
class _Plain:
    """Converts the values of one parameter: what Typer calls a runtime parameter, and its maker."""

    convert: Callable[[Any], object]

    def __call__(self) -> "_Plain":
        return self

    def coerce(self, value: Any, *, param: Any, ctx: Any) -> object:
        """Return the value, or a list of values; none is an empty list."""
        del ctx
        if param.multiple or param.nargs == -1:
            return [self.convert(one) for one in value or ()]
        return None if value is None else self.convert(value)
