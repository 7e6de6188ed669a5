"""Take the parts of mail as senders write them, where the standard library is stricter."""

import binascii
import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import Message
from functools import partial

from processors.contract import EmbeddedFile
from processors.detect.encoding import looks_like_text
from processors.detect.file_type import begins_like_a_file

_COMMENT = re.compile(r"\([^)]*\)")
# A line that begins a part: the boundary, then a header of that part.
_BOUNDARY_LINE = re.compile(
    rb"^--([^\r\n]{1,200}?)[ \t]*\r?\n(?=content-[a-z-]+:)", re.IGNORECASE | re.MULTILINE
)
# A file in the text of a mail, as programs wrote them before MIME; 6 bits are a character.
_UUENCODED = re.compile(
    r"^begin [0-7]{3,4} (\S[^\r\n]{0,200})\r?\n"
    r"((?:[!-M][ -`]{1,90}\r?\n)+)`?[ \t]*\r?\nend\b[^\n]*",
    re.MULTILINE,
)
_MOST_UUENCODED = 100
_BLANKS_AT_END = re.compile(r"=[ \t]+(?=\r?\n)")
_BASE64 = re.compile(rb"\s*(?:[A-Za-z0-9+/]{60,76}\r?\n)+[A-Za-z0-9+/]*={0,2}\s*")
_TEXTS = frozenset({"text", "message", "multipart"})


def with_parts(message: Message, data: bytes) -> Message:
    """Return a mail of parts with them, even if its header does not name their boundary rightly."""
    if message.get_content_maintype() != "multipart" and not str(
        message.get("Content-Type", "")
    ).lower().startswith("multipart"):
        return message
    boundary = _BOUNDARY_LINE.search(data)
    if message.is_multipart() or boundary is None:
        return message
    header = b'Content-Type: multipart/mixed; boundary="' + boundary[1].replace(b'"', b'\\"')
    parts = message_from_bytes(header + b'"\n\n' + data[boundary.start() :], policy=policy.default)
    if parts.is_multipart():
        message.set_payload(parts.get_payload())
    return message


def payload_of(part: Message) -> bytes | None:
    """Decode the content of a part; its encoding may have blanks or a comment around its name."""
    raw = str(part.get("Content-Transfer-Encoding", ""))
    encoding = _COMMENT.sub("", raw).strip().lower()
    if encoding and encoding != raw.lower():
        part.replace_header("Content-Transfer-Encoding", encoding)
    raw_text = part.get_payload()
    if encoding == "quoted-printable" and isinstance(raw_text, str):
        # RFC 2045, section 6.7: blanks at the end of a line were added on the way.
        part.set_payload(_BLANKS_AT_END.sub("=", raw_text))
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return None
    is_plain = encoding in {"", "7bit", "8bit", "binary"}
    if is_plain and part.get_content_maintype() not in _TEXTS and _BASE64.fullmatch(payload):
        return _file_in_base64(payload) or payload
    return payload


def _file_in_base64(payload: bytes) -> bytes | None:
    """Decode a file that a program sent without saying how it encoded it; None if it is none.

    Sequences of letters look like base64, too: what comes out must be a file or a text.
    """
    try:
        data = binascii.a2b_base64(payload)
    except binascii.Error:
        return None
    return data if begins_like_a_file(data) or looks_like_text(data) else None


def unfolded(text: str, part: Message) -> str:
    """Join the lines that a mail program broke (RFC 3676): those that end with a blank."""
    deletes = str(part.get_param("delsp")).lower() == "yes"
    lines: list[str] = []
    continues = False
    for line in text.replace("\r\n", "\n").split("\n"):
        own = line.removeprefix(" ")  # a blank keeps "From" and ">" at the start of a line apart
        if continues and not line.startswith(">"):
            lines[-1] += own
        else:
            lines.append(own)
        # The line above a signature ends with a blank and is broken all the same.
        continues = own.endswith(" ") and own != "-- " and not line.startswith(">")
        if continues and deletes:
            lines[-1] = lines[-1].removesuffix(" ")
    return "\n".join(lines)


def without_uuencoded(text: str) -> tuple[str, list[EmbeddedFile]]:
    """Return a text without the uuencoded files in it, and these files."""
    if "\nend" not in text:
        return text, []
    files = [
        EmbeddedFile(found[1].strip(), partial(_uudecoded, found[2]))
        for found, _ in zip(_UUENCODED.finditer(text), range(_MOST_UUENCODED), strict=False)
    ]
    return (_UUENCODED.sub("", text) if files else text), files


def _uudecoded(lines: str) -> Iterator[bytes]:
    for line in lines.splitlines():
        try:
            yield binascii.a2b_uu(line)
        except binascii.Error:
            # Programs append a check character; the first character says how many bytes follow.
            length = ((ord(line[0]) - 32) & 63) * 4 + 5
            yield binascii.a2b_uu(line[: length // 3])
