"""Read a request: the arguments of the tool from path, query and body."""

import json
import re
from collections.abc import Mapping
from typing import Any

import anyio
from starlette.requests import ClientDisconnect, Request

from flows.agents.tools.schemas import WHERE_TEXT
from flows.agents.tools.tool import Schema
from flows.api.answers import ApiReply, problem
from flows.api.endpoints import Endpoint
from pipeline.adapters.caspio.client.http.answers import parse_json

# As for agents. Files are sent on their own, in pieces, and are never whole in memory.
MOST_BODY_BYTES = 4 * 2**20
BODY_S = 30.0
"""Seconds for a body of JSON; a file has a limit for each piece."""
_DIGITS = 18  # as many as a 64-bit number surely holds
_FORMS = {
    "integer": re.compile(r"[0-9]{1,18}", re.ASCII),
    "number": re.compile(r"[0-9]{1,15}(\.[0-9]{1,9})?", re.ASCII),
    "boolean": re.compile("true|false"),
}


class Wrong(Exception):
    """A request is answered with a problem before any tool is called."""

    def __init__(self, reply: ApiReply) -> None:
        """Keep what is answered."""
        self.reply = reply
        super().__init__(reply.content["detail"])


def wrong(kind: str, cause: str) -> Wrong:
    """Return the error for a problem."""
    return Wrong(problem(kind, cause))


def query_arguments(request: Request, endpoint: Endpoint) -> dict[str, Any]:
    """Return the arguments in the query, each as its schema has it.

    Raises:
        Wrong: there is no such argument, or it does not have the type of its schema.
    """
    known = dict(endpoint.in_query)
    if endpoint.tool.takes_where:
        known["where_text"] = WHERE_TEXT
    if endpoint.takes_file:
        known["name"] = {"type": "string"}
    found: dict[str, Any] = {}
    for name in dict.fromkeys(request.query_params):
        if name not in known:
            takes = f"It takes: {', '.join(known) or 'none'}."
            if endpoint.body:
                takes = f"{_body_of(endpoint)} {takes}"
            raise wrong("arguments", f"The query has no argument {name[:80]!r}. {takes}")
        values = request.query_params.getlist(name)
        found[name] = _value(name, values, known[name])
    return found


def _value(name: str, values: list[str], schema: Schema) -> Any:
    """Return a parameter as its schema has it: texts as they are, the rest as JSON has it."""
    kind = schema.get("type")
    if kind == "array" and schema["items"].get("type") == "string":
        return values
    if len(values) > 1:
        raise wrong("arguments", f"{name} is given more than once.")
    text = values[0]
    if kind == "string":
        return text
    if kind not in _FORMS:
        return _json(text.encode(), what=name)
    # Not int() alone: it accepts spaces, underscores and other scripts' digits.
    if not _FORMS[kind].fullmatch(text):
        raise wrong("arguments", f"{name} is no {kind}.")
    if kind == "boolean":
        return text == "true"
    return float(text) if "." in text else int(text)


async def body_arguments(request: Request, endpoint: Endpoint, body: bytes) -> dict[str, Any]:
    """Return the arguments in the body of a request.

    Raises:
        Wrong: it is no JSON, or not an object.
    """
    if not endpoint.body:
        if body:
            raise wrong("arguments", "This request has no body. Its arguments are in the query.")
        return {}
    if not body and endpoint.body == "*":
        return {}
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    # Also what a page of a foreign site cannot send without asking first.
    if media_type != "application/json":
        cause = f"The body is {media_type or 'of no type'}, not JSON."
        raise wrong("media_type", f"{cause} Send `Content-Type: application/json`.")
    content = _json(body, what="the body")
    if not isinstance(content, dict):
        raise wrong("arguments", f"The body is not a JSON object. {_body_of(endpoint)}")
    if endpoint.body == "*":
        return content
    _refuse_arguments(content, endpoint)
    return {endpoint.body: content}


def _refuse_arguments(content: Mapping[str, Any], endpoint: Endpoint) -> None:
    """Refuse a body with arguments as agents name them, whose values are objects.

    No member of these bodies has an object as its value.
    """
    for name, value in content.items():
        if isinstance(value, dict) and name in {"values", "body", *endpoint.tool.properties}:
            query = ", ".join(endpoint.in_query) or "nothing"
            cause = f"{_body_of(endpoint)} It has no member {name!r}. In the query: {query}."
            raise wrong("arguments", cause)


def _body_of(endpoint: Endpoint) -> str:
    """Say what the body of a request is."""
    if endpoint.body == "*":
        return "The arguments are the members of the JSON body."
    example = json.dumps(endpoint.tool.properties[endpoint.body]["examples"][0], ensure_ascii=False)
    return f"The body is the object itself, such as {example}."


def refuse_form(request: Request) -> None:
    """Refuse a form where the body is to be the bytes of a file: its frame would be stored.

    Raises:
        Wrong: it is a form.
    """
    if request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        cause = "The body is the bytes of the file, not a form. With curl: -T FILE, not -F."
        raise wrong("media_type", cause)


def _json(data: bytes, *, what: str) -> Any:
    try:
        return parse_json(data)
    except ValueError:
        raise wrong("arguments", f"{what} is not JSON, or is nested too deeply.") from None


def has_body(request: Request) -> bool:
    """Say whether a request announces a body, which HTTP/1.1 requires of one."""
    return "content-length" in request.headers or "transfer-encoding" in request.headers


async def whole_body(request: Request) -> bytes:
    """Read a body that is small and comes in time.

    Raises:
        Wrong: it is too large, or it did not come.
    """
    body = bytearray()
    try:
        with anyio.fail_after(BODY_S):
            async for chunk in request.stream():
                body += chunk
                if len(body) > MOST_BODY_BYTES:
                    cause = f"A body of JSON has {MOST_BODY_BYTES:,} bytes at most."
                    raise wrong("too_large", cause)
    except (TimeoutError, ClientDisconnect):
        raise wrong("arguments", "The body did not come in time.") from None
    return bytes(body)


def declared_size(request: Request, *, most: int) -> int:
    """Return the size of the file that will come.

    Raises:
        Wrong: it is not declared, or too large.
    """
    text = request.headers.get("content-length", "")
    if not (text.isascii() and text.isdigit() and len(text) <= _DIGITS):
        raise wrong("length", "The size of the file is not declared.")
    if int(text) > most:
        raise wrong("too_large", f"The file has {int(text):,} bytes; {most:,} are sent at most.")
    return int(text)
