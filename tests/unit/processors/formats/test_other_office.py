import json
from pathlib import Path

import pytest

from pipeline.model import Findings, ReadStatus
from processors.contract import ReadSettings
from tests.unit.processors import documents

LOCK = ReadSettings(passwords=("wrong", "open sesame"))


def test_each_slide_is_a_page(tmp_path: Path):
    """A presentation gives a page a slide, the speaker's notes after the slide's words."""
    findings = documents.read(
        documents.pptx(["First words", "Second words"], notes="Say hello"), tmp_path
    )

    assert [page.text for page in findings.pages] == ["First words\nSay hello", "Second words"]


def test_an_opendocument_text_is_read_in_order(tmp_path: Path):
    """Paragraphs, spans, tabs, runs of spaces and tables come as a reader sees them; comments do not."""
    body = (
        "<text:h>Head<text:tab/>line</text:h><text:p>One<text:s text:c='3'/><text:span>two</text:span> three"
        "<office:annotation><text:p>a remark</text:p></office:annotation></text:p>"
        "<table:table><table:table-row><table:table-cell><text:p>Tea</text:p></table:table-cell>"
        "<table:table-cell><text:p>3.50</text:p></table:table-cell></table:table-row></table:table>"
    )

    findings = documents.read(documents.odf("text", body), tmp_path)

    assert findings.text == "Head\tline\nOne   two three\nTea\t3.50"


def test_an_opendocument_presentation_has_pages(tmp_path: Path):
    """Of a presentation every slide is a page."""
    body = "<draw:page><text:p>One</text:p></draw:page><draw:page><text:p>Two</text:p></draw:page>"

    findings = documents.read(documents.odf("presentation", body), tmp_path)

    assert [page.text for page in findings.pages] == ["One", "Two"]


def test_an_opendocument_sheet_is_read(tmp_path: Path):
    """An OpenDocument workbook is read like any other."""
    body = (
        "<table:table table:name='May'><table:table-row>"
        "<table:table-cell office:value-type='string'><text:p>Tea</text:p></table:table-cell>"
        "<table:table-cell office:value-type='float' office:value='3.5'><text:p>3.50</text:p></table:table-cell>"
        "</table:table-row></table:table>"
    )

    findings = documents.read(documents.odf("spreadsheet", body), tmp_path)

    assert findings.text == "May\nTea\t3.5"


def test_rich_text_is_read_without_formatting(tmp_path: Path):
    """Of rich text the words remain, letters beyond ASCII among them."""
    findings = documents.read(documents.rtf("Grüße aus Köln"), tmp_path)

    assert findings.text == "Grüße aus Köln"


def test_a_scan_pasted_into_a_document_is_read(tmp_path: Path):
    """The picture in a document that says nothing itself is read; a logo in a letter is not."""
    picture = documents.saved(documents.sheet_of_paper("Scanned"), "PNG")
    bare = documents.read(documents.odf("text", "<text:p/>", {"Pictures/1.png": picture}), tmp_path)
    (tmp_path / "two").mkdir()
    letter = f"<text:p>{'Dear all, ' * 30}</text:p>"
    written = documents.read(
        documents.odf("text", letter, {"Pictures/1.png": picture}), tmp_path / "two"
    )

    assert [child.name for child in bare.children] == ["1.png"]
    assert bare.text == "picture"
    assert written.children == ()


def test_an_embedded_workbook_is_a_child(tmp_path: Path):
    """A file embedded in an Office document is a document of its own."""
    inner = documents.xlsx({"Inside": [["Tea"]]})
    data = documents.odf("text", "<text:p>See</text:p>", {"embeddings/book.xlsx": inner})

    findings = documents.read(data, tmp_path)

    assert [(child.name, child.findings.text) for child in findings.children] == [
        ("book.xlsx", "Inside\nTea")
    ]


def test_a_locked_office_file_opens_with_a_configured_password(tmp_path: Path):
    """An Office file is opened with a password of the settings, and called encrypted without one."""
    data = documents.locked_docx("open sesame")
    opened = documents.read(data, tmp_path, settings=LOCK)
    (tmp_path / "two").mkdir()
    refused = documents.read(data, tmp_path / "two")

    assert (opened.status, opened.text) == (ReadStatus.OK, "Locked words")
    assert refused.status is ReadStatus.ENCRYPTED
    assert "processing.passwords" in refused.problems[0]


def test_a_locked_pdf_opens_with_a_configured_password(tmp_path: Path):
    """A PDF is opened with a password of the settings; that it took one is told, which one is not."""
    findings = documents.read(documents.locked_pdf("open sesame"), tmp_path, settings=LOCK)

    assert findings.text == "Locked words"
    assert findings.metadata["encrypted"] == "with a configured password"
    assert "sesame" not in repr(findings)
    assert "sesame" not in repr(LOCK)


def test_xml_is_read_as_names_and_texts(tmp_path: Path):
    """Of XML every element that holds text gives a line."""
    findings = documents.read(
        b"<?xml version='1.0'?><a xmlns='urn:x'><b>One</b><c><d>Two</d></c></a>", tmp_path
    )

    assert findings.text == "b: One\nd: Two"


@pytest.mark.parametrize(
    "head",
    [
        "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/hostname'>]>",
        "<!DOCTYPE a SYSTEM 'http://127.0.0.1:1/a.dtd'>",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_xml_with_a_document_type_is_refused(head: str, encoding: str, tmp_path: Path):
    """XML that declares a document type is suspicious in whatever encoding, and nothing it names is opened."""
    data = f"<?xml version='1.0' encoding='{encoding}'?>{head}<a>&x;</a>".encode(encoding)

    findings = documents.read(data, tmp_path)

    assert findings.status is ReadStatus.SUSPICIOUS
    assert findings.text == ""


def _by_name(corpora: Path, ending: str) -> list[Path]:
    rows = [
        json.loads(line) for line in (corpora / "dev" / "manifest.jsonl").read_text().splitlines()
    ]
    return [corpora / "dev" / row["path"] for row in rows if row["path"].endswith(ending)]


@pytest.mark.parametrize(("ending", "media_type"), [(".xls", "ms-excel"), (".msg", "ms-outlook")])
def test_old_binary_formats_are_read(ending: str, media_type: str, corpora: Path, tmp_path: Path):
    """Old workbooks and Outlook messages, which nothing here can write, are read from collected ones."""
    found: list[Findings] = []
    for number, path in enumerate(_by_name(corpora, ending)):
        (tmp_path / str(number)).mkdir()
        found.append(documents.read(path.read_bytes(), tmp_path / str(number)))

    assert found
    assert all(findings.status is ReadStatus.OK and findings.text.strip() for findings in found)
    assert all(media_type in findings.media_type for findings in found)
