"""Mail as saved by a mail program: headers and body; what is attached are documents of their own."""

from collections.abc import Iterator, Sequence
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

_SHOWN = ("From", "To", "Cc", "Date", "Subject")
_DEEPEST = 20
_PARTS = 2000
_BROKEN = (ValueError, LookupError, TypeError, AttributeError, RecursionError)
"""What the standard library's header and body parsers raise on mail that breaks the rules."""


class MailProcessor:
    """Reads .eml files with the standard library."""

    name = "mail"

    def accepts(self, media_type: str) -> str | None:
        """Accept mail in Internet form."""
        return None if media_type == MAIL else f"{media_type} is not a saved mail"

    def process(self, path: Path, work_dir: Path, context: Context) -> Reading:
        """Return headers and body as one page, attachments and enclosed mails as children."""
        del work_dir, context
        message = _parsed(_bytes(path))
        headers = [f"{name}: {value}" for name in _SHOWN if (value := _header(message, name))]
        parts = list(islice(_leaves(message), _PARTS))
        body = _body([part for part in parts if not _is_attachment(part)])
        attached = [part for part in parts if _is_attachment(part)]
        text = "\n".join(headers) + "\n\n" + body
        problems = (
            ()
            if len(parts) < _PARTS
            else (f"Only the first {_PARTS} parts of the mail were read.",)
        )
        return Reading(
            pages=(text_page(clean(text), engine="mail"),),
            problems=problems,
            children=_enclosed(attached),
        )


def _enclosed(parts: Sequence[Message]) -> Iterator[EmbeddedFile]:
    for part in parts:
        yield EmbeddedFile(_filename(part), partial(_content, part))


def _content(part: Message) -> Iterator[bytes]:
    """Give an attachment's bytes: decoded, an enclosed mail as mail."""
    try:
        payload = part.get_payload()
        if part.get_content_type() == MAIL and isinstance(payload, list) and payload:
            yield cast("Message", payload[0]).as_bytes(policy=policy.compat32)
            return
        decoded = part.get_payload(decode=True)
    except _BROKEN as exc:
        raise Unreadable(
            ReadStatus.DAMAGED, "the attachment's encoding is broken; ask for it again."
        ) from exc
    yield decoded if isinstance(decoded, bytes) else b""


def _parsed(data: bytes) -> Message:
    """Parse a mail; the standard library's parser goes one call deeper with every level of parts.

    Raises:
        Unreadable: SUSPICIOUS, the parts lie deeper in each other than any mail program puts them.
    """
    try:
        return message_from_bytes(data, policy=policy.default)
    except RecursionError as exc:
        raise Unreadable(
            ReadStatus.SUSPICIOUS,
            "the mail's parts lie hundreds of levels deep, as no mail program writes them; upload its files.",
        ) from exc


def _bytes(path: Path) -> bytes:
    """Return the mail as 8-bit text; a text editor may have saved it as UTF-16."""
    data = path.read_bytes().lstrip()
    return (
        decode(data).lstrip("\ufeff").encode() if encoding_of(data).startswith("utf-16") else data
    )


def _leaves(message: Message, depth: int = 0) -> Iterator[Message]:
    """Yield the parts that hold something, those of enclosed mails excluded, bounded in depth and number."""
    if message.is_multipart() and message.get_content_type() != MAIL and depth < _DEEPEST:
        payload = message.get_payload()
        for part in payload[:_PARTS] if isinstance(payload, list) else []:
            if isinstance(part, Message):
                yield from _leaves(part, depth + 1)
    else:
        yield message


def _is_attachment(part: Message) -> bool:
    try:
        return (
            part.get_content_disposition() == "attachment"
            or part.get_content_type() == MAIL
            or bool(part.get_filename())
        )
    except _BROKEN:
        return False


def _filename(part: Message) -> str:
    try:
        return clean(
            part.get_filename() or ("mail.eml" if part.get_content_type() == MAIL else "unnamed")
        )
    except _BROKEN:
        return "unnamed"


def _body(parts: list[Message]) -> str:
    """Return the plain text, or the stripped HTML where the sender gave no plain text."""
    plain = [
        text
        for part in parts
        if part.get_content_type() == "text/plain" and (text := _text(part)).strip()
    ]
    if plain:
        return "\n\n".join(plain)
    return "\n\n".join(
        visible_text(_text(part)) for part in parts if part.get_content_type() == "text/html"
    )


def _text(part: Message) -> str:
    try:
        content = part.get_content() if isinstance(part, EmailMessage) else None
    except _BROKEN:
        content = None
    if isinstance(content, str):
        return content
    try:
        payload = part.get_payload(decode=True)
    except _BROKEN:
        return ""
    return decode(payload) if isinstance(payload, bytes) else ""


def _header(message: Message, name: str) -> str:
    try:
        return " ".join(str(message.get(name, "")).split())
    except _BROKEN:
        return ""
