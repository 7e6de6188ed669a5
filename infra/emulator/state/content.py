"""Bytes of files, kept as references and streamed when asked for."""

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
    """A file's bytes: a path on disk, or a rule that makes them.

    `rule` is a byte value from 0 to 255, "seed:…" for bytes that look random and are the same every time, or "text:…".
    """

    size: int
    path: str = ""
    rule: str = ""

    def chunks(self) -> Iterator[bytes]:
        """Yield the bytes, at most 256 KiB at a time."""
        if not self.rule:
            with Path(self.path).open("rb") as stream:
                while chunk := stream.read(CHUNK):
                    yield chunk
            return
        if self.rule.startswith("text:"):
            yield self.rule.removeprefix("text:").encode()
            return
        for number in range(-(-self.size // CHUNK)):
            yield self._made(number)[: self.size - number * CHUNK]

    def _made(self, number: int) -> bytes:
        if self.rule.startswith("seed:"):
            return hashlib.shake_128(f"{self.rule}:{number}".encode()).digest(CHUNK)
        return bytes([int(self.rule)]) * CHUNK

    def sha256(self) -> str:
        """Return the digest of all bytes."""
        digest = hashlib.sha256()
        for chunk in self.chunks():
            digest.update(chunk)
        return digest.hexdigest()

    def stored(self) -> str:
        """Return the reference as text."""
        return json.dumps([self.size, self.path, self.rule])


def from_stored(text: str) -> Content:
    """Read a reference kept by `stored`."""
    size, path, rule = json.loads(text)
    return Content(size=size, path=path, rule=rule)


def on_disk(path: Path) -> Content:
    """Refer to a file on disk."""
    return Content(size=path.stat().st_size, path=str(path.resolve()))


@dataclass(frozen=True, slots=True)
class Named:
    """Content with the name and media type a person gave it."""

    name: str
    content: Content
    media_type: str = ""


def from_seed(folder: Path, value: object) -> Named:
    """Read a seed's value: a relative path, `{"path", "name"?}`, or `{"generate": {"name", "size", "byte"|"seed"}}`.

    Raises ValueError naming what cannot be used.
    """
    if isinstance(value, dict) and isinstance(value.get("generate"), dict):
        return _generated(value["generate"])
    given: dict[str, Any] = value if isinstance(value, dict) else {"path": value}
    if not isinstance(given.get("path"), str):
        raise ValueError(  # noqa: TRY004  the seed is data, its mistakes are values
            f"{value!r} is neither a relative path nor a rule to generate a file; correct account.json."
        )
    path = folder / given["path"]
    if not path.is_file():
        raise ValueError(
            f"The seed names {given['path']!r}, but {path} is no file; add it or correct account.json."
        )
    return Named(name=str(given.get("name") or path.name), content=on_disk(path))


def _generated(rule: dict[str, Any]) -> Named:
    made = str(int(rule["byte"])) if "byte" in rule else f"seed:{rule.get('seed', 0)}"
    return Named(name=str(rule["name"]), content=Content(size=int(rule["size"]), rule=made))


def split_name(name: str) -> tuple[str, str]:
    """Split a file name into base and extension without the dot."""
    base, dot, extension = name.rpartition(".")
    return (base, extension) if dot else (name, "")


def join_name(base: str, extension: str) -> str:
    """Join what `split_name` split."""
    return f"{base}.{extension}" if extension else base


def media_type(name: str) -> str:
    """Guess a media type from a name."""
    return mimetypes.guess_type(name, strict=False)[0] or "application/octet-stream"
