"""Refusals in Caspio's words: a status, a code and a text.

Statuses, codes and texts are those of §8 where it has them; other codes are our choice, and say so.
Clients branch on status and code only.
"""

from typing import TypeVar

T = TypeVar("T")


def existing(found: T | None, error: "ApiError") -> T:
    """Return what was looked up; raise the error if there is no such thing."""
    if found is None:
        raise error
    return found


class ApiError(Exception):
    """A request is refused.

    Attributes:
        status: HTTP status code.
        code: Caspio's name of the error.
        message: Text for a user.
    """

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


def bad_body(detail: str = "") -> ApiError:
    """Refuse a body that is missing, malformed or has unknown members."""
    text = "Required body parameter absent or has incorrect format"
    return ApiError(400, "IncorrectBodyParameter", _with_detail(text, detail))


def bad_query(detail: str = "") -> ApiError:
    """Refuse a query parameter that is missing, out of range or not a number."""
    text = "Required query parameter absent or has incorrect format"
    return ApiError(400, "IncorrectQueryParameter", _with_detail(text, detail))


def bad_value(*names: str) -> ApiError:
    """Refuse values that do not match their fields' types."""
    text = (
        "Cannot perform operation because the value doesn't match the data type of the following "
        f"field(s): {', '.join(names)}"
    )
    return ApiError(400, "InvalidInputValue", text)


def no_field(*names: str) -> ApiError:
    """Report fields that do not exist."""
    listed = ", ".join(f"'{name}'" for name in names)
    text = f"Cannot perform operation because the following field(s) do not exist: {listed}"
    return ApiError(404, "FieldNotFound", text)


def no_object() -> ApiError:
    """Report that a table, view, record or folder does not exist."""
    return ApiError(404, "ObjectNotFound", "Requested object not found")


def no_file() -> ApiError:
    """Report that a file does not exist."""
    return ApiError(404, "FileNotFound", "Requested file not found")


def read_only(*names: str, status: int = 400) -> ApiError:
    """Refuse to change fields that Caspio fills itself."""
    # §8 (C): the code was observed, with status 400 and with 500; the text is ours.
    text = f"Cannot alter read-only data in the following field(s): {', '.join(names)}"
    return ApiError(status, "AlterReadOnlyData", text)


def forbidden() -> ApiError:
    """Refuse what the profile has no right to; Caspio spells the code like this."""
    text = "Not enough privileges to perform requested operation"
    return ApiError(403, "UnsufficientPrivileges", text)


def not_ready() -> ApiError:
    """Refuse to run a task that is already running, or one task more than may run at once."""
    # §7 (I): running a task that is not Ready is an error; its status and code are our choice.
    text = "The task cannot be started: it is not ready, or too many tasks are running"
    return ApiError(400, "InternalError", text)


def sql_error(native: str) -> ApiError:
    """Return the database's own error."""
    return ApiError(400, "SqlServerError", native)


def conflict(name: str) -> ApiError:
    """Report that a file name is taken."""
    # §8: the status is confirmed, the code unknown.
    text = f"A file with the name '{name}' already exists in the folder"
    return ApiError(409, "FileAlreadyExists", text)


def too_large() -> ApiError:
    """Refuse an upload over the limit."""
    # §8: the status is in SPEC, the code unknown.
    return ApiError(413, "RequestEntityTooLarge", "The uploaded file is too large")


def wrong_media_type() -> ApiError:
    """Refuse a body of another media type than expected."""
    # §8: the status was observed, the code is unknown.
    text = "The Content-Type of the request is not supported"
    return ApiError(415, "UnsupportedMediaType", text)


def _with_detail(text: str, detail: str) -> str:
    return f"{text}: {detail}" if detail else text
