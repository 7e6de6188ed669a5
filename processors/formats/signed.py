"""Take documents out of their signatures: PKCS #7 and CMS, as in .p7m files and S/MIME mail.

The signature itself is not checked: this project reads what a document says, not who signed it.
"""

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from pipeline.model import ReadStatus
from processors.contract import Context, EmbeddedFile, Reading, Unreadable
from processors.detect.file_type import armored_signature
from processors.detect.media import SIGNED

# ITU-T X.690, section 8.1: identifier octets of the types that are used here.
_OBJECT_ID, _OCTETS, _OCTETS_IN_PARTS = 0x06, 0x04, 0x24
_SIGNED_DATA = bytes.fromhex("2a864886f70d010702")  # RFC 5652, section 5.1
_ENVELOPED_DATA = bytes.fromhex("2a864886f70d010703")  # section 6.1
_INDEFINITE = 0x80
_LONG_TAG = 0x1F
_MOST_DEPTH = 30
_ARMOR_BYTES = 256  # which hold the beginning of the message, and the line before it
_MOST_LENGTH_BYTES = 5


class _Item(NamedTuple):
    """An element of BER: its identifier octet, where its content is, and where it ends."""

    tag: int
    start: int
    end: int
    after: int


class SignedProcessor:
    """Reads the document inside a signature."""

    name = "signed"

    def accepts(self, media_type: str) -> str | None:
        """Accept messages of PKCS #7 and CMS."""
        return None if media_type == SIGNED else f"{media_type} is not a signed document"

    def process(self, path: Path, work_dir: Path, context: Context) -> Reading:
        """Return no pages, only the document that was signed.

        Raises:
            Unreadable: ENCRYPTED for an encrypted message, UNSUPPORTED for a signature alone,
                DAMAGED if its structure is broken.
        """
        del work_dir, context
        data = _without_armor(path.read_bytes())
        try:
            content = _signed_content(data)
        except (IndexError, ValueError) as exc:
            raise Unreadable(
                ReadStatus.DAMAGED, "the signed file is damaged. Ask for it once more."
            ) from exc
        return Reading(pages=(), children=[EmbeddedFile("content", lambda: (content,))])


def _without_armor(data: bytes) -> bytes:
    """Return the message itself: mail and some programs keep it in base64."""
    start = armored_signature(data[:_ARMOR_BYTES])
    if start is None:
        return data
    return base64.b64decode(data[start:].partition(b"-----")[0] + b"==")


def _signed_content(data: bytes) -> bytes:
    """Return what was signed (RFC 5652, sections 3 and 5).

    Raises ValueError or IndexError if the structure is broken, Unreadable if nothing is in it.
    """
    outer = _item(data, 0, 0)
    kind, *wrapped = _items(data, outer)
    if data[kind.start : kind.end] == _ENVELOPED_DATA:
        raise Unreadable(
            ReadStatus.ENCRYPTED,
            "the message is encrypted for its recipient. Save it decrypted and upload that.",
        )
    if kind.tag != _OBJECT_ID or data[kind.start : kind.end] != _SIGNED_DATA or not wrapped:
        raise ValueError("this is not signed data")
    signed_data = _items(data, wrapped[0])[0]
    # The version, the set of digest algorithms, then what was signed.
    encapsulated = _items(data, _items(data, signed_data)[2])
    if len(encapsulated) < 2:  # noqa: PLR2004 - the type, then the content
        raise Unreadable(
            ReadStatus.UNSUPPORTED,
            "it is a signature without the document. Upload the document itself.",
        )
    return b"".join(_octets(data, _items(data, encapsulated[1])[0], 0))


def _octets(data: bytes, item: _Item, depth: int) -> Iterator[bytes]:
    if item.tag == _OCTETS:
        yield data[item.start : item.end]
    elif item.tag == _OCTETS_IN_PARTS and depth < _MOST_DEPTH:
        for part in _items(data, item):
            yield from _octets(data, part, depth + 1)
    else:
        raise ValueError("the content is not a string of octets")


def _items(data: bytes, parent: _Item) -> list[_Item]:
    found: list[_Item] = []
    start = parent.start
    while start < parent.end:
        found.append(_item(data, start, 0))
        start = found[-1].after
    return found


def _item(data: bytes, start: int, depth: int) -> _Item:
    """Read an element (X.690, section 8.1.2 and 8.1.3)."""
    tag, length = data[start], data[start + 1]
    if tag & _LONG_TAG == _LONG_TAG or depth > _MOST_DEPTH:
        raise ValueError("an element that signed data does not have")
    content = start + 2
    if length == _INDEFINITE:
        # The content ends with two zero bytes, which are behind its own elements.
        end = content
        while data[end : end + 2] != b"\0\0":
            end = _item(data, end, depth + 1).after
        return _Item(tag, content, end, end + 2)
    if length > _INDEFINITE:
        count = length - _INDEFINITE
        if count > _MOST_LENGTH_BYTES:
            raise ValueError("an impossible length")
        length = int.from_bytes(data[content : content + count])
        content += count
    if content + length > len(data):
        raise ValueError("the file is cut")
    return _Item(tag, content, content + length, content + length)
