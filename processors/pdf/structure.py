"""What a PDF holds beside its pages: metadata, embedded files, form data. By pypdf."""

import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.model import ReadStatus
from processors.contract import EmbeddedFile, Unreadable
from processors.detect.encoding import clean
from processors.detect.safe_xml import XmlRefused, texts_of

if TYPE_CHECKING:
    from pypdf import PdfReader

_MOST_FIELDS = 5_000
_MOST_CHARS = 500
_MOST_FORM_CHARS = 200_000
_PASSWORD = 1 << 13
"""The bit of a text field whose value nobody is to see (ISO 32000-1, table 228)."""
_DATASETS = re.compile(rb"<((?:[\w.-]{1,40}:)?datasets)\b.*?</\1\s*>", re.DOTALL)
_STRAY = (
    OSError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    RecursionError,
    AssertionError,
    ArithmeticError,
)
"""What pypdf raises, beside errors of its own, on structures that break the rules."""


@dataclass(frozen=True, slots=True)
class Structure:
    """What was found; `form` has the values of fields and XFA data by the name of the field."""

    metadata: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] = field(default_factory=dict)


def structure(path: Path, *, password: str = "") -> Structure:
    """Return metadata (title, author, creationdate, …, as the document spells them) and form data.

    Empty where the document has none or its structure cannot be followed: its text is worth having all the same.
    Reads the cross-reference table and these few objects; what they cost is bounded by the child's limits.
    """
    from pypdf.errors import PyPdfError

    try:
        with _opened(path, password) as reader:
            said = {
                str(key).lstrip("/").lower(): str(value)
                for key, value in (reader.metadata or {}).items()
            }
            metadata = {key: value[:_MOST_CHARS] for key, value in said.items() if value.strip()}
            return Structure(metadata, _form(reader))
    except (PyPdfError, *_STRAY):
        return Structure()


def embedded(path: Path, *, password: str = "") -> Iterator[EmbeddedFile]:
    """Yield the files embedded in a PDF, a portfolio's documents among them.

    Raises:
        Unreadable: the list of files is broken beyond this point.
    """
    from pypdf.errors import PyPdfError

    try:
        with _opened(path, password) as reader:
            for attached in reader.attachment_list:
                yield EmbeddedFile(str(attached.name or "unnamed"), partial(_content, attached))
    except (PyPdfError, *_STRAY) as exc:
        raise Unreadable(
            ReadStatus.DAMAGED, "its list of embedded files is broken; some may be missing."
        ) from exc


@contextmanager
def _opened(path: Path, password: str) -> "Iterator[PdfReader]":
    from pypdf import PdfReader

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    with PdfReader(path) as reader:
        if reader.is_encrypted and not reader.decrypt(password):
            raise ValueError("the password is not accepted")
        yield reader


def _content(attached: Any) -> Iterator[bytes]:
    from pypdf.errors import PyPdfError

    try:
        data: bytes = attached.content
    except (PyPdfError, *_STRAY) as exc:
        raise Unreadable(
            ReadStatus.DAMAGED, "the embedded file is damaged; ask for it on its own."
        ) from exc
    yield data


def _form(reader: "PdfReader") -> dict[str, str]:
    """Return the values people filled in, by the field's name; XFA data under the names of its elements."""
    from pypdf.errors import PyPdfError

    values: dict[str, str] = {}
    try:
        for name, found in islice((reader.get_fields() or {}).items(), _MOST_FIELDS):
            value = _said(found)
            if value.strip():
                values[clean(str(name))] = clean(value.removeprefix("/"))
    except (PyPdfError, *_STRAY):
        values.clear()
    for name, value in _xfa(reader):
        values.setdefault(name, value)
    return values


def _said(found: Any) -> str:
    """Return a field's value, several chosen ones joined; nothing of signatures and passwords."""
    if found.field_type == "/Sig" or (
        found.field_type == "/Tx" and int(found.flags or 0) & _PASSWORD
    ):
        return ""
    if isinstance(found.value, list):
        return ", ".join(str(value) for value in found.value)
    return found.value if isinstance(found.value, str) else ""


def _xfa(reader: "PdfReader") -> Iterator[tuple[str, str]]:
    from pypdf.errors import PyPdfError

    try:
        data = _datasets(reader)
        yield from islice(texts_of(data), _MOST_FIELDS) if data else ()
    except (PyPdfError, XmlRefused, *_STRAY):
        return


def _datasets(reader: "PdfReader") -> bytes:
    """Return the part of XFA that holds the data, whether its parts lie apart or in one stream."""
    form = reader.root_object.get("/AcroForm", {}).get_object()
    whole = form.get("/XFA")
    whole = whole.get_object() if whole is not None else None
    if isinstance(whole, Mapping) and hasattr(whole, "get_data"):
        found = _DATASETS.search(whole.get_data())
        return found.group() if found else b""
    return (reader.xfa or {}).get("datasets", b"") or b""


def unseen(form: Mapping[str, str], text: str) -> str:
    """Return, a line a field, the values that the pages do not show."""
    shown = _squeezed(text)
    lines = (f"{name}: {value}" for name, value in form.items() if _squeezed(value) not in shown)
    return "\n".join(lines)[:_MOST_FORM_CHARS]


def _squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)
