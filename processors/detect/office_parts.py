"""Find what an Office package holds by its relationships, and rename its parts for the libraries.

ECMA-376 part 2: a package has its main part wherever its relationship points to, whose content type
says what it is. The libraries expect the names, the spelling and the namespaces of Office itself.
"""

import posixpath
import re
import zipfile
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import lxml.etree

from processors.detect import media
from processors.detect.media import FileType

_DOCX, _XLSX, _PPTX = "word/document.xml", "xl/workbook.xml", "ppt/presentation.xml"
_MAIN_TYPE = "application/vnd.openxmlformats-officedocument.{}.main+xml"
# The name of the main part that Office gives it, and the content type of a plain document.
_STANDARD = {
    media.DOCX: (_DOCX, _MAIN_TYPE.format("wordprocessingml.document")),
    media.XLSX: (_XLSX, _MAIN_TYPE.format("spreadsheetml.sheet")),
    media.PPTX: (_PPTX, _MAIN_TYPE.format("presentationml.presentation")),
}
# By a piece of the main part's content type, in lower case. Templates, shows and documents with
# macros are read like plain documents; macros never run.
_KINDS = (
    ("wordprocessingml.document.main", FileType(media.DOCX, ".docx")),
    ("wordprocessingml.template.main", FileType(media.DOCX, ".dotx")),
    ("ms-word.document.macroenabled.main", FileType(media.DOCX, ".docm")),
    ("ms-word.template.macroenabledtemplate.main", FileType(media.DOCX, ".dotm")),
    ("spreadsheetml.sheet.main", FileType(media.XLSX, ".xlsx")),
    ("spreadsheetml.template.main", FileType(media.XLSX, ".xltx")),
    ("ms-excel.sheet.macroenabled.main", FileType(media.XLSX, ".xlsm")),
    ("ms-excel.template.macroenabled.main", FileType(media.XLSX, ".xltm")),
    ("ms-excel.sheet.binary.macroenabled.main", FileType(media.XLSB, ".xlsb")),
    ("presentationml.presentation.main", FileType(media.PPTX, ".pptx")),
    ("presentationml.slideshow.main", FileType(media.PPTX, ".ppsx")),
    ("presentationml.template.main", FileType(media.PPTX, ".potx")),
    ("ms-powerpoint.presentation.macroenabled.main", FileType(media.PPTX, ".pptm")),
    ("ms-powerpoint.slideshow.macroenabled.main", FileType(media.PPTX, ".ppsm")),
    ("ms-powerpoint.template.macroenabled.main", FileType(media.PPTX, ".potm")),
    ("ms-visio.drawing", FileType("application/vnd.ms-visio.drawing", ".vsdx")),
)
# Where the library for workbooks looks for the parts of a workbook, by the relationship's type.
_WORKBOOK_PARTS = {"sharedStrings": "xl/sharedStrings.xml", "styles": "xl/styles.xml"}
_MAIN_RELATIONSHIP = "/officedocument"
_ROOT_RELATIONSHIPS = "_rels/.rels"
_CONTENT_TYPES = "[content_types].xml"
_LARGEST_LIST_BYTES = 4 * 2**20  # of a list of relationships or content types
# ISO/IEC 29500, the strict variant: the same names in other namespaces.
_STRICT = re.compile(rb"http://purl\.oclc\.org/ooxml/([A-Za-z]+)/")
_TRANSITIONAL = rb"http://schemas.openxmlformats.org/\1/2006/"
_XML_EXTENSIONS = (".xml", ".rels")
_MALFORMED = (
    zipfile.BadZipFile,
    NotImplementedError,
    OSError,
    RuntimeError,
    ValueError,
    LookupError,
    lxml.etree.XMLSyntaxError,
)


def package_type(package: zipfile.ZipFile) -> FileType | None:
    """Return what an Office package is; None if it has no main part of a known kind."""
    main = _main_part(package)
    if main is None:
        return None
    return next((kind for piece, kind in _KINDS if piece in main[1]), None)


def standard_package(path: Path, work_dir: Path, *, repairs: bool = False) -> Path:
    """Return a package whose parts the libraries find: the file itself, or a copy of it.

    With `repairs`, it is a copy without relationships to parts that are missing.

    The package was checked (`office_package.check`), so it is not a bomb and declares no entities.
    """
    try:
        with zipfile.ZipFile(path) as package:
            kind, main = package_type(package), _main_part(package)
            if kind is None or main is None or kind.media_type not in _STANDARD:
                return path
            standard_name, plain_type = _STANDARD[kind.media_type]
            names = package.namelist()
            is_spelled = all("\\" not in name and not name.startswith("/") for name in names)
            is_strict = b"purl.oclc.org" in _read(package, _ROOT_RELATIONSHIPS)
            is_standard = standard_name in names and main[1] == plain_type
            if is_spelled and not is_strict and is_standard and not repairs:
                return path
            target = work_dir / "standard-package"
            _write_standard(package, target, main[0], standard_name, plain_type)
    except _MALFORMED:
        return path  # the library says what is wrong with it
    return target


