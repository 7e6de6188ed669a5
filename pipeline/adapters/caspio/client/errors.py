"""Every error the client raises on purpose, grouped by what a caller can do.

    CaspioError
    ├── TemporaryError          Caspio is busy or cannot be reached for now; try again later
    │   ├── Unavailable         the retries are used up, or a download was cut short
    │   ├── TooLate             a call could not leave before the time that it was given
    │   ├── ListingChanged      a listing changed while its pages were read
    │   └── InDoubt             a write was sent and its answer never came; look before repeating it
    ├── AccountError            nothing works until a user acts
    │   ├── Misconfigured       an address, a rate, a credential or a name cannot be used
    │   ├── AccessDenied        the credentials are refused, or a permission is missing
    │   └── PauseTooLong        Caspio asks for a longer pause than the client waits
    ├── ItemError               this record or file cannot be handled; others can
    │   ├── FileMissing         there is no such file any more
    │   ├── IncompleteDownload  other bytes arrived than were declared or listed
    │   ├── UnusableValue       a value cannot be sent in a condition, or the condition is too long
    │   └── KeyMatchesMany      an upsert's key belongs to more than one record
    └── Refused                 Caspio refused a well-formed request; has status and code
        ├── NotFound            a table, view, field, record or key is not there
        ├── NameTaken           something of this name, or in this state, is there already
        ├── ValueRefused        a value does not fit its field
        ├── QueryRefused        a condition, or a value it would repeat in a unique field
        ├── TooLarge            the file is larger than Caspio takes
        └── UnexpectedAnswer    the answer has another shape than the documentation says

A message names what was asked, what came back and what a user can do. None has a secret in it.
"""


class CaspioError(Exception):
    """Base of every error the client raises on purpose."""


class TemporaryError(CaspioError):
    """Caspio is busy or cannot be reached for now. A later attempt may succeed."""


class Unavailable(TemporaryError):
    """The retries are used up, or a download was cut short."""


class TooLate(TemporaryError):
    """A call could not leave before the time that it was given. Nothing was sent."""


class ListingChanged(TemporaryError):
    """A listing changed while its pages were read, or a page came twice; it is not complete."""


class InDoubt(TemporaryError):
    """A write was sent, and no answer came that says what it did. Look before repeating it."""


class AccountError(CaspioError):
    """Nothing works until a user acts."""


class Misconfigured(AccountError):
    """An address, a rate, a credential or a name cannot be used.

    Attributes:
        problems: One sentence each; all that were found, not only the first.
    """

    def __init__(self, problems: list[str]) -> None:
        """Keep every problem and show them together."""
        self.problems = problems
        super().__init__("\n".join(problems))


class AccessDenied(AccountError):
    """The credentials are refused, the profile is disabled, or a permission is missing."""


class PauseTooLong(AccountError):
    """Caspio asks for a longer pause (`Retry-After`) than the client waits.

    Attributes:
        pause_s: The pause that Caspio asks for, in seconds.
    """

    def __init__(self, message: str, *, pause_s: float) -> None:
        """Keep the pause beside the message."""
        self.pause_s = pause_s
        super().__init__(message)


class ItemError(CaspioError):
    """This record or file cannot be handled. Others can."""


class FileMissing(ItemError):
    """There is no such file any more."""


class IncompleteDownload(ItemError):
    """Other bytes arrived than were declared or listed."""


class UnusableValue(ItemError):
    """A value cannot be sent in a condition, or the condition would be too long for an address."""


class KeyMatchesMany(ItemError):
    """An upsert's key belongs to more than one record. None was chosen."""


class Refused(CaspioError):
    """Caspio refused a well-formed request.

    Attributes:
        status: HTTP status code.
        code: Caspio's error code, "" where the body had none.
        resource: What was being done, in words, with the objects in it.
        request_id: Value of X-Caspio-Request-ID, for a support case.
    """

    def __init__(
        self, message: str, *, status: int, code: str = "", resource: str = "", request_id: str = ""
    ) -> None:
        """Keep what a caller decides by, beside the message."""
        self.status = status
        self.code = code
        self.resource = resource
        self.request_id = request_id
        super().__init__(message)


class NotFound(Refused):
    """What was named is not there."""


class NameTaken(Refused):
    """Something of this name, or in this state, is there already."""


class ValueRefused(Refused):
    """A value does not fit its field, or the field cannot be written."""


class QueryRefused(Refused):
    """A condition or parameter cannot be understood, or the database refused what it asks for."""


class TooLarge(Refused):
    """The file is larger than Caspio takes."""


class UnexpectedAnswer(Refused):
    """A good answer of a shape that the documentation does not know."""
