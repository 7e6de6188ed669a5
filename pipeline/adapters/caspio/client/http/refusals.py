"""Translate Caspio's refusals into the client's errors, from one table."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto

import httpx

from pipeline.adapters.caspio.client.errors import (
    AccessDenied,
    CaspioError,
    FileMissing,
    NameTaken,
    NotFound,
    QueryRefused,
    Refused,
    TooLarge,
    ValueRefused,
)
from pipeline.adapters.caspio.client.http.answers import json_or_none

REQUEST_ID = "X-Caspio-Request-ID"


class Meaning(Enum):
    """What an answer means for the call."""

    DONE = auto()
    TOO_MANY = auto()  # refused before it was processed: always safe to repeat
    BUSY = auto()  # failed, and it is not known how much was done
    ACCESS_DENIED = auto()
    MISSING = auto()
    REFUSED = auto()


@dataclass(frozen=True, slots=True)
class Fault:
    """One line of the table: what an answer means, what a user can do, and which error it is."""

    meaning: Meaning
    way_out: str
    error: type[Refused] = Refused


_PERMISSION = (
    "Give the Web Services profile access to this object in the Caspio account, then run again."
)
_DONE = Fault(Meaning.DONE, "")
_UNSAID = {
    Meaning.TOO_MANY: "Caspio had too many calls",
    Meaning.BUSY: "Caspio cannot answer now",
    Meaning.ACCESS_DENIED: "Caspio denied access",
    Meaning.MISSING: "there is no such file",
    Meaning.REFUSED: "Caspio refused it and gave no reason",
}
"""What an answer means if it does not say so itself, as that of a proxy."""
_SUPPORT = "If this continues, ask Caspio's support, with the request id if there is one."
_VALUE = "Look at the values written and at the field's type and settings in Caspio."

# Programs and agents see these as well, so none speaks of runs and sources alone.
_FIELDS = "Compare the names with the table's fields; `doctor` does it for the settings."

BY_CODE: Mapping[str, Fault] = {
    "AlterReadOnlyData": Fault(
        Meaning.REFUSED,
        "A field is read-only, or a text has characters that Caspio cannot keep (emoji).",
        ValueRefused,
    ),
    "ColumnNotFound": Fault(Meaning.REFUSED, _FIELDS, QueryRefused),
    "FieldNotFound": Fault(Meaning.REFUSED, _FIELDS, NotFound),
    "FileNotFound": Fault(
        Meaning.MISSING, "There is none in this place, or it was deleted or renamed."
    ),
    "IncorrectBodyParameter": Fault(Meaning.REFUSED, _VALUE, ValueRefused),
    "IncorrectQueryParameter": Fault(
        Meaning.REFUSED,
        "Check the spelling of the condition, which is `where` of a source.",
        QueryRefused,
    ),
    "InternalError": Fault(Meaning.BUSY, _SUPPORT),
    "InvalidInputValue": Fault(Meaning.REFUSED, _VALUE, ValueRefused),
    "IpForbidden": Fault(
        Meaning.ACCESS_DENIED, "Allow this machine's address in the Web Services profile."
    ),
    "ObjectNotFound": Fault(
        Meaning.REFUSED,
        "Check the name; the object may have been renamed.",
        NotFound,
    ),
    "ProfileDisabled": Fault(
        Meaning.ACCESS_DENIED, "Enable the Web Services profile in the Caspio account."
    ),
    "SqlServerError": Fault(
        Meaning.REFUSED,
        "Check that each column still exists (`doctor` checks those of the settings), the "
        "condition, which is `where` of a source, and that no value breaks a unique field.",
        QueryRefused,
    ),
    "UnsecuredConnection": Fault(Meaning.ACCESS_DENIED, "Use an https:// address."),
    "UnsufficientPrivileges": Fault(Meaning.ACCESS_DENIED, _PERMISSION),
}
"""Caspio's codes, whatever status they come with: the same code was seen with 400 and with 500."""

