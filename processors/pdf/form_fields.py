"""Read the interactive fields of a PDF, with pypdf: their labels, values and places on the pages.

See ISO 32000-1, section 12.7. Fields that no viewer shows are left out.
"""

import dataclasses
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from processors.contract import Box, FormField, Page
from processors.detect.encoding import clean

if TYPE_CHECKING:
    from pypdf import PageObject, PdfReader

_MOST_PAGES = 100
_MOST_WIDGETS = 500
"""On one page; a page that is filled in has a hundred."""
_MOST_ANCESTORS = 20  # in a damaged file, a field may be its own ancestor
_FEWEST_IN_COMB, _MOST_IN_COMB = 3, 64  # letters
_HIDDEN = (1 << 1) | (1 << 5)  # flags of annotations: Hidden, NoView (table 165)
_PASSWORD = 1 << 13  # flag of text fields (table 228)
_RADIO, _PUSH_BUTTON = 1 << 15, 1 << 16  # flags of buttons (table 226)
_OFF = {"/Off", ""}
_INDEX = re.compile(r"\[\d{1,6}\]$")
"""XFA forms number the fields of one name: "City[0]"."""


def fields_by_page(reader: "PdfReader") -> dict[int, tuple[FormField, ...]]:
    """Return the fields with a value by the number of their page, which counts from 1."""
    form = reader.root_object.get("/AcroForm")
    if form is None or not form.get_object().get("/Fields"):
        return {}
    found = {}
    _, off, _ = groups_of_document(reader)
    for number, page in enumerate(islice(reader.pages, _MOST_PAGES), start=1):
        fields = tuple(_fields_on(page, off))
        if fields:
            found[number] = fields
    return found


def groups_of_document(reader: "PdfReader") -> tuple[dict[int, Any], frozenset[int], bool]:
    """Return the layers by the numbers of their objects, those that are off, and if more may be.

    See ISO 32000-1, section 8.11.4.3.
    """
    from pypdf.generic import DictionaryObject

    properties = reader.root_object.get("/OCProperties", DictionaryObject()).get_object()
    layers = {layer.idnum: layer.get_object() for layer in properties.get("/OCGs", ())}
    default = properties.get("/D", DictionaryObject()).get_object()
    off = frozenset(layer.idnum for layer in default.get("/OFF", ()))
    if default.get("/BaseState") == "/OFF":
        off = frozenset(layers.keys() - {layer.idnum for layer in default.get("/ON", ())})
    # Those of "AS" may be off on a screen and on in print (table 101).
    return layers, off, bool(off) or bool(default.get("/AS"))


def with_whole_values(page: Page, fields: Sequence[FormField]) -> Page:
    """Return a page on which what is entered into a comb, a box for each letter, is one word."""
    values = {"".join(field.value.split()) for field in fields}
    spaced = {
        re.compile(r"(?<!\S)" + r"\s+".join(map(re.escape, value)) + r"(?!\S)"): value
        for value in values
        if _FEWEST_IN_COMB <= len(value) <= _MOST_IN_COMB
    }

    def whole(text: str) -> str:
        for pattern, value in spaced.items():
            text = pattern.sub(value.replace("\\", r"\\"), text)
        return text

    text = whole(page.text.text)
    if text == page.text.text:
        return page
    lines = tuple(dataclasses.replace(line, text=whole(line.text)) for line in page.lines)
    return dataclasses.replace(page, text=dataclasses.replace(page.text, text=text), lines=lines)


def names_not_shown(reader: "PdfReader") -> frozenset[str]:
    """Return the full names of the fields of which no viewer shows anything."""
    shown: set[str] = set()
    hidden: set[str] = set()
    _, off, _ = groups_of_document(reader)
    for page in islice(reader.pages, _MOST_PAGES):
        for widget in _widgets_on(page):
            (hidden if _is_hidden(widget, off) else shown).add(_full_name(widget))
    return frozenset(hidden - shown)


def _widgets_on(page: "PageObject") -> Iterator[Mapping[str, Any]]:
    annotations = page.get("/Annots")
    for each in islice(annotations.get_object() if annotations else (), _MOST_WIDGETS):
        widget = each.get_object()
        if widget.get("/Subtype") == "/Widget":
            yield widget


