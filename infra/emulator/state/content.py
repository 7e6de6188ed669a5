"""Contents of files: references to bytes, which are read when they are asked for."""

import hashlib
import json
import mimetypes
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CHUNK = 256 * 1024


@dataclass(frozen=True, slots=True)
class Content:
    """A file's bytes: a path on disk, or a rule that generates them.

    `rule` is a byte value from 0 to 255, "seed:…" for bytes that look random and are the same every
    time, or "text:…".
    """

    size: int
    path: str = ""
    rule: str = ""

    def chunks(self) -> Iterator[bytes]:
        """Yield the bytes, at most 256 KiB at a time; a text comes in one piece."""
        if not self.rule:
            with Path(self.path).open("rb") as stream:
                while chunk := stream.read(CHUNK):
                    yield chunk
            return
        if self.rule.startswith("text:"):
            yield self.rule.removeprefix("text:").encode()
            return

        left = self.size
        number = 0
        while left > 0:
            if self.rule.startswith("seed:"):
                # Each chunk has its own hash, so that any chunk can be made without the others.
                chunk = hashlib.shake_128(f"{self.rule}:{number}".encode()).digest(CHUNK)
            else:
                chunk = bytes([int(self.rule)]) * CHUNK
            yield chunk[:left]
            left -= CHUNK
            number += 1

    def sha256(self) -> str:
        """Return the digest of all bytes."""
        digest = hashlib.sha256()
        for chunk in self.chunks():
            digest.update(chunk)
        return digest.hexdigest()

    def stored(self) -> str:
        """Return the reference as text."""
        return json.dumps([self.size, self.path, self.rule])

    def delete_from(self, folder: Path) -> None:
        """Delete the file if it is in a folder: uploads are, a seed's own files are not."""
        path = Path(self.path)
        if self.path and path.parent == folder:
            path.unlink(missing_ok=True)


def content_from_stored(text: str) -> Content:
    """Read a reference that `stored` returned."""
    size, path, rule = json.loads(text)
    return Content(size=size, path=path, rule=rule)


def content_of_file(path: Path) -> Content:
    """Refer to a file on disk."""
    return Content(size=path.stat().st_size, path=str(path.resolve()))


@dataclass(frozen=True, slots=True)
class NamedContent:
    """Content with the name and media type that its uploader gave it."""

    name: str
    content: Content
    media_type: str = ""

    @property
    def shown_media_type(self) -> str:
        """Return the media type given, or else the one that the name suggests."""
        # Not strict: also types that are in use but not registered, such as image/webp once was.
        guessed, _ = mimetypes.guess_type(self.name, strict=False)
        return self.media_type or guessed or "application/octet-stream"


def content_from_seed(folder: Path, value: object) -> NamedContent:
    """Read a file of a seed.

    It is a relative path, `{"path", "name"?}`, or `{"generate": {"name", "size", "byte"|"seed"}}`.
    ValueError names what is wrong.
    """
    if isinstance(value, dict) and isinstance(value.get("generate"), dict):
        rule = value["generate"]
        generated = str(int(rule["byte"])) if "byte" in rule else f"seed:{rule.get('seed', 0)}"
        content = Content(size=int(rule["size"]), rule=generated)
        return NamedContent(name=str(rule["name"]), content=content)

    given: dict[str, Any] = value if isinstance(value, dict) else {"path": value}
    if not isinstance(given.get("path"), str):
        raise ValueError(  # noqa: TRY004  the seed is data, its mistakes are values
            f"{value!r} is neither a relative path nor a rule to generate a file; "
            "correct account.json."
        )
    path = folder / given["path"]
    if not path.is_file():
        raise ValueError(
            f"The seed names {given['path']!r}, but {path} is not a file; add it or correct "
            "account.json."
        )
    return NamedContent(name=str(given.get("name") or path.name), content=content_of_file(path))


def split_name(name: str) -> tuple[str, str]:
    """Split a file name into its base and its extension without the dot."""
    # §3.3 (C): fileInfo has base and extension apart, the extension without its dot.
    # The last dot counts: archive.tar.gz has the extension gz.
    base, dot, extension = name.rpartition(".")
    return (base, extension) if dot else (name, "")


def join_name(base: str, extension: str) -> str:
    """Join what `split_name` split."""
    return f"{base}.{extension}" if extension else base
