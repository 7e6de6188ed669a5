"""Hostile files made on the spot: name, bytes, and the statuses that are an answer."""

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.message import EmailMessage

from PIL import Image

from pipeline.model import ReadStatus
from tests.hostile import more_generated as more
from tests.unit.processors import documents


@dataclass(frozen=True, slots=True)
class Hostile:
    """A file that means harm, or looks like it, and what may become of it."""

    make: Callable[[], bytes]
    allowed: frozenset[ReadStatus]
    media_type: str | None = None


def _case(
    make: Callable[[], bytes], *allowed: ReadStatus, media_type: str | None = None
) -> Hostile:
    return Hostile(make, frozenset(allowed), media_type)


def image_bomb() -> bytes:
    """Pack 400 million white pixels into some fifty kilobytes."""
    return documents.saved(Image.new("1", (20_000, 20_000), 1), "PNG", optimize=False)


def zip_bomb(declared: int | None = None) -> bytes:
    """Pack 300 MiB of blanks as a Word document; `declared` is a false size."""
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


def nested_archives(levels: int) -> bytes:
    """Pack an archive in an archive, again and again."""
    data = documents.package({"bottom.txt": b"the bottom"})
    for level in range(levels):
        data = documents.package({f"{level}.zip": data})
    return data


def climbing_names() -> bytes:
    """Pack files under names that climb out, are absolute, end in nothing, or name devices."""
    names = [
        "../../../tmp/climbed",
        "/etc/passwd",
        "C:\\Windows\\win.ini",
        "a/../../b",
        "CON",
        "x" * 5000,
        "a\nb",
    ]
    return documents.package(dict.fromkeys(names, b"words"))


def link_loop() -> bytes:
    """Write a tar of links to each other and to this machine's files."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, target in (
            ("a", "b"),
            ("b", "a"),
            ("c", "/etc/passwd"),
            ("d", "../../../etc/passwd"),
        ):
            link = tarfile.TarInfo(name)
            link.type, link.linkname = tarfile.SYMTYPE, target
            archive.addfile(link)
    return out.getvalue()


def many_files(count: int) -> bytes:
    """Pack a great many empty files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as package:
        for number in range(count):
            package.writestr(f"{number}.txt", b"w")
    return out.getvalue()


def nested_parts(count: int) -> bytes:
    """Write a mail whose parts are nested."""
    part = b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n"
    return b"From: a@example.com\nTo: b@example.com\n" + b"".join(
        part % (n, n) for n in range(count)
    )


def many_parts(count: int) -> bytes:
    """Write a mail of a great many parts side by side."""
    head = b"From: a@example.com\nTo: b@example.com\nContent-Type: multipart/mixed; boundary=b\n\n"
    return head + b"--b\nContent-Type: text/plain\n\nwords\n" * count + b"--b--\n"


def mailed(data: bytes) -> bytes:
    """Write a mail with an attachment."""
    message = EmailMessage()
    message["From"], message["To"] = "a@example.com", "b@example.com"
    message.set_content("See the attachment.")
    message.add_attachment(data, maintype="application", subtype="gzip", filename="data.gz")
    return message.as_bytes()


def odt_bomb() -> bytes:
    """Pack 300 MiB of blanks as the content of an OpenDocument text."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("mimetype", "application/vnd.oasis.opendocument.text")
        with package.open("content.xml", "w", force_zip64=True) as body:
            for _ in range(300):
                body.write(b" " * 2**20)
    return out.getvalue()


def huge_page(*, covered: bool = False) -> bytes:
    """Write a PDF of one page of four gigapixels at one pixel a point."""
    page = (
        documents.pdf("", images=[(1, 1)])
        if covered
        else documents.pdf("Words on a very large page")
    )
    return page.replace(b"/MediaBox [0 0 612 792]", b"/MediaBox [0 0 65000 65000]")


def declared_picture() -> bytes:
    """Write a PNG whose header claims 65,000 by 65,000 pixels."""
    small = documents.saved(Image.new("1", (8, 8), 1), "PNG")
    head = b"IHDR" + struct.pack("!IIBBBBB", 65_000, 65_000, 1, 0, 0, 0, 0)
    return small[:12] + head + struct.pack("!I", zlib.crc32(head)) + small[33:]


def huge_sheet() -> bytes:
    """Write a workbook whose second value is in the last row and column there are."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(documents.xlsx({"One": [["x", 1]]}))) as source,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for entry in source.infolist():
            data = source.read(entry)
            target.writestr(entry.filename, data.replace(b'r="B1"', b'r="XFD1048576"'))
    return out.getvalue()