def _is_hidden(widget: Any, off: Collection[int]) -> bool:
    return bool(int(widget.get("/F", 0)) & _HIDDEN) or _is_off(widget, off)


def notes_off(reader: "PdfReader", off: Collection[int]) -> dict[int, frozenset[int]]:
    """Return the numbers of the notes and fields in layers that are off, by the page's number."""
    found: dict[int, frozenset[int]] = {}
    for number, page in enumerate(islice(reader.pages, _MOST_PAGES if off else 0), start=1):
        annotations = page.get("/Annots")
        notes = islice(annotations.get_object() if annotations else (), _MOST_WIDGETS)
        are_off = frozenset(at for at, note in enumerate(notes) if _is_off(note.get_object(), off))
        if are_off:
            found[number] = are_off
    return found


def _is_off(note: Any, off: Collection[int]) -> bool:
    """Return whether all the layers that a note is in are off (sections 8.11.2.2 and 8.11.3.3)."""
    if not off or "/OC" not in note:
        return False
    layer = note["/OC"]
    if "/OCGs" not in layer:
        return getattr(note.raw_get("/OC"), "idnum", None) in off
    if layer.get("/P", "/AnyOn") not in {"/AnyOn", "/AllOn"} or "/VE" in layer:
        return False
    groups = layer["/OCGs"]
    of_groups = groups if isinstance(groups, list) else [layer.raw_get("/OCGs")]
    return bool(of_groups) and all(getattr(each, "idnum", None) in off for each in of_groups)


def _full_name(widget: Mapping[str, Any]) -> str:
    """Return the names of a field and of those above it, with points (section 12.7.3.2)."""
    names: list[str] = []
    node: Any = widget
    for _ in range(_MOST_ANCESTORS):
        if "/T" in node:
            names.append(str(node["/T"]))
        if "/Parent" not in node:
            break
        node = node["/Parent"].get_object()
    return ".".join(reversed(names))


def _fields_on(page: "PageObject", off: Collection[int]) -> Iterator[FormField]:
    for widget in _widgets_on(page):
        if _is_hidden(widget, off):
            continue
        value = _value_of(widget)
        if value:
            for label in _labels_of(widget):
                yield FormField(clean(label), clean(value), _box_of(widget, page), "interactive")


def _labels_of(widget: Mapping[str, Any]) -> list[str]:
    """Return the tooltip of a field and its own name, which differ mostly."""
    name = _INDEX.sub("", str(_inherited(widget, "/T") or ""))
    tooltip = str(_inherited(widget, "/TU") or "")
    return list(dict.fromkeys(filter(None, (tooltip, name))))


def _value_of(widget: Mapping[str, Any]) -> str:
    """Return what is entered; Yes or No of a check box, the choice of radio buttons."""
    kind, flags = _inherited(widget, "/FT"), int(_inherited(widget, "/Ff") or 0)
    value = _inherited(widget, "/V")
    match kind, value:
        case "/Btn", _:
            return _state_of(str(widget.get("/AS") or value or ""), flags)
        case "/Tx", _ if flags & _PASSWORD:
            return ""
        case "/Ch", list():
            return ", ".join(map(str, islice(value, _MOST_WIDGETS)))
        case "/Tx" | "/Ch", str():
            return value.strip()
        case _:
            return ""


def _state_of(state: str, flags: int) -> str:
    """Return the state of a button that can be checked or chosen, "" for one that is not."""
    if flags & _PUSH_BUTTON:
        return ""
    if flags & _RADIO:
        return "" if state in _OFF else state.removeprefix("/")
    return "No" if state in _OFF else "Yes"


def _inherited(widget: Mapping[str, Any], key: str) -> Any:
    """Return an entry of a field, or else of the fields above it."""
    node: Any = widget
    for _ in range(_MOST_ANCESTORS):
        if key in node:
            return node[key]
        if "/Parent" not in node:
            return None
        node = node["/Parent"].get_object()
    return None


def _box_of(widget: Mapping[str, Any], page: "PageObject") -> Box | None:
    """Return the place of a field on the page as it is displayed, None if that is turned."""
    if page.rotation:
        return None
    left, bottom, right, top = (float(each) for each in widget["/Rect"])
    shown = page.cropbox
    x, y = float(shown.left), float(shown.top)
    return (min(left, right) - x, y - max(bottom, top), max(left, right) - x, y - min(bottom, top))
