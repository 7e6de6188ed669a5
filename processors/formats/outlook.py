"""Outlook messages (.msg): headers and body; what is attached are documents of their own."""

from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import SMTP
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.model import ReadStatus
from processors.contract import Context, EmbeddedFile, Reading, Unreadable
from processors.detect.encoding import clean
from processors.detect.html_text import visible_text
from processors.layout.plain_page import text_page

if TYPE_CHECKING:
    from oxmsg import Message
    from oxmsg.attachment import Attachment
    from oxmsg.storage import Storage

MSG = "application/vnd.ms-outlook"
_MOST_ATTACHED = 1_000
_DEEPEST = 8
_BROKEN = (OSError, ValueError, KeyError, IndexError, TypeError, AttributeError, AssertionError, LookupError,
           RecursionError, ArithmeticError)  # fmt: skip
"""What olefile and oxmsg raise on messages that break the rules."""
_MESSAGE_INSIDE = "__substg1.0_3701000D"
_SUBJECT, _BODY, _SENDER, _DATA, _NAME = 0x0037, 0x1000, 0x0C1A, 0x3701, 0x3707  # MAPI property ids
_UNICODE, _BINARY = 0x001F, 0x0102  # MAPI property types


class MsgProcessor:
    """Reads .msg files with python-oxmsg."""

    name = "msg"

    def accepts(self, media_type: str) -> str | None:
        """Accept Outlook messages."""
        return None if media_type == MSG else f"{media_type} is not an Outlook message"

    def process(self, path: Path, work_dir: Path, context: Context) -> Reading:
        """Return headers and body as one page, attachments and enclosed messages as children."""
        del work_dir, context
        from oxmsg import Message

        try:
            message = Message.load(str(path))
            text = "\n".join(_headers(message)) + "\n\n" + _body(message)
            attachments = list(islice(message.attachments, _MOST_ATTACHED))
        except _BROKEN as exc:
            raise Unreadable(
                ReadStatus.DAMAGED,
                "The Outlook message is damaged; save it as .eml or PDF and upload that.",
            ) from exc
        return Reading(
            pages=(text_page(clean(text), engine="msg"),), children=_enclosed(attachments)
        )


def _headers(message: "Message") -> Iterator[str]:
    headers = message.message_headers
    to = headers.get("To") or ", ".join(
        f"{who.name} <{who.email_address}>" for who in message.recipients
    )
    sent = message.sent_date
    date = headers.get("Date") or (sent.strftime("%a, %d %b %Y %H:%M:%S %z") if sent else "")
    told = (
        ("From", message.sender),
        ("To", to),
        ("Cc", headers.get("Cc")),
        ("Date", date),
        ("Subject", message.subject),
    )
    for name, value in told:
        if value:
            yield f"{name}: {' '.join(str(value).split())}"


def _body(message: "Message") -> str:
    return message.body or visible_text(message.html_body or "")


def _enclosed(attachments: "list[Attachment]") -> Iterator[EmbeddedFile]:
    for attached in attachments:
        inside = _inside(attached._storage)  # noqa: SLF001 - oxmsg shows no other way to a message in a message
        if inside is not None:
            yield EmbeddedFile(_text(inside, _SUBJECT) or "message", partial(_as_mail, inside))
        else:
            yield EmbeddedFile(_name(attached), partial(_bytes, attached))


def _name(attached: "Attachment") -> str:
    try:
        return attached.file_name or "unnamed"
    except _BROKEN:
        return "unnamed"


def _bytes(attached: "Attachment") -> Iterator[bytes]:
    try:
        data = attached.file_bytes
    except _BROKEN as exc:
        raise Unreadable(
            ReadStatus.DAMAGED, "the attachment is damaged; ask for it again."
        ) from exc
    if data is None:
        raise Unreadable(
            ReadStatus.UNSUPPORTED,
            "it is a link to a file elsewhere, or an embedded program's object.",
        )
    yield data


def _inside(storage: Any) -> "Storage | None":
    return next((inner for inner in storage.storages if inner.name == _MESSAGE_INSIDE), None)


def _as_mail(storage: "Storage") -> Iterator[bytes]:
    """Write an enclosed message, which has no file form of its own, as Internet mail."""
    try:
        yield _mail(storage, 0).as_bytes()
    except _BROKEN as exc:
        raise Unreadable(
            ReadStatus.DAMAGED, "the enclosed message is damaged; ask for it again."
        ) from exc


def _mail(storage: "Storage", depth: int) -> EmailMessage:
    mail = EmailMessage(policy=SMTP)
    mail["From"] = " ".join(_text(storage, _SENDER).split()) or "unknown"
    mail["Subject"] = " ".join(_text(storage, _SUBJECT).split())
    mail.set_content(_text(storage, _BODY))
    for attached in islice(storage.iter_attachment_storages(), _MOST_ATTACHED):
        inside = _inside(attached)
        if inside is not None and depth < _DEEPEST:
            mail.add_attachment(_mail(inside, depth + 1))
        elif inside is None:
            data = _stream(attached, _DATA, _BINARY)
            name = _text(attached, _NAME) or "unnamed"
            mail.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return mail


def _text(storage: Any, pid: int) -> str:
    return clean(_stream(storage, pid, _UNICODE).decode("utf-16-le", errors="replace"))


def _stream(storage: Any, pid: int, kind: int) -> bytes:
    try:
        data: bytes = storage.property_stream_bytes(pid, kind)
    except KeyError:
        return b""
    return data
