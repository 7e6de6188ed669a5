"""Describe every command from the functions behind it: usage, arguments, options, exit codes."""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from textwrap import wrap
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import typer
from typer.models import ArgumentInfo, OptionInfo, ParameterInfo

from docs.generate.settings import row, stacked
from flows.cli import app
from flows.cli.common import EXIT_CODES
from flows.cli.plain_command import value_name

PROGRAM = "caspio-ingest"
NO_BREAK = "\N{NO-BREAK SPACE}"
USAGE_CHARS = 76
"""Width of the line that shows how a command is called: it fits beside the table of contents."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """An argument or an option of a command. `names` is empty for an argument."""

    names: tuple[str, ...]
    value: str
    default: str
    required: bool
    repeated: bool
    help: str

    @property
    def usage(self) -> str:
        """Write it as it is typed."""
        text = " ".join(part for part in (self.names[0] if self.names else "", self.value) if part)
        text = text if self.required else f"[{text}]"
        return f"{text}…" if self.repeated else text


@dataclass(frozen=True, slots=True)
class Command:
    """One command with its full name, such as `webhooks sync`."""

    name: str
    description: str
    parameters: tuple[Parameter, ...]


def commands() -> list[Command]:
    """Return every command, those of groups under the name of the group."""
    return list(_commands(app, ""))


def command_pages() -> str:
    """Write every command as a Markdown section."""
    return "\n\n".join(_section(command) for command in commands())


def exit_codes() -> str:
    """Write the exit codes as a Markdown table."""
    rows = [f"| `{code}` | {meaning} |" for code, meaning in EXIT_CODES.items()]
    return "\n".join(["| exit code | meaning |", "|---|---|", *rows])


def _commands(group: typer.Typer, prefix: str) -> Iterator[Command]:
    for registered in group.registered_commands:
        callback = registered.callback
        assert callback is not None
        name = registered.name or callback.__name__.replace("_", "-")
        yield Command(
            name=f"{prefix}{name}",
            description=inspect.cleandoc(registered.help or callback.__doc__ or ""),
            parameters=tuple(_parameters(callback)),
        )
    for nested in group.registered_groups:
        assert nested.typer_instance is not None
        # A group that does something by itself, such as `learn`.
        own = nested.typer_instance.registered_callback
        if own is not None and nested.typer_instance.info.invoke_without_command is True:
            assert own.callback is not None
            yield Command(
                name=f"{prefix}{nested.name}",
                description=inspect.cleandoc(own.callback.__doc__ or ""),
                parameters=tuple(_parameters(own.callback)),
            )
        yield from _commands(nested.typer_instance, f"{prefix}{nested.name} ")


def _parameters(callback: Callable[..., Any]) -> Iterator[Parameter]:
    hints = get_type_hints(callback, include_extras=True)
    for name, parameter in inspect.signature(callback).parameters.items():
        annotation = hints[name]
        if get_origin(annotation) is not Annotated:
            continue
        kind, *extras = get_args(annotation)
        info = next(extra for extra in extras if isinstance(extra, ParameterInfo))
        if not info.hidden:
            yield _parameter(name, kind, info, parameter.default)


def _parameter(name: str, kind: Any, info: ParameterInfo, default: Any) -> Parameter:
    inner = [one for one in get_args(kind) if one is not type(None)]
    value = inner[0] if inner else kind
    # An argument is called what it is.
    named = name.upper() if isinstance(info, ArgumentInfo) else value_name(kind)
    required = default is inspect.Parameter.empty or default is ...
    return Parameter(
        names=_names(name, info) if isinstance(info, OptionInfo) else (),
        value="" if value is bool else info.metavar or named,
        default="" if required else _default(default),
        required=required,
        repeated=get_origin(kind) is list,
        help=" ".join((info.help or "").split()),
    )


def _names(name: str, info: OptionInfo) -> tuple[str, ...]:
    """Return the names of an option, such as `--verbose` and `-v`."""
    # Inside `Annotated`, typer keeps the first declaration where a default would be.
    declared = (info.default, *(info.param_decls or ()))
    names = tuple(one for one in declared if isinstance(one, str))
    return names or (f"--{name.replace('_', '-')}",)


def _default(value: object) -> str:
    if isinstance(value, Enum):
        value = value.value
    return "" if value is None or isinstance(value, bool | list) else str(value)


def _section(command: Command) -> str:
    # An option and its value stay on one line.
    parts = [one.usage.replace(" ", NO_BREAK) for one in command.parameters]
    usage = " ".join([PROGRAM, command.name, *parts])
    folded = wrap(usage, USAGE_CHARS, subsequent_indent="    ", break_on_hyphens=False)
    lines = [
        f"### `{command.name}` {{ #{command.name.replace(' ', '-')} }}",
        "",
        command.description,
        "",
        "```text",
        *(line.replace(NO_BREAK, " ") for line in folded),
        "```",
    ]
    rows = ["| argument or option | default | description |", "|---|---|---|"]
    for parameter in command.parameters:
        shown = ", ".join(f"`{name}`" for name in parameter.names) or f"`{parameter.value}`"
        if parameter.names and parameter.value:
            shown += f" `{parameter.value}`"
        default = f"`{parameter.default}`" if parameter.default else ""
        cells = (shown, "required" if parameter.required else default, parameter.help)
        rows.append(row(*cells))
    if command.parameters:
        lines += ["", stacked(rows, defaults=True)]
    return "\n".join(lines)
