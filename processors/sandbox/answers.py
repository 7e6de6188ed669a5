"""The child's answer, as JSON that the parent checks value by value.

A child can say nothing but words and numbers. Nothing in an answer is executed, and an answer is
void as a whole when one value does not fit its place. Paths in an answer are relative to the
child's folder for the document.
"""

import json
import math
import os
import re
import stat
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from functools import partial
from itertools import accumulate
from pathlib import Path, PurePosixPath
from typing import Any, NoReturn, TypeVar

from pipeline.model import Candidate, Child, Finding, Findings, PageText, ReadStatus
from pipeline.model.reading import MOST_CANDIDATE_CHARS, MOST_CANDIDATES
from processors.sandbox.isolation import Granted

FILE, WORK = "answer.json", "work"
"""In the child's folder for a document: the answer, and the folder of the files it leaves."""

MOST_BYTES = 48 * 2**20
"""The text of a document travels up to four times (whole, by page, and both again for the files
inside it), two million characters each, of up to four bytes; the rest is for everything else.
"""
MOST_STRUCTURE_BYTES = 8 * 2**20
"""JSON without what is in its strings: each byte of it may cost twenty bytes of memory."""
DEEPEST = 100
"""Levels of lists and objects: a file inside a file adds four, and files are read a few levels
deep.
"""
_DEEPEST_CHILD = 20

_STRING_PATTERN = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?+'
_STRING = re.compile(_STRING_PATTERN, re.DOTALL)
"""A string, or the rest of the answer where it does not end. Possessive: a match never goes back
over a byte.
"""
_SOME = re.compile(rb'(?:[^"]++|' + _STRING_PATTERN + rb"){1,20000}+", re.DOTALL)
"""A part that is cheap to take apart: Python needs a hundred bytes for each piece that it puts
together again.
"""
_STEP = bytes.maketrans(b"[{]}", bytes((2, 2, 0, 0)))
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_SURROGATE = re.compile("[\ud800-\udfff]")
_MEDIA_TYPE = re.compile(r"[A-Za-z0-9][\w.+-]{0,126}/[\w.+-]{1,127}")
_EXTENSION = re.compile(r"\.[A-Za-z0-9]{1,16}")

T = TypeVar("T")


class ProtocolError(Exception):
    """A child answered with an invalid answer, or left a file that it may not leave."""


@dataclass(frozen=True, slots=True)
class Bug:
    """An error that no processor foresaw, as text."""

    kind: str
    trace: str


ChildAnswer = Findings | Bug | Granted


def write(answer: ChildAnswer, folder: Path) -> None:
    """Write an answer into a folder; its paths become relative to the folder's own `work`."""
    kind = type(answer).__name__.lower()
    work = folder / WORK

    def relative(value: object) -> str:
        # The parent refuses any other path.
        if isinstance(value, Path) and value.is_relative_to(work):
            return str(value.relative_to(work))
        return str(value)

    text = json.dumps({kind: asdict(answer)}, default=relative, ensure_ascii=False)
    try:
        data = text.encode()
    except UnicodeEncodeError:
        data = _SURROGATE.sub("\ufffd", text).encode()
    (folder / FILE).write_bytes(data)


def read(folder: int) -> ChildAnswer:
    """Read the answer in an open folder that a child could write in.

    Raises:
        ProtocolError: there is none, it is larger than any answer, or it is not what an answer
            looks like.
    """
    try:
        data = _bytes(folder)
        check_structure(data)
        return _answer(json.loads(data, parse_constant=_refuse_constant))
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as exc:
        raise ProtocolError(f"its answer is not valid ({type(exc).__name__})") from exc


def check_structure(data: bytes) -> None:
    """Look at the structure of JSON before it is parsed, in time that grows with its length alone.

    Raises:
        ValueError: there is more structure than any answer has, or it is too deep.
    """
    structure = depth = 0
    for part in _SOME.finditer(data):
        outside = _STRING.sub(b"", part.group())
        structure += len(outside)
        steps = [step - 1 for step in outside.translate(_STEP, _NO_BRACKETS)]
        deepest = max(accumulate(steps, initial=depth))
        depth += sum(steps)
        if structure > MOST_STRUCTURE_BYTES or deepest > DEEPEST:
            raise ValueError("more values or deeper ones than any answer has")


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number")


def _bytes(folder: int) -> bytes:
    """Return what is in the file; a link, a pipe or a second name of another file is refused."""
    number = os.open(
        FILE, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder
    )
    with os.fdopen(number, "rb") as stream:
        found = os.fstat(number)
        if not stat.S_ISREG(found.st_mode) or found.st_nlink != 1:
            raise ValueError("not a plain file")
        data = stream.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise ValueError("longer than any answer")
    return data


def _answer(raw: Mapping[str, Any]) -> ChildAnswer:
    [(kind, content)] = raw.items()
    match kind:
        case "findings":
            return _findings(content, 0)
        case "bug":
            return Bug(_text(content["kind"]), _text(content["trace"]))
        case "granted":
            return _granted(content)
    raise ValueError("an answer of no known kind")


