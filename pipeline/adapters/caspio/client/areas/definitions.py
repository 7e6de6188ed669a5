"""Fields of a table: their definition, and what it takes to create or change one."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields

from pipeline.adapters.caspio.client.values import Value
from pipeline.adapters.caspio.client.wire.payload import Payload


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldOptions:
    """Properties of a field beside name and type.

    None leaves a property as it is, or at Caspio's default in a new field.

    Attributes:
        unique: Must be true for GUID, RANDOM ID, AUTONUMBER and PREFIXED AUTONUMBER.
        unique_allow_nulls: Only with `unique`.
        label: At most 255 characters.
        description: At most 4,000 characters.
        display_order: 0 is last in a new field, first in a change.
        on_insert: TIMESTAMP: stamp when a record is inserted.
        on_update: TIMESTAMP: stamp when a record is updated.
        time_zone: TIMESTAMP: the zone that is stamped in.
        format: RANDOM ID "0", "U" or "0U"; PREFIXED AUTONUMBER "1", "01" … "0000001".
        prefix: RANDOM ID and PREFIXED AUTONUMBER: fewer than 50 characters.
        length: RANDOM ID: 8 to 12 for format "0", else 6 to 12.
        list_values: LIST types: the values to choose from.
        permitted_file_types: ATTACHMENT: extensions without dot; empty is any.
        min_file_size: ATTACHMENT: the unit is documented nowhere.
        max_file_size: ATTACHMENT: the unit is documented nowhere.
        smart_resizer: ATTACHMENT: scale pictures down.
        smart_resizer_for_retina: ATTACHMENT: only with `smart_resizer`.
        alt_text: ATTACHMENT.
        title: ATTACHMENT.
    """

    unique: bool | None = None
    unique_allow_nulls: bool | None = None
    label: str | None = None
    description: str | None = None
    display_order: int | None = None
    on_insert: bool | None = None
    on_update: bool | None = None
    time_zone: str | None = None
    format: str | None = None
    prefix: str | None = None
    length: int | None = None
    list_values: tuple[str, ...] | None = None
    permitted_file_types: tuple[str, ...] | None = None
    min_file_size: int | None = None
    max_file_size: int | None = None
    smart_resizer: bool | None = None
    smart_resizer_for_retina: bool | None = None
    alt_text: str | None = None
    title: str | None = None

    def as_json(self) -> dict[str, object]:
        """Return the properties that are set, under Caspio's names."""
        given: dict[str, object] = {}
        for one in fields(self):
            value = getattr(self, one.name)
            if value is not None:
                given[_NAMES[one.name]] = list(value) if isinstance(value, tuple) else value
        return given


# Caspio's names of the properties, as in FieldModel and UpdateFieldModel of the specification.
_NAMES = {
    "unique": "Unique",
    "unique_allow_nulls": "UniqueAllowNulls",
    "label": "Label",
    "description": "Description",
    "display_order": "DisplayOrder",
    "on_insert": "OnInsert",
    "on_update": "OnUpdate",
    "time_zone": "TimeZone",
    "format": "Format",
    "prefix": "Prefix",
    "length": "Length",
    # An array when written, an object by number when read (caspio-api.md, section 3.8).
    "list_values": "ListField",
    "permitted_file_types": "AttachmentPermittedFileTypes",
    "min_file_size": "AttachmentMinFileSize",
    "max_file_size": "AttachmentMaxFileSize",
    "smart_resizer": "AttachmentSmartResizer",
    "smart_resizer_for_retina": "AttachmentSmartResizerForRetina",
    "alt_text": "AttachmentAltText",
    "title": "AttachmentTitle",
}
_DEFAULTS = FieldOptions()


@dataclass(frozen=True, slots=True)
class NewField:
    """A field to create.

    Attributes:
        name: At most 32 letters, digits and underscores, a letter first; no word reserved in T-SQL.
        type: Caspio's token: STRING (255 characters), TEXT (64,000), NUMBER, INTEGER, CURRENCY,
            DATE/TIME, YES/NO, FILE, ATTACHMENT, PASSWORD, TIMESTAMP, GUID, RANDOM ID, AUTONUMBER,
            PREFIXED AUTONUMBER, LIST-STRING, LIST-NUMBER, LIST-DATE/TIME.
        is_formula: Whether it is computed; cannot be changed later.
    """

    name: str
    type: str
    options: FieldOptions = _DEFAULTS
    is_formula: bool = False

    def as_json(self) -> dict[str, object]:
        """Return Caspio's FieldModel."""
        formula = {"IsFormula": True} if self.is_formula else {}
        return {"Name": self.name, "Type": self.type, **formula, **self.options.as_json()}


@dataclass(frozen=True, slots=True)
class FieldDefinition:
    """What Caspio reports about a field.

    Attributes:
        table_field: The field of the source table; in a table its own name.
        editable: Whether values may be written.
        is_formula: Whether it is computed.
        list_items: LIST types: the values by the number of the item.
        options: Everything else; None where the answer left it out. `list_values` stays None here.
    """

    name: str
    type: str
    table_field: str
    editable: bool
    is_formula: bool
    list_items: Mapping[str, Value] = field(default_factory=dict)
    options: FieldOptions = _DEFAULTS


def definition(item: Payload) -> FieldDefinition:
    """Parse one field."""
    name = item.member("Name").text()
    return FieldDefinition(
        name=name,
        type=item.member("Type").text(),
        # In a view the field of the source table; a table's answer leaves it out.
        table_field=item.member("TableFieldName").text(name),
        editable=item.member("Editable").flag(default=True),
        is_formula=item.member("IsFormula").flag(default=False),
        list_items=item.member("ListField").items_by_number(),
        options=_options(item),
    )


def _options(item: Payload) -> FieldOptions:
    def flag(name: str) -> bool | None:
        return item.member(name).flag_or_none()

    def text(name: str) -> str | None:
        return item.member(name).text_or_none()

    # An empty list means any type (caspio-api.md, section 3.1).
    types = item.member("AttachmentPermittedFileTypes")
    return FieldOptions(
        unique=flag("Unique"),
        unique_allow_nulls=flag("UniqueAllowNulls"),
        label=text("Label"),
        description=text("Description"),
        display_order=item.member("DisplayOrder").number_or_none(),
        on_insert=flag("OnInsert"),
        on_update=flag("OnUpdate"),
        time_zone=text("TimeZone"),
        format=text("Format"),
        prefix=text("Prefix"),
        length=item.member("Length").number_or_none(),
        permitted_file_types=None if types.value is None else types.texts(),
        min_file_size=item.member("AttachmentMinFileSize").number_or_none(),
        max_file_size=item.member("AttachmentMaxFileSize").number_or_none(),
        smart_resizer=flag("AttachmentSmartResizer"),
        smart_resizer_for_retina=flag("AttachmentSmartResizerForRetina"),
        alt_text=text("AttachmentAltText"),
        title=text("AttachmentTitle"),
    )
