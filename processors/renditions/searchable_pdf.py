"""Add recognized text to a PDF, behind what its pages show, leaving every byte of it where it is.

The objects are appended, as the format provides for: pages that have text of their own are not touched, pictures are
not recompressed, and what was there before is the beginning of the new file.
"""

import logging
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from processors.contract import Page
from processors.renditions import glyphless_font as glyphless, overlay
from processors.renditions.pdf_writer import PdfFile

if TYPE_CHECKING:
    from pypdf import PdfReader
    from pypdf.generic import DictionaryObject, IndirectObject

NAME = "searchable.pdf"
_TAIL_BYTES = 2048
_FOUND = 0.9  # share of a page's words that must be found in it again
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


class CannotAdd(Exception):
    """Nothing can be appended to this document; the message says why, after "it"."""


@dataclass(frozen=True, slots=True)
class Overlay:
    """The text of one page, by its number from 1, as operators, and the words in it."""

    number: int
    content: bytes
    words: tuple[str, ...]


class Additions:
    """Collects the recognized pages of one PDF; what they take in memory is their text."""

    def __init__(self) -> None:
        self._overlays: list[Overlay] = []

    def add(self, page: Page | None, sheet: overlay.Sheet) -> None:
        """Take what was recognized of a page; one without words is left out."""
        content = overlay.content(page, sheet) if page else b""
        if page and content:
            self._overlays.append(Overlay(page.text.number, content, tuple(overlay.words_of(page))))

    def write(self, path: Path, work_dir: Path, *, barred: str, most_bytes: int) -> str:
        """Write the searchable copy of a PDF; return why there is none, "" where there is one.

        `barred` is a reason known beforehand: a document that is signed or encrypted is never written again.
        """
        if not self._overlays:
            return "every page with text has it already; nothing was recognized"
        if barred:
            return barred
        added = sum(len(page.content) for page in self._overlays)
        if path.stat().st_size + added > most_bytes:
            return f"it would be larger than {most_bytes / 2**20:.0f} MiB, the limit of one file"
        target = work_dir / NAME
        try:
            _append(path, target, self._overlays)
            _look_again(path, target, self._overlays)
        except CannotAdd as exc:
            target.unlink(missing_ok=True)
            return str(exc)
        return ""


def _append(path: Path, target: Path, overlays: Sequence[Overlay]) -> None:
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    shutil.copyfile(path, target)
    try:
        with PdfReader(path, strict=False) as reader, target.open("r+b") as stream:
            if "/Perms" in reader.root_object:
                raise CannotAdd(
                    "its usage rights are signed, and a signed document is never written again"
                )
            start, as_stream = _last_table(path)
            stream.seek(0, 2)
            stream.write(b"\n")
            file = PdfFile(stream, first=_first_free(reader))
            _add_pages(reader, file, overlays)
            file.end(_trailer(reader, start), as_stream=as_stream)
    except (PyPdfError, *_STRAY) as exc:
        raise CannotAdd("its structure has errors, so that nothing can be appended to it") from exc


def _last_table(path: Path) -> tuple[int, bool]:
    """Return where the last table of places begins and whether it is a stream; a repaired document has none."""
    with path.open("rb") as stream:
        if stream.read(5) != b"%PDF-":
            raise ValueError("places are counted from somewhere else")
        size = stream.seek(0, 2)
        stream.seek(max(0, size - _TAIL_BYTES))
        found = re.findall(rb"startxref\s+(\d+)", stream.read())
        start = int(found[-1])
        stream.seek(start)
        head = stream.read(32)
    if head.startswith(b"xref"):
        return start, False
    if re.match(rb"\s*\d+\s+\d+\s+obj", head):
        return start, True
    raise ValueError("the table of places is not where it should be")


def _first_free(reader: "PdfReader") -> int:
    known: list[int] = [number for numbers in reader.xref.values() for number in numbers]
    return max(int(str(reader.trailer["/Size"])), *known, *reader.xref_objStm, 0) + 1


