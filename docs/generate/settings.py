"""Describe every setting from the settings classes: type, bounds, default and description."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel

from pipeline.accounts.shared import SharedSettings
from pipeline.settings import Settings
from pipeline.settings.sections import Section

LONG_NUMBER = 10_000
"""Numbers from here on are written with a separator, as in the settings file."""

TYPES = {
    "object": "table",
    "boolean": "boolean",
    "integer": "integer",
    "number": "number",
}
STRINGS = {"password": "secret", "path": "path"}
"""Types and formats of JSON Schema, in the words of this documentation."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting. `default` is TOML; "" means that there is none."""

    name: str
    type: str
    default: str
    required: bool
    description: str


def sections() -> dict[str, type[BaseModel]]:
    """Return every section of the settings file by its dotted name, nested ones included."""
    return _sections(Settings)


def shared_sections() -> dict[str, type[BaseModel]]:
    """Return every section of the file that several accounts share."""
    return _sections(SharedSettings)


def _sections(settings: type[BaseModel]) -> dict[str, type[BaseModel]]:
    found: dict[str, type[BaseModel]] = {}
    for name, field in settings.model_fields.items():
        for model in _models(field.annotation):
            found[name] = model
            for inner, inner_field in model.model_fields.items():
                for nested in _models(inner_field.annotation):
                    found[f"{name}.{inner}"] = nested
    return found


def settings_of(section: str) -> list[Setting]:
    """Return the settings of one section, without those that are sections themselves."""
    return _settings_of(section, sections())


def _settings_of(section: str, found: Mapping[str, type[BaseModel]]) -> list[Setting]:
    model = found[section]
    schema = model.model_json_schema()
    required = set(schema.get("required", ()))
    return [
        Setting(
            name=f"{section}.{name}",
            type=_type(described, schema.get("$defs", {})),
            default=_toml(described.get("default")),
            required=name in required,
            description=" ".join(described.get("description", "").split()),
        )
        for name, described in schema["properties"].items()
        if f"{section}.{name}" not in found or f"{section}.{name}" == "sources.columns"
    ]


def settings_table(section: str) -> str:
    """Write one section as a Markdown table; every setting is the target of a link."""
    return _table(settings_of(section))


def shared_table(section: str) -> str:
    """Write one section of the shared file as a Markdown table."""
    return _table(_settings_of(section, shared_sections()))


def _table(settings: list[Setting]) -> str:
    rows = ["| setting | type | default | description |", "|---|---|---|---|"]
    for one in settings:
        default = "required" if one.required else f"`{one.default}`" if one.default else ""
        cells = (
            f'<a id="{one.name}"></a>`{one.name}`',
            one.type,
            default,
            one.description,
        )
        rows.append(row(*cells))
    return stacked(rows, defaults=True)


def row(*cells: str) -> str:
    """Write a row of a table. Inside code, a bar needs no escape and would show it."""
    parts = (re.split(r"(`[^`]*`)", cell) for cell in cells)
    escaped = (
        "".join(part if part.startswith("`") else part.replace("|", "\\|") for part in cell)
        for cell in parts
    )
    return f"| {' | '.join(escaped)} |"


def stacked(rows: list[str], *, defaults: bool = False) -> str:
    """Return a table whose rows become blocks on a narrow screen; assets/site.css does it.

    With `defaults` the last column but one holds defaults, which are labeled there.
    """
    kind = "stacked defaults" if defaults else "stacked"
    return "\n".join([f'<div class="{kind}" markdown>', "", *rows, "", "</div>"])


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """Yield the sections that an annotation holds: itself, optional, in a list or in a table."""
    if isinstance(annotation, type) and issubclass(annotation, Section):
        yield annotation
    elif get_origin(annotation) in {tuple, dict, Union, UnionType}:
        for argument in get_args(annotation):
            yield from _models(argument)


def _type(described: Mapping[str, Any], definitions: Mapping[str, Any]) -> str:
    """Name the type of a value in words, with its bounds."""
    if "$ref" in described:
        described = definitions[described["$ref"].rpartition("/")[2]]
    if "anyOf" in described:
        kinds = [one for one in described["anyOf"] if one.get("type") != "null"]
        return " or ".join(_type(one, definitions) for one in kinds)
    if "enum" in described:
        return ", ".join(f"`{json.dumps(value)}`" for value in described["enum"])
    if described["type"] == "array":
        items = _type(described["items"], definitions)
        return f"list of {items}s" if items.isalpha() else f"list of {items}"
    if described["type"] == "string":
        return STRINGS.get(described.get("format", ""), "string")
    return f"{TYPES[described['type']]}{_bounds(described)}"


def _bounds(described: Mapping[str, Any]) -> str:
    """Write the bounds of a number, such as ` ≥ 0, < 1`."""
    signs = {
        "minimum": "≥",
        "exclusiveMinimum": ">",
        "maximum": "≤",
        "exclusiveMaximum": "<",
    }
    bounds = [f"{sign} {described[key]:,}" for key, sign in signs.items() if key in described]
    return f" {', '.join(bounds)}" if bounds else ""


def _toml(value: object) -> str:
    """Write a default as TOML; "" where there is none."""
    if value is None or value == {}:
        return ""
    if isinstance(value, int) and not isinstance(value, bool) and value >= LONG_NUMBER:
        return f"{value:_}"
    return json.dumps(value)
