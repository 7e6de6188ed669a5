"""Detect what a file is from its content.

Users upload anything under any name, so names are never read.
"""

import base64
import re
from collections.abc import Sequence
from pathlib import Path

from processors.detect import media, unread
from processors.detect.containers import ole_type, zip_type
from processors.detect.encoding import decode
from processors.detect.media import FileType
from processors.detect.text_types import is_mail, text_type

_HEAD_BYTES = 65536
_TAIL_BYTES = 4096
# Viewers accept a header anywhere in the first 1,024 bytes (PDF Reference 1.7, appendix H.3, note
# 13).
_LAST_PDF_START = 1024

_TIFF = FileType("image/tiff", ".tif")
_GIF = FileType("image/gif", ".gif")
# Formats that are read, or that are refused with the way out of `registry`, by their first bytes.
_SIGNATURES = (
    (b"%PDF-", FileType(media.PDF, ".pdf")),
    (b"\x89PNG\r\n\x1a\n", FileType("image/png", ".png")),
    (b"\xff\xd8\xff", FileType("image/jpeg", ".jpg")),
    # TIFF of either byte order, and BigTIFF, whose version is 43 instead of 42.
    (b"II*\x00", _TIFF),
    (b"MM\x00*", _TIFF),
    (b"II+\x00", _TIFF),
    (b"MM\x00+", _TIFF),
    (b"GIF87a", _GIF),
    # JPEG 2000 in its file format (ISO/IEC 15444-1, annex I), and its codestream alone.
    (b"\x00\x00\x00\x0cjP  \r\n\x87\n", FileType("image/jp2", ".jp2")),
    (b"\xff\x4f\xff\x51", FileType("image/j2k", ".j2k")),
    (b"GIF89a", _GIF),
    (b"{\\rtf", FileType(media.RTF, ".rtf")),
    (b"\x1f\x8b\x08", FileType("application/gzip", ".gz")),
    (b"BZh", FileType("application/x-bzip2", ".bz2")),
    (b"\xfd7zXZ\x00", FileType("application/x-xz", ".xz")),
    (b"7z\xbc\xaf\x27\x1c", FileType("application/x-7z-compressed", ".7z")),
    (b"Rar!\x1a\x07", FileType("application/vnd.rar", ".rar")),
    (b"\x28\xb5\x2f\xfd", FileType("application/zstd", ".zst")),
    (b"\x78\x9f\x3e\x22", FileType("application/ms-tnef", ".dat")),
    (b"-----BEGIN PGP MESSAGE-----", FileType("application/pgp-encrypted", ".pgp")),
)
# Formats that vary in their first bytes, and those that are written as text but are none.
_PATTERNS = (
    (re.compile(rb"RIFF.{4}WEBP", re.DOTALL), FileType("image/webp", ".webp")),
    (re.compile(rb"%!PS"), FileType("application/postscript", ".ps")),
    (
        re.compile(rb"P[1-6]\n(?:#[^\n]*\n\s*)?\d+\s+\d+\s"),
        FileType("image/x-portable-anymap", ".pnm"),
    ),
    (re.compile(rb"\x1b%-12345X|@PJL "), FileType("application/vnd.hp-pcl", ".pcl")),
)
# A message of PKCS #7 (RFC 5652, section 3) starts with a sequence that starts with its type.
_PKCS7_TYPE = bytes.fromhex("06092a864886f70d0107")
_PKCS7_HEAD_BYTES = 16
# The same in base64, alone or between the lines of RFC 7468.
_ARMOR = re.compile(
    rb"\s*(?:-----BEGIN (?:PKCS ?#?7|CMS)(?: SIGNED DATA)?-----\s+)?(MI[A-Za-z0-9+/\s]{16,80})"
)
_ZIP_ENTRY, _ZIP_END = b"PK\x03\x04", b"PK\x05\x06"  # PKWARE APPNOTE 4.3.7 and 4.3.16
_OLE_SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # [MS-CFB] 2.2
# Sizes of the information header that follow the 14 bytes of a bitmap's file header, one per
# version of the format.
_BMP_HEADER_SIZES = frozenset(size.to_bytes(4, "little") for size in (12, 40, 52, 56, 108, 124))
# Brands of ISO/IEC 23008-12 (HEIF): of pictures coded as HEVC, and of pictures in any coding.
_HEVC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc"})
_GENERAL_HEIF_BRANDS = frozenset({b"mif1", b"msf1", b"mif2"})

