"""List every processor, and what else depends on the kind of file; import it only when needed."""

import importlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.model import ReadStatus
from processors import prepared
from processors.contract import PageReader, Processor, ReadSettings, Unreadable
from processors.detect import media, unread


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One processor: its name, where its class is, and the media types that it is asked for.

    The processor itself decides whether it accepts a file.
    """

    name: str
    module: str
    attribute: str
    media_types: frozenset[str]

    def load(self) -> Processor:
        """Import the module and create the processor."""
        processor: Processor = getattr(importlib.import_module(self.module), self.attribute)()
        return processor


def _entry(name: str, module: str, attribute: str, *media_types: str) -> Entry:
    return Entry(
        name=name,
        module=f"processors.{module}",
        attribute=attribute,
        media_types=frozenset(media_types),
    )


BUILT_IN: tuple[Entry, ...] = (
    _entry("pdf", "pdf.document", "PdfProcessor", media.PDF),
    _entry(
        "image",
        "formats.image",
        "ImageProcessor",
        *("image/png", "image/jpeg", "image/tiff", "image/webp", "image/gif", "image/bmp"),
        *("image/jp2", "image/j2k"),
        *media.HEIF,
    ),
    _entry("docx", "formats.office_docx", "DocxProcessor", media.DOCX),
    _entry(
        "sheet",
        "formats.office_sheet",
        "SheetProcessor",
        *(media.XLSX, media.XLSB, media.XLS, media.ODS),
    ),
    _entry("pptx", "formats.office_pptx", "PptxProcessor", media.PPTX),
    _entry("odf", "formats.office_odf", "OdfProcessor", *media.ODF),
    _entry("rtf", "formats.office_rtf", "RtfProcessor", media.RTF),
    _entry("mail", "formats.mail", "MailProcessor", media.MAIL),
    _entry("msg", "formats.outlook", "MsgProcessor", "application/vnd.ms-outlook"),
    _entry("tnef", "formats.tnef", "TnefProcessor", "application/ms-tnef"),
    _entry("signed", "formats.signed", "SignedProcessor", media.SIGNED),
    _entry(
        "archive",
        "formats.archives",
        "ArchiveProcessor",
        *(media.ZIP, media.TAR, "application/gzip", "application/x-bzip2", "application/x-xz"),
    ),
    _entry("html", "formats.markup", "HtmlProcessor", "text/html"),
    _entry("xml", "formats.markup", "XmlProcessor", "application/xml"),
    _entry("text", "formats.plain", "TextProcessor", "text/plain", "text/csv"),
)

_UNSUPPORTED = {
    "application/msword": "Old Word documents are not read; save it as .docx or PDF.",
    "application/vnd.ms-powerpoint": "Old presentations are not read; save it as .pptx or PDF.",
    "application/x-ole-storage": "This old Office format is not read; save it as PDF.",
    "application/x-7z-compressed": "7z archives are not unpacked; pack it as zip.",
    "application/vnd.rar": "RAR archives are not unpacked; pack it as zip.",
    "application/zstd": "Zstandard files are not unpacked; pack it as zip or gzip.",
    "application/vnd.ms-xpsdocument": "XPS documents are not read; save it as PDF.",
    "application/vnd.ms-visio.drawing": "Visio drawings are not read; save it as PDF.",
    "application/vnd.apple.iwork": (
        "Documents of Pages, Numbers and Keynote are not read; export it as PDF."
    ),
    "image/x-portable-anymap": "Pictures in PBM, PGM and PPM are not read; save it as PNG.",
    "image/svg+xml": "Drawings in SVG are not read; export it as PDF.",
    media.UNKNOWN: (
        "The kind of file is not recognized; upload it as PDF, a picture or an Office document."
    ),
}
"""What to do with files that are recognized but not read, beside the kinds of `unread`."""

# A mail's logo or an unknown attachment: nothing is missing if it is not read.
_NO_DOCUMENTS = frozenset({media.UNKNOWN, "image/svg+xml"})


def holds_documents(media_type: str) -> bool:
    """Return whether files of this type, although they are not read, are or contain documents."""
    is_listed = media_type in _UNSUPPORTED and media_type not in _NO_DOCUMENTS
    return media_type in media.HEIF or is_listed or unread.has_documents(media_type)


def entry_for(media_type: str) -> Entry | None:
    """Return the first entry that is listed for a media type, None where there is none."""
    return next((entry for entry in BUILT_IN if media_type in entry.media_types), None)


def load_pdf() -> None:
    """Import what reads PDFs, the usual kind of file beside pictures."""
    entry = entry_for(media.PDF)
    if entry is not None:
        entry.load()


def processor_for(media_type: str) -> Processor:
    """Return the processor that accepts a media type.

    Raises:
        Unreadable: UNSUPPORTED, with the reason and what to upload instead.
    """
    reasons: list[str] = []
    for entry in BUILT_IN:
        if media_type in entry.media_types:
            processor = entry.load()
            declined = processor.accepts(media_type)
            if declined is None:
                return processor
            reasons.append(declined)
    said = _UNSUPPORTED.get(media_type) or unread.advice(media_type) or "; ".join(reasons)
    fallback = f"Files of type {media_type} are not read; upload it as PDF or a picture."
    raise Unreadable(ReadStatus.UNSUPPORTED, said or fallback)


def page_reader(settings: ReadSettings) -> PageReader:
    """Return the OCR for these settings; it reads each picture once per process.

    Raises:
        EngineMissing: nothing that is installed can read these languages.
    """
    from processors.ocr import engines, ocr_cache

    return ocr_cache.CachedPageReader(engines.reader_for(settings))


def recipes(settings: ReadSettings) -> Iterator[prepared.Recipe]:
    """Yield how to make what loads faster once it is made: the language model and the networks."""
    from processors.ocr import engines
    from processors.values import language

    yield from language.recipes()
    yield from engines.recipes(settings)


def write_pdfa(
    path: Path,
    work_dir: Path,
    *,
    media_type: str,
    metadata: Mapping[str, str],
    settings: ReadSettings,
) -> str:
    """Write the PDF/A copy of a document; return why there is none, "" where there is one."""
    from processors.renditions import pdfa

    return pdfa.write(path, work_dir, media_type=media_type, metadata=metadata, settings=settings)
