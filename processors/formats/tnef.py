"""Read Outlook's winmail.dat: the text of a mail and its attachments in TNEF, see [MS-OXTNEF].

Every length in it is an attacker's: nothing is taken but slices of what was read, and the number of
attributes and properties is bounded.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path

from pipeline.model import ReadStatus
from processors.contract import Context, EmbeddedFile, Reading, Unreadable
from processors.detect.encoding import clean, decode
from processors.layout.plain_page import text_page
from processors.mail.quotes import split_quoted
from processors.mail.rich_text import unpacked

MEDIA_TYPE = "application/ms-tnef"
_SIGNATURE = b"\x78\x9f\x3e\x22"  # section 2.1.3.1
_KEY_BYTES, _CHECKSUM_BYTES = 2, 2
_ATTRIBUTE = struct.Struct("<BII")  # level, number with its type, length (section 2.1.3.2)
_SUBJECT, _BODY, _MESSAGE_PROPERTIES = 0x00018004, 0x0002800C, 0x00069003
_ATTACHMENT_BEGINS, _TITLE, _DATA = 0x00069002, 0x00018010, 0x0006800F
_ATTACHMENT_PROPERTIES = 0x00069005
_MOST_ATTRIBUTES, _MOST_PROPERTIES, _MOST_ATTACHMENTS = 20_000, 5_000, 1_000

# Properties of [MS-OXPROPS] and the bytes of their types ([MS-OXCDATA] 2.11.1).
_PLAIN_TEXT, _RICH_TEXT, _HTML, _OBJECT, _LONG_NAME = 0x1000, 0x1009, 0x1013, 0x3701, 0x3707
_FIXED_BYTES = {0x02: 4, 0x03: 4, 0x04: 4, 0x0A: 4, 0x0B: 4}
_FIXED_BYTES |= {0x05: 8, 0x06: 8, 0x07: 8, 0x14: 8, 0x40: 8, 0x48: 16}
_VARIABLE = frozenset({0x0D, 0x1E, 0x1F, 0x102})
_UNICODE, _SEVERAL, _NAMED = 0x1F, 0x1000, 0x8000
_ID_BYTES = 16  # of an interface, before an enclosed message, and of the set of a named property
_CUT = "The winmail.dat is damaged. Ask the sender to send the files as they are."


@dataclass(slots=True)
class _TnefPart:
    """The message or one of its attachments: the attributes, and the properties, by number."""

    attributes: dict[int, bytes] = field(default_factory=dict)
    properties: dict[int, bytes] = field(default_factory=dict)


class TnefProcessor:
    """Reads winmail.dat, in which Exchange sends what other mail programs do not know."""

    name = "tnef"

    def accepts(self, media_type: str) -> str | None:
        """Accept TNEF."""
        return None if media_type == MEDIA_TYPE else f"{media_type} is not TNEF"

    def process(self, path: Path, work_dir: Path, context: Context) -> Reading:
        """Return subject and text as one page; rich text and attachments are children."""
        del work_dir, context
        try:
            message, *attachments = _parts_of(path.read_bytes())
        except (struct.error, IndexError) as exc:
            raise Unreadable(ReadStatus.DAMAGED, _CUT) from exc
        subject = _text(message.attributes.get(_SUBJECT, b""))
        plain = message.properties.get(_PLAIN_TEXT) or message.attributes.get(_BODY, b"")
        own, quoted = split_quoted(_text(plain).replace("\r\n", "\n"), subject=subject)
        files = [] if own.strip() else list(_formatted(message))
        files += map(_file_of, islice(attachments, _MOST_ATTACHMENTS))
        text = "\n\n".join(filter(None, (subject and f"Subject: {subject}", own)))
        return Reading((text_page(text, engine="tnef", kept_apart=quoted),), children=files)


def _parts_of(data: bytes) -> list[_TnefPart]:
    """Return the message and its attachments.

    Raises:
        struct.error: it is cut.
        IndexError: it is no TNEF, or a property is of no known type.
    """
    if not data.startswith(_SIGNATURE):
        raise IndexError(_CUT)
    parts = [_TnefPart()]
    start = len(_SIGNATURE) + _KEY_BYTES
    for _ in range(_MOST_ATTRIBUTES):
        if start >= len(data):
            break
        _, number, length = _ATTRIBUTE.unpack_from(data, start)
        start += _ATTRIBUTE.size
        content = _slice(data, start, length)
        start += length + _CHECKSUM_BYTES
        if number == _ATTACHMENT_BEGINS:
            parts.append(_TnefPart())
        parts[-1].attributes.setdefault(number, content)
        if number in {_MESSAGE_PROPERTIES, _ATTACHMENT_PROPERTIES}:
            for name, value in _properties_in(content):
                parts[-1].properties.setdefault(name, value)
    return parts


def _properties_in(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the numbers of properties with their first values (section 2.1.3.4)."""
    count, start = _number(data, 0), 4
    for _ in range(min(count, _MOST_PROPERTIES)):
        kind, number = struct.unpack_from("<HH", data, start)
        start += 4
        if number >= _NAMED:
            start += _ID_BYTES
            is_text = _number(data, start) == 1
            start += 8 + (_padded(_number(data, start + 4)) if is_text else 0)
        values, start = _values_at(data, start, kind)
        if values:
            text = values[0].decode("utf-16-le", "replace").encode() if kind == _UNICODE else None
            yield number, values[0] if text is None else text


