"""A command whose arguments are texts and paths as they are, without the checks of pydantic.

Typer imports pydantic for the first value that it converts, which takes 0.08 s of CPU: as long as
all else that a command imports until it begins.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typer.core import TyperCommand

_CONVERSIONS: dict[object, Callable[[str], object]] = {
    str: str,
    Path: Path,
    list[str]: str,
    list[Path]: Path,
}


class PlainHelp:
    """A command or group whose option `--help` is no value to convert."""

    def get_help_option(self, ctx: Any) -> Any:
        """Return the option."""
        option = super().get_help_option(ctx)  # type: ignore[misc]  # the class beside it has it
        if option is not None:
            option.get_runtime_param = _Plain(bool)
        return option


class PlainCommand(PlainHelp, TyperCommand):
    """Takes texts and paths as they were typed; other values go Typer's way."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for param in self.params:
            described: Any = getattr(param, "type_descriptor", None)
            convert = _CONVERSIONS.get(described.annotation) if described else None
            if convert is not None:
                # Typer asks for it when the first value is there.
                param.get_runtime_param = _Plain(convert)  # type: ignore[attr-defined]  # see above


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
