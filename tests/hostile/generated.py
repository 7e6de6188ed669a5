"""Hostile files made on the spot: name, bytes, and the statuses that are an answer."""

import io
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from PIL import Image

from pipeline.model import ReadStatus
from tests.unit.processors import documents


@dataclass(frozen=True, slots=True)
class Hostile:
    """A file that means harm, or looks like it, and what may become of it."""

    make: Callable[[], bytes]
    allowed: frozenset[ReadStatus]
    media_type: str | None = None


def _case(make: Callable[[], bytes], *allowed: ReadStatus, media_type: str | None = None) -> Hostile:
    return Hostile(make, frozenset(allowed), media_type)


def image_bomb() -> bytes:
    """Pack 400 million white pixels into some fifty kilobytes."""
    return documents.saved(Image.new("1", (20_000, 20_000), 1), "PNG", optimize=False)


def zip_bomb(declared: int | None = None) -> bytes:
    """Pack 300 MiB of blanks as the body of a Word document; `declared` lies about the size in the directory."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("[Content_Types].xml", "<Types/>")
        with package.open("word/document.xml", "w", force_zip64=True) as body:
            for _ in range(300):
                body.write(b" " * 2**20)
    data = out.getvalue()
    if declared is None:
        return data
    return data.replace((300 * 2**20).to_bytes(4, "little"), declared.to_bytes(4, "little"))


def entities() -> bytes:
    """Write a Word document whose XML declares an entity that names a file of this machine."""
    body = b'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/hostname">]><w:document>&x;</w:document>'
    return documents.package({"[Content_Types].xml": b"<Types/>", "word/document.xml": body})


def polyglot() -> bytes:
    """Write a file that is a PDF from the front and a zip archive from the back."""
    return documents.pdf("Front of the file") + documents.package({"back.txt": b"back of the file"})


def deep_html() -> bytes:
    """Nest two hundred thousand elements."""
    return b"<html><body>" + b"<div>" * 200_000 + b"the bottom" + b"</div>" * 200_000


def huge_cell() -> bytes:
    """Write a table with one line of three million characters and a quote that is never closed."""
    return b'a,b\n1,"' + b"x," * 1_500_000


def many_objects() -> bytes:
    """Write a PDF whose page tree contains itself."""
    return documents.pdf("One").replace(b"/Kids [4 0 R]", b"/Kids [2 0 R]")


DAMAGED = ReadStatus.DAMAGED
FILES: Mapping[str, Hostile] = {
    "image bomb": _case(image_bomb, ReadStatus.TOO_BIG, media_type="image/png"),
    "zip bomb": _case(zip_bomb, ReadStatus.TOO_BIG),
    "zip bomb that lies": _case(lambda: zip_bomb(1000), DAMAGED, ReadStatus.SUSPICIOUS),
    "entities": _case(entities, ReadStatus.SUSPICIOUS),
    "truncated jpeg": _case(
        lambda: documents.saved(documents.sheet_of_paper("Cut"), "JPEG")[:4000], DAMAGED, media_type="image/jpeg"
    ),
    "truncated pdf": _case(lambda: documents.pdf("Cut", "off")[:500], DAMAGED, ReadStatus.OK, ReadStatus.PARTIAL),
    "empty": _case(lambda: b"", ReadStatus.EMPTY),
    "encrypted pdf": _case(lambda: documents.locked_pdf("secret"), ReadStatus.ENCRYPTED),
    "wrong extension.txt": _case(lambda: documents.docx("Really a letter"), ReadStatus.OK),
    "polyglot": _case(polyglot, ReadStatus.OK, media_type="application/pdf"),
    "deep html": _case(deep_html, ReadStatus.OK, media_type="text/html"),
    "huge cell": _case(huge_cell, ReadStatus.OK),
    "page tree in a circle": _case(many_objects, DAMAGED, ReadStatus.PARTIAL, ReadStatus.EMPTY),
    "../../etc/passwd": _case(lambda: b"a name that climbs", ReadStatus.OK),
}
