"""Read mail saved by a mail program (RFC 5322, MIME): headers and body.

Attachments are documents of their own.
"""

import binascii
import quopri
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from email import message_from_bytes, policy
from email.message import Message
from functools import partial
from itertools import islice
from pathlib import Path
from typing import cast

from pipeline.model import ReadStatus
from processors.contract import Context, EmbeddedFile, Reading, Unreadable
from processors.detect.encoding import clean, decode, decode_declared, encoding_of
from processors.detect.html_text import decode_html, visible_text
from processors.detect.media import MAIL
from processors.detect.text_types import is_mail
from processors.layout.plain_page import text_page

_SHOWN_HEADERS = ("From", "To", "Cc", "Date", "Subject")
_MOST_DEPTH = 20  # multiparts within each other; mail programs nest three or four
_MOST_PARTS = 2000
_BODY_TYPES = frozenset({"text/plain", "text/html"})
# Apple Mail writes the length of the mail before it, and a property list behind it.
_APPLE_LENGTH = re.compile(rb"\A(\d{1,10})[ \t]*\r?\n")
# RFC 4155: a mailbox is one mail after another, each after such a line.
_MAILBOX_LINE = re.compile(rb"^From [^\r\n]*\r?\n(?=[A-Za-z][A-Za-z0-9-]{0,60}:)", re.MULTILINE)
_WORD = re.compile(r"\w+")
_LEAST_SHARED = 0.5  # of the words of the HTML: fewer are a note that there is HTML
# Lines that mail programs write above the mail that is answered: "On …, … wrote:", and above one
# that is forwarded.
_ATTRIBUTION = re.compile(
    r"(?:on|am|le|el|il|em|op|den|dne|w dniu)\b.{0,200}"
    r"\b(?:wrote|schrieb|[ée]crit|escribi[óo]|ha scritto|escreveu|schreef|skrev|napsal|napisał)"
    r".{0,200}:\s*",
    re.IGNORECASE,
)
_FEWEST_OWN_WORDS = 4  # "FYI" or "Please pay, thanks" above a mail says nothing of its own
# What the standard library's header and body parsers raise on mail that violates the standards.
_MALFORMED = (ValueError, LookupError, TypeError, AttributeError, RecursionError)


class MailProcessor:
    """Reads .eml files with the standard library."""

    name = "mail"

    def accepts(self, media_type: str) -> str | None:
        """Accept mail in the format of RFC 5322."""
        return None if media_type == MAIL else f"{media_type} is not a saved mail"

    def process(self, path: Path, work_dir: Path, context: Context) -> Reading:
        """Return headers and body as one page, attachments and enclosed mails as children.

        Raises:
            Unreadable: SUSPICIOUS, its parts are nested deeper than any mail program nests them.
        """
        del work_dir, context
        data = _mail_in(path)
        starts = [line.end() for line in _MAILBOX_LINE.finditer(data)]
        if len(starts) > 1 and data.startswith(b"From "):
            return Reading(pages=(), children=_mails_of_mailbox(data))
        try:
            message = message_from_bytes(data, policy=policy.default)
        except RecursionError as exc:  # the parser calls itself once per level of parts
            raise Unreadable(
                ReadStatus.SUSPICIOUS,
                "the parts of the mail are nested hundreds of levels deep, which no mail program "
                "does. Upload its attachments instead.",
            ) from exc

        body_parts: list[Message] = []
        attachments: list[Message] = []
        parts = list(islice(_leaf_parts(message), _MOST_PARTS))
        for part in parts:
            (attachments if _is_attachment(part) else body_parts).append(part)
        headers = []
        for name in _SHOWN_HEADERS:
            with suppress(*_MALFORMED):
                value = " ".join(str(message.get(name, "")).split())
                headers += [f"{name}: {value}"] if value else []
        own, quoted = _split_quoted(_body(body_parts))
        head = "\n".join(headers)

        problems: tuple[str, ...] = ()
        if len(parts) == _MOST_PARTS:
            problems = (f"Only the first {_MOST_PARTS} parts of the mail were read.",)
        return Reading(
            pages=(text_page(clean(f"{head}\n\n{own}"), engine="mail", kept_apart=clean(quoted)),),
            problems=problems,
            children=[_embedded_file(part) for part in attachments],
        )


def _mail_in(path: Path) -> bytes:
    """Return the mail in a file without what a program saved around it."""
    data = path.read_bytes().lstrip()
    if encoding_of(data).startswith("utf-16"):  # a text editor saved it; mail is ASCII or 8-bit
        data = decode(data).lstrip("\ufeff").encode()
    length = _APPLE_LENGTH.match(data)
    return data[length.end() : length.end() + int(length[1])] if length is not None else data


