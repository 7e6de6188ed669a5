"""What a child answers, as JSON: read by its parent piece by piece, so that a child taken over can only say words.

Nothing in an answer is executed, and what does not fit its place exactly makes the whole answer void.
"""

import json
import math
import os
import re
import stat
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

from pipeline.model import Child, Finding, Findings, PageText, ReadStatus
from processors.sandbox.confinement import Granted
from processors.sandbox.output import ProtocolError

MOST_BYTES = 64 * 2**20
_MOST_STRUCTURE_BYTES = 8 * 2**20
"""JSON without what stands in its strings: each byte of it may cost twenty of memory."""
_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_DEEPEST = 20

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Bug:
    """An error nobody foresaw, as text."""

    kind: str
    trace: str


Answer = Findings | Bug | Granted


def written(answer: Answer, file: Path) -> None:
    """Write an answer to a file."""
    kind = (
        "findings"
        if isinstance(answer, Findings)
        else "bug"
        if isinstance(answer, Bug)
        else "granted"
    )
    text = json.dumps({kind: asdict(answer)}, default=str, ensure_ascii=False)
    file.write_bytes(text.encode("utf-8", "replace"))


def read(file: Path) -> Answer:
    """Read an answer from a file that a child has left.

    Raises:
        ProtocolError: there is none, it is larger than any answer, or it is not what an answer looks like.
    """
    try:
        return _answer(json.loads(_bytes(file)))
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as exc:
        raise ProtocolError("what it answered is no answer") from exc


def _answer(raw: Mapping[str, Any]) -> Answer:
    [(kind, content)] = raw.items()
    match kind:
        case "findings":
            return _findings(content, 0)
        case "bug":
            return Bug(_text(content["kind"]), _text(content["trace"]))
        case "granted":
            return _granted(content)
    raise ValueError("nobody knows such an answer")


def _bytes(file: Path) -> bytes:
    """Return what stands in a plain file of bounded size; a link or a pipe in its place is refused."""
    number = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(number, "rb") as stream:
        if not stat.S_ISREG(os.fstat(number).st_mode):
            raise ValueError("no file")
        data = stream.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES or len(_STRING.sub(b"", data)) > _MOST_STRUCTURE_BYTES:
        raise ValueError("longer than any answer")
    return data


def _findings(raw: Mapping[str, Any], depth: int) -> Findings:
    if depth > _DEEPEST:
        raise ValueError("deeper than anything is read")
    return Findings(
        media_type=_text(raw["media_type"]),
        status=ReadStatus(raw["status"]),
        doc_type=_finding(raw["doc_type"]),
        fields=_by_name(_finding, raw["fields"]),
        pages=tuple([_page(page) for page in _list(raw["pages"])]),
        text=_text(raw["text"]),
        problems=tuple([_text(problem) for problem in _list(raw["problems"])]),
        derived=_by_name(_path, raw["derived"]),
        children=tuple([_enclosed(child, depth + 1) for child in _list(raw["children"])]),
        metadata=_by_name(_text, raw["metadata"]),
        extension=_perhaps(_text, raw["extension"]),
        left_out=_by_name(_text, raw["left_out"]),
    )


def _enclosed(raw: Mapping[str, Any], depth: int) -> Child:
    return Child(
        name=_text(raw["name"]),
        findings=_findings(raw["findings"], depth),
        sha256=_perhaps(_text, raw["sha256"]),
        size_bytes=_count(raw["size_bytes"]),
        path=_perhaps(_path, raw["path"]),
    )


def _finding(raw: Mapping[str, Any]) -> Finding:
    return Finding(
        value=_perhaps(_text, raw["value"]),
        confidence=_share(raw["confidence"]),
        reason=_text(raw["reason"]),
        page=_perhaps(_count, raw["page"]),
        box=_perhaps(_box, raw["box"]),
        child=_text(raw["child"]),
    )


def _page(raw: Mapping[str, Any]) -> PageText:
    return PageText(
        number=_count(raw["number"]),
        source=_text(raw["source"]),
        engine=_perhaps(_text, raw["engine"]),
        confidence=_perhaps(_share, raw["confidence"]),
        text=_text(raw["text"]),
        width_pt=_perhaps(_number, raw["width_pt"]),
        height_pt=_perhaps(_number, raw["height_pt"]),
        reason=_text(raw["reason"]),
    )


def _granted(raw: Mapping[str, Any]) -> Granted:
    return Granted(
        network=_text(raw["network"]),
        landlock=_count(raw["landlock"]),
        memory_mib=_perhaps(_count, raw["memory_mib"]),
        cpu_s=_perhaps(_count, raw["cpu_s"]),
        output_mib=_perhaps(_count, raw["output_mib"]),
        stall=raw["stall"] is True,
    )


def _perhaps(kind: Callable[[Any], T], raw: object) -> T | None:
    return None if raw is None else kind(raw)


def _by_name(kind: Callable[[Any], T], raw: object) -> dict[str, T]:
    if not isinstance(raw, dict):
        raise TypeError("no object")
    return {name: kind(value) for name, value in raw.items()}


def _list(raw: object) -> list[Any]:
    if not isinstance(raw, list):
        raise TypeError("no list")
    return raw


def _text(raw: object) -> str:
    if not isinstance(raw, str):
        raise TypeError("no text")
    return raw


def _path(raw: object) -> Path:
    return Path(_text(raw))


def _count(raw: object) -> int:
    if not isinstance(raw, int) or isinstance(raw, bool) or not 0 <= raw < 2**53:
        raise ValueError("no count")
    return raw


def _number(raw: object) -> float:
    if not isinstance(raw, int | float) or isinstance(raw, bool) or not math.isfinite(raw):
        raise ValueError("no number")
    return float(raw)


def _share(raw: object) -> float:
    if not 0 <= (share := _number(raw)) <= 1:
        raise ValueError("no share")
    return share


def _box(raw: object) -> tuple[float, float, float, float]:
    left, top, right, bottom = [_number(place) for place in _list(raw)]
    return left, top, right, bottom
