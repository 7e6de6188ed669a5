"""What a file is, by its content. Names and extensions are never asked: people upload anything under any name."""

import contextlib
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path

from processors.detect.encoding import decode, looks_like_text

PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
XLSB = "application/vnd.ms-excel.sheet.binary.macroenabled.12"
XLS = "application/vnd.ms-excel"
ODS = "application/vnd.oasis.opendocument.spreadsheet"
ODF = frozenset(
    f"application/vnd.oasis.opendocument.{kind}" for kind in ("text", "presentation", "graphics")
)
RTF = "application/rtf"
HEIF = frozenset({"image/heic", "image/heif"})
ZIP = "application/zip"
TAR = "application/x-tar"
LOCKED_OFFICE = "application/x-ole-encrypted"
MAIL = "message/rfc822"
UNKNOWN = "application/octet-stream"

_HEAD_BYTES = 65536
_TAIL_BYTES = 4096
_PDF_LATEST_START = 1024  # readers accept a header this far in

_SIGNATURES = (
    (b"%PDF-", PDF, ".pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png", ".png"),
    (b"\xff\xd8\xff", "image/jpeg", ".jpg"),
    (b"II*\x00", "image/tiff", ".tif"),
    (b"MM\x00*", "image/tiff", ".tif"),
    (b"II+\x00", "image/tiff", ".tif"),
    (b"MM\x00+", "image/tiff", ".tif"),
    (b"GIF87a", "image/gif", ".gif"),
    (b"GIF89a", "image/gif", ".gif"),
    (b"{\\rtf", RTF, ".rtf"),
    (b"\x1f\x8b\x08", "application/gzip", ".gz"),
    (b"BZh", "application/x-bzip2", ".bz2"),
    (b"\xfd7zXZ\x00", "application/x-xz", ".xz"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed", ".7z"),
    (b"Rar!\x1a\x07", "application/vnd.rar", ".rar"),
    (b"\x28\xb5\x2f\xfd", "application/zstd", ".zst"),
    (b"\x78\x9f\x3e\x22", "application/ms-tnef", ".dat"),
)
_HEIF_BRANDS = {
    b"heic": ".heic",
    b"heix": ".heic",
    b"heim": ".heic",
    b"heis": ".heic",
    b"hevc": ".heic",
}
_ANY_HEIF_BRANDS = frozenset({b"mif1", b"msf1", b"mif2"})
_PACKAGES = (
    ("word/document.xml", DOCX, ".docx"),
    ("xl/workbook.xml", XLSX, ".xlsx"),
    ("xl/workbook.bin", XLSB, ".xlsb"),
    ("ppt/presentation.xml", PPTX, ".pptx"),
)
_OPEN_DOCUMENT = {"text": ".odt", "spreadsheet": ".ods", "presentation": ".odp", "graphics": ".odg"}
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OLE_KINDS = (
    ("EncryptedPackage", LOCKED_OFFICE, ""),
    ("__properties_version1.0", "application/vnd.ms-outlook", ".msg"),
    ("__substg1.0_", "application/vnd.ms-outlook", ".msg"),
    ("WordDocument", "application/msword", ".doc"),
    ("Workbook", XLS, ".xls"),
    ("Book", XLS, ".xls"),
    ("PowerPoint Document", "application/vnd.ms-powerpoint", ".ppt"),
)
_MAIL_HEADERS = frozenset(
    [
        "from",
        "to",
        "cc",
        "subject",
        "date",
        "message-id",
        "received",
        "return-path",
        "mime-version",
        "delivered-to",
        "reply-to",
        "content-type",
        "x-mailer",
        "content-transfer-encoding",
    ]
)
_HEADER_LINE = re.compile(r"([A-Za-z][A-Za-z0-9-]{1,60}):")
_HTML = re.compile(r"<(?:!doctype\s+html|html|head|body|table|div|p|title|meta)\b", re.IGNORECASE)
_INVOICE = re.compile(
    r"xmlns(?::\w{1,20})?=[\"']urn:(?:oasis:names:specification:ubl|un:unece:uncefact|ferd):"
)
"""Declared by electronic invoices, which often lack the XML declaration and hold long comments before it."""
_DELIMITERS = ",;\t|"


@dataclass(frozen=True, slots=True)
class FileType:
    """A media type and the extension that suits it, with its dot; "" where nobody knows one."""

    media_type: str
    extension: str


def file_type_of(path: Path) -> FileType:
    """Tell what a non-empty file is from its bytes alone."""
    with path.open("rb") as stream:
        head = stream.read(_HEAD_BYTES)
        stream.seek(max(0, path.stat().st_size - _TAIL_BYTES))
        tail = stream.read()
    return (
        _by_signature(head)
        or _in_container(path, head)
        or _late_pdf(head, tail)
        or _as_text(head)
        or _named(head)
    )


def _by_signature(head: bytes) -> FileType | None:
    for start, media_type, extension in _SIGNATURES:
        if head.startswith(start):
            return FileType(media_type, extension)
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return FileType("image/webp", ".webp")
    if head[4:8] == b"ftyp":
        return _heif_kind(head)
    if head[257:262] == b"ustar":
        return FileType(TAR, ".tar")
    if head[:2] == b"BM" and head[14:18] in {
        b"\x0c\0\0\0",
        b"\x28\0\0\0",
        b"\x34\0\0\0",
        b"\x38\0\0\0",
        b"\x6c\0\0\0",
        b"\x7c\0\0\0",
    }:
        return FileType("image/bmp", ".bmp")
    return None


def _heif_kind(head: bytes) -> FileType | None:
    """Tell by the brands a file of boxes lists; AVIF lists its own beside the general one."""
    brands = [head[8:12], *(head[place : place + 4] for place in range(16, min(head[3], 64), 4))]
    if brands[0] in _HEIF_BRANDS or (
        brands[0] in _ANY_HEIF_BRANDS and any(b in _HEIF_BRANDS for b in brands)
    ):
        return FileType("image/heic", ".heic")
    return (
        FileType("image/heif", ".heif")
        if brands[0] in _ANY_HEIF_BRANDS and b"avif" not in brands
        else None
    )


def _in_container(path: Path, head: bytes) -> FileType | None:
    """Look into a zip directory or an OLE file for what it holds."""
    if head.startswith(_OLE):
        return _ole_kind(path)
    if not head.startswith(b"PK"):
        return None
    try:
        with zipfile.ZipFile(path) as package:
            return _package_kind(package)
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError, OverflowError):
        return _damaged_package_kind(head)


