"""Add recognized text to a PDF, behind what its pages show, without changing a byte of it.

The objects are appended as an incremental update (ISO 32000-1, section 7.5.6): pages that have text
of their own are not touched, images are not recompressed, and the original file is the beginning of
the new one.
"""

import io
import logging
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from processors.contract import PARSER_ERRORS, RENDITIONS, Page
from processors.renditions import glyphless_font, overlay
from processors.renditions.pdf_writer import PdfFile

if TYPE_CHECKING:
    from pypdf import PdfReader
    from pypdf.generic import DictionaryObject, IndirectObject

NAME = RENDITIONS["searchable"]
_TAIL_BYTES = 2048
_MOST_TREE_DEPTH = 64
_LEAST_FOUND = 0.9  # share of a page's words that must be found in the copy


class CannotAdd(Exception):
    """Nothing can be appended to this document; the message says why, after "it"."""


@dataclass(frozen=True, slots=True)
class _PageText:
    """The text to add to one page (from 1): a content stream, and the words in it."""

    number: int
    content: bytes
    words: tuple[str, ...]


class TextAdditions:
    """Collects the recognized pages of one PDF; in memory only their text is kept."""

    def __init__(self) -> None:
        self._pages: list[_PageText] = []

    def add(self, page: Page | None, geometry: overlay.PageGeometry) -> None:
        """Add what was recognized of a page, if anything; a page without words is ignored."""
        content = overlay.content(page, geometry) if page else b""
        if page and content:
            words = tuple(overlay.words_of(page))
            self._pages.append(_PageText(page.text.number, content, words))

    def write(self, path: Path, work_dir: Path, *, forbidden: str, most_bytes: int) -> str:
        """Write the searchable copy of a PDF; return why there is none, "" if there is one.

        `forbidden` is a reason known before: a document that is signed or encrypted is never
        rewritten.
        """
        if not self._pages:
            return "every page with text has it already; nothing was recognized"
        if forbidden:
            return forbidden
        added_bytes = sum(len(page.content) for page in self._pages)
        if path.stat().st_size + added_bytes > most_bytes:
            return too_large(most_bytes)
        target = work_dir / NAME
        try:
            _append(path, target, self._pages)
            _verify(path, target, self._pages)
        except CannotAdd as exc:
            target.unlink(missing_ok=True)
            return str(exc)
        return ""


def too_large(most_bytes: int) -> str:
    """Return the reason for a copy above the limit, after "it"."""
    return f"it would be larger than {most_bytes / 2**20:.0f} MiB, the limit of one file"


def _append(path: Path, target: Path, pages: Sequence[_PageText]) -> None:
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    shutil.copyfile(path, target)
    try:
        with PdfReader(path, strict=False) as reader, target.open("r+b") as stream:
            if "/Perms" in reader.root_object:
                raise CannotAdd(
                    "its usage rights are signed, and a signed document is never rewritten"
                )
            xref_offset, is_stream = _last_xref(path)
            stream.seek(0, io.SEEK_END)
            stream.write(b"\n")
            numbers = [number for entries in reader.xref.values() for number in entries]
            size = int(str(reader.trailer["/Size"]))  # one more than the highest number
            file = PdfFile(stream, first=max(size, *numbers, *reader.xref_objStm) + 1)
            font = glyphless_font.add_to(file)
            for page in pages:
                _replace_page(reader, file, page, font)
            entries = [f"/Prev {xref_offset}"]
            for key in ("/Root", "/Info", "/ID"):
                value = reader.trailer.raw_get(key) if key in reader.trailer else None
                if value is not None:
                    out = io.BytesIO()
                    value.write_to_stream(out)
                    entries.append(f"{key} {out.getvalue().decode('latin-1')}")
            file.end(" ".join(entries), as_stream=is_stream)
    except (PyPdfError, *PARSER_ERRORS) as exc:
        raise CannotAdd("its structure has errors, so that nothing can be appended to it") from exc


