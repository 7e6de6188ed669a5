"""Read Outlook messages (.msg): headers and body; attachments are documents of their own.

The format is [MS-OXMSG], a compound file; the numbers of its properties are listed in [MS-OXPROPS].
"""

from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import SMTP
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.model import ReadStatus
from processors.contract import PARSER_ERRORS, Context, EmbeddedFile, Reading, Unreadable
from processors.detect.encoding import clean
from processors.detect.html_text import visible_text
from processors.detect.media import OUTLOOK
from processors.layout.plain_page import text_page
from processors.mail.quotes import split_quoted
from processors.mail.rich_text import unpacked

if TYPE_CHECKING:
    from oxmsg import Message
    from oxmsg.attachment import Attachment
    from oxmsg.storage import Storage

_MOST_ATTACHMENTS = 1_000
_MOST_DEPTH = 8  # messages enclosed in each other
# The storage of an attachment that is a message: property PidTagAttachDataObject (0x3701) of type
# PtypObject (0x000D).
_ENCLOSED_MESSAGE = "__substg1.0_3701000D"
_RICH_TEXT = 0x1009  # of messages that have no other text
_SUBJECT, _BODY, _SENDER_NAME = 0x0037, 0x1000, 0x0C1A
_ATTACHED_DATA, _ATTACHED_NAME = 0x3701, 0x3707
_UNICODE_TYPE, _BINARY_TYPE = 0x001F, 0x0102


class MsgProcessor:
    """Reads .msg files with python-oxmsg."""

    name = "msg"

    def accepts(self, media_type: str) -> str | None:
        """Accept Outlook messages."""
        return None if media_type == OUTLOOK else f"{media_type} is not an Outlook message"

    def process(self, path: Path, work_dir: Path, context: Context) -> Reading:
        """Return headers and body as one page, attachments and enclosed messages as children."""
        del work_dir, context
        from oxmsg import Message

        try:
            message = Message.load(str(path))
            body = message.body or visible_text(message.html_body or "", marks_quotes=True)
            own, quoted = split_quoted(body.replace("\r\n", "\n"), subject=message.subject or "")
            text = "\n".join(header_lines(message)) + "\n\n" + own
            attachments = list(islice(message.attachments, _MOST_ATTACHMENTS))
            # oxmsg has no public way to a property that it does not know.
            packed = b"" if body else _property_bytes(message._storage, _RICH_TEXT, _BINARY_TYPE)  # noqa: SLF001
        except PARSER_ERRORS as exc:
            raise Unreadable(
                ReadStatus.DAMAGED,
                "The Outlook message is damaged. Save it as .eml or PDF and upload that.",
            ) from exc
        rich_text = [EmbeddedFile("message.rtf", partial(_unpacked, packed))] if packed else []
        return Reading(
            pages=(text_page(clean(text), engine="msg", kept_apart=clean(quoted)),),
            children=chain(rich_text, map(_embedded_file, attachments)),
        )


def _unpacked(packed: bytes) -> Iterator[bytes]:
    try:
        yield unpacked(packed)
    except ValueError as exc:
        raise Unreadable(
            ReadStatus.DAMAGED, f"{exc}. Save the message as .eml or PDF and upload that."
        ) from exc


def header_lines(message: "Message") -> list[str]:
    """Return the headers as lines.

    A message that was never sent has properties instead of Internet headers.
    """
    headers = message.message_headers
    recipients = [f"{person.name} <{person.email_address}>" for person in message.recipients]
    sent_at = message.sent_date
    sent = sent_at.strftime("%a, %d %b %Y %H:%M:%S %z") if sent_at else ""
    values = {
        "From": message.sender,
        "To": headers.get("To") or ", ".join(recipients),
        "Cc": headers.get("Cc"),
        "Date": headers.get("Date") or sent,
        "Subject": message.subject,
    }
    return [f"{name}: {' '.join(str(value).split())}" for name, value in values.items() if value]


def _embedded_file(attachment: "Attachment") -> EmbeddedFile:
    # oxmsg has no public way to a message enclosed in another one.
    storage = _enclosed_message(attachment._storage)  # noqa: SLF001
    if storage is not None:
        name = _property_text(storage, _SUBJECT) or "message"
        return EmbeddedFile(name, partial(enclosed_mail_bytes, storage))
    try:
        name = attachment.file_name or "unnamed"
    except PARSER_ERRORS:
        name = "unnamed"
    return EmbeddedFile(name, partial(_attachment_bytes, attachment))


def _attachment_bytes(attachment: "Attachment") -> Iterator[bytes]:
    try:
        data = attachment.file_bytes
    except PARSER_ERRORS as exc:
        raise Unreadable(
            ReadStatus.DAMAGED, "the attachment is damaged. Ask the sender to send it again."
        ) from exc
    if data is None:
        raise Unreadable(
            ReadStatus.UNSUPPORTED,
            "it is a link to a file elsewhere, or an object of another program.",
        )
    yield data


def enclosed_mail_bytes(storage: "Storage") -> Iterator[bytes]:
    """Write an enclosed message as Internet mail, since it has no file format of its own."""
    try:
        yield _as_mail(storage, 0).as_bytes()
    except PARSER_ERRORS as exc:
        raise Unreadable(
            ReadStatus.DAMAGED, "the enclosed message is damaged. Ask the sender to send it again."
        ) from exc


def _as_mail(storage: "Storage", depth: int) -> EmailMessage:
    mail = EmailMessage(policy=SMTP)
    mail["From"] = " ".join(_property_text(storage, _SENDER_NAME).split()) or "unknown"
    mail["Subject"] = " ".join(_property_text(storage, _SUBJECT).split())
    mail.set_content(_property_text(storage, _BODY))
    for attached in islice(storage.iter_attachment_storages(), _MOST_ATTACHMENTS):
        message = _enclosed_message(attached)
        if message is None:
            mail.add_attachment(
                _property_bytes(attached, _ATTACHED_DATA, _BINARY_TYPE),
                maintype="application",
                subtype="octet-stream",
                filename=_property_text(attached, _ATTACHED_NAME) or "unnamed",
            )
        elif depth < _MOST_DEPTH:
            mail.add_attachment(_as_mail(message, depth + 1))
    return mail


def _enclosed_message(storage: Any) -> "Storage | None":
    return next((inner for inner in storage.storages if inner.name == _ENCLOSED_MESSAGE), None)


def _property_text(storage: Any, property_id: int) -> str:
    data = _property_bytes(storage, property_id, _UNICODE_TYPE)
    return clean(data.decode("utf-16-le", errors="replace"))


def _property_bytes(storage: Any, property_id: int, property_type: int) -> bytes:
    try:
        data: bytes = storage.property_stream_bytes(property_id, property_type)
    except KeyError:
        return b""
    return data
