"""Read mail saved by a mail program (RFC 5322, MIME): headers and body.

Attachments are documents of their own.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from email import message_from_bytes, policy
from email.message import EmailMessage, Message
from functools import partial
from itertools import islice
from pathlib import Path
from typing import cast

from pipeline.model import ReadStatus
from processors.contract import Context, EmbeddedFile, Reading, Unreadable
from processors.detect.encoding import clean, decode, encoding_of
from processors.detect.html_text import visible_text
from processors.detect.media import MAIL
from processors.layout.plain_page import text_page

_SHOWN_HEADERS = ("From", "To", "Cc", "Date", "Subject")
_MOST_DEPTH = 20  # multiparts within each other; mail programs nest three or four
_MOST_PARTS = 2000
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
        data = path.read_bytes().lstrip()
        if encoding_of(data).startswith("utf-16"):  # a text editor saved it; mail is ASCII or 8-bit
            data = decode(data).lstrip("\ufeff").encode()
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
        text = "\n".join(headers) + "\n\n" + _body(body_parts)

        problems: tuple[str, ...] = ()
        if len(parts) == _MOST_PARTS:
            problems = (f"Only the first {_MOST_PARTS} parts of the mail were read.",)
        return Reading(
            pages=(text_page(clean(text), engine="mail"),),
            problems=problems,
            children=[_embedded_file(part) for part in attachments],
        )


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


def _is_attachment(part: Message) -> bool:
    """Say whether a part is a file: by its disposition (RFC 2183), or as a mail, or by a name."""
    try:
        return (
            part.get_content_disposition() == "attachment"
            or part.get_content_type() == MAIL
            or bool(part.get_filename())
        )
    except _MALFORMED:
        return False


def _body(parts: Sequence[Message]) -> str:
    """Return the plain text; if there is none, the visible text of the HTML parts."""
    plain = [_part_text(part) for part in parts if part.get_content_type() == "text/plain"]
    plain = [text for text in plain if text.strip()]
    if plain:
        return "\n\n".join(plain)
    html = [_part_text(part) for part in parts if part.get_content_type() == "text/html"]
    return "\n\n".join(visible_text(text) for text in html)


def _part_text(part: Message) -> str:
    """Decode a part as it declares; if that fails, by its content."""
    try:
        content = part.get_content() if isinstance(part, EmailMessage) else None
    except _MALFORMED:
        content = None
    if isinstance(content, str):
        return content
    try:
        payload = part.get_payload(decode=True)
    except _MALFORMED:
        return ""
    return decode(payload) if isinstance(payload, bytes) else ""


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
            data: object = enclosed.as_bytes(policy=policy.compat32)
        else:
            data = part.get_payload(decode=True)
    except _MALFORMED as exc:
        raise Unreadable(
            ReadStatus.DAMAGED,
            "the encoding of the attachment is broken. Ask the sender to send it again.",
        ) from exc
    yield data if isinstance(data, bytes) else b""
