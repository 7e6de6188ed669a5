"""Definitions of fields, tables and views, and their JSON."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from infra.emulator.errors import ApiError, bad_body, existing, no_field, sql_error

PK = "PK_ID"

# The type names of API versions 2 and 3 (§3.7, C).
TEXT_TYPES = frozenset(
    {"STRING", "TEXT", "PASSWORD", "FILE", "ATTACHMENT", "GUID", "RANDOM ID", "PREFIXED AUTONUMBER"}
)
NUMBER_TYPES = frozenset({"NUMBER", "INTEGER", "CURRENCY", "AUTONUMBER"})
LIST_TYPES = frozenset({"LIST-STRING", "LIST-NUMBER", "LIST-DATE/TIME"})
DATE_TYPES = frozenset({"DATE/TIME", "TIMESTAMP"})
AUTO_TYPES = frozenset({"AUTONUMBER", "PREFIXED AUTONUMBER", "GUID", "RANDOM ID"})
TYPES = TEXT_TYPES | NUMBER_TYPES | LIST_TYPES | DATE_TYPES | {"YES/NO"}

_SQLITE_TYPES = {
    **dict.fromkeys(DATE_TYPES, "TEXT"),
    **dict.fromkeys(("NUMBER", "CURRENCY"), "REAL"),
    **dict.fromkeys(("INTEGER", "AUTONUMBER", "YES/NO"), "INTEGER"),
}

# Caspio's n8n node leaves these out of every record write (§3.1, C).
READ_ONLY_TYPES = AUTO_TYPES | {"TIMESTAMP", "ATTACHMENT"}

# Limits of names and texts (§3.7, C): version 2's documentation and SPEC's FieldModel.
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,31}")
_MAX_LABEL = 255
_MAX_DESCRIPTION = 4000
_MAX_PREFIX = 49
_MAX_RANDOM_LENGTH = 12
_MIN_RANDOM_LENGTHS = {"": 6, "0": 8, "U": 6, "0U": 6}
_NUMBER_FORMAT = re.compile(r"0{0,6}1")

# SPEC's FieldModel: JSON member -> (attribute of Field, type).
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
_MEMBERS_BY_LOWER_NAME = {member.lower(): spec for member, spec in _MEMBERS.items()}

# Members of BaseColumnResult that only some types show: version 2's samples leave them out
# elsewhere, SPEC does not say (§3.7).
_MEMBERS_OF_TYPE: Mapping[str, tuple[str, ...]] = {
    "TIMESTAMP": ("OnInsert", "OnUpdate", "TimeZone"),
    "PREFIXED AUTONUMBER": ("Format", "Prefix"),
    "RANDOM ID": ("Format", "Prefix", "Length"),
    "ATTACHMENT": tuple(member for member in _MEMBERS if member.startswith("Attachment")),
}


@dataclass(frozen=True, slots=True)
class Field:
    """One column of a table.

    Sizes are bytes, 0 for no limit. `items` are the values that a LIST field offers. `hidden` is
    the first value of a column that only the list of a directory's users shows.
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
        """Whether a record write must not name this field."""
        return self.is_formula or self.type in READ_ONLY_TYPES

    def is_locked(self, *, is_insert: bool) -> bool:
        """Report whether an insert or an update must not name this field."""
        # §3.9 (C): an insert may set a PASSWORD field, an ordinary update may not.
        is_hidden = self.type == "PASSWORD" and not is_insert
        return self.read_only or is_hidden

    @property
    def sql_type(self) -> str:
        """The column type in SQLite; text gets the collation that compares like SQL Server."""
        return _SQLITE_TYPES.get(self.type, "TEXT COLLATE CASPIO")

    def problem(self) -> str:
        """Name the rule of SPEC's FieldModel or of §3.7 that the field breaks, "" if none."""
        is_name = _NAME.fullmatch(self.name) is not None and self.name.upper() != PK
        texts = ((self.label, _MAX_LABEL), (self.description, _MAX_DESCRIPTION))
        kept = {
            f"Type {self.type}": self.type in TYPES,
            f"Name {self.name}": is_name,
            f"Unique must be true for {self.type}": self.unique or self.type not in AUTO_TYPES,
            "UniqueAllowNulls needs Unique": self.unique or not self.unique_allow_nulls,
            "Label or Description": all(len(text) <= most for text, most in texts),
            "AttachmentSmartResizerForRetina needs AttachmentSmartResizer": (
                self.resizer or not self.retina
            ),
        }
        return next((rule for rule, is_kept in kept.items() if not is_kept), "")

    def problem_of_format(self) -> str:
        """Name the rule for generated values that the field breaks, "" if none."""
        if len(self.prefix) > _MAX_PREFIX:
            return "Prefix"
        # 1, 01 … 0000001: the zeros are the width.
        is_numbered = self.type == "PREFIXED AUTONUMBER" and bool(self.format)
        if is_numbered and not _NUMBER_FORMAT.fullmatch(self.format):
            return "Format"
        if self.type == "RANDOM ID":
            # Digits alone need 8 to 12 places, letters 6 to 12.
            shortest = _MIN_RANDOM_LENGTHS.get(self.format)
            if shortest is None:
                return "Format"
            if not shortest <= self.length <= _MAX_RANDOM_LENGTH:
                return "Length"
        return ""

    def to_json(self, *, display_order: int) -> dict[str, Any]:
        """Return the BaseColumnResult; members that do not apply to the type are left out."""
        column: dict[str, Any] = {
            "Name": self.name,
            "TableFieldName": self.name,
            "Type": self.type,
            "Unique": self.unique,
            "Editable": not self.read_only,
            "Description": self.description,
            "DisplayOrder": display_order,
            "Label": self.label,
            "UniqueAllowNulls": self.unique_allow_nulls,
            "IsFormula": self.is_formula,
        }
        for member in _MEMBERS_OF_TYPE.get(self.type, ()):
            attribute, _ = _MEMBERS[member]
            column[member] = getattr(self, attribute)
        if self.type in LIST_TYPES:
            # Read as an object keyed by item id (§3.7, C).
            column["ListField"] = {
                str(number): item for number, item in enumerate(self.items, start=1)
            }
        return column


