"""Where things are in the archive, and what every store requires of a key. Pure.

`originals/sha256/ab/cd/<sha256>` has an upload's bytes. Below `documents/`, the folder
`<source>/<record>/<field>/<version>/` has
the manifest of one file version and what was derived from it, `renames/<source>/` which version our
own renames turned each file into. `replaced/` says of originals that no run has read which file at
Caspio they were, before a raw write replaced or deleted it. `owner.txt` names the account.
"""

import re
from collections.abc import Sequence
from itertools import count
from urllib.parse import quote

from pipeline.model import Child, FileRef, Place

MANIFEST = "manifest.json"
OWNER = "owner.txt"
RENAMES = "renames/"
DOCUMENTS = "documents/"
REPLACED = "replaced/"

# Stores limit a key to 1,024 bytes: four parts of this length fit in with the names below them.
_MAX_PART_CHARS = 150
# A backslash is a separator elsewhere; stores refuse or change control characters.
_HAS_UNUSABLE_CHARS = re.compile(r"[\\\x00-\x1f\x7f]").search


def original_key(sha256: str) -> str:
    """Return the key of an original."""
    return f"originals/sha256/{sha256[:2]}/{sha256[2:4]}/{sha256}"


def replaced_key(sha256: str, note_sha256: str) -> str:
    """Return the key of a note on an original that a raw write replaced or deleted."""
    return f"{REPLACED}{sha256}/{note_sha256[:20]}.json"


def replaced_digest(key: str) -> str:
    """Return the SHA-256 of the original that such a note is on."""
    return key.removeprefix(REPLACED).partition("/")[0]


def document_prefix(ref: FileRef) -> str:
    """Return the prefix of what is derived from one file version, without a slash at the end."""
    # The column of a folder's file is known only once there is a record: it is not part of the key.
    field = "" if ref.place is Place.FOLDER else ref.field
    parts = ["documents"]
    for text in (ref.source, ref.holder.lstrip("/"), field):
        # Quoted, a part has no slash. It must be neither empty nor dots only: stores and file
        # systems would read such a part as another folder.
        part = quote(text, safe=" ,()@+=-_", errors="surrogatepass") or "_"
        if set(part) == {"."}:
            part = part.replace(".", "%2E")
        parts.append(part[:_MAX_PART_CHARS])
    return "/".join([*parts, ref.version])


def child_folders(children: Sequence[Child]) -> list[str]:
    """Return the folder of each child of a document: never the name that the document gives it.

    Documents that consist of pages are counted apart: another reading may find another number of
    them, and the files inside keep their folders.
    """
    files, documents = count(1), count(1)
    return [
        f"children/{next(files):03d}"
        if child.page_range is None
        else f"children/pages-{next(documents):03d}"
        for child in children
    ]


def checked_key(key: str) -> str:
    """Return the key if it is usable in every store.

    Raises:
        ValueError: it is empty, absolute, has an empty, `.` or `..` part, a backslash or a control
            character.
    """
    parts = key.split("/")
    if any(part in {"", ".", ".."} for part in parts) or _HAS_UNUSABLE_CHARS(key):
        raise ValueError(f"{key!r} is not an archive key")
    return key


def checked_prefix(prefix: str) -> str:
    """Return the prefix if keys can begin with it; its last part may be empty or cut short.

    Raises:
        ValueError: no usable key begins with it.
    """
    *parts, last = prefix.split("/")
    unusable = any(part in {"", ".", ".."} for part in parts) or last == ".."
    if unusable or _HAS_UNUSABLE_CHARS(prefix):
        raise ValueError(f"{prefix!r} is not a prefix of archive keys")
    return prefix
