"""Parse records, attachments and files.

Tolerant where the documentation is silent (caspio-api.md, section 11): PK_ID as number or text,
names with or without extension, extensions with or without dot, rows without a file present or
absent. Dates stay the text they came as.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from pipeline.adapters.caspio.client.values import Column, Value
from pipeline.adapters.caspio.client.wire.payload import Payload

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Record:
    """One row.

    Attributes:
        pk: Its PK_ID as text, None where the answer left it out.
        values: Its other columns. A LIST field is one text here: its chosen items, joined.
        lists: The LIST fields, each with its chosen items by number. They are written as a
            sequence.
    """

    pk: str | None
    values: Mapping[str, Value]
    lists: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)


def pks_of(records: Iterable[Record]) -> list[str]:
    """Return the PK_IDs of rows, without those that the answer left out."""
    return [record.pk for record in records if record.pk is not None]


@dataclass(frozen=True, slots=True)
class Affected:
    """Answer to an update: how many rows it matched, and those rows where the answer shows them."""

    count: int
    rows: tuple[Record, ...]


@dataclass(frozen=True, slots=True)
class FileInfo:
    """What is known of one attachment. `size_bytes` is None and dates are "" where left out."""

    pk: str
    file_name: str
    file_type: str
    size_bytes: int | None
    created: str
    updated: str

    @property
    def is_empty(self) -> bool:
        """Return True if the row has no file.

        The base name alone is not enough: files named ".pdf" or ".hidden" have none.
        """
        return not self.file_name and not self.file_type and self.size_bytes is None

    @property
    def extension(self) -> str:
        """Return the extension without its dot, "" without one."""
        return self.file_type.lstrip(".")

    @property
    def name_has_type(self) -> bool:
        """Say whether the name ends with the extension already."""
        # fileInfo splits name and extension (caspio-api.md, section 3.3), but a name that has its
        # extension already was not ruled out: both are understood.
        extension = self.extension
        return bool(extension) and self.file_name.lower().endswith(f".{extension.lower()}")

    @property
    def full_name(self) -> str:
        """Return the name with its extension, once."""
        # Nearly always the two are apart, which a look for the dot alone finds out.
        if self.file_type and ("." not in self.file_name or not self.name_has_type):
            extension = self.extension
            return f"{self.file_name}.{extension}" if extension else self.file_name
        return self.file_name

    @property
    def listed_date(self) -> str:
        """Return the date of the last change as listed, else the date of creation."""
        return self.updated or self.created


@dataclass(frozen=True, slots=True)
class Description:
    """Name of a table or view, and the note somebody wrote about it."""

    name: str
    note: str


@dataclass(frozen=True, slots=True)
class FolderItem:
    """A folder of the Files area."""

    name: str
    key: str
    created: str = ""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file that was just stored: its name and key, "" where the answer left it out."""

    name: str
    key: str


@dataclass(frozen=True, slots=True)
class FileItem:
    """A file of the Files area, without its folder."""

    name: str
    key: str
    size_bytes: int | None
    content_type: str
    created: str
    modified: str

    @property
    def listed_date(self) -> str:
        """Return the date of the last change as listed, else the date of creation."""
        return self.modified or self.created


@dataclass(frozen=True, slots=True)
class ListPage(Generic[T]):
    """One page of a listing; `total` is None where the answer did not say."""

    items: tuple[T, ...]
    total: int | None


def names(answer: Payload) -> tuple[str, ...]:
    """Parse a list of names."""
    return answer.member("Result").texts()


def description(answer: Payload) -> Description:
    """Parse the description of a table or view."""
    result = answer.member("Result")
    return Description(result.member("Name").text(""), result.member("Note").text(""))


def columns(answer: Payload) -> tuple[Column, ...]:
    """Parse a list of fields."""
    return tuple(
        Column(
            name=item.member("Name").text(),
            type=item.member("Type").text(),
            editable=item.member("Editable").flag(default=True),
            is_formula=item.member("IsFormula").flag(default=False),
            unique=item.member("Unique").flag(default=False),
            table_field=item.member("TableFieldName").text(""),
        )
        for item in answer.member("Result").items()
    )


def records(answer: Payload) -> tuple[Record, ...]:
    """Parse the rows of an answer; an answer without a body has none."""
    if answer.value is None:
        return ()
    return tuple(_record(item) for item in answer.member("Result").items())