def _trailer(reader: "PdfReader", previous: int) -> str:
    import io

    parts = [f"/Prev {previous}"]
    for key in ("/Root", "/Info", "/ID"):
        value = reader.trailer.raw_get(key) if key in reader.trailer else None
        if value is not None:
            written = io.BytesIO()
            value.write_to_stream(written)
            parts.append(f"{key} {written.getvalue().decode('latin-1')}")
    return " ".join(parts)


def _add_pages(reader: "PdfReader", file: PdfFile, overlays: Sequence[Overlay]) -> None:
    import io

    font = glyphless.add_to(file)
    pages = reader.pages
    for item in overlays:
        page = pages[item.number - 1]
        place = page.indirect_reference
        if place is None:
            raise ValueError("a page that is no object of its own")
        changed, name = _with_text(page, font, reader)
        number = file.add_stream(
            "", item.content.replace(b"/Unseen ", b"/" + name.encode() + b" "), pack=True
        )
        changed[_name("/Contents")] = _contents(page, number, reader)
        body = io.BytesIO()
        changed.write_to_stream(body)
        file.add(body.getvalue(), number=place.idnum, generation=place.generation)


def _with_text(page: Any, font: int, reader: "PdfReader") -> "tuple[DictionaryObject, str]":
    """Return a copy of a page's dictionary whose resources have the font too, and the font's name in them."""
    from pypdf.generic import DictionaryObject

    changed = DictionaryObject({key: page.raw_get(key) for key in page})
    resources = _inherited(page, "/Resources")
    fonts = resources.get("/Font")
    fonts = (
        DictionaryObject({key: fonts.raw_get(key) for key in fonts})
        if fonts is not None
        else DictionaryObject()
    )
    name = next(
        f"/Unseen{number}" for number in range(len(fonts) + 1) if f"/Unseen{number}" not in fonts
    )
    fonts[_name(name)] = _reference(font, reader)
    own = DictionaryObject({key: resources.raw_get(key) for key in resources})
    own[_name("/Font")] = fonts
    changed[_name("/Resources")] = own
    return changed, name.removeprefix("/")


def _inherited(page: Any, key: str) -> Any:
    """Return what a page or the nearest node above it says."""
    from pypdf.generic import DictionaryObject

    node = page
    for _ in range(64):
        if key in node:
            return node[key]
        if "/Parent" not in node:
            break
        node = node["/Parent"]
    return DictionaryObject()


def _contents(page: Any, number: int, reader: "PdfReader") -> Any:
    """Put the text before what the page paints: behind it, and untouched by the state it leaves."""
    from pypdf.generic import ArrayObject

    own: list[Any] = [_reference(number, reader)]
    if "/Contents" in page:
        value = page.raw_get("/Contents")
        parts = value.get_object() if hasattr(value, "get_object") else value
        own += list(parts) if isinstance(parts, ArrayObject) else [value]
    return ArrayObject(own)


def _name(text: str) -> Any:
    from pypdf.generic import NameObject

    return NameObject(text)


def _reference(number: int, reader: "PdfReader") -> "IndirectObject":
    from pypdf.generic import IndirectObject

    return IndirectObject(number, 0, reader)


def _look_again(path: Path, target: Path, overlays: Sequence[Overlay]) -> None:
    """Open what was written and find the words in it, page by page."""
    import pypdfium2 as pdfium

    try:
        with pdfium.PdfDocument(path) as before, pdfium.PdfDocument(target) as after:
            if len(before) != len(after):
                raise CannotAdd("the copy could not be verified: pages are missing")
            for item in overlays:
                _find(after, item)
    except pdfium.PdfiumError as exc:
        raise CannotAdd("the copy could not be verified: it does not open") from exc


def _find(document: Any, item: Overlay) -> None:
    page = document[item.number - 1]
    textpage = page.get_textpage()
    try:
        text = "".join(textpage.get_text_range().split())
    finally:
        textpage.close()
        page.close()
    found = sum(word in text for word in item.words)
    if found < _FOUND * len(item.words):
        raise CannotAdd(f"the copy could not be verified: words are missing on page {item.number}")
