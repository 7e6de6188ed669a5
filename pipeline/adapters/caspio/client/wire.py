"""Parse Caspio's payloads once, into values. A shape that was not expected is an error naming the member.

Tolerant where the documents are silent (caspio-api.md, section 11): PK_ID as number or text, names with or without
extension, extensions with or without dot, rows without a file present or absent. Dates stay the text they came as.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from pipeline.adapters.caspio.client.refusals import UnexpectedAnswer
from pipeline.model import Column, Value

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Record:
    """One row: its PK_ID as text (None where the answer left it out) and its other columns.

    A LIST field is in `values` as one text and in `lists` with its chosen items by number; it is written as a sequence.
    """

    pk: str | None
    values: Mapping[str, Value]
    lists: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Affected:
    """Answer to an update or delete: how many rows it met, and those rows where they were asked for and told."""

    count: int
    rows: tuple[Record, ...]


@dataclass(frozen=True, slots=True)
class FileInfo:
    """What is known of one attachment. `size_bytes` is None and dates are "" where they were left out."""

    pk: str
    file_name: str
    file_type: str
    size_bytes: int | None
    created: str
    updated: str

    @property
    def is_empty(self) -> bool:
        """Say whether the row has no file."""
        return not self.file_name

    @property
    def extension(self) -> str:
        """Return the extension without its dot, "" without one."""
        return self.file_type.lstrip(".")

    @property
    def name_has_type(self) -> bool:
        """Say whether the name ends with the extension already."""
        return bool(self.extension) and self.file_name.lower().endswith(
            f".{self.extension}".lower()
        )

    @property
    def full_name(self) -> str:
        """Return the name with its extension, once."""
        return (
            self.file_name
            if not self.extension or self.name_has_type
            else f"{self.file_name}.{self.extension}"
        )

    @property
    def listed_date(self) -> str:
        """Return the date of the last change as it was listed, the date of creation where that is missing."""
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
    """A file that was just stored: the name it got and its key, "" where the answer left it out."""

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
        """Return the date of the last change as it was listed, the date of creation where that is missing."""
        return self.modified or self.created


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a listing; `total` is None where the answer did not say."""

    items: tuple[T, ...]
    total: int | None


class Payload:
    """A member of an answer, with the way to it, so that an error can name it."""

    def __init__(self, value: object, *, what: str, path: str = "") -> None:
        self.value = value
        self._what = what
        self._path = path

    def wrong(self, expected: str) -> UnexpectedAnswer:
        """Return the error for a member of another shape."""
        return UnexpectedAnswer(
            f"{self._what}: {self._path or 'the answer'} should be {expected}, but is "
            f"{type(self.value).__name__}. Caspio's API may have changed; look for a newer version of this program.",
            status=200,
            resource=self._what,
        )

    def member(self, name: str) -> "Payload":
        """Return a member of an object; one that is missing is None."""
        if not isinstance(self.value, dict):
            raise self.wrong("an object")
        return Payload(
            self.value.get(name), what=self._what, path=f"{self._path}.{name}".lstrip(".")
        )

    def items(self) -> Iterator["Payload"]:
        """Yield the items of a list; None is an empty list."""
        if self.value is None:
            return
        if not isinstance(self.value, list):
            raise self.wrong("a list")
        for number, item in enumerate(self.value):
            yield Payload(item, what=self._what, path=f"{self._path}[{number}]")

    def text(self, default: str | None = None) -> str:
        """Return text; a missing one is the default where there is one."""
        if self.value is None and default is not None:
            return default
        if not isinstance(self.value, str):
            raise self.wrong("text")
        return self.value

    def number(self) -> int:
        """Return a whole number."""
        if isinstance(self.value, bool) or not isinstance(self.value, int):
            raise self.wrong("a whole number")
        return self.value

    def number_or_none(self) -> int | None:
        """Return a whole number, None where it is missing."""
        return None if self.value is None else self.number()

    def text_or_none(self) -> str | None:
        """Return text, None where it is missing."""
        return None if self.value is None else self.text()

    def texts(self) -> tuple[str, ...]:
        """Return a list of texts."""
        return tuple(item.text() for item in self.items())

    def items_by_number(self) -> Mapping[str, Value]:
        """Return a LIST field's object of items by number; an array, as LIST fields are written, is counted from 1."""
        if isinstance(self.value, list):
            return {str(number): item.scalar() for number, item in enumerate(self.items(), 1)}
        if self.value is None:
            return {}
        if not isinstance(self.value, dict):
            raise self.wrong("an object of items by number")
        return {str(name): self.member(name).scalar() for name in self.value}

    def scalar(self) -> Value:
        """Return text, a number, true, false or null."""
        if self.value is None or isinstance(self.value, str | int | float | bool):
            return self.value
        raise self.wrong("a scalar")

    def flag_or_none(self) -> bool | None:
        """Return true or false, None where it is missing."""
        return None if self.value is None else self.flag(default=False)

    def flag(self, *, default: bool) -> bool:
        """Return true or false; a missing one is the default."""
        if self.value is None:
            return default
        if not isinstance(self.value, bool):
            raise self.wrong("true or false")
        return self.value

    def pk(self) -> str:
        """Return a PK_ID as text."""
        if (
            isinstance(self.value, bool)
            or not isinstance(self.value, int | str)
            or self.value == ""
        ):
            raise self.wrong("a PK_ID")
        return str(self.value)


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
        )
        for item in answer.member("Result").items()
    )