def broken_ole() -> bytes:
    """Write an OLE file whose chains of sectors lead back to themselves."""
    head = bytearray(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504))
    head[24:34] = struct.pack("<HHHHH", 62, 3, 0xFFFE, 9, 6)
    head[44:76] = struct.pack("<IIIIIIII", 1, 1, 0, 4096, 2, 1, 0xFFFFFFFE, 0)
    head[76:80] = struct.pack("<I", 0)
    return bytes(head) + struct.pack("<128I", *([1] * 128)) * 4


def deep_xml() -> bytes:
    """Nest a hundred thousand elements."""
    return b"<?xml version='1.0'?>" + b"<a>" * 100_000 + b"the bottom" + b"</a>" * 100_000


def picture_and_archive() -> bytes:
    """Write a picture with an archive behind it."""
    return documents.saved(documents.page_image("Front"), "JPEG") + documents.package(
        {"back.txt": b"back"}
    )


DAMAGED = ReadStatus.DAMAGED
TOO_BIG = ReadStatus.TOO_BIG
SUSPICIOUS = ReadStatus.SUSPICIOUS
_HANDLED = (
    TOO_BIG,
    DAMAGED,
    ReadStatus.OK,
    ReadStatus.PARTIAL,
    ReadStatus.EMPTY,
    ReadStatus.OUT_OF_MEMORY,
)
FILES: Mapping[str, Hostile] = {
    "image bomb": _case(image_bomb, ReadStatus.TOO_BIG, media_type="image/png"),
    "zip bomb": _case(zip_bomb, ReadStatus.TOO_BIG),
    "zip bomb that lies": _case(lambda: zip_bomb(1000), DAMAGED, ReadStatus.SUSPICIOUS),
    "entities": _case(entities, ReadStatus.SUSPICIOUS),
    "truncated jpeg": _case(
        lambda: documents.saved(documents.page_image("Cut"), "JPEG")[:4000],
        DAMAGED,
        media_type="image/jpeg",
    ),
    "truncated pdf": _case(
        lambda: documents.pdf("Cut", "off")[:500], DAMAGED, ReadStatus.OK, ReadStatus.PARTIAL
    ),
    "empty": _case(lambda: b"", ReadStatus.EMPTY),
    "encrypted pdf": _case(lambda: documents.locked_pdf("secret"), ReadStatus.ENCRYPTED),
    "wrong extension.txt": _case(lambda: documents.docx("Really a letter"), ReadStatus.OK),
    "polyglot": _case(polyglot, ReadStatus.OK, media_type="application/pdf"),
    "deep html": _case(deep_html, ReadStatus.OK, media_type="text/html"),
    "huge cell": _case(huge_cell, ReadStatus.OK),
    "page tree in a circle": _case(many_objects, DAMAGED, ReadStatus.PARTIAL, ReadStatus.EMPTY),
    "archives in archives": _case(lambda: nested_archives(40), TOO_BIG),
    "names that climb": _case(climbing_names, ReadStatus.OK),
    "links in a circle": _case(link_loop, ReadStatus.UNSUPPORTED),
    "twenty thousand files": _case(lambda: many_files(20_000), ReadStatus.PARTIAL),
    "gzip bomb": _case(
        lambda: gzip.compress(bytes(2**28), 1), TOO_BIG, media_type="application/gzip"
    ),
    "bzip2 bomb": _case(
        lambda: bz2.compress(bytes(2**25), 1), TOO_BIG, media_type="application/x-bzip2"
    ),
    "xz bomb": _case(
        lambda: lzma.compress(bytes(2**26), preset=0), TOO_BIG, media_type="application/x-xz"
    ),
    "bomb in an archive": _case(
        lambda: documents.package({"a": gzip.compress(bytes(2**26))}), TOO_BIG
    ),
    "bomb in a mail": _case(lambda: mailed(gzip.compress(bytes(2**26))), ReadStatus.PARTIAL),
    "odt bomb": _case(odt_bomb, TOO_BIG),
    "nested parts": _case(
        lambda: nested_parts(20_000), SUSPICIOUS, ReadStatus.OK, ReadStatus.PARTIAL
    ),
    "many parts": _case(lambda: many_parts(5_000), ReadStatus.PARTIAL),
    "deep xml": _case(deep_xml, SUSPICIOUS, DAMAGED, media_type="application/xml"),
    "deep rich text": _case(
        lambda: b"{\\rtf1" + b"{" * 200_000 + b"words", ReadStatus.OK, ReadStatus.EMPTY, DAMAGED
    ),
    "page of four gigapixels": _case(
        huge_page, ReadStatus.OK, ReadStatus.PARTIAL, ReadStatus.EMPTY
    ),
    "picture of four gigapixels": _case(declared_picture, TOO_BIG),
    "sheet of seventeen billion cells": _case(huge_sheet, TOO_BIG),
    "ole in a circle": _case(broken_ole, ReadStatus.UNSUPPORTED, DAMAGED),
    "picture and archive": _case(
        picture_and_archive, ReadStatus.OK, ReadStatus.EMPTY, media_type="image/jpeg"
    ),
    "jpeg of four gigapixels": _case(lambda: more.claimed("JPEG"), TOO_BIG),
    "gif of four gigapixels": _case(lambda: more.claimed("GIF"), TOO_BIG),
    "gif with a frame of four gigapixels": _case(more.frame_beyond_screen, TOO_BIG),
    "bmp of four gigapixels": _case(lambda: more.claimed("BMP"), TOO_BIG),
    "tiff of four gigapixels": _case(lambda: more.claimed("TIFF"), TOO_BIG),
    "xlsx bomb": _case(
        lambda: more.packed_blanks("xl/sharedStrings.xml", "xl/workbook.xml"), TOO_BIG, DAMAGED
    ),
    "pptx bomb": _case(
        lambda: more.packed_blanks("ppt/slides/slide1.xml", "ppt/presentation.xml"),
        TOO_BIG,
        DAMAGED,
    ),
    "pdf content bomb": _case(more.pdf_content_bomb, *_HANDLED),
    "pdf picture bomb": _case(more.pdf_picture_bomb, *_HANDLED),
    "pdf attachment bomb": _case(more.pdf_attachment_bomb, ReadStatus.PARTIAL),
    "pdf in a circle": _case(
        more.pdf_in_a_circle, DAMAGED, ReadStatus.EMPTY, ReadStatus.OK, ReadStatus.PARTIAL
    ),
    "laughing xml": _case(more.laughing_xml, SUSPICIOUS),
    "entries over each other": _case(
        more.overlapping_zip, SUSPICIOUS, TOO_BIG, DAMAGED, ReadStatus.PARTIAL
    ),
    "tar that climbs": _case(more.climbing_tar, ReadStatus.OK, ReadStatus.PARTIAL, DAMAGED),
    "page and archive": _case(more.page_and_archive, ReadStatus.OK),
    "rich text of two gigabytes": _case(more.bomb_in_rtf, ReadStatus.OK, ReadStatus.EMPTY, DAMAGED),
    "a million nested parts": _case(
        lambda: nested_parts(1_000_000), SUSPICIOUS, TOO_BIG, ReadStatus.PARTIAL
    ),
    "mails in mails": _case(
        lambda: more.nested_mails(5_000), TOO_BIG, SUSPICIOUS, ReadStatus.PARTIAL
    ),
    "../../etc/passwd": _case(lambda: b"a name that climbs", ReadStatus.OK),
}