def field_from_json(data: object) -> Field:
    """Read a FieldModel; ApiError 400 for unknown members, wrong types and broken rules."""
    members = _read_members(data)
    if "name" not in members or "type" not in members:
        raise bad_body("Name and Type are required")
    return _checked(Field(**members))


def changed_field(old: Field, data: object) -> Field:
    """Apply an UpdateFieldModel to a field; ApiError 400 as in `field_from_json`."""
    members = _read_members(data)
    if not members or "is_formula" in members:
        raise bad_body("give at least one member, and not IsFormula")
    return _checked(replace(old, **members))


def _read_members(data: object) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise bad_body("an object is expected")

    members: dict[str, Any] = {}
    for member, value in data.items():
        known = _MEMBERS_BY_LOWER_NAME.get(str(member).lower())
        if known is None:
            raise bad_body(str(member))
        if value is None:
            continue
        attribute, kind = known
        # Python counts True as an integer, JSON does not.
        wrong = isinstance(value, bool) and kind is int
        if wrong or not isinstance(value, kind):
            raise bad_body(str(member))
        members[attribute] = tuple(value) if isinstance(value, list) else value
    return members


def _checked(given: Field) -> Field:
    """Return the field with its type in capitals; ApiError 400 where it breaks a rule of §3.7."""
    checked = replace(given, type=given.type.upper())
    problem = checked.problem() or checked.problem_of_format()
    if problem:
        raise bad_body(problem)
    return checked


@dataclass(frozen=True, slots=True)
class Table:
    """A table. PK_ID is not one of its fields."""

    name: str
    fields: tuple[Field, ...] = ()
    note: str = ""

    @property
    def visible(self) -> tuple[Field, ...]:
        """The fields that belong to the table itself."""
        return tuple(field for field in self.fields if not field.hidden)

    @property
    def stamped_on_update(self) -> list[str]:
        """The TIMESTAMP fields that every update sets."""
        stamps = [field for field in self.fields if field.type == "TIMESTAMP"]
        return [field.name for field in stamps if field.on_update]

    def find(self, name: str) -> Field | None:
        """Return a field by its name in any case."""
        return _by_name(self.fields, name)

    def required(self, name: str) -> Field:
        """Return a field by its name in any case; ApiError in SQL Server's words without one."""
        return existing(self.find(name), sql_error(f"Invalid column name '{name}'."))


@dataclass(frozen=True, slots=True)
class View:
    """A view of one table: a condition and, unless `fields` is None, a choice of columns."""

    name: str
    table: str
    where: str = ""
    fields: tuple[str, ...] | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Relation:
    """What records are read from: a table, or a view with its condition compiled for SQLite."""

    name: str
    table: Table
    fields: tuple[Field, ...]
    is_view: bool = False
    condition: str = ""

    def find(self, name: str) -> Field | None:
        """Return a field by its name in any case."""
        return _by_name(self.fields, name)

    def fields_named(self, names: Iterable[str]) -> dict[str, Field]:
        """Return fields by the names given; 404 that lists those that do not exist."""
        found: dict[str, Field] = {}
        missing: list[str] = []
        for name in names:
            field = self.find(name)
            if field is None:
                missing.append(name)
            else:
                found[name] = field
        if missing:
            raise no_field(*missing)
        return found

    def field(self, name: str) -> Field:
        """Return a field by its name in any case; 404 if it does not exist."""
        return existing(self.find(name), no_field(name))

    def attachment(self, name: str) -> Field:
        """Return an ATTACHMENT field by its name in any case; 404 if it does not exist."""
        found = self.field(name)
        if found.type != "ATTACHMENT":
            text = f"The field '{found.name}' does not hold attachments"
            raise ApiError(400, "IncorrectQueryParameter", text)
        return found


def table_from_stored(text: str) -> Table:
    """Read a table that was written as JSON."""
    data = json.loads(text)
    fields: list[Field] = []
    for stored in data["fields"]:
        # JSON has no tuples.
        lists = {name: tuple(value) for name, value in stored.items() if isinstance(value, list)}
        fields.append(Field(**{**stored, **lists}))
    return Table(**{**data, "fields": tuple(fields)})


def view_from_stored(text: str) -> View:
    """Read a view that was written as JSON."""
    data = json.loads(text)
    if data["fields"] is not None:
        data["fields"] = tuple(data["fields"])
    return View(**data)


def _by_name(fields: Sequence[Field], name: str) -> Field | None:
    # Names of fields are not case-sensitive (§2, C).
    wanted = name.lower()
    return next((field for field in fields if field.name.lower() == wanted), None)


def table_from_json(data: object) -> Table:
    """Read a CreateTableRequest; ApiError 400 for unknown members and broken rules."""
    # `Columns`, the member of API version 2, is refused (§3.7, C, observed).
    if not isinstance(data, dict) or set(data) - {"Name", "Fields"}:
        raise bad_body()
    name = data.get("Name")
    listed = data.get("Fields") or []
    if not isinstance(name, str):
        raise bad_body()
    if not _NAME.fullmatch(name) or not isinstance(listed, list):
        raise bad_body("Name")

    fields = tuple(field_from_json(one) for one in listed)
    if len({field.name.lower() for field in fields}) < len(fields):
        raise bad_body("a field name is given twice")
    return Table(name=name, fields=fields)
