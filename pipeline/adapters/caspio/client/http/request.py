"""One call as a value: the operation, what fills its path, what goes behind it, what goes along."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from pipeline.adapters.caspio.client.operations import Operation

API_ROOT = "/integrations/rest"
MAX_URI = 2047
"""Characters of an address; a longer one is answered with 414 (caspio-api.md, section 5)."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file to send as one multipart part."""

    part: str
    path: Path
    name: str
    media_type: str


@dataclass(frozen=True, slots=True)
class Call:
    """One operation: `names` fill its path, `query` goes behind it.

    Attributes:
        json: The body. It is never shown: it may be a password.
        about: Names record and field for a message, where there are any.
    """

    operation: Operation
    names: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    json: object = field(default=None, repr=False)
    upload: Upload | None = None
    about: str = ""

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
        """Name the call for a message: method, template, the objects in it."""
        objects = ", ".join(f"{name}={value!r}" for name, value in self.names.items())
        details = "; ".join(part for part in (objects, self.about) if part)
        name = f"{self.method} {self.operation.template}"
        return f"{name} ({details})" if details else name


def encoded(value: str) -> str:
    """Encode a query value.

    What RFC 3986 (section 3.4) allows in a query is left as it is, since addresses are short of
    room.
    """
    return quote(value, safe="-._~!$()*,:@/?")
