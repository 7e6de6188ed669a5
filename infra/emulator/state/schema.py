"""Definitions of fields, tables and views, and their JSON."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from infra.emulator.errors import ApiError, bad_body, no_field

PK = "PK_ID"
TEXT_TYPES = frozenset(
    {"STRING", "TEXT", "PASSWORD", "FILE", "ATTACHMENT", "GUID", "RANDOM ID", "PREFIXED AUTONUMBER"}
)
LIST_TYPES = frozenset({"LIST-STRING", "LIST-NUMBER", "LIST-DATE/TIME"})
DATE_TYPES = frozenset({"DATE/TIME", "TIMESTAMP"})
AUTO_TYPES = frozenset({"AUTONUMBER", "PREFIXED AUTONUMBER", "GUID", "RANDOM ID"})
READ_ONLY_TYPES = AUTO_TYPES | {"TIMESTAMP", "ATTACHMENT"}
TYPES = (
    TEXT_TYPES | LIST_TYPES | DATE_TYPES | AUTO_TYPES | {"NUMBER", "INTEGER", "CURRENCY", "YES/NO"}
)
_LONGEST_LABEL, _LONGEST_DESCRIPTION, _LONGEST_PREFIX, _LONGEST_RANDOM = 255, 4000, 49, 12
_PADDED = re.compile(r"0{0,6}1")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,31}")
# JSON member -> (attribute, type). Members of BaseColumnResult that only some field types have come after Unique….
_MEMBERS: Mapping[str, tuple[str, type]] = {
    "Name": ("name", str),
    "Type": ("type", str),
    "Unique": ("unique", bool),
    "UniqueAllowNulls": ("unique_allow_nulls", bool),
    "Label": ("label", str),
    "Description": ("description", str),
    "DisplayOrder": ("display_order", int),
    "IsFormula": ("is_formula", bool),
    "OnInsert": ("on_insert", bool),
    "OnUpdate": ("on_update", bool),
    "TimeZone": ("time_zone", str),
    "Format": ("format", str),
    "Prefix": ("prefix", str),
    "Length": ("length", int),
    "ListField": ("items", list),
    "AttachmentPermittedFileTypes": ("permitted", list),
    "AttachmentMinFileSize": ("min_size", int),
    "AttachmentMaxFileSize": ("max_size", int),
    "AttachmentSmartResizer": ("resizer", bool),
    "AttachmentSmartResizerForRetina": ("retina", bool),
    "AttachmentAltText": ("alt_text", str),
    "AttachmentTitle": ("title", str),
}
_BY_TYPE: Mapping[str, tuple[str, ...]] = {
    "TIMESTAMP": ("OnInsert", "OnUpdate", "TimeZone"),
    "PREFIXED AUTONUMBER": ("Format", "Prefix"),
    "RANDOM ID": ("Format", "Prefix", "Length"),
    "ATTACHMENT": tuple(member for member in _MEMBERS if member.startswith("Attachment")),
}


@dataclass(frozen=True, slots=True)
class Field:
    """One column of a table.

    Sizes are bytes, 0 for none; `items` are the values a LIST field offers; `hidden` is the first value of a column
    that only the listing of a directory's users shows.
    """

    name: str
    type: str
    unique: bool = False
    unique_allow_nulls: bool = False
    label: str = ""
    description: str = ""
    display_order: int = 0
    is_formula: bool = False
    on_insert: bool = False
    on_update: bool = False
    time_zone: str = ""
    format: str = ""
    prefix: str = ""
    length: int = 12
    items: Sequence[str] = field(default_factory=tuple)
    permitted: Sequence[str] = field(default_factory=tuple)
    min_size: int = 0
    max_size: int = 0
    resizer: bool = False
    retina: bool = False
    alt_text: str = ""
    title: str = ""
    hidden: str = ""

    @property
    def read_only(self) -> bool:
        """Say whether a record write must not name this field."""
        return self.is_formula or self.type in READ_ONLY_TYPES

    @property
    def sql_type(self) -> str:
        """Return the column type in SQLite; text compares as SQL Server compares it."""
        if self.type in DATE_TYPES:
            return "TEXT"
        if self.type in {"NUMBER", "CURRENCY"}:
            return "REAL"
        return (
            "INTEGER" if self.type in {"INTEGER", "AUTONUMBER", "YES/NO"} else "TEXT COLLATE CASPIO"
        )

    def stored(self) -> dict[str, Any]:
        """Return what is kept in the state."""
        return asdict(self)

    def shown(self, *, editable: bool = True) -> dict[str, Any]:
        """Return the BaseColumnResult: members that do not apply to the type are left out."""
        result: dict[str, Any] = {
            "Name": self.name,
            "TableFieldName": self.name,
            "Type": self.type,
            "Unique": self.unique,
            "Editable": editable and not self.read_only,
            "Description": self.description,
            "DisplayOrder": self.display_order,
            "Label": self.label,
            "UniqueAllowNulls": self.unique_allow_nulls,
            "IsFormula": self.is_formula,
        }
        for member in _BY_TYPE.get(self.type, ()):
            result[member] = getattr(self, _MEMBERS[member][0])
        if self.type in LIST_TYPES:
            result["ListField"] = {
                str(number): item for number, item in enumerate(self.items, start=1)
            }
        return result


def field_from_stored(data: Mapping[str, Any]) -> Field:
    """Read what `Field.stored` returned, also after a round through JSON."""
    members: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in data.items()
    }
    return Field(**members)


def field_from_json(data: object) -> Field:
    """Read a FieldModel; ApiError 400 for unknown members, wrong types and broken rules."""
    given = _members(data)
    if "name" not in given or "type" not in given:
        raise bad_body("Name and Type are required")
    return _checked(Field(**given))


def changed_field(old: Field, data: object) -> Field:
    """Apply an UpdateFieldModel to a field."""
    given = _members(data)
    if not given or "is_formula" in given:
        raise bad_body("give at least one member, and not IsFormula")
    return _checked(replace(old, **given))


def _members(data: object) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise bad_body("an object is expected")
    known = {member.lower(): spec for member, spec in _MEMBERS.items()}
    given: dict[str, Any] = {}
    for member, value in data.items():
        spec = known.get(str(member).lower())
        if spec is None:
            raise bad_body(str(member))
        if value is None:
            continue
        if not isinstance(value, spec[1]) or (spec[1] is int and isinstance(value, bool)):
            raise bad_body(str(member))
        given[spec[0]] = tuple(value) if isinstance(value, list) else value
    return given


def _checked(one: Field) -> Field:
    one = replace(one, type=one.type.upper())
    if one.type not in TYPES:
        raise bad_body(f"Type {one.type}")
    if not _NAME.fullmatch(one.name) or one.name.upper() == PK:
        raise bad_body(f"Name {one.name}")
    if one.type in AUTO_TYPES and not one.unique:
        raise bad_body(f"Unique must be true for {one.type}")
    if one.unique_allow_nulls and not one.unique:
        raise bad_body("UniqueAllowNulls needs Unique")
    _check_pattern(one)
    if len(one.label) > _LONGEST_LABEL or len(one.description) > _LONGEST_DESCRIPTION:
        raise bad_body("Label or Description")
    if one.retina and not one.resizer:
        raise bad_body("AttachmentSmartResizerForRetina needs AttachmentSmartResizer")
    return one


def _check_pattern(one: Field) -> None:
    """Refuse what RANDOM ID and PREFIXED AUTONUMBER cannot be made of."""
    if len(one.prefix) > _LONGEST_PREFIX:
        raise bad_body("Prefix")
    if one.type == "PREFIXED AUTONUMBER" and one.format and not _PADDED.fullmatch(one.format):
        raise bad_body("Format")
    if one.type != "RANDOM ID":
        return
    if one.format not in {"", "0", "U", "0U"}:
        raise bad_body("Format")
    if not (8 if one.format == "0" else 6) <= one.length <= _LONGEST_RANDOM:
        raise bad_body("Length")


@dataclass(frozen=True, slots=True)
class Table:
    """A table: PK_ID is not among its fields."""

    name: str
    fields: tuple[Field, ...] = ()
    note: str = ""

    @property
    def visible(self) -> tuple[Field, ...]:
        """Return the fields that are part of the table itself."""
        return tuple(one for one in self.fields if not one.hidden)

    def find(self, name: str) -> Field | None:
        """Return a field by its name in any case."""
        wanted = name.lower()
        return next((one for one in self.fields if one.name.lower() == wanted), None)


@dataclass(frozen=True, slots=True)
class View:
    """A view of one table: a condition and, where `fields` is not None, a choice of columns."""

    name: str
    table: str
    where: str = ""
    fields: tuple[str, ...] | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Relation:
    """What records are read from: a table, or a view of it with its condition already translated."""

    name: str
    table: Table
    fields: tuple[Field, ...]
    is_view: bool = False
    condition: str = ""

    def find(self, name: str) -> Field | None:
        """Return a field by its name in any case."""
        wanted = name.lower()
        return next((one for one in self.fields if one.name.lower() == wanted), None)

    def field(self, name: str) -> Field:
        """Return a field by its name in any case; 404 without one."""
        found = self.find(name)
        if found is None:
            raise no_field(name)
        return found

    def attachment(self, name: str) -> Field:
        """Return an ATTACHMENT field by its name in any case; 404 without one."""
        found = self.field(name)
        if found.type != "ATTACHMENT":
            raise ApiError(
                400,
                "IncorrectQueryParameter",
                f"The field '{found.name}' does not hold attachments",
            )
        return found


def table_from_json(data: object) -> Table:
    """Read a CreateTableRequest; `Columns`, as the second version had it, is refused."""
    if (
        not isinstance(data, dict)
        or set(data) - {"Name", "Fields"}
        or not isinstance(data.get("Name"), str)
    ):
        raise bad_body()
    raw = data.get("Fields") or []
    if not _NAME.fullmatch(data["Name"]) or not isinstance(raw, list):
        raise bad_body("Name")
    fields = tuple(field_from_json(one) for one in raw)
    if len({one.name.lower() for one in fields}) < len(fields):
        raise bad_body("a field name is given twice")
    return Table(name=data["Name"], fields=fields)
