"""Name the kinds of files that are not read by how they begin, and say what to do with them."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from processors.detect.media import FileType


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind of `kinds.toml`: its type, its beginnings, and the sentence for users."""

    file_type: FileType
    begins: tuple[bytes, ...]
    at: int
    says: str
    has_documents: bool


def type_of(head: bytes) -> FileType | None:
    """Return the kind of a file that is no text by its first bytes, None if it is not known."""
    for kind in _kinds():
        if head[kind.at :].startswith(kind.begins):
            return kind.file_type
    return None


def advice(media_type: str) -> str | None:
    """Return what to do with a file of a kind that is not read, None if it is not known."""
    kind = _by_media_type().get(media_type)
    return kind.says if kind else None


def has_documents(media_type: str) -> bool:
    """Return whether files of a kind that is not read are or contain documents."""
    kind = _by_media_type().get(media_type)
    return kind is not None and kind.has_documents


@cache
def _by_media_type() -> Mapping[str, _Kind]:
    return {kind.file_type.media_type: kind for kind in reversed(_kinds())}


@cache
def _kinds() -> tuple[_Kind, ...]:
    file = resources.files(__package__).joinpath("kinds.toml")
    return tuple(map(_kind_of, tomllib.loads(file.read_text(encoding="utf-8"))["kinds"]))


def _kind_of(entry: Mapping[str, Any]) -> _Kind:
    return _Kind(
        FileType(entry["media_type"], entry.get("extension", "")),
        tuple(map(_bytes_of, entry.get("begins", ()))),
        entry.get("at", 0),
        entry["says"],
        entry.get("documents", False),
    )


def _bytes_of(text: str) -> bytes:
    return bytes.fromhex(text[2:]) if text.startswith("0x") else text.encode("ascii")
