"""Download all files of an attachment field to a folder, and continue an earlier download."""

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from pathlib import Path

from pipeline.adapters.caspio.client import where
from pipeline.adapters.caspio.client.areas.containers import Containers
from pipeline.adapters.caspio.client.bulk.attachment_lookup import AttachmentLookup
from pipeline.adapters.caspio.client.bulk.save import save
from pipeline.adapters.caspio.client.errors import ItemError, Refused
from pipeline.adapters.caspio.client.wire.records import FileInfo, pks_of

MANIFEST = "manifest.jsonl"
MAX_NAME_BYTES = 200
"""Bytes of a file name; file systems take 255, and a download adds a suffix while it is written."""

LONGEST_EXTENSION = 10  # characters
_NO_FILE = {400, 404}  # without a file: 404, before Caspio's release 73.0 400
_PLAIN_PK = re.compile(r"[0-9,]+")


@dataclass(frozen=True, slots=True)
class FieldFile:
    """One file of the field, a line of the manifest.

    Attributes:
        pk: PK_ID of its record.
        name: Its full name at Caspio.
        size_bytes: Its size as listed.
        date: Date of its last change as listed.
        file: Its name in the folder, "" if it could not be downloaded.
        sha256: Digest of its bytes.
        problem: Why it could not be downloaded, "" if it could.
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

    A file is written whole or not at all. The folder's manifest.jsonl has a line for each; a file
    it has, of the same name, size and date, is yielded without a download. What was deleted at
    Caspio stays in the folder.

    Args:
        containers: `client.tables` or `client.views`.
        container: The table or view.
        field: The ATTACHMENT field.
        folder: Created if missing.
        condition: Only the files of records that match it.

    Raises:
        Unavailable: Caspio cannot be reached; call again to continue.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lookup = AttachmentLookup(containers, container=container, field=field)
    known = _read_manifest(folder)
    with (folder / MANIFEST).open("a", encoding="utf-8") as manifest:
        for info in _infos(containers, container, lookup, condition):
            file = known.get(info.pk)
            if file is None or not _is_there(file, info, folder):
                file = _downloaded(containers, container, field, info, folder)
                manifest.write(json.dumps(asdict(file), ensure_ascii=False) + "\n")
                manifest.flush()
            yield file


def _infos(
    containers: Containers, container: str, lookup: AttachmentLookup, condition: str
) -> Iterator[FileInfo]:
    in_brackets = f"({condition})" if condition else ""
    for page in containers.record_pages(container, select=(where.PK,), condition=in_brackets):
        pks = pks_of(page)
        found = lookup.of_page(pks, condition=condition)
        for pk in pks:
            if pk in found:
                yield found[pk]


def _downloaded(
    containers: Containers, container: str, field: str, info: FileInfo, folder: Path
) -> FieldFile:
    file = FieldFile(info.pk, info.full_name, info.size_bytes, info.listed_date)
    name = local_name(info.pk, info.full_name)
    try:
        with containers.download(container, field, info.pk) as download:
            saved = save(download, folder / name, listed_bytes=info.size_bytes)
    except ItemError as error:
        return replace(file, problem=str(error))
    except Refused as error:
        if error.status not in _NO_FILE:
            raise
        return replace(file, problem=f"it is no longer there: {error}")
    return replace(file, file=name, sha256=saved.sha256)


def _is_there(file: FieldFile, info: FileInfo, folder: Path) -> bool:
    listed = (info.full_name, info.size_bytes, info.listed_date)
    if file.problem or not file.file or (file.name, file.size_bytes, file.date) != listed:
        return False
    path = folder / file.file
    return path.is_file() and info.size_bytes in {None, path.stat().st_size}


def _read_manifest(folder: Path) -> Mapping[str, FieldFile]:
    """Return the manifest's files; a line that a kill cut short is ignored."""
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
    """Return a name that is safe on every file system; the PK_ID in front makes it unique."""
    prefix = pk
    if not _PLAIN_PK.fullmatch(pk) or len(pk) >= MAX_NAME_BYTES // 2:
        prefix = sha256(pk.encode()).hexdigest()[:16]
    text = re.sub(r"[^\w.,()+ -]", "_", unicodedata.normalize("NFC", name))
    base, dot, extension = text.rpartition(".")
    if base and len(extension) <= LONGEST_EXTENSION:
        extension = dot + extension
    else:
        base, extension = text, ""
    room = MAX_NAME_BYTES - len(prefix) - len(extension.encode()) - 1
    base = base.encode()[:room].decode(errors="ignore")
    return f"{prefix}-{base}{extension}".rstrip(" .")
