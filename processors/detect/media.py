"""Name the types of files that the project distinguishes: media types and extensions."""

from dataclasses import dataclass

PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
XLSB = "application/vnd.ms-excel.sheet.binary.macroenabled.12"
XLS = "application/vnd.ms-excel"
ODS = "application/vnd.oasis.opendocument.spreadsheet"
ODF = frozenset(
    f"application/vnd.oasis.opendocument.{name}" for name in ("text", "presentation", "graphics")
)
RTF = "application/rtf"
HEIF = frozenset({"image/heic", "image/heif"})
ZIP = "application/zip"
TAR = "application/x-tar"
OLE = "application/x-ole-storage"
LOCKED_OFFICE = "application/x-ole-encrypted"
OUTLOOK = "application/vnd.ms-outlook"
MAIL = "message/rfc822"
SIGNED = "application/pkcs7-mime"
UNKNOWN = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class FileType:
    """A media type and the extension that suits it, with its dot; "" if none is known."""

    media_type: str
    extension: str
