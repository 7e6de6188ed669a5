"""Caspio's own specification as a server: it refuses what it does not know, and answers what it promises."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote

import httpx
from jsonschema import Draft202012Validator

API_ROOT = "/integrations/rest"


@dataclass(frozen=True)
class Specified:
    """One operation as the specification has it."""

    id: str
    group: str
    method: str
    template: str
    query: Mapping[str, Mapping[str, Any]]
    required: frozenset[str]
    body: Mapping[str, Mapping[str, Any]]
    success: Mapping[int, Mapping[str, Any] | None]


class Specification:
    """The document, with its operations by id."""

    def __init__(self, path: Path) -> None:
        self._document = json.loads(path.read_text(encoding="utf-8"))
        self.operations = {one.id: one for one in self._operations()}

    def _operations(self) -> Iterator[Specified]:
        for template, methods in self._document["paths"].items():
            for method, one in methods.items():
                query = {p["name"]: p for p in one.get("parameters", []) if p["in"] == "query"}
                content = one.get("requestBody", {}).get("content", {})
                yield Specified(
                    id=one["operationId"],
                    group=one["tags"][0],
                    method=method.upper(),
                    template=template,
                    query={name: self.schema(p["schema"]) for name, p in query.items()},
                    required=frozenset(name for name, p in query.items() if p.get("required")),
                    body={kind: self.schema(one["schema"]) for kind, one in content.items()},
                    success={
                        int(status): self.schema(answer["content"]["application/json"]["schema"])
                        if answer.get("content")
                        else None
                        for status, answer in one["responses"].items()
                        if status.startswith("2")
                    },
                )

    def schema(self, part: Any) -> Any:
        """Return a schema of OpenAPI 3.0 as JSON Schema, with what it refers to in its place."""
        if isinstance(part, list):
            return [self.schema(one) for one in part]
        if not isinstance(part, dict):
            return part
        if "$ref" in part:
            return self.schema(
                self._document["components"]["schemas"][part["$ref"].rsplit("/", 1)[1]]
            )
        found = {name: self.schema(value) for name, value in part.items() if name != "nullable"}
        return {"anyOf": [found, {"type": "null"}]} if part.get("nullable") is True else found

    def matching(self, method: str, path: str) -> Specified:
        """Return the operation of a request; fixed parts of a path come before names in braces."""
        candidates = [
            one
            for one in self.operations.values()
            if one.method == method
            and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", one.template), path)
        ]
        assert candidates, f"the specification has no {method} {path}"
        return min(candidates, key=lambda one: one.template.count("{"))


@dataclass
class Seen:
    """One request that kept to the specification."""

    operation: Specified
    query: Mapping[str, str]
    headers: httpx.Headers
    body: Any


@dataclass
class SpecificationTransport(httpx.BaseTransport):
    """Answers requests from the specification; a request that does not keep to it fails the test.

    With `sparse`, everything that may be missing is: optional members left out, nullable ones null.
    """

    specification: Specification
    sparse: bool = False
    seen: list[Seen] = field(default_factory=list)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Check a request and answer it."""
        if request.url.path == "/oauth/token":
            return httpx.Response(200, json={"access_token": "T", "expires_in": 100})
        raw_path, _, raw_query = request.url.raw_path.decode().partition("?")
        one = self.specification.matching(request.method, raw_path.removeprefix(API_ROOT))
        query = dict(parse_qsl(raw_query, keep_blank_values=True))
        _check_query(one, query)
        self.seen.append(Seen(one, query, request.headers, _checked_body(one, request)))
        status, schema = next(iter(one.success.items()))
        if schema is None:
            return httpx.Response(status)
        if schema.get("format") == "binary":
            return httpx.Response(status, content=iter([b"by", b"tes"]))
        return httpx.Response(status, json=example(schema, sparse=self.sparse))


def _check_query(one: Specified, query: Mapping[str, str]) -> None:
    assert set(query) <= set(one.query), f"{one.id} knows no {set(query) - set(one.query)}"
    assert one.required <= set(query), f"{one.id} asks for {one.required - set(query)}"
    for name, text in query.items():
        kind = one.query[name]["type"]
        value = {"integer": int, "boolean": {"true": True, "false": False}.__getitem__}.get(
            kind, unquote
        )(text)
        Draft202012Validator(one.query[name]).validate(value)


def _checked_body(one: Specified, request: httpx.Request) -> Any:
    content = request.read()
    kind = request.headers.get("Content-Type", "").partition(";")[0]
    assert "Transfer-Encoding" not in request.headers
    assert int(request.headers.get("Content-Length", 0)) == len(content)
    if not one.body:
        assert not content, f"{one.id} takes no body"
        return None
    assert kind in one.body, f"{one.id} takes {set(one.body)}, not {kind!r}"
    if kind == "application/json":
        value = json.loads(content)
    else:
        value = {
            name: [""] if one.body[kind]["properties"][name]["type"] == "array" else ""
            for name in _parts(request)
        }
    Draft202012Validator(one.body[kind]).validate(value)
    assert set(value) <= set(one.body[kind].get("properties", value)), (
        f"{one.id} knows no {set(value)}"
    )
    return value


def _parts(request: httpx.Request) -> list[str]:
    message = BytesParser(policy=HTTP).parsebytes(
        b"Content-Type: " + request.headers["Content-Type"].encode() + b"\r\n\r\n" + request.content
    )
    assert all(part.get_filename() and part.get_content_type() for part in message.iter_parts())
    return [part.get_param("name", header="content-disposition") for part in message.iter_parts()]


def example(schema: Mapping[str, Any], *, sparse: bool) -> Any:
    """Return a value of a schema: everything in it, or with `sparse` as little as may be."""
    if "anyOf" in schema:
        return None if sparse else example(schema["anyOf"][0], sparse=False)
    for one in (*schema.get("allOf", ()), *schema.get("oneOf", ())):
        return example(one, sparse=sparse)
    kind = schema.get("type")
    if kind == "object":
        return {
            name: example(one, sparse=sparse) for name, one in schema.get("properties", {}).items()
        }
    if kind == "array":
        return [] if sparse else [example(schema["items"], sparse=False)]
    texts = {"uuid": "0b6f4c0e-0000-4000-8000-000000000001", "date-time": "2026-01-31T09:15:02"}
    return {
        "integer": 7,
        "boolean": True,
        "string": texts.get(schema.get("format", ""), "text"),
    }.get(kind or "")