# The beginnings of text formats, for files with other bytes after them, which are no text as a
# whole. Of HTML the MIME Sniffing Standard, section 7.1, lists the same and more.
_TEXT_SIGNATURES = (
    (b"<!doctype html", FileType("text/html", ".html")),
    (b"<html", FileType("text/html", ".html")),
    (b"<body", FileType("text/html", ".html")),
    (b"<?xml", FileType("application/xml", ".xml")),
    (b"<svg", FileType("image/svg+xml", ".svg")),
    (b"from: ", FileType(media.MAIL, ".eml")),
    (b"received:", FileType(media.MAIL, ".eml")),
    (b"return-path: ", FileType(media.MAIL, ".eml")),
)


def file_type_of(path: Path) -> FileType:
    """Detect the type of a non-empty file from its bytes alone."""
    with path.open("rb") as stream:
        head = stream.read(_HEAD_BYTES)
        stream.seek(max(0, path.stat().st_size - _TAIL_BYTES))
        tail = stream.read()

    known = _type_by_signature(head)
    if known is not None:
        return known
    if _is_signed(head):
        return FileType(media.SIGNED, ".p7m")
    if head.startswith(_OLE_SIGNATURE):
        return ole_type(path)
    if head.startswith(b"PK"):
        return zip_type(path, head)

    return _type_below_lines(path, head, tail) or text_type(head) or binary_type(head)


def _type_below_lines(path: Path, head: bytes, tail: bytes) -> FileType | None:
    """Return the type of a file that begins below other lines, as programs and scanners send it.

    Then something else must look like the format, too. A short mail has a PDF or a zip itself in
    its first bytes.
    """
    pdf_start = head[: _LAST_PDF_START + len(b"%PDF-")].find(b"%PDF-")
    looks_like_pdf = b"%%EOF" in tail or b"startxref" in tail or b" obj" in head
    if pdf_start > 0 and looks_like_pdf and not is_mail(decode(head[:pdf_start]), whole=True):
        return FileType(media.PDF, ".pdf")
    zip_start = head.find(_ZIP_ENTRY)
    if zip_start > 0 and _ZIP_END in tail and not is_mail(decode(head[:zip_start])):
        return zip_type(path, head)
    return None


def begins_like_a_file(data: bytes) -> bool:
    """Return whether data begin with the signature of a format, and are no text for sure."""
    head = data[:_HEAD_BYTES]
    is_container = head.startswith((_OLE_SIGNATURE, _ZIP_ENTRY))
    return is_container or _type_by_signature(head) is not None or _is_signed(head)


def _type_by_signature(head: bytes) -> FileType | None:
    by_beginning = _of_beginning(head, _SIGNATURES)
    if by_beginning is not None:
        return by_beginning
    for pattern, file_type in _PATTERNS:
        if pattern.match(head):
            return file_type
    if head[4:8] == b"ftyp":
        return heif_type(head)
    if head[257:262] == b"ustar":  # POSIX.1-1988: the field "magic" of the first entry's header
        return FileType(media.TAR, ".tar")
    if head[:2] == b"BM" and head[14:18] in _BMP_HEADER_SIZES:
        return FileType("image/bmp", ".bmp")
    return None


def _of_beginning(head: bytes, signatures: Sequence[tuple[bytes, FileType]]) -> FileType | None:
    return next((found for beginning, found in signatures if head.startswith(beginning)), None)


def _is_signed(head: bytes) -> bool:
    is_message = head[:1] == b"\x30" and _PKCS7_TYPE in head[:_PKCS7_HEAD_BYTES]
    return is_message or armored_signature(head) is not None


def armored_signature(head: bytes) -> int | None:
    """Return where the base64 of a message of PKCS #7 begins; None if the file is no such text."""
    armor = _ARMOR.match(head)
    if armor is None:
        return None
    text = b"".join(armor[1].split())
    decoded = base64.b64decode(text[: len(text) // 4 * 4])
    return armor.start(1) if _PKCS7_TYPE in decoded[:_PKCS7_HEAD_BYTES] else None


def heif_type(head: bytes) -> FileType | None:
    """Detect HEIF by the brands of its first box (ISO/IEC 14496-12, section 4.3: "ftyp").

    The box holds its size, "ftyp", the major brand, a version, then the compatible brands. AVIF
    lists "avif" beside the general brands and is not decoded here.
    """
    box_size = min(head[3], 64)
    major = head[8:12]
    compatible = [head[start : start + 4] for start in range(16, box_size, 4)]
    general = major in _GENERAL_HEIF_BRANDS
    if major in _HEVC_BRANDS or (general and not _HEVC_BRANDS.isdisjoint(compatible)):
        return FileType("image/heic", ".heic")
    if general and b"avif" not in compatible:
        return FileType("image/heif", ".heif")
    return None


def binary_type(head: bytes) -> FileType:
    """Return the type of a text with other bytes in it, or of a format that is not read."""
    as_text = _of_beginning(head[:32].lower(), _TEXT_SIGNATURES)
    return as_text or unread.type_of(head) or FileType(media.UNKNOWN, "")
