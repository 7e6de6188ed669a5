"""Read mail saved by a mail program (RFC 5322, MIME): headers and body.

Attachments are documents of their own.
"""

import binascii
import quopri
import re
from collections.abc import Iterator, Sequence
from email import message_from_bytes, policy
from email.message import Message
from functools import partial
from itertools import islice
from pathlib import Path
from typing import cast

from pipeline.model import ReadStatus
from processors.contract import Context, EmbeddedFile, Reading, Unreadable
from processors.detect.encoding import clean, decode, decode_declared, encoding_of
from processors.detect.html_text import decode_html, texts_of_html
from processors.detect.machine_text import without_cards
from processors.detect.media import MAIL
from processors.detect.text_types import is_mail
from processors.layout.plain_page import text_page
from processors.mail.headers import header_text
from processors.mail.parts import payload_of, unfolded, with_parts, without_uuencoded
from processors.mail.quotes import split_quoted

_SAVED_BY = re.compile(r"<(?i:saved by) [^@>]*>$")
"""What browsers have as the sender of a page that they save as a mail."""
_SHOWN_HEADERS = ("From", "To", "Cc", "Date", "Subject")
_MOST_DEPTH = 20  # multiparts within each other; mail programs nest three or four
_MOST_PARTS = 2000
_BODY_TYPES = frozenset({"text/plain", "text/html"})
# Forms of the same body beside those, for programs that few use, and what a saved page needs.
_OTHER_FORMS = frozenset(
    {
        *("text/x-amp-html", "text/watch-html", "text/enriched", "text/richtext"),
        *("text/css", "text/javascript"),
    }
)
_MAILS = frozenset({MAIL, "message/global"})  # RFC 6532, section 3.7: mail in UTF-8
_PGP_SIGNATURE = "application/pgp-signature"  # says nothing that is read
_PGP_TYPE, _PGP_MESSAGE = "application/pgp-encrypted", "-----BEGIN PGP MESSAGE-----"
# Apple Mail writes the length of the mail before it, and a property list behind it.
_APPLE_LENGTH = re.compile(rb"\A(\d{1,10})[ \t]*\r?\n")
# RFC 4155: a mailbox is one mail after another, each after such a line.
_MAILBOX_LINE = re.compile(rb"^From [^\r\n]*\r?\n(?=[A-Za-z][A-Za-z0-9-]{0,60}:)", re.MULTILINE)
_WORD = re.compile(r"\w+")
_LEAST_SHARED = 0.5  # of the words of the HTML: fewer are a note that there is HTML
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
            message = with_parts(message_from_bytes(data, policy=policy.default), data)
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
        shown = {name: header_text(message, name) for name in _SHOWN_HEADERS}
        if _SAVED_BY.match(shown["From"]):
            shown["From"] = ""
        head = "\n".join(f"{name}: {value}" for name, value in shown.items() if value)
        text, apart = _body(body_parts)
        body, enclosed = without_uuencoded(text)
        own, quoted = split_quoted(body, subject=shown["Subject"])
        own, cards = without_cards(own)
        kept_apart = clean("\n".join(filter(None, (quoted, cards, apart))))

        return Reading(
            pages=(text_page(clean(f"{head}\n\n{own}"), engine="mail", kept_apart=kept_apart),),
            problems=tuple(_problems(parts, own)),
            children=[*(_embedded_file(part) for part in attachments), *enclosed],
        )


def _problems(parts: Sequence[Message], own: str) -> Iterator[str]:
    if len(parts) == _MOST_PARTS:
        yield f"Only the first {_MOST_PARTS} parts of the mail were read."
    if _PGP_MESSAGE in own or any(_kind(part) == _PGP_TYPE for part in parts):
        yield "The mail is encrypted with PGP. Save it decrypted and upload that."


def _kind(part: Message) -> str:
    """Return the media type of a part, "" if its header cannot be parsed."""
    try:
        return part.get_content_type()
    except _MALFORMED:
        return ""


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
    is_container = message.is_multipart() and _kind(message) not in _MAILS
    if not is_container or depth >= _MOST_DEPTH:
        if _kind(message) != _PGP_SIGNATURE:
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
        return (
            part.get_content_disposition() == "attachment"
            or part.get_content_type() not in _BODY_TYPES | _OTHER_FORMS
            or bool(part.get_filename())
        )
    except _MALFORMED:
        return False


def _body(parts: Sequence[Message]) -> tuple[str, str]:
    """Return the plain text, or the visible text of the HTML parts if that says much more.

    Beside the second is what is not valid or not seen in it.
    """
    plain_text = "\n\n".join(filter(str.strip, _texts(parts, "text/plain")))
    texts = [texts_of_html(text, marks_quotes=True) for text in _texts(parts, "text/html")]
    html_text, apart = ("\n\n".join(text[kind] for text in texts).strip() for kind in (0, 1))
    plain_words, html_words = set(_WORD.findall(plain_text)), set(_WORD.findall(html_text))
    shared = len(plain_words & html_words)
    if len(html_words) > len(plain_words) and shared < _LEAST_SHARED * len(html_words):
        return html_text, apart
    return (plain_text, "") if plain_text else (html_text, apart)


def _texts(parts: Sequence[Message], kind: str) -> list[str]:
    return [_part_text(part) for part in parts if _kind(part) == kind]


def _part_text(part: Message) -> str:
    """Decode a part as it declares; if it declares nothing or fails, by its content."""
    try:
        payload = payload_of(part)
        label = part.get_content_charset() or ""
    except _MALFORMED:
        return ""
    if not isinstance(payload, bytes):
        return ""
    if not label and part.get_content_type() == "text/html":
        return decode_html(payload)
    text = decode_declared(payload, label)
    return unfolded(text, part) if str(part.get_param("format")).lower() == "flowed" else text


def _embedded_file(part: Message) -> EmbeddedFile:
    try:
        fallback = "mail.eml" if part.get_content_type() in _MAILS else "unnamed"
        name = clean(part.get_filename() or fallback)
    except _MALFORMED:
        name = "unnamed"
    return EmbeddedFile(name, partial(_attachment_bytes, part))


def _attachment_bytes(part: Message) -> Iterator[bytes]:
    """Yield the bytes of an attachment: decoded, an enclosed mail as mail."""
    try:
        payload = part.get_payload()
        if part.get_content_type() in _MAILS and isinstance(payload, list) and payload:
            enclosed = cast("Message", payload[0])
            encoding = str(part.get("Content-Transfer-Encoding", "")).strip().lower()
            data: object = _decoded_mail(enclosed.as_bytes(policy=policy.compat32), encoding)
        else:
            data = payload_of(part)
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
