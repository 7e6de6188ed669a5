"""Values that go in and out of the client."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

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
    """

    name: str
    type: str
    editable: bool = True
    is_formula: bool = False
    unique: bool = False


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
