"""One call as a value: the operation, what fills its path, what goes behind it, what goes along."""

import re
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, cast
from urllib.parse import quote

from pipeline.adapters.caspio.client.operations import Operation
from pipeline.adapters.caspio.client.values import StreamedFile

API_ROOT = "/integrations/rest"
MAX_URI = 2047
"""Characters of an address; a longer one is answered with 414 (caspio-api.md, section 5)."""


# The verbs that the specification's operations begin with, as they begin a sentence.
_DOING = {
    "Activate": "Activating",
    "Create": "Creating",
    "Delete": "Deleting",
    "Download": "Downloading",
    "Get": "Getting",
    "List": "Listing",
    "Reset": "Resetting",
    "Run": "Running",
    "Update": "Updating",
    "Upload": "Uploading",
}
_WORD = re.compile(r"[A-Z]?[a-z]+")
# "tableName" is the table, "recordPkId" the record.
_ENDING = re.compile(r"(Name|PkId|Id)$")


@dataclass(frozen=True, slots=True)
class Upload:
    """A file to send as one multipart part: one on the disk, or one that is still arriving."""

    part: str
    source: Path | StreamedFile
    name: str
    media_type: str

    def opened(self) -> AbstractContextManager[BinaryIO]:
        """Open it for one attempt."""
        if isinstance(self.source, Path):
            return self.source.open("rb")
        # It reads as a file does, and that is all that a sender does with it.
        return nullcontext(cast("BinaryIO", self.source))


@dataclass(frozen=True, slots=True)
class Call:
    """One operation: `names` fill its path, `query` goes behind it.

    Attributes:
        json: The body. It is never shown: it may be a password.
        about: Names record and field for a message, where there are any.
        until_s: When the call has to leave at the latest, by the clock's `monotonic`.
    """

    operation: Operation
    names: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    json: object = field(default=None, repr=False)
    upload: Upload | None = None
    about: str = ""
    until_s: float | None = None

    def __post_init__(self) -> None:
        """Refuse a name that would make the address that of another operation.

        Raises:
            ValueError: a name of the path is missing, empty, "." or "..".
        """
        wrong = [
            name
            for name in self.operation.path_names
            if self.names.get(name, "") in {"", ".", ".."}
        ]
        if wrong:
            raise ValueError(
                f"{self.operation.id}: {', '.join(wrong)} cannot be empty, '.' or '..'"
            )

    @property
    def method(self) -> str:
        """Return the HTTP method."""
        return self.operation.method

    @property
    def target(self) -> str:
        """Return path and query as they are sent."""
        parts = (
            # Names with spaces and slashes need encoding (caspio-api.md, section 9).
            quote(self.names[part[1:-1]], safe="") if part.startswith("{") else part
            for part in self.operation.template.split("/")
        )
        path = API_ROOT + "/".join(parts)
        query = "&".join(f"{name}={encoded(value)}" for name, value in self.query.items())
        return f"{path}?{query}" if query else path

    @property
    def what(self) -> str:
        """Name the call for a message, in words: what is being done, and the objects in it."""
        objects = [f"{_in_words(name)} {value!r}" for name, value in self.names.items()]
        details = ", ".join([*objects, self.about] if self.about else objects)
        verb, *rest = _WORD.findall(self.operation.id)
        name = " ".join([_DOING[verb], *(word.lower() for word in rest)])
        return f"{name} ({details})" if details else name

    @property
    def request_line(self) -> str:
        """Name the call for a log: method and path template."""
        return f"{self.method} {self.operation.template}"


def _in_words(name: str) -> str:
    """Return the name of a path's parameter as it is said: "attachmentFieldName" has a field."""
    return " ".join(word.lower() for word in _WORD.findall(_ENDING.sub("", name)))


def encoded(value: str) -> str:
    """Encode a query value.

    What RFC 3986 (section 3.4) allows in a query is left as it is, since addresses are short of
    room.
    """
    return quote(value, safe="-._~!$()*,:@/?")
