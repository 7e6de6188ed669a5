"""Values that go in and out of the client."""

import io
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from pipeline.adapters.caspio.client.errors import Unavailable

Value = str | int | float | bool | None
"""A scalar as Caspio's JSON has it. Dates are texts without a time zone."""

Written = Value | Sequence[str | int | float]
"""What can be written to a column: a scalar; to a LIST field the numbers or texts of its items."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table or view, as far as reading and writing need it.

    Attributes:
        type: Caspio's token: STRING, TEXT, NUMBER, DATE/TIME, YES/NO, ATTACHMENT, FILE, …
        editable: False for a column whose values Caspio itself sets, and in most views.
        is_formula: True for a computed column.
        unique: True if no two records may have the same value.
        table_field: The field of the source table; in a table its own name, "" if it is not known.
    """

    name: str
    type: str
    editable: bool = True
    is_formula: bool = False
    unique: bool = False
    table_field: str = ""


@dataclass(frozen=True, slots=True)
class Download:
    """An open download.

    Attributes:
        chunks: The bytes, to be read once.
        declared_bytes: The length that the answer declares, None without one.
    """

    chunks: Iterator[bytes]
    declared_bytes: int | None


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """Text that is never shown: not by repr, str or format."""

    _text: str

    def reveal(self) -> str:
        """Return the text, for the one call that needs it."""
        return self._text

    def __repr__(self) -> str:
        return "Secret('****')"

    def __str__(self) -> str:
        return "****"


class StreamedFile(io.RawIOBase):
    """A file that is sent while it arrives: of a known size, and readable once.

    Args:
        name: Its name, without a folder.
        size_bytes: How many bytes will come.
        arriving: Returns the next bytes, b"" behind the last; what it raises ends the call.
    """

    def __init__(self, name: str, size_bytes: int, arriving: Callable[[], bytes]) -> None:
        self.name = name
        self.size_bytes = size_bytes
        self._arriving = arriving
        self._chunk = memoryview(b"")
        self._position = 0

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes: those that have arrived, and at most `size`."""
        if not self._chunk:
            self._chunk = memoryview(self._arriving())
        piece = self._chunk if size < 0 else self._chunk[:size]
        self._chunk = self._chunk[len(piece) :]
        self._position += len(piece)
        return bytes(piece)

    def tell(self) -> int:
        """Return how many bytes were read."""
        return self._position

    def seek(self, offset: int, base: int = os.SEEK_SET, /) -> int:
        """Return the size for the end, from which a sender learns it; go nowhere else.

        Raises:
            Unavailable: the call is repeated, and the bytes were sent already.
        """
        if base == os.SEEK_END:
            return self.size_bytes
        if offset != self._position:
            raise Unavailable(
                f"{self.name} was sent while it arrived, and Caspio did not take it. Nothing was "
                "changed; send it again."
            )
        return offset