def _values_at(data: bytes, start: int, kind: int) -> tuple[list[bytes], int]:
    """Return the values of a property, and where the next property begins."""
    single = kind & ~_SEVERAL
    is_counted = single in _VARIABLE or bool(kind & _SEVERAL)
    if single not in _VARIABLE and single not in _FIXED_BYTES:
        raise IndexError(_CUT)
    count = _number(data, start) if is_counted else 1
    start += 4 if is_counted else 0
    values: list[bytes] = []
    for _ in range(min(count, _MOST_PROPERTIES)):
        length = _FIXED_BYTES.get(single, 0)
        if single in _VARIABLE:
            length, start = _number(data, start), start + 4
        values.append(_slice(data, start, length))
        start += _padded(length)
    return values, start


def _slice(data: bytes, start: int, length: int) -> bytes:
    if start + length > len(data):
        raise IndexError(_CUT)
    return data[start : start + length]


def _number(data: bytes, start: int) -> int:
    number: int = struct.unpack_from("<I", data, start)[0]
    return number


def _padded(length: int) -> int:
    return (length + 3) // 4 * 4


def _text(data: bytes) -> str:
    return clean(decode(data.rstrip(b"\0"))).strip() if data else ""


def _formatted(message: _TnefPart) -> Iterator[EmbeddedFile]:
    """Yield the body of a message that has no plain text: as HTML, else as rich text."""
    html, packed = message.properties.get(_HTML), message.properties.get(_RICH_TEXT)
    if html:
        yield EmbeddedFile("message.html", lambda: (html,))
    elif packed:
        yield EmbeddedFile("message.rtf", partial(_unpacked, packed))


def _unpacked(packed: bytes) -> Iterator[bytes]:
    try:
        yield unpacked(packed)
    except ValueError as exc:
        raise Unreadable(ReadStatus.DAMAGED, f"{exc}. {_CUT}") from exc


def _file_of(attachment: _TnefPart) -> EmbeddedFile:
    name = _text(attachment.properties.get(_LONG_NAME) or attachment.attributes.get(_TITLE, b""))
    data = attachment.attributes.get(_DATA) or attachment.properties.get(_OBJECT, b"")
    if data[_ID_BYTES:].startswith(_SIGNATURE):
        data = data[_ID_BYTES:]
    return EmbeddedFile(name or "unnamed", lambda: (data,))
