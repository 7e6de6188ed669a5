"""Translate Caspio's refusals into the project's errors, from one table.

    RefusedByCaspio
    ├─ NotFound          a table, view, field, record or key is not there: check the name
    ├─ NameTaken         something of this name, or in this state, is there already
    ├─ ValueRefused      a value does not fit its field: correct the value
    ├─ QueryRefused      a clause, or a value it would double in a unique field: correct the clause, or look for the row
    ├─ TooLarge          make the file smaller
    └─ UnexpectedAnswer  the answer has another shape than the documents say

Besides these: Unauthorized (a person must act in the account), FileGone, and from the client ServiceUnavailable (come
back later) and EffectInDoubt (look whether it took effect).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto

import httpx

from pipeline.adapters.caspio.client.auth import is_rate_refusal, json_or_none
from pipeline.errors import FileGone, IngestError, RefusedByCaspio, Unauthorized

REQUEST_ID = "X-Caspio-Request-ID"


class NotFound(RefusedByCaspio):
    """What was named is not there."""


class NameTaken(RefusedByCaspio):
    """Something of this name is there already."""


class ValueRefused(RefusedByCaspio):
    """A value does not fit its field, or the field cannot be written."""


class QueryRefused(RefusedByCaspio):
    """A clause or parameter cannot be understood, or the database refused what it asks for."""


class TooLarge(RefusedByCaspio):
    """The file is larger than Caspio takes."""


class UnexpectedAnswer(RefusedByCaspio):
    """A good answer of a shape that the documents do not know."""


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
    """One line of the table: what an answer means, what a person can do about it, and the error for a refusal."""

    verdict: Verdict
    way_out: str
    error: type[RefusedByCaspio] = RefusedByCaspio


_PERMISSION = (
    "Give the Web Services profile access to this object in the Caspio account, then run again."
)
_DONE = Fault(Verdict.DONE, "")
_SUPPORT = "If it stays so, ask Caspio's support, naming the request id."
_VALUE = "Look at the values written and at the field's type and settings in Caspio."

BY_CODE: Mapping[str, Fault] = {
    "AlterReadOnlyData": Fault(
        Verdict.REFUSED,
        "A field is read-only, or a text holds characters Caspio cannot keep (emoji); see the mapping.",
        ValueRefused,
    ),
    "ColumnNotFound": Fault(
        Verdict.REFUSED, "Compare the settings with the table's fields: run `doctor`.", QueryRefused
    ),
    "FieldNotFound": Fault(
        Verdict.REFUSED, "Compare the settings with the table's fields: run `doctor`.", NotFound
    ),
    "FileNotFound": Fault(
        Verdict.GONE, "The file was deleted or renamed; the next run takes what is there then."
    ),
    "IncorrectBodyParameter": Fault(Verdict.REFUSED, _VALUE, ValueRefused),
    "IncorrectQueryParameter": Fault(
        Verdict.REFUSED, "If the source has a `where`, check its spelling in Caspio.", QueryRefused
    ),
    "InternalError": Fault(Verdict.BUSY, _SUPPORT),
    "InvalidInputValue": Fault(Verdict.REFUSED, _VALUE, ValueRefused),
    "IpForbidden": Fault(
        Verdict.UNAUTHORIZED, "Allow this machine's address in the Web Services profile."
    ),
    "ObjectNotFound": Fault(
        Verdict.REFUSED,
        "Check the name in the settings; the object may have been renamed.",
        NotFound,
    ),
    "ProfileDisabled": Fault(
        Verdict.UNAUTHORIZED, "Enable the Web Services profile in the Caspio account."
    ),
    "SqlServerError": Fault(
        Verdict.REFUSED,
        "Check the source's `where` and that no value breaks a unique field.",
        QueryRefused,
    ),
    "UnsecuredConnection": Fault(Verdict.UNAUTHORIZED, "Use an https:// address in the settings."),
    "UnsufficientPrivileges": Fault(Verdict.UNAUTHORIZED, _PERMISSION),
}
"""Caspio's codes, whatever status they come with: the same code was seen with 400 and with 500."""

BY_STATUS: Mapping[int, Fault] = {
    400: Fault(Verdict.REFUSED, "Check the source's settings: run `doctor`."),
    401: Fault(
        Verdict.UNAUTHORIZED, "A new token was refused as well: check the Web Services profile."
    ),
    403: Fault(Verdict.UNAUTHORIZED, _PERMISSION),
    404: Fault(
        Verdict.REFUSED,
        "Check the name in the settings; the object may have been renamed or deleted.",
        NotFound,
    ),
    405: Fault(
        Verdict.REFUSED, "This account's API does not know the operation; ask Caspio's support."
    ),
    408: Fault(Verdict.BUSY, _SUPPORT),
    409: Fault(Verdict.REFUSED, "Something of this name is there already.", NameTaken),
    413: Fault(Verdict.REFUSED, "The file is larger than Caspio takes; make it smaller.", TooLarge),
    414: Fault(Verdict.REFUSED, "Shorten the source's `where` or map fewer columns.", QueryRefused),
    415: Fault(
        Verdict.REFUSED,
        "Caspio does not take this kind of content here; ask for help with the request id.",
    ),
    429: Fault(Verdict.TOO_MANY, "Lower `rate` in the settings."),
}


@dataclass(frozen=True, slots=True)
class Reply:
    """What was read of a refusal: enough for a message, nothing secret."""

    status: int
    code: str
    message: str
    request_id: str
    fault: Fault

    @property
    def verdict(self) -> Verdict:
        """Return what the answer means."""
        return self.fault.verdict


def judge(response: httpx.Response, redacted: Callable[[str], str] = str) -> Reply:
    """Say what an answer means; its body must have been read unless it is a success.

    `redacted` masks secrets in the texts that are taken from the answer: a proxy may send back what it was sent.
    """
    status = response.status_code
    request_id = redacted(response.headers.get(REQUEST_ID, ""))[:100]
    if response.is_success:
        return Reply(status, "", "", request_id, _DONE)
    body = json_or_none(response)
    members = body if isinstance(body, dict) else {}
    code = redacted(str(members.get("Code") or ""))[:100]
    fault = _fault(status, code, body)
    message = redacted(
        str(members.get("Message") or members.get("error_description") or response.reason_phrase)
    )[:500]
    request_id = redacted(str(members.get("RequestId") or request_id))[:100]
    return Reply(status, code, message, request_id, fault)


def _fault(status: int, code: str, body: object) -> Fault:
    if is_rate_refusal(status, body):
        return BY_STATUS[429]
    fallback = (
        Fault(Verdict.BUSY, _SUPPORT)
        if status >= httpx.codes.INTERNAL_SERVER_ERROR
        else BY_STATUS[400]
    )
    return BY_CODE.get(code) or BY_STATUS.get(status) or fallback


def error_for(answer: Reply, *, what: str) -> IngestError:
    """Return the error for a refusal; `what` is the method and path template, with the object in words."""
    text = describe(answer, what=what)
    if answer.verdict is Verdict.UNAUTHORIZED:
        return Unauthorized(text)
    if answer.verdict is Verdict.GONE:
        return FileGone(text)
    return answer.fault.error(
        text, status=answer.status, code=answer.code, resource=what, request_id=answer.request_id
    )


def describe(answer: Reply, *, what: str) -> str:
    """Say what was asked, what came back and what a person can do."""
    code = f" {answer.code}" if answer.code else ""
    request_id = f" (request id {answer.request_id})" if answer.request_id else ""
    return f"{what} answered {answer.status}{code}: {answer.message.rstrip('.')}{request_id}. {answer.fault.way_out}"