BY_STATUS: Mapping[int, Fault] = {
    400: Fault(Meaning.REFUSED, "Check what was asked; `doctor` checks the settings."),
    401: Fault(
        Meaning.ACCESS_DENIED,
        "A new token was refused as well: check the Web Services profile.",
    ),
    403: Fault(Meaning.ACCESS_DENIED, _PERMISSION),
    404: Fault(
        Meaning.REFUSED,
        "Check the name; the object may have been renamed or deleted.",
        NotFound,
    ),
    405: Fault(
        Meaning.REFUSED,
        "This account's API does not know the operation; ask Caspio's support.",
    ),
    408: Fault(Meaning.BUSY, _SUPPORT),
    409: Fault(Meaning.REFUSED, "Something of this name is there already.", NameTaken),
    413: Fault(Meaning.REFUSED, "The file is larger than Caspio takes; make it smaller.", TooLarge),
    414: Fault(Meaning.REFUSED, "Shorten the condition, or name fewer fields.", QueryRefused),
    415: Fault(
        Meaning.REFUSED,
        "Caspio does not take this kind of content here; ask for help with the request id.",
    ),
    429: Fault(Meaning.TOO_MANY, "Lower the rate: `caspio.rate` in a settings file."),
}


@dataclass(frozen=True, slots=True)
class RefusalReply:
    """What was read of a refusal: enough for a message, nothing secret.

    `message` is what Caspio said, "" where it said nothing.
    """

    status: int
    code: str
    message: str
    request_id: str
    fault: Fault

    @property
    def meaning(self) -> Meaning:
        """Return what the answer means."""
        return self.fault.meaning


def is_rate_refusal(status: int, body: object) -> bool:
    """Say whether an answer means "too many calls".

    It is 429, or the array that was seen to come with 400 (caspio-api.md, section 5):
    `[{"name": "api-calls-rate", "message": "You have exceeded your API call rate limits."}]`.
    """
    if status == httpx.codes.TOO_MANY_REQUESTS:
        return True
    if status != httpx.codes.BAD_REQUEST or not isinstance(body, list):
        return False
    names = [str(item.get("name", "")).lower() for item in body if isinstance(item, dict)]
    return any("rate" in name for name in names)


def judge(response: httpx.Response, redacted: Callable[[str], str] = str) -> RefusalReply:
    """Say what an answer means; its body must have been read unless it is a success.

    `redacted` masks secrets in the texts that are taken from the answer: a proxy may send back what
    it was sent.
    """
    status = response.status_code
    request_id = str(response.headers.get(REQUEST_ID, ""))
    if response.is_success:
        return RefusalReply(status, "", "", redacted(request_id)[:100], _DONE)
    body = json_or_none(response)
    members = body if isinstance(body, dict) else {}
    code = redacted(str(members.get("Code") or ""))[:100]
    # The token endpoint has OAuth's error_description (RFC 6749, section 5.2), a proxy often
    # nothing at all.
    said = members.get("Message") or members.get("error_description") or ""
    return RefusalReply(
        status=status,
        code=code,
        message=redacted(str(said))[:500],
        request_id=redacted(str(members.get("RequestId") or request_id))[:100],
        fault=_fault(status, code, body),
    )


def _fault(status: int, code: str, body: object) -> Fault:
    if is_rate_refusal(status, body):
        return BY_STATUS[429]
    # The code says more than the status: the same code was seen with 400 and with 500.
    for known in (BY_CODE.get(code), BY_STATUS.get(status)):
        if known is not None:
            return known
    if status >= httpx.codes.INTERNAL_SERVER_ERROR:
        return Fault(Meaning.BUSY, _SUPPORT)
    return BY_STATUS[400]


def error_for(answer: RefusalReply, *, what: str, request_line: str) -> CaspioError:
    """Return the error for a refusal.

    `what` says in words what was being done. `request_line`, with the status, is for the log alone:
    a traceback shows it, the message does not.
    """
    error = _error(answer, what)
    error.add_note(f"{request_line} answered {answer.status}")
    return error


def _error(answer: RefusalReply, what: str) -> CaspioError:
    text = describe(answer, what=what)
    match answer.meaning:
        case Meaning.ACCESS_DENIED:
            return AccessDenied(text)
        case Meaning.MISSING:
            return FileMissing(text)
    return answer.fault.error(
        text, status=answer.status, code=answer.code, resource=what, request_id=answer.request_id
    )


def describe(answer: RefusalReply, *, what: str = "") -> str:
    """Say what was being done, if that is given, what Caspio said and what a user can do."""
    request_id = f"request id {answer.request_id}" if answer.request_id else ""
    details = ", ".join(part for part in (answer.code, request_id) if part)
    said = answer.message.rstrip(".") or _UNSAID.get(answer.meaning, "")
    if details:
        said += f" ({details})"
    begins = f"{what}: " if what else ""
    return f"{begins}{said}. {answer.fault.way_out}"
