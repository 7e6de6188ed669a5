"""The one form of all answers: `result`, `next_cursor` and `errors`; errors are RFC 9457's too."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from starlette.responses import Response
from starlette.types import Send

from flows.agents.tools.tool import Json
from pipeline.model.plain import json_as_utf8

PROBLEMS = "/problems"
MEDIA_TYPE = "application/problem+json"
_HEADERS = {
    # What is answered is of one token, and may have what was read from strangers' documents.
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}
# Made once: json.dumps makes one for each call that has options.
_ENCODER = json.JSONEncoder(ensure_ascii=False, default=str)


@dataclass(frozen=True, slots=True)
class ProblemKind:
    """A kind of error: its status, its title, and what a caller can do."""

    status: HTTPStatus
    title: str
    advice: str


KINDS: Mapping[str, ProblemKind] = {
    "arguments": ProblemKind(
        HTTPStatus.BAD_REQUEST,
        "The request cannot be carried out as it is.",
        "Change what the cause names; /openapi.json has the form of every request.",
    ),
    "token": ProblemKind(
        HTTPStatus.UNAUTHORIZED,
        "A valid token of this account is needed.",
        "Send `Authorization: Bearer …` with a token that an operator made for this account.",
    ),
    "scope": ProblemKind(
        HTTPStatus.FORBIDDEN,
        "The token does not cover this.",
        "Ask the operator for a wider scope; GET /api/ACCOUNT lists what this token has.",
    ),
    "host": ProblemKind(
        HTTPStatus.MISDIRECTED_REQUEST,
        "This server is not reached under this name.",
        "Use the address that the operator has set as api.url, or one of this machine.",
    ),
    "origin": ProblemKind(
        HTTPStatus.FORBIDDEN,
        "Pages of this origin may not call the server.",
        "Ask the operator to name it in api.origins; programs send no Origin.",
    ),
    "not_found": ProblemKind(
        HTTPStatus.NOT_FOUND,
        "There is no such thing in this account.",
        "List what there is first.",
    ),
    "method": ProblemKind(
        HTTPStatus.METHOD_NOT_ALLOWED,
        "There is no such method at this address.",
        "Use one of the methods in the header Allow.",
    ),
    "under_way": ProblemKind(
        HTTPStatus.CONFLICT,
        "The same request is under way.",
        "Wait for the seconds of Retry-After, then send it again with the same Idempotency-Key.",
    ),
    "in_doubt": ProblemKind(
        HTTPStatus.CONFLICT,
        "It is not known whether the request took effect.",
        "Look at Caspio whether it did. Only if it did not, send it again with a new key.",
    ),
    "length": ProblemKind(
        HTTPStatus.LENGTH_REQUIRED,
        "The size of the body is needed beforehand.",
        "Send Content-Length.",
    ),
    "too_large": ProblemKind(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "The body is too large.",
        "Send less at a time.",
    ),
    "media_type": ProblemKind(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        "The body is not what this request takes, by its Content-Type.",
        "Send the body as the cause says.",
    ),
    "key_reused": ProblemKind(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "The Idempotency-Key belongs to another request.",
        "Use a new key for each request, and the same one only to send it again unchanged.",
    ),
    "try_later": ProblemKind(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "It does not work at the moment.",
        "Wait for the seconds of Retry-After, then try again.",
    ),
    "stopped": ProblemKind(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "It does not work until somebody acts.",
        "Do what the cause says, or pass it to the operator.",
    ),
    "failed": ProblemKind(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "It failed.",
        "Pass the time of the request to the operator, whose log has the details.",
    ),
}
"""What an error's word means over HTTP. The words of tools are among them."""

# Seconds: an account that is busy needs a minute, a request under way some seconds.
_RETRY_AFTER_S = {"try_later": 60, "under_way": 5}


@dataclass(frozen=True, slots=True)
class ApiReply:
    """What is answered: a status, a body in JSON, and headers beside the usual ones."""

    status: int
    content: Json
    headers: Mapping[str, str] = field(default_factory=dict)

    def response(self) -> Response:
        """Return it as a response."""
        return Response(self._body(), self.status, self._headers(), self._media_type())

    async def answer(self, send: Send) -> None:
        """Send it as the answer to a request."""
        # Straight to the server: a response of Starlette would put it together once more.
        body = self._body()
        described = {
            "Content-Length": str(len(body)),
            "Content-Type": self._media_type(),
            **self._headers(),
        }
        headers = [(n.lower().encode("latin-1"), v.encode("latin-1")) for n, v in described.items()]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _body(self) -> bytes:
        return json_as_utf8(_ENCODER.encode(self.content))

    def _headers(self) -> dict[str, str]:
        return {**_HEADERS, **self.headers}

    def _media_type(self) -> str:
        return MEDIA_TYPE if self.status >= HTTPStatus.BAD_REQUEST else "application/json"


def success(content: Mapping[str, Any]) -> ApiReply:
    """Return the reply of a call that was carried out."""
    form: Json = {"result": None, "next_cursor": None, "errors": []}
    return ApiReply(HTTPStatus.OK, {**form, **content})


def problem(
    kind: str, cause: str, *, run_id: str = "", headers: Mapping[str, str] | None = None
) -> ApiReply:
    """Return the reply of a call that was not; `kind` is a key of KINDS."""
    known = KINDS[kind]
    error: Json = {"kind": kind, "cause": cause, "advice": known.advice}
    if run_id:
        error["run_id"] = run_id
    content = {
        "type": f"{PROBLEMS}/{kind}",
        "title": known.title,
        "status": int(known.status),
        "detail": cause,
        "result": None,
        "next_cursor": None,
        "errors": [error],
    }
    after = {"Retry-After": str(_RETRY_AFTER_S[kind])} if kind in _RETRY_AFTER_S else {}
    return ApiReply(known.status, content, {**after, **(headers or {})})
