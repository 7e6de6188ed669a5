"""Detect what a zip package or an OLE file holds by its main part, or by the names of its parts."""

import contextlib
import struct
import zipfile
from pathlib import Path

from processors.detect import media
from processors.detect.media import FileType
from processors.detect.office_parts import package_type

# The name that Office gives to the main part: for packages whose relationships are lost.
_MAIN_PARTS = (
    ("word/document.xml", FileType(media.DOCX, ".docx")),
    ("xl/workbook.xml", FileType(media.XLSX, ".xlsx")),
    ("xl/workbook.bin", FileType(media.XLSB, ".xlsb")),
    ("ppt/presentation.xml", FileType(media.PPTX, ".pptx")),
    ("visio/document.xml", FileType("application/vnd.ms-visio.drawing", ".vsdx")),
    ("AndroidManifest.xml", FileType("application/vnd.android.package-archive", ".apk")),
    ("META-INF/MANIFEST.MF", FileType("application/java-archive", ".jar")),
    ("buildVersionHistory.plist", FileType("application/vnd.apple.iwork", "")),
)
_IWORK = FileType("application/vnd.apple.iwork", "")
# By how the names of some parts end.
_ENDINGS = (
    (".fdseq", FileType("application/vnd.ms-xpsdocument", ".xps")),  # ECMA-388, section 9.1.4
    # The documents of Apple's Pages, Numbers and Keynote.
    (".iwa", _IWORK),
    ("index.apxl", _IWORK),
)
_OPEN_DOCUMENT_EXTENSIONS = {
    "text": ".odt",
    "spreadsheet": ".ods",
    "presentation": ".odp",
    "graphics": ".odg",
}
_LONGEST_MIMETYPE = 200  # bytes; the media types of OpenDocument have fewer than 100
_MSG = FileType(media.OUTLOOK, ".msg")
_XLS = FileType(media.XLS, ".xls")
# Streams and storages at the top of an OLE file, by the beginning of their names. The order
# decides: an encrypted package may have other streams beside it.
_OLE_ENTRIES = (
    ("EncryptedPackage", FileType(media.LOCKED_OFFICE, "")),  # [MS-OFFCRYPTO] 2.3.4.4
    ("__properties_version1.0", _MSG),  # [MS-OXMSG] 2.4
    ("__substg1.0_", _MSG),
    ("WordDocument", FileType("application/msword", ".doc")),  # [MS-DOC] 2.1.1
    ("Workbook", _XLS),  # [MS-XLS]; "Book" up to Excel 95
    ("Book", _XLS),
    ("Catalog", FileType("application/vnd.ms-thumbnails", ".db")),  # what Windows leaves in folders
    ("PowerPoint Document", FileType("application/vnd.ms-powerpoint", ".ppt")),  # [MS-PPT] 2.1.2
    ("VisioDocument", FileType("application/vnd.visio", ".vsd")),
    ("Quill", FileType("application/vnd.ms-publisher", ".pub")),
    ("   1", FileType("application/vnd.ms-project", ".mpp")),  # "   114" has the tasks
    ("Props1", FileType("application/vnd.ms-project", ".mpp")),
    ("MSWorks", FileType("application/vnd.ms-works", ".wps")),
    ("\x05HwpSummaryInformation", FileType("application/x-hwp", ".hwp")),
)
# [MS-XLS] 2.4.117: the record FilePass near the beginning of the stream: it is encrypted.
_FILE_PASS = 0x2F
_FIRST_RECORDS = 12
_RECORD_HEAD = struct.Struct("<HH")  # its type and the length of what follows
_OLE_HEAD_BYTES = 4096
_OLE_SEARCHED_BYTES = 16 * 2**20
_ZIP_ERRORS = (zipfile.BadZipFile, NotImplementedError, OSError, ValueError, OverflowError)
_OLE_ERRORS = (OSError, ValueError, TypeError, IndexError, RecursionError, AttributeError)


def zip_type(path: Path, head: bytes) -> FileType:
    """Detect what a zip file is: an Office package, an OpenDocument package, or a plain archive."""
    try:
        with zipfile.ZipFile(path) as package:
            by_main_part = package_type(package)
            if by_main_part is not None:
                return by_main_part
            names = set(package.namelist())
            for ending, file_type in _ENDINGS:
                if any(name.lower().endswith(ending) for name in names):
                    return file_type
            for name, file_type in _MAIN_PARTS:
                if name in names:
                    return file_type
            open_document = _open_document_type(package)
            if open_document is not None:
                return open_document
    except _ZIP_ERRORS:
        # The directory, at the end of the file, is lost. The first entries are enough to report a
        # damaged document instead of an unknown file.
        for name, file_type in _MAIN_PARTS:
            folder = name.partition("/")[0] + "/"
            if name.encode() in head or folder.encode() in head:
                return file_type
    return FileType(media.ZIP, ".zip")


def _open_document_type(package: zipfile.ZipFile) -> FileType | None:
    # OpenDocument 1.2, part 3, section 3.3: the file "mimetype" holds the media type and nothing
    # else.
    name = "mimetype"
    if name in package.namelist() and package.getinfo(name).file_size < _LONGEST_MIMETYPE:
        declared = package.read(name).decode("ascii", errors="replace").strip()
        if declared.startswith("application/"):
            # A template (section 2.2.4 of part 1) is read like the document it makes.
            declared = declared.removesuffix("-template")
            subtype = declared.rpartition(".")[2]
            return FileType(declared, _OPEN_DOCUMENT_EXTENSIONS.get(subtype, ""))
    return None


def ole_type(path: Path) -> FileType:
    """Detect what an OLE file is by the entries at its top.

    Embedded files lie deeper and decide nothing.
    """
    import olefile

    names: set[str] | None = None
    with contextlib.suppress(*_OLE_ERRORS), olefile.OleFileIO(str(path)) as ole:
        entries = ole.listdir(streams=True, storages=True)
        names = {entry[0] for entry in entries if len(entry) == 1}
        for workbook in names & {"Workbook", "Book"}:
            if _is_locked_workbook(ole.openstream(workbook).read(_OLE_HEAD_BYTES)):
                return FileType(media.LOCKED_OFFICE, ".xls")
    if names is None:
        # Its directory cannot be followed: take the names found anywhere in the file ([MS-CFB]
        # 2.6.1: UTF-16).
        with path.open("rb") as stream:
            data = stream.read(_OLE_SEARCHED_BYTES)
        names = {name for name, _ in _OLE_ENTRIES if name.encode("utf-16-le") in data}

    for prefix, file_type in _OLE_ENTRIES:
        if any(name.startswith(prefix) for name in names):
            return file_type
    return FileType(media.OLE, "")


def _is_locked_workbook(stream: bytes) -> bool:
    start = 0
    for _ in range(_FIRST_RECORDS):
        if start + _RECORD_HEAD.size > len(stream):
            return False
        kind, length = _RECORD_HEAD.unpack_from(stream, start)
        if kind == _FILE_PASS:
            return True
        start += _RECORD_HEAD.size + length
    return False
