"""OpenDocument texts and presentations are read in order."""

import io
import zipfile
from pathlib import Path

from tests.unit.processors import documents


def test_an_opendocument_text_is_read_in_order(tmp_path: Path):
    """Paragraphs, tabs, runs of spaces and tables are read in order; comments are not."""
    body = (
        "<text:h>Head<text:tab/>line</text:h><text:p>One<text:s "
        "text:c='3'/><text:span>two</text:span> three"
        "<office:annotation><text:p>a remark</text:p></office:annotation></text:p>"
        "<table:table><table:table-row><table:table-cell><text:p>Tea</text:p></table:table-cell>"
        "<table:table-cell><text:p>3.50</text:p></table:table-cell></table:table-row></table:table>"
    )

    findings = documents.read(documents.odf("text", body), tmp_path)

    assert findings.text == "Head\tline\nOne   two three\nTea\t3.50"


def test_an_opendocument_presentation_has_pages(tmp_path: Path):
    """Each slide of a presentation is a page."""
    body = "<draw:page><text:p>One</text:p></draw:page><draw:page><text:p>Two</text:p></draw:page>"

    findings = documents.read(documents.odf("presentation", body), tmp_path)

    assert [page.text for page in findings.pages] == ["One", "Two"]


def test_a_scan_pasted_into_a_document_is_read(tmp_path: Path):
    """The image in a document without text is read; the logo in a letter is not."""
    picture = documents.saved(documents.page_image("Scanned"), "PNG")
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


ODF = "urn:oasis:names:tc:opendocument:xmlns"


def test_a_text_document_has_its_headers_and_footers(tmp_path: Path):
    """OpenDocument keeps headers and footers with the styles; each is read once."""
    spaces = " ".join(f'xmlns:{name}="{ODF}:{name}:1.0"' for name in ("office", "text", "style"))
    margins = (
        "<style:header><text:p>Head</text:p></style:header>"
        "<style:footer><text:p>Foot</text:p></style:footer>"
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.text")
        body = "<office:body><office:text><text:p>Body</text:p></office:text></office:body>"
        archive.writestr(
            "content.xml", f"<office:document-content {spaces}>{body}</office:document-content>"
        )
        pages = f"<style:master-page>{margins}</style:master-page>" * 2
        archive.writestr(
            "styles.xml", f"<office:document-styles {spaces}>{pages}</office:document-styles>"
        )

    findings = documents.read(out.getvalue(), tmp_path)

    assert findings.text == "Head\nBody\nFoot"