def _last_xref(path: Path) -> tuple[int, bool]:
    """Return the offset of the last cross-reference section and whether it is a stream.

    Raises:
        ValueError: there is none where the file says; programs find the objects by searching the
            whole file.
    """
    with path.open("rb") as stream:
        if stream.read(5) != b"%PDF-":
            raise ValueError("offsets are not counted from the start of the file")
        size = stream.seek(0, io.SEEK_END)
        stream.seek(max(0, size - _TAIL_BYTES))
        offset = int(re.findall(rb"startxref\s+(\d+)", stream.read())[-1])
        stream.seek(offset)
        head = stream.read(32)
    if head.startswith(b"xref"):
        return offset, False
    if re.match(rb"\s*\d+\s+\d+\s+obj", head):
        return offset, True
    raise ValueError("the cross-reference section is not where it should be")


def _replace_page(reader: "PdfReader", file: PdfFile, item: _PageText, font: int) -> None:
    """Write a page's dictionary again, with the font as a resource and the text as content."""
    from pypdf.generic import ArrayObject

    page = reader.pages[item.number - 1]
    reference = page.indirect_reference
    if reference is None:
        raise ValueError("the page is not an indirect object")
    # Copies: the page may share its resources with others.
    dictionary, resources = _copy(page), _copy(_inherited(page, "/Resources"))
    fonts = _copy(resources.get("/Font"))
    number = 0
    while f"/{overlay.FONT}{number}" in fonts:
        number += 1
    font_name = f"{overlay.FONT}{number}"
    fonts[_name(f"/{font_name}")] = _reference(font, reader)
    resources[_name("/Font")] = fonts
    dictionary[_name("/Resources")] = resources
    content = item.content.replace(f"/{overlay.FONT} ".encode(), b"/" + font_name.encode() + b" ")
    number = file.add_stream("", content, compress=True)

    # Before the page's own content, which covers the text and does not affect it.
    streams: list[Any] = [_reference(number, reader)]
    if "/Contents" in page:
        value = page.raw_get("/Contents")
        target = value.get_object() if hasattr(value, "get_object") else value
        streams += list(target) if isinstance(target, ArrayObject) else [value]
    dictionary[_name("/Contents")] = ArrayObject(streams)
    out = io.BytesIO()
    dictionary.write_to_stream(out)
    file.add(out.getvalue(), number=reference.idnum, generation=reference.generation)


def _copy(dictionary: Any) -> "DictionaryObject":
    """Return a copy of a dictionary with its references as they are; an empty one for None."""
    from pypdf.generic import DictionaryObject

    if dictionary is None:
        return DictionaryObject()
    return DictionaryObject({key: dictionary.raw_get(key) for key in dictionary})


def _inherited(page: Any, key: str) -> Any:
    """Return the entry of a page or of its nearest ancestor that has it (section 7.7.3.4).

    None if there is none.
    """
    node = page
    for _ in range(_MOST_TREE_DEPTH):
        if key in node:
            return node[key]
        if "/Parent" not in node:
            break
        node = node["/Parent"]
    return None


def _name(text: str) -> Any:
    from pypdf.generic import NameObject

    return NameObject(text)


def _reference(number: int, reader: "PdfReader") -> "IndirectObject":
    from pypdf.generic import IndirectObject

    return IndirectObject(number, 0, reader)


def _verify(path: Path, target: Path, pages: Sequence[_PageText]) -> None:
    """Open the copy with PDFium and find the words in it, page by page.

    Raises:
        CannotAdd: pages or words are missing, or it does not open.
    """
    import pypdfium2 as pdfium

    try:
        with pdfium.PdfDocument(path) as before, pdfium.PdfDocument(target) as after:
            if len(before) != len(after):
                raise CannotAdd("the copy could not be verified: pages are missing")
            for page in pages:
                copy = after[page.number - 1]
                textpage = copy.get_textpage()
                text = "".join(textpage.get_text_range().split())
                textpage.close()
                copy.close()
                found = sum(word in text for word in page.words)
                if found < _LEAST_FOUND * len(page.words):
                    raise CannotAdd(
                        f"the copy could not be verified: words are missing on page {page.number}"
                    )
    except pdfium.PdfiumError as exc:
        raise CannotAdd("the copy could not be verified: it does not open") from exc
