"""Read what a PDF holds beside its pages: metadata, embedded files, form data. With pypdf."""

import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.model import ReadStatus
from processors.contract import PARSER_ERRORS, EmbeddedFile, FormField, Unreadable
from processors.detect.encoding import clean
from processors.detect.safe_xml import XmlRefused, texts_of
from processors.pdf.form_fields import (
    fields_by_page,
    groups_of_document,
    names_not_shown,
    notes_off,
)
from processors.pdf.layers import NO_LAYERS, Layers

if TYPE_CHECKING:
    from pypdf import PdfReader
    from pypdf.generic import EmbeddedFile as PdfFile

_MOST_FIELDS = 5_000
_MOST_PAGES, _MOST_NOTES = 500, 500
_MOST_VALUE_CHARS = 500
_MOST_FORM_CHARS = 200_000
_PASSWORD_FLAG = (
    1 << 13
)  # bit 14 of a text field's flags: its value is not to be shown (ISO 32000-1, table 228)
# The element with the data of an XFA form (XFA Specification 3.3), with any namespace prefix.
_DATASETS = re.compile(rb"<((?:[\w.-]{1,40}:)?datasets)\b.*?</\1\s*>", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Structure:
    """What was found.

    `form` has the values of fields and XFA data by the field's name, of which no viewer shows those
    in `form_hidden`; `fields` are those on a page, by its number.
    """

    metadata: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] = field(default_factory=dict)
    form_hidden: frozenset[str] = frozenset()
    layers: Layers = NO_LAYERS
    has_associated_files: bool = False
    fields: Mapping[int, tuple[FormField, ...]] = field(default_factory=dict)


def structure(path: Path, *, password: str = "") -> Structure:
    """Return metadata (title, author, creationdate, …, named as in the document) and form data.

    Empty if the document has none, or if its structure cannot be followed: its text is worth having
    all the same. Reads the cross-reference table and these few objects; the cost is bounded by the
    limits of the reader process.
    """
    from pypdf.errors import PyPdfError

    try:
        with _opened(path, password) as reader:
            metadata = {}
            for key, value in (reader.metadata or {}).items():
                if str(value).strip():
                    metadata[str(key).lstrip("/").lower()] = str(value)[:_MOST_VALUE_CHARS]
            form = form_values(reader)
            fields, hidden = fields_of_form(reader) if form else ({}, frozenset())
            return Structure(
                metadata=metadata,
                form=form,
                form_hidden=hidden,
                layers=layers_of_document(reader),
                has_associated_files="/AF" in reader.root_object,
                fields=fields,
            )
    except (PyPdfError, *PARSER_ERRORS):
        return Structure()


def embedded_files(path: Path, *, password: str = "") -> Iterator[EmbeddedFile]:
    """Yield the files embedded in a PDF, including the documents of a portfolio.

    Raises:
        Unreadable: the list of files is broken beyond this point.
    """
    from pypdf.errors import PyPdfError

    try:
        with _opened(path, password) as reader:
            yielded: set[object] = set()
            for attachment in chain(reader.attachment_list, _files_elsewhere(reader)):
                key = _stream_of(attachment.pdf_object)
                if key is None or key not in yielded:
                    yielded.add(key)
                    name = str(attachment.name or "unnamed")
                    yield EmbeddedFile(name, partial(_content, attachment))
    except (PyPdfError, *PARSER_ERRORS) as exc:
        raise Unreadable(
            ReadStatus.DAMAGED, "its list of embedded files is broken. Some may be missing."
        ) from exc


def _files_elsewhere(reader: "PdfReader") -> "Iterator[PdfFile]":
    """Yield the files that are not in the list: associated ones and those attached to notes.

    See ISO 32000-2, section 14.13, and ISO 32000-1, section 12.5.6.15.
    """
    from pypdf.generic import DictionaryObject, EmbeddedFile as PdfFile

    specifications = [*_array(reader.root_object.get("/AF"))]
    for page in islice(reader.pages, _MOST_PAGES):
        notes = islice(_array(page.get("/Annots")), _MOST_NOTES)
        specifications += [
            note.get("/FS") for note in notes if note.get("/Subtype") == "/FileAttachment"
        ]
    for each in specifications:
        specification = each.get_object() if each is not None else None
        if isinstance(specification, DictionaryObject) and "/EF" in specification:
            name = specification.get("/UF") or specification.get("/F") or "unnamed"
            yield PdfFile(str(name), specification)


def _array(value: Any) -> Iterator[Any]:
    """Yield the objects of an array, none if it is not there."""
    for each in value.get_object() if value is not None else ():
        yield each.get_object()


