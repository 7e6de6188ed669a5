"""Every processor there is, listed once and imported only when a document needs it."""

import importlib
from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.model import ReadStatus
from processors import media
from processors.contract import Processor, Unreadable


@dataclass(frozen=True, slots=True)
class Entry:
    """Where a processor lives. `media_types` is what it is asked for; it has the last word itself."""

    module: str
    attribute: str
    media_types: frozenset[str]

    def load(self) -> Processor:
        """Import the module and make the processor."""
        made: Processor = getattr(importlib.import_module(self.module), self.attribute)()
        return made


def _entry(module: str, attribute: str, *media_types: str) -> Entry:
    return Entry(f"processors.{module}", attribute, frozenset(media_types))


BUILT_IN: tuple[Entry, ...] = (
    _entry("pdf", "PdfProcessor", media.PDF),
    _entry("image", "ImageProcessor", "image/png", "image/jpeg", "image/tiff", "image/webp", "image/gif", "image/bmp"),
    _entry("office_docx", "DocxProcessor", media.DOCX),
    _entry("office_xlsx", "XlsxProcessor", media.XLSX),
    _entry("mail", "MailProcessor", media.MAIL),
    _entry("markup", "HtmlProcessor", "text/html"),
    _entry("plain", "TextProcessor", "text/plain", "text/csv"),
)

_WAYS_OUT = {
    "application/msword": "Old Word documents are not read; save it as .docx or PDF.",
    "application/vnd.ms-excel": "Old Excel workbooks are not read; save it as .xlsx.",
    "application/vnd.ms-powerpoint": "Presentations are not read; save it as PDF.",
    media.PPTX: "Presentations are not read; save it as PDF.",
    "application/vnd.ms-outlook": "Outlook messages are not read; save the mail as .eml or PDF.",
    "application/zip": "Archives are not unpacked; upload the documents in it one by one.",
    "image/heic": "HEIC photos are not read; save the photo as JPEG.",
    "image/heif": "HEIF photos are not read; save the photo as JPEG.",
    media.UNKNOWN: "The kind of file is not recognised; upload it as PDF, a picture or an Office document.",
}


def processor_for(media_type: str) -> Processor:
    """Return the processor that accepts a media type.

    Raises:
        Unreadable: UNSUPPORTED, with why and what to upload instead; ENCRYPTED for a locked Office file.
    """
    reasons: list[str] = []
    for entry in BUILT_IN:
        if media_type in entry.media_types:
            processor = entry.load()
            declined = processor.accepts(media_type)
            if declined is None:
                return processor
            reasons.append(declined)
    if media_type == "application/x-ole-encrypted":
        raise Unreadable(ReadStatus.ENCRYPTED, "The Office file is protected by a password; save it without one.")
    fallback = "; ".join(reasons) or f"Files of type {media_type} are not read; upload it as PDF or a picture."
    raise Unreadable(ReadStatus.UNSUPPORTED, _WAYS_OUT.get(media_type, fallback))


def versions() -> Iterator[tuple[str, str]]:
    """Yield name and version of every processor."""
    for entry in BUILT_IN:
        processor = entry.load()
        yield processor.name, processor.version
