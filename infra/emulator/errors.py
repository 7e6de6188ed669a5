"""Refusals as Caspio words them: a status, a code and a text. Clients branch on the first two only."""


class ApiError(Exception):
    """A request is refused.

    Attributes:
        status: HTTP status code.
        code: Caspio's name of the error.
        message: Text for a person.
    """

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


def bad_body(detail: str = "") -> ApiError:
    """Refuse a body that is missing, malformed or has unknown members."""
    return ApiError(
        400,
        "IncorrectBodyParameter",
        _with("Required body parameter absent or has incorrect format", detail),
    )


def bad_query(detail: str = "") -> ApiError:
    """Refuse a query parameter that is missing, out of range or not a number."""
    return ApiError(
        400,
        "IncorrectQueryParameter",
        _with("Required query parameter absent or has incorrect format", detail),
    )


def bad_value(*names: str) -> ApiError:
    """Refuse values that do not fit their fields' types."""
    listed = ", ".join(names)
    return ApiError(
        400,
        "InvalidInputValue",
        f"Cannot perform operation because the value doesn't match the data type of the following field(s): {listed}",
    )


def no_field(*names: str) -> ApiError:
    """Say that fields do not exist."""
    listed = ", ".join(f"'{name}'" for name in names)
    return ApiError(
        404,
        "FieldNotFound",
        f"Cannot perform operation because the following field(s) do not exist: {listed}",
    )


def no_object() -> ApiError:
    """Say that a table, view, record or folder does not exist."""
    return ApiError(404, "ObjectNotFound", "Requested object not found")


def no_file() -> ApiError:
    """Say that a file does not exist."""
    return ApiError(404, "FileNotFound", "Requested file not found")


def read_only(*names: str, status: int = 400) -> ApiError:
    """Refuse to change fields that Caspio fills itself."""
    listed = ", ".join(names)
    return ApiError(
        status,
        "AlterReadOnlyData",
        f"Cannot alter read-only data in the following field(s): {listed}",
    )


def forbidden() -> ApiError:
    """Refuse what the profile has no right to; the code is spelt as Caspio spells it."""
    return ApiError(
        403, "UnsufficientPrivileges", "Not enough privileges to perform requested operation"
    )


def not_ready() -> ApiError:
    """Refuse to run a task that is running, or one more than may run at once."""
    return ApiError(
        400,
        "InternalError",
        "The task cannot be started: it is not ready, or too many tasks are running",
    )


def sql_error(native: str) -> ApiError:
    """Pass on the database's own complaint."""
    return ApiError(400, "SqlServerError", native)


def conflict(name: str) -> ApiError:
    """Say that a name is taken."""
    return ApiError(
        409, "FileAlreadyExists", f"A file with the name '{name}' already exists in the folder"
    )


def too_large() -> ApiError:
    """Refuse an upload over the limit."""
    return ApiError(413, "RequestEntityTooLarge", "The uploaded file is too large")


def wrong_media_type() -> ApiError:
    """Refuse a body that is not of the expected media type."""
    return ApiError(415, "UnsupportedMediaType", "The Content-Type of the request is not supported")


def _with(text: str, detail: str) -> str:
    return f"{text}: {detail}" if detail else text