def _package_kind(package: zipfile.ZipFile) -> FileType:
    names = set(package.namelist())
    for name, media_type, extension in _PACKAGES:
        if name in names:
            return FileType(media_type, extension)
    if "mimetype" in names and package.getinfo("mimetype").file_size < 200:  # noqa: PLR2004 - OpenDocument's is short
        declared = package.read("mimetype").decode("ascii", errors="replace").strip()
        suffix = _OPEN_DOCUMENT.get(declared.rpartition(".")[2], "")
        if declared.startswith("application/"):
            return FileType(declared, suffix)
    return FileType(ZIP, ".zip")


def _damaged_package_kind(head: bytes) -> FileType:
    """Guess from the first entries of a package whose directory is lost, so that it is called damaged, not unknown."""
    for name, media_type, extension in _PACKAGES:
        if name.encode() in head or name.partition("/")[0].encode() + b"/" in head:
            return FileType(media_type, extension)
    return FileType(ZIP, ".zip")


def _ole_kind(path: Path) -> FileType:
    """Tell OLE files apart by the streams at their top: what is embedded lies deeper and decides nothing."""
    names = _ole_names(path)
    for name, media_type, extension in _OLE_KINDS:
        if any(found.startswith(name) for found in names):
            return FileType(media_type, extension)
    return FileType("application/x-ole-storage", "")


def _ole_names(path: Path) -> set[str]:
    """Return the names at the top of an OLE file; of a broken one, those found anywhere in it."""
    import olefile

    broken = (OSError, ValueError, TypeError, IndexError, RecursionError, AttributeError)
    with contextlib.suppress(*broken), olefile.OleFileIO(str(path)) as ole:
        return {entry[0] for entry in ole.listdir(streams=True, storages=True) if len(entry) == 1}
    with path.open("rb") as stream:
        data = stream.read(16 * 2**20)
    return {name for name, _, _ in _OLE_KINDS if name.encode("utf-16-le") in data}


def _late_pdf(head: bytes, tail: bytes) -> FileType | None:
    start = head[: _PDF_LATEST_START + 5].find(b"%PDF-")
    if start > 0 and (b"%%EOF" in tail or b"startxref" in tail or b" obj" in head):
        return FileType(PDF, ".pdf")
    return None


def _as_text(head: bytes) -> FileType | None:
    if not looks_like_text(head):
        return None
    text = decode(head).lstrip("\ufeff \t\r\n")
    if _is_mail(text):
        return FileType(MAIL, ".eml")
    if text.startswith("<"):
        return _markup_kind(text)
    if table_delimiter(text):
        return FileType("text/csv", ".csv")
    return FileType("text/plain", ".txt")


def _markup_kind(text: str) -> FileType:
    beginning = text[:2048]
    if _INVOICE.search(text):
        return FileType("application/xml", ".xml")
    if _HTML.search(beginning):
        return FileType("text/html", ".html")
    if "<svg" in beginning:
        return FileType("image/svg+xml", ".svg")
    if beginning.startswith(("<?xml", "<!DOCTYPE")):
        return FileType("application/xml", ".xml")
    return FileType("text/plain", ".txt")


def _is_mail(text: str) -> bool:
    """Find two header fields that mails have, before the first blank line, starting with the first line."""
    lines = text[:8192].splitlines()
    if lines and lines[0].startswith("From "):
        lines = lines[1:]
    if not lines or not _HEADER_LINE.match(lines[0]):
        return False
    known: set[str] = set()
    for line in lines[:60]:
        if not line.strip():
            break
        match = _HEADER_LINE.match(line)
        if match:
            known.add(match.group(1).lower())
    return len(known & _MAIL_HEADERS) >= 2 or "received" in known  # noqa: PLR2004 - one alone starts many a note


def table_delimiter(text: str) -> str | None:
    """Find a delimiter that comes equally often in every one of the first lines; None where text is not a table."""
    lines = [line for line in text[:16384].splitlines()[:21] if line.strip()]
    if len(text) > 16384 or len(lines) > 20:  # noqa: PLR2004 - the last line may be cut
        lines = lines[:-1]
    for delimiter in _DELIMITERS:
        counts = {
            line.count(delimiter) for line in (re.sub(r'"[^"]*"', "", line) for line in lines)
        }
        if len(lines) > 1 and len(counts) == 1 and counts.pop() >= (2 if len(lines) < 3 else 1):  # noqa: PLR2004
            return delimiter
    return None


def _named(head: bytes) -> FileType:
    """Name what we cannot read, so that the refusal says what it refuses."""
    import puremagic

    try:
        matches = puremagic.magic_string(head)
    except (puremagic.PureError, ValueError):
        return FileType(UNKNOWN, "")
    best = next((match for match in matches if match.mime_type), None)
    return FileType(best.mime_type, best.extension) if best else FileType(UNKNOWN, "")