def record_page(answer: Payload) -> ListPage[Record]:
    """Parse a page of rows."""
    return ListPage(records(answer), _total(answer))


def affected(answer: Payload, count: str = "RecordsAffected") -> Affected:
    """Parse the answer to an update."""
    # A directory's answer counts UsersAffected instead.
    return Affected(answer.member(count).number(), records(answer))


def count(answer: Payload, name: str = "RecordsAffected") -> int:
    """Parse the answer to a deletion."""
    return answer.member(name).number()


def _record(item: Payload) -> Record:
    if not isinstance(item.value, dict):
        raise item.wrong("an object")
    values: dict[str, Value] = {}
    lists: dict[str, Mapping[str, Value]] = {}
    for name, value in item.value.items():
        if name == "PK_ID":
            continue
        if isinstance(value, dict | list):  # a LIST field (caspio-api.md, section 3.8)
            lists[name] = item.member(name).items_by_number()
            values[name] = ", ".join(map(str, lists[name].values()))
        else:  # in JSON all else is a scalar
            values[name] = value
    pk = item.value.get("PK_ID")
    return Record(None if pk is None else _pk(pk, item), values, lists)


def _pk(value: object, item: Payload) -> str:
    """Return the PK_ID of a row, whose value is known: nearly always a whole number."""
    return str(value) if type(value) is int else item.member("PK_ID").pk()


def file_infos(answer: Payload) -> tuple[FileInfo, ...]:
    """Parse the rows of an attachment field's fileInfo, also those without a file."""
    return tuple(_file_info(item) for item in answer.member("Result").items())


def _file_info(item: Payload) -> FileInfo:
    if isinstance(item.value, dict):
        get = item.value.get
        pk, size_bytes = get("PK_ID"), get("Size")
        name, kind = get("FileName"), get("FileType")
        created, updated = get("DateCreated"), get("DateUpdated")
        # A listing has a thousand rows a page, and nearly all have all of it.
        if (type(size_bytes) is int and type(name) is str and type(kind) is str) and (
            type(created) is str and type(updated) is str
        ):
            return FileInfo(_pk(pk, item), name, kind, size_bytes, created, updated)
    # What is missing has a default, and the error about a wrong member names it.
    return FileInfo(
        pk=item.member("PK_ID").pk(),
        file_name=item.member("FileName").text(""),
        file_type=item.member("FileType").text(""),
        size_bytes=item.member("Size").number_or_none(),
        created=item.member("DateCreated").text(""),
        updated=item.member("DateUpdated").text(""),
    )


def folder_page(answer: Payload) -> ListPage[FolderItem]:
    """Parse a page of folders."""
    items = (_folder(item) for item in answer.member("Result").items())
    return ListPage(tuple(items), _total(answer))


def folder_item(answer: Payload) -> FolderItem:
    """Parse what is known of one folder."""
    return _folder(answer.member("Result"))


def _folder(item: Payload) -> FolderItem:
    return FolderItem(
        item.member("Name").text(),
        item.member("ExternalKey").text(),
        item.member("DateCreated").text(""),
    )


def file_page(answer: Payload) -> ListPage[FileItem]:
    """Parse a page of files."""
    return ListPage(tuple(_file(item) for item in answer.member("Result").items()), _total(answer))


def file_item(answer: Payload) -> FileItem:
    """Parse what is known of one file."""
    return _file(answer.member("Result"))


def _file(item: Payload) -> FileItem:
    return FileItem(
        name=item.member("Name").text(),
        key=item.member("ExternalKey").text(""),
        size_bytes=item.member("Size").number_or_none(),
        content_type=item.member("ContentType").text(""),
        created=item.member("DateCreated").text(""),
        modified=item.member("LastModified").text(""),
    )


def uploaded(answer: Payload) -> tuple[StoredFile, ...]:
    """Parse what was stored."""
    # POST answers with a list, PUT with one item (caspio-api.md, section 3.4).
    result = answer.member("Result")
    items = [result] if isinstance(result.value, dict) else list(result.items())
    return tuple(
        StoredFile(item.member("Name").text(), item.member("ExternalKey").text(""))
        for item in items
    )


def _total(answer: Payload) -> int | None:
    pagination = answer.member("Pagination")
    return None if pagination.value is None else pagination.member("TotalCount").number_or_none()
