"""Unpack archives: zip, tar, gzip, bzip2 and xz.

The files in them are documents; their names are never paths.
"""

import bz2
import gzip
import lzma
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from itertools import islice
from pathlib import Path
from typing import IO, Any

from pipeline.model import ReadStatus
from processors.contract import Context, EmbeddedFile, Reading, Unreadable
from processors.detect import media
from processors.detect.file_type import file_type_of

_CHUNK_BYTES = 2**20
_MOST_ENTRIES = 100_000
_ENCRYPTED = 1  # bit 0 of an entry's flags (PKWARE APPNOTE 4.4.4)
# What the standard library raises on archives that violate their format.
_MALFORMED = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    OSError,
    NotImplementedError,
    ValueError,
    OverflowError,
    LookupError,
    TypeError,
    RecursionError,
)
_DECOMPRESSORS: dict[str, Callable[[Path], Any]] = {
    "application/gzip": gzip.open,
    "application/x-bzip2": bz2.open,
    "application/x-xz": lzma.open,
}
_NO_FILE = "it is a link or a device, not a file, and has no content."
_DAMAGED_ENTRY = "it is damaged inside the archive. Pack it again."


class ArchiveProcessor:
    """Takes the files out of zip and tar archives, and the one file out of gzip, bzip2 and xz."""

    name = "archive"

    def accepts(self, media_type: str) -> str | None:
        """Accept what the standard library unpacks."""
        if media_type in {media.ZIP, media.TAR, *_DECOMPRESSORS}:
            return None
        return f"{media_type} is not an archive this project unpacks"

    def process(self, path: Path, work_dir: Path, context: Context) -> Reading:
        """Return no pages, only children.

        Raises:
            Unreadable: SUSPICIOUS if the entries of a zip share bytes, DAMAGED if its directory
                cannot be read.
        """
        del work_dir
        children: Iterable[EmbeddedFile]
        match file_type_of(path).media_type:
            case media.ZIP:
                children = _zip_files(path, context.settings.passwords)
            case media.TAR:
                children = tar_files(path)
            case media_type if media_type in _DECOMPRESSORS:
                chunks = partial(_decompressed, path, _DECOMPRESSORS[media_type])
                children = [EmbeddedFile("content", chunks)]
            case _:
                raise Unreadable(
                    ReadStatus.DAMAGED,
                    "it is not an archive that can be unpacked; upload it again.",
                )
        return Reading(pages=(), children=children)


def _zip_files(path: Path, passwords: Sequence[str]) -> Iterator[EmbeddedFile]:
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            check_overlaps(entries)
            for entry in islice(entries, _MOST_ENTRIES):
                if not entry.is_dir():
                    chunks = partial(_zip_chunks, archive, entry, passwords)
                    yield EmbeddedFile(entry.filename, chunks)
    except _MALFORMED as exc:
        raise _damaged_archive() from exc


def check_overlaps(entries: Iterable[zipfile.ZipInfo]) -> None:
    """Refuse a zip whose entries overlap: the trick of the densest zip bombs (Fifield, 2019).

    No program does it.

    Raises:
        Unreadable: SUSPICIOUS.
    """
    end = 0
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        if entry.header_offset < end:
            raise Unreadable(
                ReadStatus.SUSPICIOUS,
                "entries of the archive share the same bytes, as in a zip bomb. Pack it again.",
            )
        end = entry.header_offset + entry.compress_size


def _zip_chunks(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, passwords: Sequence[str]
) -> Iterator[bytes]:
    if stat.S_ISLNK(entry.external_attr >> 16):  # the upper half holds the Unix file mode
        raise Unreadable(ReadStatus.UNSUPPORTED, _NO_FILE)
    try:
        with archive.open(entry, pwd=password_for(archive, entry, passwords)) as stream:
            yield from _chunks(stream)
    except NotImplementedError as exc:
        if entry.flag_bits & _ENCRYPTED:
            raise _locked_entry() from exc
        raise Unreadable(
            ReadStatus.UNSUPPORTED, "it is compressed by a rare method. Pack it with deflate."
        ) from exc
    except _MALFORMED as exc:
        raise Unreadable(ReadStatus.DAMAGED, _DAMAGED_ENTRY) from exc


def password_for(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, passwords: Sequence[str]
) -> bytes | None:
    """Return the first configured password that opens an entry, None if it is not encrypted.

    Raises:
        Unreadable: ENCRYPTED, none of them opens it.
    """
    if not entry.flag_bits & _ENCRYPTED:
        return None
    for password in passwords:
        # zipfile raises RuntimeError for a wrong password.
        with suppress(RuntimeError), archive.open(entry, pwd=password.encode()) as stream:
            stream.read(1)
            return password.encode()
    raise _locked_entry()


def tar_files(path: Path) -> Iterator[EmbeddedFile]:
    """Walk through a tar without extracting it: links are listed, not followed."""
    try:
        with tarfile.open(path, mode="r:") as archive:
            for member in islice(archive, _MOST_ENTRIES):
                if not member.isdir():
                    yield EmbeddedFile(member.name, partial(_tar_chunks, archive, member))
    except _MALFORMED as exc:
        raise _damaged_archive() from exc


def _tar_chunks(archive: tarfile.TarFile, member: tarfile.TarInfo) -> Iterator[bytes]:
    if not member.isfile():
        raise Unreadable(ReadStatus.UNSUPPORTED, _NO_FILE)
    try:
        stream = archive.extractfile(member)
        if stream is not None:
            yield from _chunks(stream)
    except _MALFORMED as exc:
        raise Unreadable(ReadStatus.DAMAGED, _DAMAGED_ENTRY) from exc


def _decompressed(path: Path, open_compressed: Callable[[Path], Any]) -> Iterator[bytes]:
    try:
        with open_compressed(path) as stream:
            yield from _chunks(stream)
    except _MALFORMED as exc:
        raise Unreadable(
            ReadStatus.DAMAGED, "the compressed file is damaged. Pack it again."
        ) from exc


def _chunks(stream: IO[bytes]) -> Iterator[bytes]:
    while chunk := stream.read(_CHUNK_BYTES):
        yield chunk


def _damaged_archive() -> Unreadable:
    return Unreadable(
        ReadStatus.DAMAGED, "the archive is damaged. Pack it again and upload it once more."
    )


def _locked_entry() -> Unreadable:
    return Unreadable(
        ReadStatus.ENCRYPTED,
        "it is encrypted inside the archive. Pack it without a password, or add the password to "
        "CASPIO_INGEST_PROCESSING__PASSWORDS (only the encryption of the zip format itself is "
        "opened, not AES).",
    )
