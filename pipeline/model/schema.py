"""What was seen of an account: its tables and views, their columns, and how many files lie in their fields."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pipeline.model import Column

FILE_TYPES = frozenset({"ATTACHMENT", "FILE"})


@dataclass(frozen=True, slots=True)
class FileField:
    """An ATTACHMENT or FILE field, with the files counted in it; a size that was not told counts as nothing."""

    name: str
    type: str
    files: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Container:
    """A table or view. Files were counted in `looked_at` of its `records`; in none where it has no file field."""

    name: str
    is_view: bool
    columns: Mapping[str, Column]
    fields: tuple[FileField, ...] = ()
    records: int = 0
    looked_at: int = 0

    @property
    def counted_all(self) -> bool:
        """Say whether every record was looked at."""
        return self.looked_at >= self.records

    @property
    def files(self) -> int:
        """Return how many files there are: as counted, or carried on from the records that were looked at."""
        return self._carried_on(sum(one.files for one in self.fields))

    @property
    def size_bytes(self) -> int:
        """Return their bytes, counted or carried on likewise."""
        return self._carried_on(sum(one.size_bytes for one in self.fields))

    @property
    def attachment_fields(self) -> int:
        """Count the ATTACHMENT fields, each of which is listed with calls of its own."""
        return sum(one.type == "ATTACHMENT" for one in self.fields)

    def _carried_on(self, counted: int) -> int:
        return (
            counted
            if self.counted_all or not self.looked_at
            else round(counted * self.records / self.looked_at)
        )


@dataclass(frozen=True, slots=True)
class FilesArea:
    """The Files area: its files and their bytes, as far as they were counted."""

    files: int = 0
    size_bytes: int = 0
    counted_all: bool = True


@dataclass(frozen=True, slots=True)
class Survey:
    """Everything that was seen; `unreadable` says, by name, why a table, a view or the Files area could not be."""

    containers: tuple[Container, ...]
    files_area: FilesArea = FilesArea()
    unreadable: Mapping[str, str] = field(default_factory=dict)
