"""What schema discovery finds: tables and views, their columns, and how many files they have."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pipeline.model import Column, Value

FILE_TYPES = frozenset({"ATTACHMENT", "FILE"})


@dataclass(frozen=True, slots=True)
class FileField:
    """An ATTACHMENT or FILE field, with the files counted in it; an unknown size counts as 0."""

    name: str
    type: str
    files: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Container:
    """A table or view. If it has file fields, files were counted in `counted_records` records.

    `samples` are the values of its first records, by column.
    """

    name: str
    is_view: bool
    columns: Mapping[str, Column]
    fields: tuple[FileField, ...] = ()
    records: int = 0
    counted_records: int = 0
    samples: tuple[Mapping[str, Value], ...] = ()

    @property
    def counted_all(self) -> bool:
        """Say whether the files of every record were counted."""
        return self.counted_records >= self.records

    @property
    def files(self) -> int:
        """Return how many files there are: as counted, or extrapolated from the counted records."""
        return self._extrapolated(sum(one.files for one in self.fields))

    @property
    def size_bytes(self) -> int:
        """Return their bytes, counted or extrapolated likewise."""
        return self._extrapolated(sum(one.size_bytes for one in self.fields))

    @property
    def attachment_fields(self) -> int:
        """Count the ATTACHMENT fields, each of which is listed with calls of its own."""
        return sum(one.type == "ATTACHMENT" for one in self.fields)

    def _extrapolated(self, counted: int) -> int:
        if self.counted_all or not self.counted_records:
            return counted
        return round(counted * self.records / self.counted_records)


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder of the Files area with the files in it, those of its subfolders left out."""

    path: str
    files: int


@dataclass(frozen=True, slots=True)
class FilesArea:
    """The Files area: its files and their bytes, and its folders, as far as they were counted."""

    files: int = 0
    size_bytes: int = 0
    counted_all: bool = True
    folders: tuple[Folder, ...] = ()


@dataclass(frozen=True, slots=True)
class DiscoveredAccount:
    """Everything that was found.

    `unreadable` says, by name, why a table, a view or the Files area could not be read.
    """

    containers: tuple[Container, ...]
    files_area: FilesArea = FilesArea()
    unreadable: Mapping[str, str] = field(default_factory=dict)
