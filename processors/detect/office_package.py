"""Check Office packages, which are zips of XML, before they are unpacked.

The size that they declare must be possible, and their XML harmless.
"""

import re
import zipfile
import zlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from pipeline.model import ReadStatus
from processors.contract import EmbeddedFile, Unreadable
from processors.detect.safe_xml import XmlRefused

# Limits against zip bombs. The text of Office documents shrinks to a tenth when deflated, rarely to
# a fiftieth; small packages may shrink more, because there the fixed parts count.
_LARGEST_TOTAL_BYTES = 400 * 2**20
_LARGEST_RATIO = 300
_RATIO_CHECKED_BYTES = 5 * 2**20
_MOST_ENTRIES = 20_000

_CHUNK_BYTES = 2**20
_XML_EXTENSIONS = (".xml", ".rels", ".vml")
# The beginning of a document type or entity declaration in UTF-8, UTF-16-LE and UTF-16-BE.
_DECLARATION = re.compile(
    rb"<!\s*(?:DOCTYPE|ENTITY)|<\0!\0(?:D\0O\0C|E\0N\0T)|\0<\0!\0(?:D\0O\0C|E\0N\0T)"
)
_OVERLAP_BYTES = (
    16  # at least as long as what the pattern needs, since it may lie across two chunks
)

_EMBEDDED_FOLDERS = ("embeddings",)
_PICTURE_FOLDERS = ("media", "Pictures")  # of OOXML and of OpenDocument
_LITTLE_TEXT_CHARS = 200
_ZIP_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    NotImplementedError,
    ValueError,
    OverflowError,
)


def check(path: Path, *, what: str) -> None:
    """Read a package once, counting its bytes, before any library unpacks it into memory.

    Raises:
        Unreadable: TOO_BIG for a zip bomb, ENCRYPTED for an encrypted entry, DAMAGED for a broken
            one, SUSPICIOUS for a false size or for XML that declares entities, which no office
            program writes.
    """
    try:
        with zipfile.ZipFile(path) as package:
            entries = package.infolist()
            unpacked = sum(entry.file_size for entry in entries)
            packed = sum(entry.compress_size for entry in entries)
            is_bomb = unpacked > _RATIO_CHECKED_BYTES and unpacked > packed * _LARGEST_RATIO
            if len(entries) > _MOST_ENTRIES or unpacked > _LARGEST_TOTAL_BYTES or is_bomb:
                raise Unreadable(
                    ReadStatus.TOO_BIG,
                    f"The {what} unpacks to {unpacked // 2**20} MiB in {len(entries)} parts, "
                    "which is more than is read. "
                    "If it is genuine, save it as PDF and upload that.",
                )
            for entry in entries:
                _check_entry(package, entry, what)
    except RuntimeError as exc:  # what zipfile raises for a password
        raise locked(what) from exc
    except _ZIP_ERRORS as exc:
        raise damaged(what) from exc


def damaged(what: str) -> Unreadable:
    """Return the error for a package that cannot be read."""
    return Unreadable(
        ReadStatus.DAMAGED,
        f"The {what} is damaged. Open and save it again, then upload it once more.",
    )


def locked(what: str) -> Unreadable:
    """Return the error for a package that needs a password."""
    return Unreadable(
        ReadStatus.ENCRYPTED, f"The {what} is protected by a password. Save it without one."
    )


def refused(what: str, error: XmlRefused) -> Unreadable:
    """Return the error for XML that was refused."""
    if not error.deceives:
        return damaged(what)
    return Unreadable(
        ReadStatus.SUSPICIOUS,
        f"The {what} may be an attack on its reader: {error}, which office programs never do. "
        "If it is genuine, save it as PDF and upload that.",
    )


def embedded_files(path: Path, *, text_chars: int) -> Iterator[EmbeddedFile]:
    """Yield the files embedded in a checked package, and its pictures if it has hardly any text.

    A scan is often pasted into an otherwise empty document; the logo of a letter is not worth
    reading.
    """
    folders: tuple[str, ...] = _EMBEDDED_FOLDERS
    if text_chars < _LITTLE_TEXT_CHARS:
        folders += _PICTURE_FOLDERS
    with zipfile.ZipFile(path) as package:
        for entry in package.infolist():
            parts = entry.filename.split("/")
            if len(parts) > 1 and parts[-2] in folders and parts[-1]:
                yield EmbeddedFile(parts[-1], partial(_chunks, package, entry))


def _chunks(package: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    with package.open(entry) as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            yield chunk


def _check_entry(package: zipfile.ZipFile, entry: zipfile.ZipInfo, what: str) -> None:
    """Unpack an entry piece by piece: the size it declares may be false."""
    is_xml = entry.filename.lower().endswith(_XML_EXTENSIONS)
    size = 0
    before = b""
    for chunk in _chunks(package, entry):
        size += len(chunk)
        if size > entry.file_size:
            raise Unreadable(
                ReadStatus.SUSPICIOUS,
                f"The {what} unpacks to more than it declares. Save it again and upload that.",
            )
        if is_xml and _DECLARATION.search(before + chunk):
            error = XmlRefused("it declares a document type or entities", deceives=True)
            raise refused(what, error)
        before = chunk[-_OVERLAP_BYTES:]
