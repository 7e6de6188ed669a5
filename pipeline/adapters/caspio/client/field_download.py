"""Download all files of an attachment field to a folder, and go on where an earlier download stopped."""

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

from pipeline.adapters.caspio.client import where
from pipeline.adapters.caspio.client.areas.containers import Containers
from pipeline.adapters.caspio.client.attachment_lookup import AttachmentLookup
from pipeline.adapters.caspio.client.save import save
from pipeline.adapters.caspio.client.wire import FileInfo
from pipeline.errors import RefusedByCaspio, RejectFile

MANIFEST = "manifest.jsonl"
MAX_NAME_BYTES = 200
LONGEST_EXTENSION = 10  # characters
_NO_FILE = {400, 404}
_PLAIN_PK = re.compile(r"[0-9,]+")


@dataclass(frozen=True, slots=True)
class FieldFile:
    """One file of the field, a line of the manifest.

    Attributes:
        pk: PK_ID of its record.
        name: Its full name at Caspio.
        size_bytes: Its size as listed.
        date: Date of its last change as listed.
        file: Its name in the folder, "" where it could not be had.
        sha256: Digest of its bytes.
        problem: Why it could not be had, "" where it could.
    """

    pk: str
    name: str
    size_bytes: int | None
    date: str
    file: str = ""
    sha256: str = ""
    problem: str = ""


def download_field(
    containers: Containers, container: str, field: str, folder: Path, *, condition: str = ""
) -> Iterator[FieldFile]:
    """Yield every file of an attachment field, each once its bytes are in the folder.

    A file is written whole or not at all. The folder's manifest.jsonl has a line for each; a file it has, of the same
    name, size and date, is yielded without being fetched again. What was deleted at Caspio stays in the folder.

    Args:
        containers: `client.tables` or `client.views`.
        container: The table or view.
        field: The ATTACHMENT field.
        folder: Made if missing.
        condition: Only the files of records that meet it.

    Raises:
        ServiceUnavailable: Caspio cannot be reached; call again to go on.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lookup = AttachmentLookup(containers, container=container, field=field)
    known = _manifest(folder)
    with (folder / MANIFEST).open("a", encoding="utf-8") as manifest:
        for info in _infos(containers, container, lookup, condition):
            file = known.get(info.pk)
            if file is None or not _is_there(file, info, folder):
                file = _fetched(containers, container, field, info, folder)
                manifest.write(json.dumps(asdict(file), ensure_ascii=False) + "\n")
                manifest.flush()
            yield file


def _infos(
    containers: Containers, container: str, lookup: AttachmentLookup, condition: str
) -> Iterator[FileInfo]:
    bracketed = f"({condition})" if condition else ""
    for page in containers.record_pages(container, select=(where.PK,), condition=bracketed):
        pks = [record.pk for record in page if record.pk is not None]
        found = lookup.of_page(pks, condition=condition)
        yield from (found[pk] for pk in pks if pk in found)


def _fetched(
    containers: Containers, container: str, field: str, info: FileInfo, folder: Path
) -> FieldFile:
    file = FieldFile(info.pk, info.full_name, info.size_bytes, info.listed_date)
    name = local_name(info.pk, info.full_name)
    try:
        with containers.download(container, field, info.pk) as download:
            saved = save(download, folder / name, listed_bytes=info.size_bytes)
    except RejectFile as error:
        return _without(file, str(error))
    except RefusedByCaspio as error:
        if error.status not in _NO_FILE:
            raise
        return _without(file, f"it is no longer there: {error}")
    return FieldFile(file.pk, file.name, file.size_bytes, file.date, name, saved.sha256)


def _without(file: FieldFile, problem: str) -> FieldFile:
    return FieldFile(file.pk, file.name, file.size_bytes, file.date, problem=problem)


def _is_there(file: FieldFile, info: FileInfo, folder: Path) -> bool:
    listed = (info.full_name, info.size_bytes, info.listed_date)
    if file.problem or not file.file or (file.name, file.size_bytes, file.date) != listed:
        return False
    path = folder / file.file
    return path.is_file() and info.size_bytes in {None, path.stat().st_size}


def _manifest(folder: Path) -> Mapping[str, FieldFile]:
    """Read the manifest, the latest line of a record first; a line that a kill cut short says nothing."""
    path = folder / MANIFEST
    found: dict[str, FieldFile] = {}
    if not path.is_file():
        return found
    text = path.read_text(encoding="utf-8", errors="replace")
    for line in text.splitlines():
        try:
            file = FieldFile(**json.loads(line))
        except (TypeError, ValueError):
            continue
        found[file.pk] = file
    if text and not text.endswith("\n"):
        with path.open("a", encoding="utf-8") as manifest:
            manifest.write("\n")
    return found


def local_name(pk: str, name: str) -> str:
    """Return a name that is safe on every file system and belongs to one record alone: its PK_ID comes first."""
    prefix = (
        pk
        if _PLAIN_PK.fullmatch(pk) and len(pk) < MAX_NAME_BYTES // 2
        else sha256(pk.encode()).hexdigest()[:16]
    )
    text = re.sub(r"[^\w.,()+ -]", "_", unicodedata.normalize("NFC", name))
    base, dot, extension = text.rpartition(".")
    base, extension = (
        (base, dot + extension) if base and len(extension) <= LONGEST_EXTENSION else (text, "")
    )
    room = MAX_NAME_BYTES - len(prefix) - len(extension.encode()) - 1
    base = base.encode()[:room].decode(errors="ignore")
    return f"{prefix}-{base}{extension}".rstrip(" .")