def _stream_of(specification: Any) -> tuple[int, int] | None:
    """Return the number of the stream with the content of a file, by which it is the same file."""
    files = specification["/EF"].get_object()
    stream: Any = next((files.raw_get(key) for key in ("/UF", "/F") if key in files), None)
    return (stream.idnum, stream.generation) if hasattr(stream, "idnum") else None


def values_not_shown(
    form: Mapping[str, str], text: str, *, hidden: frozenset[str]
) -> tuple[str, str]:
    """Return the form values that do not occur in the text of the pages, one line per field.

    Apart from them, those of the fields that are hidden.
    """
    shown = _without_spaces(text)
    lines: tuple[list[str], list[str]] = ([], [])
    for name, value in form.items():
        if _without_spaces(value) not in shown:
            lines[name in hidden].append(f"{name}: {value}")
    not_shown, apart = ("\n".join(each)[:_MOST_FORM_CHARS] for each in lines)
    return not_shown, apart


@contextmanager
def _opened(path: Path, password: str) -> "Iterator[PdfReader]":
    from pypdf import PdfReader

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    with PdfReader(path) as reader:
        if reader.is_encrypted and not reader.decrypt(password):
            raise ValueError("the password is not accepted")
        yield reader


def _content(attachment: Any) -> Iterator[bytes]:
    from pypdf.errors import PyPdfError

    try:
        data: bytes = attachment.content
    except (PyPdfError, *PARSER_ERRORS) as exc:
        raise Unreadable(
            ReadStatus.DAMAGED, "the embedded file is damaged. Ask for it on its own."
        ) from exc
    yield data


def form_values(reader: "PdfReader") -> dict[str, str]:
    """Return the values that users entered, by the field's name.

    XFA data by the names of their elements.
    """
    from pypdf.errors import PyPdfError

    values: dict[str, str] = {}
    try:
        for name, form_field in islice((reader.get_fields() or {}).items(), _MOST_FIELDS):
            value = field_value(form_field)
            if value.strip():
                # The states of check boxes are PDF names, which start with "/".
                values[clean(str(name))] = clean(value.removeprefix("/"))
    except (PyPdfError, *PARSER_ERRORS):
        values.clear()
    try:
        data = xfa_data(reader)
        for name, value in islice(texts_of(data), _MOST_FIELDS) if data else ():
            values.setdefault(name, value)
    except (PyPdfError, XmlRefused, *PARSER_ERRORS):
        pass  # the values found before the error stay
    return values


def fields_of_form(
    reader: "PdfReader",
) -> tuple[dict[int, tuple[FormField, ...]], frozenset[str]]:
    """Return the fields with a value by the number of their page, and the names of hidden ones.

    None if they are malformed.
    """
    from pypdf.errors import PyPdfError

    try:
        return fields_by_page(reader), names_not_shown(reader)
    except (PyPdfError, *PARSER_ERRORS):
        return {}, frozenset()


def layers_of_document(reader: "PdfReader") -> Layers:
    """Return which layers are off when the document is opened.

    See ISO 32000-1, section 8.11.4.3. A name that another layer has that is on is left out: the
    content of a page refers to both by it.
    """
    from pypdf.errors import PyPdfError

    try:
        layers, off, may_be_off = groups_of_document(reader)
        names_on = {str(layer.get("/Name")) for key, layer in layers.items() if key not in off}
        names_off = {str(layer.get("/Name")) for key, layer in layers.items() if key in off}
        in_notes = notes_off(reader, off)
    except (PyPdfError, *PARSER_ERRORS):
        return NO_LAYERS
    return Layers(
        frozenset(names_off - names_on),
        may_be_off=may_be_off,
        are_any=bool(layers),
        notes_off=in_notes,
    )


def field_value(form_field: Any) -> str:
    """Return a field's value, several selected ones joined; "" for signatures and passwords."""
    is_password = form_field.field_type == "/Tx" and int(form_field.flags or 0) & _PASSWORD_FLAG
    if is_password or form_field.field_type == "/Sig":
        return ""
    if isinstance(form_field.value, list):
        return ", ".join(str(value) for value in form_field.value)
    return form_field.value if isinstance(form_field.value, str) else ""


def xfa_data(reader: "PdfReader") -> bytes:
    """Return the datasets of an XFA form, whose parts are one stream or several.

    See ISO 32000-1, section 12.7.8.
    """
    form = reader.root_object.get("/AcroForm", {}).get_object()
    xfa = form.get("/XFA")
    xfa = xfa.get_object() if xfa is not None else None
    if isinstance(xfa, Mapping) and hasattr(xfa, "get_data"):
        datasets = _DATASETS.search(xfa.get_data())
        return datasets.group() if datasets else b""
    return (reader.xfa or {}).get("datasets", b"") or b""


def _without_spaces(text: str) -> str:
    return re.sub(r"\s+", "", text)
