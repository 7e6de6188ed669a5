"""Decode the headers of mail as their senders mean them: encoded words and raw bytes.

The standard library takes labels of encodings literally and gives up raw bytes.
"""

import base64
import binascii
import quopri
import re
from email.message import Message

from processors.detect.encoding import clean, decode, decode_declared

# RFC 2047, section 2, with the language of RFC 2231, section 5; programs leave blanks in the text.
_ENCODED_WORD = re.compile(r"=\?([^?*\s]{1,40})(?:\*[^?\s]{0,20})?\?([bBqQ])\?([^?]*)\?=")
_BETWEEN_WORDS = re.compile(r"(\?=)\s+(?==\?)")
_FOLD = re.compile(r"\r?\n(?=[ \t])")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
_LONGEST_HEADER = 10_000


def header_text(message: Message, name: str) -> str:
    """Return the first header of a name as text on one line; "" if there is none."""
    raw = next(
        (str(value) for key, value in message.raw_items() if key.lower() == name.lower()), ""
    )
    return clean(" ".join(decoded_words(raw[:_LONGEST_HEADER]).split()))


def decoded_words(raw: str) -> str:
    """Decode the encoded words of a header, and the bytes between them that are not ASCII."""
    text = _BETWEEN_WORDS.sub(r"\1", _FOLD.sub("", raw))
    parts: list[str] = []
    waiting: tuple[str, bytes] = ("", b"")  # the words so far: a character may be split between two
    end = 0
    for word in _ENCODED_WORD.finditer(text):
        between = text[end : word.start()]
        label, data = word[1].lower(), _word_bytes(word[2], word[3])
        if between or label != waiting[0]:
            parts += [decode_declared(waiting[1], waiting[0]), _plain(between)]
            waiting = (label, data)
        else:
            waiting = (label, waiting[1] + data)
        end = word.end()
    parts += [decode_declared(waiting[1], waiting[0]), _plain(text[end:])]
    return _QUOTED.sub(r"\1", "".join(parts))


def _plain(text: str) -> str:
    """Decode what is no encoded word; the library keeps its bytes as halves of surrogate pairs."""
    if not text.isascii():
        return decode(text.encode("utf-8", "surrogateescape"))
    return text


def _word_bytes(encoding: str, text: str) -> bytes:
    data = text.encode("utf-8", "surrogateescape")
    if encoding in "qQ":
        return quopri.decodestring(data, header=True)
    try:
        return base64.b64decode(data + b"==")  # programs leave the padding out
    except (binascii.Error, ValueError):
        return data