def _leaf_parts(message: Message, depth: int = 0) -> Iterator[Message]:
    """Yield the parts that are not multiparts (RFC 2046, section 5.1).

    An enclosed mail is one part.
    """
    is_container = message.is_multipart() and message.get_content_type() != MAIL
    if not is_container or depth >= _MOST_DEPTH:
        yield message
        return
    payload = message.get_payload()
    if isinstance(payload, list):
        for part in payload[:_MOST_PARTS]:
            if isinstance(part, Message):
                yield from _leaf_parts(part, depth + 1)


def _mails_of_mailbox(data: bytes) -> Iterator[EmbeddedFile]:
    lines = list(_MAILBOX_LINE.finditer(data))
    ends = [*(line.start() for line in lines[1:]), len(data)]
    for number, (line, end) in enumerate(zip(lines, ends, strict=True), start=1):
        mail = data[line.end() : end]
        yield EmbeddedFile(f"mail {number}.eml", partial(iter, [mail]))


def _is_attachment(part: Message) -> bool:
    """Say whether a part is a file: all but texts, and texts that are attached or have a name.

    Scanners send documents without a disposition (RFC 2183) and without a name.
    """
    try:
        kind = part.get_content_type()
        return (
            part.get_content_disposition() == "attachment"
            or part.get_content_maintype() != "text"
            or bool(part.get_filename())
            or (kind not in _BODY_TYPES and "xml" in kind)
        )
    except _MALFORMED:
        return False


def _body(parts: Sequence[Message]) -> str:
    """Return the plain text, or the visible text of the HTML parts if that says much more."""
    plain = [_part_text(part) for part in parts if part.get_content_type() == "text/plain"]
    html = [_part_text(part) for part in parts if part.get_content_type() == "text/html"]
    plain_text = "\n\n".join(text for text in plain if text.strip())
    html_text = "\n\n".join(visible_text(text) for text in html)
    plain_words, html_words = set(_WORD.findall(plain_text)), set(_WORD.findall(html_text))
    shared = len(plain_words & html_words)
    if len(html_words) > len(plain_words) and shared < _LEAST_SHARED * len(html_words):
        return html_text
    return plain_text or html_text


def _part_text(part: Message) -> str:
    """Decode a part as it declares; if it declares nothing or fails, by its content."""
    try:
        payload = part.get_payload(decode=True)
        label = part.get_content_charset() or ""
    except _MALFORMED:
        return ""
    if not isinstance(payload, bytes):
        return ""
    if not label and part.get_content_type() == "text/html":
        return decode_html(payload)
    return decode_declared(payload, label)


def _split_quoted(text: str) -> tuple[str, str]:
    """Return the sender's own text and the older mail that it quotes line by line (RFC 3676, 4.5).

    A mail of which hardly anything is the sender's own forwards what it quotes: that is its text.
    """
    own: list[str] = []
    quoted: list[str] = []
    for line in text.split("\n"):
        if line.startswith(">"):
            if own and not quoted and _ATTRIBUTION.fullmatch(own[-1].strip()):
                quoted.append(own.pop())
            quoted.append(line)
        else:
            own.append(line)
    own_text = "\n".join(own)
    if len(_WORD.findall(own_text)) < _FEWEST_OWN_WORDS:
        return text, ""
    return own_text, "\n".join(quoted)


def _embedded_file(part: Message) -> EmbeddedFile:
    try:
        fallback = "mail.eml" if part.get_content_type() == MAIL else "unnamed"
        name = clean(part.get_filename() or fallback)
    except _MALFORMED:
        name = "unnamed"
    return EmbeddedFile(name, partial(_attachment_bytes, part))


def _attachment_bytes(part: Message) -> Iterator[bytes]:
    """Yield the bytes of an attachment: decoded, an enclosed mail as mail."""
    try:
        payload = part.get_payload()
        if part.get_content_type() == MAIL and isinstance(payload, list) and payload:
            enclosed = cast("Message", payload[0])
            encoding = str(part.get("Content-Transfer-Encoding", "")).strip().lower()
            data: object = _decoded_mail(enclosed.as_bytes(policy=policy.compat32), encoding)
        else:
            data = part.get_payload(decode=True)
    except _MALFORMED as exc:
        raise Unreadable(
            ReadStatus.DAMAGED,
            "the encoding of the attachment is broken. Ask the sender to send it again.",
        ) from exc
    yield data if isinstance(data, bytes) else b""


def _decoded_mail(data: bytes, encoding: str) -> bytes:
    """Decode an enclosed mail that was sent in base64 or quoted-printable.

    RFC 2046, section 5.2.1, forbids it, so the library does not expect it.
    """
    if encoding == "quoted-printable":
        return quopri.decodestring(data)
    is_encoded = encoding == "base64" and not is_mail(decode(data))
    return binascii.a2b_base64(data) if is_encoded else data