def records(answer: Payload) -> tuple[Record, ...]:
    """Parse the rows of an answer; an answer without a body has none."""
    if answer.value is None:
        return ()
    return tuple(_record(item) for item in answer.member("Result").items())


def record_page(answer: Payload) -> Page[Record]:
    """Parse a page of rows."""
    return Page(records(answer), _total(answer))


def affected(answer: Payload, count: str = "RecordsAffected") -> Affected:
    """Parse the answer to an update."""
    return Affected(answer.member(count).number(), records(answer))


def count(answer: Payload, name: str = "RecordsAffected") -> int:
    """Parse the answer to a deletion."""
    return answer.member(name).number()


def _record(item: Payload) -> Record:
    if not isinstance(item.value, dict):
        raise item.wrong("an object")
    pk = item.member("PK_ID")
    lists = {
        name: item.member(name).items_by_number()
        for name, value in item.value.items()
        if isinstance(value, dict | list)
    }
    values = {
        name: _value(item.member(name), lists.get(name)) for name in item.value if name != "PK_ID"
    }
    return Record(None if pk.value is None else pk.pk(), values, lists)


def _value(member: Payload, items: Mapping[str, Value] | None) -> Value:
    """Return a column's value; a LIST field's chosen items become their texts, joined."""
    return member.scalar() if items is None else ", ".join(map(str, items.values()))


def file_infos(answer: Payload) -> tuple[FileInfo, ...]:
    """Parse the rows of an attachment field's fileInfo, those without a file too."""
    return tuple(
        FileInfo(
            pk=item.member("PK_ID").pk(),
            file_name=item.member("FileName").text(""),
            file_type=item.member("FileType").text(""),
            size_bytes=item.member("Size").number_or_none(),
            created=item.member("DateCreated").text(""),
            updated=item.member("DateUpdated").text(""),
        )
        for item in answer.member("Result").items()
    )


def folder_page(answer: Payload) -> Page[FolderItem]:
    """Parse a page of folders."""
    items = (_folder(item) for item in answer.member("Result").items())
    return Page(tuple(items), _total(answer))


def folder_item(answer: Payload) -> FolderItem:
    """Parse what is known of one folder."""
    return _folder(answer.member("Result"))


def _folder(item: Payload) -> FolderItem:
    return FolderItem(
        item.member("Name").text(),
        item.member("ExternalKey").text(),
        item.member("DateCreated").text(""),
    )


def file_page(answer: Payload) -> Page[FileItem]:
    """Parse a page of files."""
    return Page(tuple(_file(item) for item in answer.member("Result").items()), _total(answer))


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
    """Parse what was stored: POST answers with a list, PUT with one."""
    result = answer.member("Result")
    items: Sequence[Payload] = [result] if isinstance(result.value, dict) else list(result.items())
    return tuple(
        StoredFile(item.member("Name").text(), item.member("ExternalKey").text(""))
        for item in items
    )


def _total(answer: Payload) -> int | None:
    pagination = answer.member("Pagination")
    return None if pagination.value is None else pagination.member("TotalCount").number_or_none()