def _findings(raw: Mapping[str, Any], depth: int) -> Findings:
    if depth > _DEEPEST_CHILD:
        raise ValueError("deeper than anything is read")
    return Findings(
        media_type=_matching(_MEDIA_TYPE, raw["media_type"]),
        status=ReadStatus(raw["status"]),
        doc_type=_finding(raw["doc_type"]),
        fields=_by_name(_finding, raw["fields"]),
        pages=tuple([_page(page) for page in _list(raw["pages"])]),
        text=_text(raw["text"]),
        problems=tuple([_text(problem) for problem in _list(raw["problems"])]),
        derived=_by_name(_path, raw["derived"]),
        children=tuple([_child(child, depth + 1) for child in _list(raw["children"])]),
        metadata=_by_name(_text, raw["metadata"]),
        extension=_optional(partial(_matching, _EXTENSION), raw["extension"]),
        left_out=_by_name(_text, raw["left_out"]),
    )


def _child(raw: Mapping[str, Any], depth: int) -> Child:
    return Child(
        name=_text(raw["name"]),
        findings=_findings(raw["findings"], depth),
        sha256=_optional(_text, raw["sha256"]),
        size_bytes=_count(raw["size_bytes"]),
        path=_optional(_path, raw["path"]),
        page_range=_optional(_page_range, raw["page_range"]),
    )


def _page_range(raw: object) -> tuple[int, int]:
    first, last = [_count(number) for number in _list(raw)]
    return first, last


def _finding(raw: Mapping[str, Any]) -> Finding:
    return Finding(
        value=_optional(_text, raw["value"]),
        confidence=_share(raw["confidence"]),
        reason=_text(raw["reason"]),
        page=_optional(_count, raw["page"]),
        box=_optional(_box, raw["box"]),
        child=_text(raw["child"]),
        others=_candidates(raw["others"]),
    )


def _candidates(raw: object) -> tuple[Candidate, ...]:
    found = _list(raw)
    if len(found) > MOST_CANDIDATES:
        raise ValueError("more candidates than any finding has")
    return tuple([_candidate(each) for each in found])


def _candidate(raw: Mapping[str, Any]) -> Candidate:
    value, reason = _text(raw["value"]), _text(raw["reason"])
    if max(len(value), len(reason)) > MOST_CANDIDATE_CHARS:
        raise ValueError("longer than any candidate")
    return Candidate(
        value=value,
        confidence=_share(raw["confidence"]),
        reason=reason,
        page=_optional(_count, raw["page"]),
        box=_optional(_box, raw["box"]),
    )


def _page(raw: Mapping[str, Any]) -> PageText:
    return PageText(
        number=_count(raw["number"]),
        source=_text(raw["source"]),
        engine=_optional(_text, raw["engine"]),
        confidence=_optional(_share, raw["confidence"]),
        text=_text(raw["text"]),
        width_pt=_optional(_number, raw["width_pt"]),
        height_pt=_optional(_number, raw["height_pt"]),
        reason=_text(raw["reason"]),
    )


def _granted(raw: Mapping[str, Any]) -> Granted:
    kinds: dict[type, Callable[[Any], Any]] = {bool: _flag, int: _count, str: _text}
    said: dict[str, Any] = {}
    for field in fields(Granted):
        value = raw[field.name]
        if field.name == "namespaces":
            said[field.name] = tuple([_text(name) for name in _list(value)])
        elif field.default is None:
            said[field.name] = _optional(_count, value)
        else:
            said[field.name] = kinds[type(field.default)](value)
    return Granted(**said)


def _optional(kind: Callable[[Any], T], raw: object) -> T | None:
    return None if raw is None else kind(raw)


def _by_name(kind: Callable[[Any], T], raw: object) -> dict[str, T]:
    if not isinstance(raw, dict):
        raise TypeError("no object")
    return {_text(name): kind(value) for name, value in raw.items()}


def _list(raw: object) -> list[Any]:
    if not isinstance(raw, list):
        raise TypeError("no list")
    return raw


def _text(raw: object) -> str:
    """Return a text, with U+FFFD for each half of a surrogate pair: no database takes those."""
    if not isinstance(raw, str):
        raise TypeError("no text")
    return _SURROGATE.sub("\ufffd", raw)


def _matching(pattern: re.Pattern[str], raw: object) -> str:
    text = _text(raw)
    if not pattern.fullmatch(text):
        raise ValueError("not what belongs here")
    return text


def _path(raw: object) -> Path:
    """Return a path below the child's folder; `output` looks at what is there."""
    path = PurePosixPath(_text(raw))
    if path.is_absolute() or ".." in path.parts or not path.parts:
        raise ValueError("not a path below the folder")
    return Path(path)


def _flag(raw: object) -> bool:
    if not isinstance(raw, bool):
        raise TypeError("neither true nor false")
    return raw


def _count(raw: object) -> int:
    if not isinstance(raw, int) or isinstance(raw, bool) or not 0 <= raw < 2**53:
        raise ValueError("no count")
    return raw


def _number(raw: object) -> float:
    if not isinstance(raw, int | float) or isinstance(raw, bool) or not math.isfinite(raw):
        raise ValueError("no number")
    return float(raw)


def _share(raw: object) -> float:
    share = _number(raw)
    if not 0 <= share <= 1:
        raise ValueError("no share")
    return share


def _box(raw: object) -> tuple[float, float, float, float]:
    left, top, right, bottom = [_number(place) for place in _list(raw)]
    return left, top, right, bottom
