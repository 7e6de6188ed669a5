"""Every processor there is, listed once and imported only when a document needs it."""

import importlib
from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.model import ReadStatus
from processors.contract import Processor, Unreadable
from processors.detect import media


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
    _entry("pdf.document", "PdfProcessor", media.PDF),
    _entry("formats.image", "ImageProcessor", "image/png", "image/jpeg", "image/tiff", "image/webp", "image/gif", "image/bmp",
           *media.HEIF),
    _entry("formats.office_docx", "DocxProcessor", media.DOCX),
    _entry("formats.office_sheet", "SheetProcessor", media.XLSX, media.XLSB, media.XLS, media.ODS),
    _entry("formats.office_pptx", "PptxProcessor", media.PPTX),
    _entry("formats.office_odf", "OdfProcessor", *media.ODF),
    _entry("formats.office_rtf", "RtfProcessor", media.RTF),
    _entry("formats.mail", "MailProcessor", media.MAIL),
    _entry("formats.outlook", "MsgProcessor", "application/vnd.ms-outlook"),
    _entry("formats.archives", "ArchiveProcessor", media.ZIP, media.TAR, "application/gzip", "application/x-bzip2",
           "application/x-xz"),
    _entry("formats.markup", "HtmlProcessor", "text/html"),
    _entry("formats.markup", "XmlProcessor", "application/xml"),
    _entry("formats.plain", "TextProcessor", "text/plain", "text/csv"),
)  # fmt: skip

_WAYS_OUT = {
    "application/msword": "Old Word documents are not read; save it as .docx or PDF.",
    "application/vnd.ms-powerpoint": "Old presentations are not read; save it as .pptx or PDF.",
    "application/x-ole-storage": "This old Office format is not read; save it as PDF.",
    "application/x-7z-compressed": "7z archives are not unpacked; pack it as zip.",
    "application/vnd.rar": "RAR archives are not unpacked; pack it as zip.",
    "application/zstd": "Zstandard files are not unpacked; pack it as zip or gzip.",
    "application/ms-tnef": "Outlook's winmail.dat is not unpacked; ask for its files as they are.",
    "image/svg+xml": "Drawings in SVG are not read; export it as PDF.",
    media.UNKNOWN: "The kind of file is not recognized; upload it as PDF, a picture or an Office document.",
}


_BESIDE_THE_POINT = frozenset({media.UNKNOWN, "image/svg+xml"})


def holds_documents(media_type: str) -> bool:
    """Say whether files of this type, though they are not read, are documents or hold some."""
    return media_type in media.HEIF or (
        media_type in _WAYS_OUT and media_type not in _BESIDE_THE_POINT
    )


def processor_for(media_type: str) -> Processor:
    """Return the processor that accepts a media type.

    Raises:
        Unreadable: UNSUPPORTED, with why and what to upload instead.
    """
    reasons: list[str] = []
    for entry in BUILT_IN:
        if media_type in entry.media_types:
            processor = entry.load()
            declined = processor.accepts(media_type)
            if declined is None:
                return processor
            reasons.append(declined)
    fallback = (
        "; ".join(reasons)
        or f"Files of type {media_type} are not read; upload it as PDF or a picture."
    )
    raise Unreadable(ReadStatus.UNSUPPORTED, _WAYS_OUT.get(media_type, fallback))


def versions() -> Iterator[tuple[str, str]]:
    """Yield name and version of every processor."""
    for entry in BUILT_IN:
        processor = entry.load()
        yield processor.name, processor.version