def _plain_name(name: str) -> str:
    """Return the name by which parts are compared (part 2, section 6.2.2.3), without the slash."""
    return name.replace("\\", "/").lstrip("/").lower()


def _read(package: zipfile.ZipFile, name: str) -> bytes:
    """Return a list of relationships or content types; none if there is none."""
    for entry in package.infolist():
        if _plain_name(entry.filename) == name and entry.file_size < _LARGEST_LIST_BYTES:
            return package.read(entry)
    return b""


def _parsed(data: bytes) -> Any:
    parser = lxml.etree.XMLParser(
        resolve_entities=False, load_dtd=False, no_network=True, remove_comments=True
    )
    return lxml.etree.fromstring(data, parser)


def _relationships(data: bytes, folder: str) -> Iterator[tuple[Any, str, str]]:
    """Yield each relationship to a part: its element, its type and the plain name of the part."""
    if not data:
        return
    for element in _parsed(data):
        target = element.get("Target", "")
        if element.get("TargetMode", "") != "External" and target:
            address = unquote(target.replace("\\", "/"))
            name = _plain_name(posixpath.normpath(posixpath.join("/", folder, address)))
            yield element, element.get("Type", ""), name


def _main_part(package: zipfile.ZipFile) -> tuple[str, str] | None:
    """Return the plain name of the main part and its content type in lower case."""
    try:
        for _, kind, name in _relationships(_read(package, _ROOT_RELATIONSHIPS), ""):
            if kind.lower().endswith(_MAIN_RELATIONSHIP):
                return name, _content_type(_read(package, _CONTENT_TYPES), name)
    except _MALFORMED:
        return None
    return None


def _content_type(data: bytes, name: str) -> str:
    by_extension = ""
    for element in _parsed(data):
        content_type: str = element.get("ContentType", "").lower()
        if _plain_name(element.get("PartName", "")) == name:
            return content_type
        if element.get("Extension", "").lower() == name.rpartition(".")[2]:
            by_extension = content_type
    return by_extension


def _write_standard(
    package: zipfile.ZipFile, target: Path, main: str, standard_name: str, plain_type: str
) -> None:
    """Write a copy in which every part has its standard name and namespaces."""
    renamed = _standard_names(package, main, standard_name)
    present = {_plain_name(name) for name in package.namelist()}
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as copy:
        for entry in package.infolist():
            if entry.is_dir():
                continue
            name = _plain_name(entry.filename)
            data = package.read(entry)
            if name.endswith(_XML_EXTENSIONS):
                data = _STRICT.sub(_TRANSITIONAL, data)
            if name == _CONTENT_TYPES:
                data = _standard_types(data, renamed, main, plain_type)
                copy.writestr("[Content_Types].xml", data)
                continue
            source = _source_of(name)
            if source is not None:
                folder = posixpath.dirname(source)
                tree_data = _standard_relationships(data, folder, renamed, present)
                copy.writestr(_relationships_of(renamed.get(source, source)), tree_data)
            else:
                copy.writestr(renamed.get(name, name), data)


def _standard_names(package: zipfile.ZipFile, main: str, standard_name: str) -> dict[str, str]:
    """Return the new names of the parts that a library looks for by their names."""
    renamed = {main: standard_name}
    if standard_name != _XLSX:
        return renamed
    related = _relationships(_read(package, _relationships_of(main)), posixpath.dirname(main))
    for _, kind, name in related:
        what = kind.rpartition("/")[2]
        if what == "worksheet":
            renamed[name] = f"xl/worksheets/sheet{len(renamed)}.xml"
        elif what in _WORKBOOK_PARTS:
            renamed[name] = _WORKBOOK_PARTS[what]
    return renamed


def _relationships_of(part: str) -> str:
    folder, name = posixpath.split(part)
    return posixpath.join(folder, "_rels", f"{name}.rels")


def _source_of(name: str) -> str | None:
    """Return the part that a list of relationships belongs to, "" for the package itself."""
    folder, base = posixpath.split(name)
    if posixpath.basename(folder) != "_rels" or not base.endswith(".rels"):
        return None
    return posixpath.join(posixpath.dirname(folder), base.removesuffix(".rels"))


def _standard_relationships(
    data: bytes, folder: str, renamed: Mapping[str, str], present: Collection[str]
) -> bytes:
    """Return a list of relationships to parts that are in the package, by their new names."""
    root = None
    for element, _, name in [*_relationships(data, folder)]:
        root = element.getparent()
        if name in present:
            element.set("Target", "/" + renamed.get(name, name))
        else:
            root.remove(element)
    return data if root is None else bytes(lxml.etree.tostring(root))


def _standard_types(data: bytes, renamed: Mapping[str, str], main: str, plain_type: str) -> bytes:
    """Return the content types by the new names; every extension has one."""
    root = _parsed(data)
    for element in root:
        name = _plain_name(element.get("PartName", ""))
        if name:
            element.set("PartName", "/" + renamed.get(name, name))
        if name == main:
            element.set("ContentType", plain_type)
    return bytes(lxml.etree.tostring(root))
