"""Archives: zip, tar, gzip, bzip2 and xz. Their files are documents; their names are never paths."""

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

_CHUNK_BYTES = 2**20
_MOST_ENTRIES = 100_000
_BROKEN = (
    zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, EOFError, OSError, NotImplementedError,
    ValueError, OverflowError, LookupError, TypeError, RecursionError,
)  # fmt: skip
_COMPRESSED: dict[str, Callable[[Path], Any]] = {
    "application/gzip": gzip.open,
    "application/x-bzip2": bz2.open,
    "application/x-xz": lzma.open,
}
_LINK = "it is a link or a device, not a file; nothing is behind it."


class ArchiveProcessor:
    """Takes the files out of zip and tar archives, and the one out of gzip, bzip2 and xz."""

    name = "archive"

    def accepts(self, media_type: str) -> str | None:
        """Accept what the standard library unpacks."""
        known = media_type in {media.ZIP, media.TAR, *_COMPRESSED}
        return None if known else f"{media_type} is not an archive this project unpacks"

    def process(self, path: Path, work_dir: Path, context: Context) -> Reading:
        """Return no pages, only children.

        Raises:
            Unreadable: SUSPICIOUS where a zip lets entries share bytes, DAMAGED where its directory cannot be read.
        """
        del work_dir
        media_type = media.file_type_of(path).media_type
        if media_type == media.ZIP:
            return Reading(pages=(), children=_zip(path, context.settings.passwords))
        if media_type == media.TAR:
            return Reading(pages=(), children=_tar(path))
        return Reading(
            pages=(),
            children=[EmbeddedFile("content", partial(_unpacked, path, _COMPRESSED[media_type]))],
        )


def _zip(path: Path, passwords: Sequence[str]) -> Iterator[EmbeddedFile]:
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            _check_overlaps(entries)
            for entry in islice(entries, _MOST_ENTRIES):
                if not entry.is_dir():
                    yield EmbeddedFile(
                        entry.filename, partial(_zip_entry, archive, entry, passwords)
                    )
    except _BROKEN as exc:
        raise _damaged() from exc


def _check_overlaps(entries: Iterable[zipfile.ZipInfo]) -> None:
    """Refuse a zip whose entries lie over each other: the trick of the densest bombs, and no program's habit.

    Raises:
        Unreadable: SUSPICIOUS.
    """
    end = 0
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        if entry.header_offset < end:
            raise Unreadable(
                ReadStatus.SUSPICIOUS,
                "entries of the archive share the same bytes, as bombs do; pack it anew.",
            )
        end = entry.header_offset + entry.compress_size


def _zip_entry(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, passwords: Sequence[str]
) -> Iterator[bytes]:
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise Unreadable(ReadStatus.UNSUPPORTED, _LINK)
    try:
        with _zip_stream(archive, entry, passwords) as stream:
            yield from _chunks(stream)
    except NotImplementedError as exc:
        raise _zip_refusal(entry) from exc
    except _BROKEN as exc:
        raise Unreadable(
            ReadStatus.DAMAGED, "it is damaged inside the archive; pack it anew."
        ) from exc


def _zip_stream(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, passwords: Sequence[str]
) -> IO[bytes]:
    """Open an entry, with the first configured password that fits where it is locked."""
    if not entry.flag_bits & 1:
        return archive.open(entry)
    for password in passwords:
        with suppress(RuntimeError), archive.open(entry, pwd=password.encode()) as stream:
            stream.read(1)
            return archive.open(entry, pwd=password.encode())
    raise _zip_refusal(entry)


def _zip_refusal(entry: zipfile.ZipInfo) -> Unreadable:
    if entry.flag_bits & 1:
        return Unreadable(
            ReadStatus.ENCRYPTED,
            "it is locked with a password inside the archive; pack it without one, or add it to processing.passwords "
            "(zip's own encryption only, AES is not opened).",
        )
    return Unreadable(
        ReadStatus.UNSUPPORTED, "it is packed by a rare method; pack it with deflate."
    )


def _tar(path: Path) -> Iterator[EmbeddedFile]:
    """Walk through a tar without ever extracting: links are named and not followed."""
    try:
        with tarfile.open(path, mode="r:") as archive:
            for member in islice(archive, _MOST_ENTRIES):
                if not member.isdir():
                    yield EmbeddedFile(member.name, partial(_tar_member, archive, member))
    except _BROKEN as exc:
        raise _damaged() from exc


def _tar_member(archive: tarfile.TarFile, member: tarfile.TarInfo) -> Iterator[bytes]:
    if not member.isfile():
        raise Unreadable(ReadStatus.UNSUPPORTED, _LINK)
    try:
        stream = archive.extractfile(member)
        if stream is not None:
            yield from _chunks(stream)
    except _BROKEN as exc:
        raise Unreadable(
            ReadStatus.DAMAGED, "it is damaged inside the archive; pack it anew."
        ) from exc


def _unpacked(path: Path, opened: Callable[[Path], Any]) -> Iterator[bytes]:
    try:
        with opened(path) as stream:
            yield from _chunks(stream)
    except _BROKEN as exc:
        raise Unreadable(ReadStatus.DAMAGED, "the packed file is damaged; pack it anew.") from exc


def _chunks(stream: IO[bytes]) -> Iterator[bytes]:
    while chunk := stream.read(_CHUNK_BYTES):
        yield chunk


def _damaged() -> Unreadable:
    return Unreadable(
        ReadStatus.DAMAGED, "the archive is damaged; pack it anew and upload it again."
    )
