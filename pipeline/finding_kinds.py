"""What a finding is: its type, the columns that suit it, and the names that such columns have."""

from dataclasses import dataclass
from enum import Enum, StrEnum


class Origin(StrEnum):
    """Where a finding comes from."""

    DOCUMENT = "document"  # read from the document; names can use it, too
    FACT = "fact"  # known of every document
    OWN = "own"  # about our own work: kept up to date even where only empty columns are written
    STAMP = "stamp"  # own, and different in each run: never the only reason to write


@dataclass(frozen=True, slots=True)
class ColumnFit:
    """Which columns suit a type of value.

    `best` are the Caspio types that `init` looks for, the best first. `must_hold` is a value that a
    column must be able to hold to be mapped at all: "" means the finding's sample, None means no
    check, since the value may be text or a number. With `only_best` no other type is proposed.
    """

    best: tuple[str, ...]
    must_hold: str | None = ""
    only_best: bool = False


class ValueType(Enum):
    """The types of value that findings have."""

    TEXT = ColumnFit(("STRING", "TEXT"))
    CODE = ColumnFit(("STRING", "TEXT"), must_hold=None)  # digits only, or not, as it happens
    LONG_TEXT = ColumnFit(("TEXT",), must_hold=None, only_best=True)  # STRING holds 255 characters
    DATE = ColumnFit(("DATE/TIME",))
    AMOUNT = ColumnFit(
        ("CURRENCY", "NUMBER"), must_hold="1234"
    )  # some have no cents: INTEGER may do
    COUNT = ColumnFit(("INTEGER", "NUMBER"))
    SHARE = ColumnFit(("NUMBER",))


@dataclass(frozen=True, slots=True)
class FindingKind:
    """One finding.

    `sample` is a normalized value as a reader returns it. `headers` are names of columns that mean
    this finding; `possible_headers` may mean something else, so that such a column is mentioned by
    `init` and never taken. `description` is a phrase for the documentation.
    """

    name: str
    type: ValueType
    sample: str
    description: str
    headers: tuple[str, ...] = ()
    possible_headers: tuple[str, ...] = ()
    origin: Origin = Origin.DOCUMENT

    @property
    def column_types(self) -> tuple[str, ...]:
        """Return the Caspio types that suit it, the best first."""
        return self.type.value.best

    @property
    def must_hold(self) -> str | None:
        """Return a value that a mapped column must be able to hold, None for any column."""
        value = self.type.value.must_hold
        return self.sample if value == "" else value


def names(text: str) -> tuple[str, ...]:
    """Return names that are written as one text, with commas between them."""
    return tuple(text.split(", "))
