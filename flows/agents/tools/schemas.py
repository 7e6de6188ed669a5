"""Pieces of JSON Schema 2020-12 that tools share; every text here is constant."""

from collections.abc import Mapping
from typing import Any

from flows.agents.tools.tool import UNTRUSTED, Json, Schema, Tool

MOST_CHARS = 10_000
"""Longest text in an argument; values of records may have 64,000."""

# A condition goes into the address of a call, which is short of room; a deeper one is a mistake.
MOST_CONDITIONS = 100
MOST_DEPTH = 6
MOST_ROWS = 500

# Terse on purpose: a client pays for every character of every tool, in every conversation.
OPERATORS = (
    "eq",
    "ne",
    "lt",
    "le",
    "gt",
    "ge",
    "contains",
    "starts_with",
    "in",
    "is_null",
    "not_null",
)
_SCALAR = ["string", "number", "boolean", "null"]
FILTER: Schema = {
    "type": "object",
    "description": "A condition {field, op, value}, or {and: […]} or {or: […]} of conditions.",
    "properties": {
        "field": {"type": "string"},
        "op": {"enum": list(OPERATORS)},
        "value": {},
        "and": {"type": "array", "items": {"$ref": "#/$defs/filter"}},
        "or": {"type": "array", "items": {"$ref": "#/$defs/filter"}},
    },
    "additionalProperties": False,
}
WHERE_TEXT: Schema = {
    "type": "string",
    "maxLength": 2_000,
    "description": "Instead of where: a condition of comparisons as SQL text, without sub-selects.",
}
VALUES: Schema = {
    "type": "object",
    "description": "Values by field name.",
    "minProperties": 1,
    "additionalProperties": {"type": [*_SCALAR, "array"]},
}
FILE_NAME: Schema = {"type": "string", "minLength": 1, "maxLength": 255}
FILE: Schema = {
    "type": "object",
    "properties": {
        "name": FILE_NAME,
        "base64": {"type": "string", "maxLength": 2_800_000},
    },
    "required": ["name", "base64"],
    "additionalProperties": False,
    "description": "The file; at most 2 MiB.",
}
STREAMED_FILE: Schema = {
    "type": "object",
    "properties": {"name": FILE_NAME},
    "required": ["name"],
    "additionalProperties": False,
}
"""A file whose bytes come beside the arguments."""
NAMES: Schema = {"type": "array", "items": {"type": "string"}, "maxItems": 100}
ORDER: Schema = {
    "type": "array",
    "maxItems": 5,
    "items": {
        "type": "object",
        "properties": {"field": {"type": "string"}, "descending": {"type": "boolean"}},
        "required": ["field"],
        "additionalProperties": False,
    },
}
CURSOR: Schema = {
    "type": "string",
    "maxLength": 20,
    "description": "next_cursor of the page before.",
}
NEXT: Mapping[str, Schema] = {"next_cursor": {"type": ["string", "null"]}}
"""Beside the result of a listing: where its next page begins, null at its end."""
ROWS: Schema = {"type": "array", "items": {"type": "object"}}
TEXTS: Schema = {"type": "array", "items": {"type": "string"}}
OBJECT: Schema = {"type": "object"}
NOTHING: Schema = {"type": "null"}
TEXT: Schema = {"type": "string"}
DIGEST: Schema = {"type": "string", "pattern": "^[0-9a-f]{64}$"}


def text(description: str = "", *, most: int = MOST_CHARS) -> Json:
    """Return the schema of a text that is not empty."""
    schema: Json = {"type": "string", "minLength": 1}
    if most != MOST_CHARS:
        schema["maxLength"] = most
    return {**schema, "description": description} if description else schema


def count(*, most: int, default: int) -> Json:
    """Return the schema of a whole number from 1."""
    return {"type": "integer", "minimum": 1, "maximum": most, "default": default}


def flag(description: str) -> Json:
    """Return the schema of a switch that is off unless set."""
    return {"type": "boolean", "default": False, "description": description}


def input_schema(tool: Tool, *, raw_where: bool = False) -> Json:
    """Return what a tool takes; a condition as text only where the token may write one."""
    properties: Json = dict(tool.properties)
    required = list(tool.required)
    if tool.takes_where and raw_where:
        properties["where_text"] = WHERE_TEXT
        required = [name for name in required if name != "where"]
    schema: Json = {"type": "object", "properties": properties, "additionalProperties": False}
    if required:
        schema["required"] = required
    if tool.takes_where:
        schema["$defs"] = {"filter": FILTER}
    return schema


def output_schema(tool: Tool) -> Json:
    """Return what a tool answers when it succeeds."""
    properties: dict[str, Any] = {"result": tool.result, **tool.more, UNTRUSTED: {"const": True}}
    return {"type": "object", "properties": properties, "required": ["result", UNTRUSTED]}
