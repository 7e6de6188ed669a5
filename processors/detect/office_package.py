"""Guard for Office packages: a zip of XML is unpacked only if what it declares is possible and harmless."""

import re
import zipfile
import zlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from pipeline.model import ReadStatus
from processors.contract import EmbeddedFile, Unreadable
from processors.detect.safe_xml import XmlRefused

_LARGEST_TOTAL_BYTES = 400 * 2**20
_LARGEST_RATIO = 300  # Office text shrinks to a tenth, rarely to a fiftieth
_RATIO_MATTERS_BYTES = 5 * 2**20
_MOST_ENTRIES = 20_000
_CHUNK_BYTES = 2**20
_LITTLE_TEXT = 200
_DOCTYPE = re.compile(
    rb"<!\s*(?:DOCTYPE|ENTITY)|<\0!\0(?:D\0O\0C|E\0N\0T)|\0<\0!\0(?:D\0O\0C|E\0N\0T)"
)
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    NotImplementedError,
    ValueError,
    OverflowError,
)


def check(path: Path, *, what: str) -> None:
    """Read a package once, counting, before any library unpacks it into memory.

    Raises:
        Unreadable: TOO_BIG for a zip bomb, ENCRYPTED for a locked entry, DAMAGED for a broken one, SUSPICIOUS for a
            false size or for XML that declares entities, which no office program writes.
    """
    try:
        with zipfile.ZipFile(path) as package:
            _check_directory(package.infolist(), what)
            for entry in package.infolist():
                _check_entry(package, entry, what)
    except RuntimeError as exc:  # what zipfile raises for a password
        raise Unreadable(
            ReadStatus.ENCRYPTED, f"The {what} is protected by a password; save it without one."
        ) from exc
    except _BROKEN as exc:
        raise damaged(what) from exc


def damaged(what: str) -> Unreadable:
    """Return the error for a package that cannot be read."""
    return Unreadable(
        ReadStatus.DAMAGED,
        f"The {what} is damaged; open and save it again, then upload it once more.",
    )


def refused(what: str, error: XmlRefused) -> Unreadable:
    """Return the error for XML that was not read."""
    if error.deceives:
        return Unreadable(
            ReadStatus.SUSPICIOUS,
            f"The {what} was made to harm its reader: {error}, which office programs never do; "
            "if it is genuine, save it as PDF and upload that.",
        )
    return damaged(what)


def enclosed(path: Path, *, written_chars: int) -> Iterator[EmbeddedFile]:
    """Yield the files embedded in a checked package; its pictures too where it says next to nothing itself.

    A scan is often pasted into a document; a letter's logo is not worth reading.
    """
    folders = (
        ("embeddings", "media", "Pictures") if written_chars < _LITTLE_TEXT else ("embeddings",)
    )
    with zipfile.ZipFile(path) as package:
        for entry in package.infolist():
            parts = entry.filename.split("/")
            if len(parts) > 1 and parts[-2] in folders and parts[-1]:
                yield EmbeddedFile(parts[-1], partial(_content, package, entry))


def _content(package: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    with package.open(entry) as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            yield chunk


def _check_directory(entries: list[zipfile.ZipInfo], what: str) -> None:
    total = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries)
    absurd = total > _RATIO_MATTERS_BYTES and total > packed * _LARGEST_RATIO
    if len(entries) > _MOST_ENTRIES or total > _LARGEST_TOTAL_BYTES or absurd:
        raise Unreadable(
            ReadStatus.TOO_BIG,
            f"The {what} unpacks to {total // 2**20} MiB in {len(entries)} parts, more than is read; "
            "if it is genuine, save it as PDF and upload that.",
        )


def _check_entry(package: zipfile.ZipFile, entry: zipfile.ZipInfo, what: str) -> None:
    """Unpack an entry piece by piece, never trusting the size it declares."""
    seen = 0
    xml = entry.filename.lower().endswith((".xml", ".rels", ".vml"))
    last = b""
    with package.open(entry) as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            seen += len(chunk)
            if seen > entry.file_size:
                raise Unreadable(
                    ReadStatus.SUSPICIOUS,
                    f"The {what} unpacks to more than it says; save it again and upload that.",
                )
            if xml and _DOCTYPE.search(last + chunk):
                raise refused(
                    what, XmlRefused("it declares a document type or entities", deceives=True)
                )
            last = chunk[-16:]
