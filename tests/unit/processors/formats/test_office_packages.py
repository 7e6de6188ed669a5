"""Office packages are found by their relationships, whatever their parts are called."""

import io
import re
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.model import ReadStatus
from processors.detect import media
from processors.detect.file_type import file_type_of
from tests.unit.processors import documents

Change = Callable[[str, bytes], tuple[str, bytes]]


def changed(data: bytes, change: Change) -> bytes:
    """Write a package again with every part changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w") as target:
        for name in source.namelist():
            target.writestr(*change(name, source.read(name)))
    return out.getvalue()


def backslashes(name: str, data: bytes) -> tuple[str, bytes]:
    """Name parts as programs do that take them for paths of Windows."""
    return name.replace("/", "\\"), data


def capitals(name: str, data: bytes) -> tuple[str, bytes]:
    """Name parts in capitals, although what refers to them is in small letters."""
    return name.upper(), data


def strict(name: str, data: bytes) -> tuple[str, bytes]:
    """Use the namespaces of the strict variant."""
    pattern = rb"http://schemas\.openxmlformats\.org/(\w+ml|officeDocument)/2006/"
    return name, re.sub(pattern, rb"http://purl.oclc.org/ooxml/\1/", data)


def renamed(old: str, new: str) -> Change:
    """Call the main part otherwise."""

    def change(name: str, data: bytes) -> tuple[str, bytes]:
        return name.replace(old, new), data.replace(old.encode(), new.encode())

    return change


def of_kind(old: str, new: str) -> Change:
    """Declare the main part as a template, a show or a document with macros."""

    def change(name: str, data: bytes) -> tuple[str, bytes]:
        return name, data.replace(old.encode(), new.encode())

    return change


WORD = "openxmlformats-officedocument.wordprocessingml."
CHANGES: dict[str, tuple[Change, str]] = {
    "backslashes": (backslashes, ".docx"),
    "capitals": (capitals, ".docx"),
    "strict": (strict, ".docx"),
    "other name": (renamed("document.xml", "document2.xml"), ".docx"),
    "macros": (of_kind(f"{WORD}document.main", "ms-word.document.macroEnabled.main"), ".docm"),
    "template": (of_kind(f"{WORD}document.main", f"{WORD}template.main"), ".dotx"),
}


@pytest.mark.parametrize("case", CHANGES)
def test_a_word_document_is_read_in_every_spelling(case: str, tmp_path: Path):
    """Names, variants and kinds of a package do not change what it says."""
    change, extension = CHANGES[case]

    findings = documents.read(changed(documents.docx("Green tea"), change), tmp_path)

    assert findings.status is ReadStatus.OK
    assert findings.media_type == media.DOCX
    assert findings.extension == extension
    assert findings.text.strip() == "Green tea"


def test_a_relationship_to_a_missing_part_is_ignored(tmp_path: Path):
    """What a program left behind when it took a part out hides nothing."""

    def change(name: str, data: bytes) -> tuple[str, bytes]:
        lost = b'<Relationship Id="x" Type="urn:x/image" Target="../NULL"/></Relationships>'
        return name, data.replace(b"</Relationships>", lost)

    findings = documents.read(changed(documents.docx("Green tea"), change), tmp_path)

    assert findings.status is ReadStatus.OK
    assert findings.text.strip() == "Green tea"


@pytest.mark.parametrize("change", [backslashes, capitals, strict, renamed("xl/", "")])
def test_a_workbook_is_read_in_every_spelling(change: Change, tmp_path: Path):
    """The parts of a workbook may be anywhere in the package."""
    data = changed(documents.xlsx({"Tea": [["Green", 5]], "Pots": [["Blue", 7]]}), change)

    findings = documents.read(data, tmp_path)

    assert findings.media_type == media.XLSX
    assert [page.text for page in findings.pages] == ["Tea\nGreen\t5", "Pots\nBlue\t7"]


def test_a_show_is_read_as_a_presentation(tmp_path: Path):
    """A slide show is a presentation that starts by itself."""
    change = of_kind("presentationml.presentation.main", "presentationml.slideshow.main")

    findings = documents.read(changed(documents.pptx(["Green tea"]), change), tmp_path)

    assert (findings.status, findings.extension) == (ReadStatus.OK, ".ppsx")
    assert findings.text == "Green tea"


def test_xps_is_refused_with_a_way_out(tmp_path: Path):
    """An XPS document is a zip, but none of documents."""
    data = documents.package({"FixedDocumentSequence.fdseq": b"<FixedDocumentSequence/>"})

    findings = documents.read(data, tmp_path)

    assert findings.status is ReadStatus.UNSUPPORTED
    assert "save it as PDF" in findings.problems[0]


def test_a_package_without_relationships_keeps_its_type(tmp_path: Path):
    """Where the relationships are lost, the usual names of parts decide."""
    path = tmp_path / "lost"
    path.write_bytes(documents.package({"word/document.xml": b"<w/>"}))

    assert file_type_of(path).media_type == media.DOCX


@pytest.mark.parametrize(("record", "media_type"), [(0x2F, media.LOCKED_OFFICE), (0xE1, media.XLS)])
def test_an_old_workbook_with_a_password_is_recognized(
    record: int, media_type: str, tmp_path: Path
):
    """The record FilePass at the beginning of the stream says that it is encrypted."""
    records = [(0x0809, bytes(16)), (record, bytes(6)), (0x0A, b"")]
    stream = b"".join(struct.pack("<HH", kind, len(data)) + data for kind, data in records)
    path = tmp_path / "old.xls"
    path.write_bytes(documents.ole("Workbook", stream))

    found = file_type_of(path)

    assert found.media_type == media_type


def test_an_old_workbook_with_a_password_says_so(tmp_path: Path):
    """An old workbook that no configured password opens is encrypted, and not damaged."""
    stream = struct.pack("<HH", 0x0809, 16) + bytes(16) + struct.pack("<HH", 0x2F, 6) + bytes(6)

    findings = documents.read(documents.ole("Workbook", stream), tmp_path)

    assert findings.status is ReadStatus.ENCRYPTED
    assert "password" in findings.problems[0]
