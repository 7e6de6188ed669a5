"""Translate Caspio's refusals and the network's failures into the project's errors, from one table."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

import httpx

from pipeline.adapters.caspio.auth import is_rate_refusal, json_or_none
from pipeline.errors import FileGone, IngestError, RefusedByCaspio, Unauthorized

REQUEST_ID = "X-Caspio-Request-ID"


class Verdict(Enum):
    """What an answer means for the call."""

    DONE = auto()
    TOO_MANY = auto()  # refused unprocessed: always safe to repeat
    BUSY = auto()  # failed, and nobody knows how far it came
    UNAUTHORIZED = auto()
    GONE = auto()
    REFUSED = auto()


@dataclass(frozen=True, slots=True)
class Fault:
    """One line of the table: what an answer means and what a person can do about it."""

    verdict: Verdict
    way_out: str


_PERMISSION = "Give the Web Services profile access to this object in the Caspio account, then run again."
_SUPPORT = "If it stays so, ask Caspio's support, naming the request id."
_VALUE = "Look at the values written and at the field's type and settings in Caspio."

BY_CODE: Mapping[str, Fault] = {
    "AlterReadOnlyData": Fault(
        Verdict.REFUSED, "A field is read-only, or a text holds characters Caspio cannot keep (emoji); see the mapping."
    ),
    "ColumnNotFound": Fault(Verdict.REFUSED, "Compare the settings with the table's fields: run `doctor`."),
    "FieldNotFound": Fault(Verdict.REFUSED, "Compare the settings with the table's fields: run `doctor`."),
    "FileNotFound": Fault(Verdict.GONE, "The file was deleted or renamed; the next run takes what is there then."),
    "IncorrectBodyParameter": Fault(Verdict.REFUSED, _VALUE),
    "IncorrectQueryParameter": Fault(Verdict.REFUSED, "If the source has a `where`, check its spelling in Caspio."),
    "InternalError": Fault(Verdict.BUSY, _SUPPORT),
    "InvalidInputValue": Fault(Verdict.REFUSED, _VALUE),
    "IpForbidden": Fault(Verdict.UNAUTHORIZED, "Allow this machine's address in the Web Services profile."),
    "ObjectNotFound": Fault(Verdict.REFUSED, "Check the name in the settings; the object may have been renamed."),
    "ProfileDisabled": Fault(Verdict.UNAUTHORIZED, "Enable the Web Services profile in the Caspio account."),
    "SqlServerError": Fault(Verdict.REFUSED, "Check the source's `where` and that no value breaks a unique field."),
    "UnsecuredConnection": Fault(Verdict.UNAUTHORIZED, "Use an https:// address in the settings."),
    "UnsufficientPrivileges": Fault(Verdict.UNAUTHORIZED, _PERMISSION),
}
"""Caspio's codes, whatever status they come with: the same code was seen with 400 and with 500."""

BY_STATUS: Mapping[int, Fault] = {
    400: Fault(Verdict.REFUSED, "Check the source's settings: run `doctor`."),
    401: Fault(Verdict.UNAUTHORIZED, "A new token was refused as well: check the Web Services profile."),
    403: Fault(Verdict.UNAUTHORIZED, _PERMISSION),
    404: Fault(Verdict.REFUSED, "Check the name in the settings; the object may have been renamed or deleted."),
    405: Fault(Verdict.REFUSED, "This account's API does not know the operation; ask Caspio's support."),
    408: Fault(Verdict.BUSY, _SUPPORT),
    409: Fault(Verdict.REFUSED, "Something of this name is there already."),
    413: Fault(Verdict.REFUSED, "The file is larger than Caspio takes; make it smaller."),
    414: Fault(Verdict.REFUSED, "Shorten the source's `where` or map fewer columns."),
    415: Fault(Verdict.REFUSED, "Caspio does not take this kind of content here; ask for help with the request id."),
    429: Fault(Verdict.TOO_MANY, "Lower `rate` in the settings."),
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What was read of a refusal: enough for a message, nothing secret."""

    status: int
    code: str
    message: str
    request_id: str
    verdict: Verdict
    way_out: str


def judge(response: httpx.Response) -> Answer:
    """Say what an answer means; its body must have been read unless it is a success."""
    status = response.status_code
    request_id = response.headers.get(REQUEST_ID, "")
    if response.is_success:
        return Answer(status, "", "", request_id, Verdict.DONE, "")
    body = json_or_none(response)
    members = body if isinstance(body, dict) else {}
    code = str(members.get("Code") or "")
    fault = _fault(status, code, body)
    message = str(members.get("Message") or members.get("error_description") or response.reason_phrase)[:500]
    return Answer(status, code, message, str(members.get("RequestId") or request_id), fault.verdict, fault.way_out)


def _fault(status: int, code: str, body: object) -> Fault:
    if is_rate_refusal(status, body):
        return BY_STATUS[429]
    fallback = Fault(Verdict.BUSY, _SUPPORT) if status >= httpx.codes.INTERNAL_SERVER_ERROR else BY_STATUS[400]
    return BY_CODE.get(code) or BY_STATUS.get(status) or fallback


def error_for(answer: Answer, *, what: str) -> IngestError:
    """Return the error for a refusal; `what` is the method and path template, with the object in words."""
    text = describe(answer, what=what)
    if answer.verdict is Verdict.UNAUTHORIZED:
        return Unauthorized(text)
    if answer.verdict is Verdict.GONE:
        return FileGone(text)
    return RefusedByCaspio(text, status=answer.status, code=answer.code, resource=what, request_id=answer.request_id)


def describe(answer: Answer, *, what: str) -> str:
    """Say what was asked, what came back and what a person can do."""
    code = f" {answer.code}" if answer.code else ""
    request_id = f" (request id {answer.request_id})" if answer.request_id else ""
    return f"{what} answered {answer.status}{code}: {answer.message.rstrip('.')}{request_id}. {answer.way_out}"
