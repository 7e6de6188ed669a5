"""OpenDocument texts and presentations are read in order."""

import io
import zipfile
from pathlib import Path

import pytest

from tests.unit.processors import documents


def test_an_opendocument_text_is_read_in_order(tmp_path: Path):
    """Paragraphs, tabs, runs of spaces and tables are read in order; comments are kept apart."""
    body = (
        "<text:h>Head<text:tab/>line</text:h><text:p>One<text:s "
        "text:c='3'/><text:span>two</text:span> three"
        "<office:annotation><text:p>a remark</text:p></office:annotation></text:p>"
        "<table:table><table:table-row><table:table-cell><text:p>Tea</text:p></table:table-cell>"
        "<table:table-cell><text:p>3.50</text:p></table:table-cell></table:table-row></table:table>"
    )

    findings = documents.read(documents.odf("text", body), tmp_path)

    assert findings.text == "Head\tline\nOne   two three\nTea\t3.50\n\na remark"


def styles(properties: str, *, parent: str = "") -> dict[str, bytes]:
    """Write the styles of a document, of which "Odd" has properties."""
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{full}:1.0"'
        for name, full in (
            ("office", "office"), ("style", "style"), ("text", "text"), ("fo", "xsl-fo-compatible")
        )
    )  # fmt: skip
    xml = (
        f"<office:document-styles {spaces}><office:styles>"
        f"<style:style style:name='Odd' style:family='text'>{properties}</style:style>"
        f"<style:style style:name='Child' style:family='text' style:parent-style-name='{parent}'/>"
        "</office:styles></office:document-styles>"
    )
    return {"styles.xml": xml.encode()}


STRUCK = "<style:text-properties style:text-line-through-style='solid'/>"
WHITE = "<style:text-properties fo:color='#FFFFFF'/>"
TINY = "<style:text-properties fo:font-size='0.5pt'/>"
ODD = "<text:span text:style-name='Odd'>Total 999.00</text:span>"


@pytest.mark.parametrize(
    ("properties", "odd"),
    [
        (STRUCK, ODD),
        (STRUCK, ODD.replace("Odd", "Child")),
        ("<style:text-properties style:text-line-through-type='double'/>", ODD),
        ("<style:text-properties text:display='none'/>", ODD),
        (WHITE, ODD),
        ("<style:text-properties fo:font-size='1pt'/>", ODD),
        ("", "<text:hidden-text text:is-hidden='true'>Total 999.00</text:hidden-text>"),
    ],
)
def test_what_is_not_valid_or_not_seen_is_kept_apart(properties: str, odd: str, tmp_path: Path):
    """Text that is struck through, hidden or white on white is no value."""
    body = f"<text:p>Total 12.00 {odd}</text:p>"
    extra = styles(properties, parent="Odd")

    findings = documents.read(documents.odf("text", body, extra), tmp_path)

    assert findings.text.split("\n\n") == ["Total 12.00", "Total 999.00"]


def test_deleted_text_and_hidden_sections_are_kept_apart(tmp_path: Path):
    """Changes count as accepted, and a section that is not shown holds no values."""
    body = (
        "<text:tracked-changes><text:changed-region><text:deletion><text:p>Total 998.00</text:p>"
        "</text:deletion></text:changed-region></text:tracked-changes><text:p>Total 12.00</text:p>"
        "<text:section text:display='none'><text:p>Total 999.00</text:p></text:section>"
    )

    findings = documents.read(documents.odf("text", body), tmp_path)

    assert findings.text.split("\n\n") == ["Total 12.00", "Total 998.00\nTotal 999.00"]


@pytest.mark.parametrize(
    "properties",
    [
        "<style:text-properties style:text-line-through-style='none'/>",
        WHITE.replace("/>", " fo:background-color='#203040'/>"),
        "<style:text-properties fo:color='#203040'/>",
        WHITE.replace("/>", " style:use-window-font-color='true'/>"),
        "<style:text-properties fo:font-size='10pt'/>",
        "<style:text-properties fo:font-size='1.5pt'/>",
        "<style:text-properties fo:font-size='1cm'/>",
    ],
)
def test_letters_that_are_seen_are_read(properties: str, tmp_path: Path):
    """White letters on a color are seen, and so is what no line goes through."""
    findings = documents.read(
        documents.odf("text", f"<text:p>Total 12.00 {ODD}</text:p>", styles(properties)), tmp_path
    )

    assert findings.text == "Total 12.00 Total 999.00"


@pytest.mark.parametrize(
    ("around", "within"),
    [
        (STRUCK, STRUCK.replace("solid", "none")),
        (WHITE, WHITE.replace("FFFFFF", "000000")),
        (TINY, TINY.replace("0.5pt", "9pt")),
    ],
)
def test_the_style_of_a_part_goes_before_that_of_its_paragraph(
    around: str, within: str, tmp_path: Path
):
    """A part of a paragraph that is struck through or white may be neither."""
    extra = styles(within)
    style = f"<style:style style:name='Odd' style:family='paragraph'>{around}</style:style>"
    extra["styles.xml"] = extra["styles.xml"].replace(
        b"<office:styles>", f"<office:styles>{style}".encode()
    )
    body = f"<text:p text:style-name='Odd'>Gone {ODD}</text:p><text:p>Tea</text:p>"

    findings = documents.read(documents.odf("text", body, extra), tmp_path)

    assert findings.text == "Total 999.00\nTea\n\nGone"


def test_a_style_is_that_of_its_own_part(tmp_path: Path):
    """Programs give the styles of the text and those of its headers the same names."""
    extra = styles("<style:text-properties fo:font-weight='bold'/>")
    header = ODD.join(("<style:header><text:p>", "</text:p></style:header>")).replace("999", "12")
    extra["styles.xml"] = extra["styles.xml"].replace(
        b"</office:styles>", f"</office:styles>{header}".encode()
    )
    struck = f"<style:style style:name='Odd' style:family='text'>{STRUCK}</style:style>"
    spaces = " ".join(f'xmlns:{name}="{ODF}:{name}:1.0"' for name in ("style", "text"))
    body = f"<office:automatic-styles {spaces}>{struck}</office:automatic-styles><text:p>{ODD}</text:p>"

    findings = documents.read(documents.odf("text", body, extra), tmp_path)

    assert findings.text == "Total 12.00\n\nTotal 999.00"


def test_white_letters_on_a_shape_are_read(tmp_path: Path):
    """A bar may be drawn behind the letters."""
    shape = "<draw:rect/>"
    body = f"<text:p>{shape}Total 12.00 {ODD}</text:p>"

    findings = documents.read(documents.odf("text", body, styles(WHITE)), tmp_path)

    assert findings.text == "Total 12.00 Total 999.00"


def test_an_opendocument_presentation_has_pages(tmp_path: Path):
    """Each slide of a presentation is a page."""
    body = "<draw:page><text:p>One</text:p></draw:page><draw:page><text:p>Two</text:p></draw:page>"

    findings = documents.read(documents.odf("presentation", body), tmp_path)

    assert [page.text for page in findings.pages] == ["One", "Two"]


@pytest.mark.parametrize(
    "part",
    [
        "<text:section text:display='condition' text:is-hidden='true'>{}</text:section>",
        "<table:table-row table:visibility='collapse'><table:cell>{}</table:cell></table:table-row>",
        "<text:p><text:hidden-paragraph text:is-hidden='true'/>Total 999.00</text:p>",
    ],
)
def test_a_part_that_is_hidden_by_a_condition_is_kept_apart(part: str, tmp_path: Path):
    """Whether the condition holds is in the file."""
    body = f"<text:p>Total 12.00</text:p>{part.format('<text:p>Total 999.00</text:p>')}"
    hidden, shown = (
        documents.read(documents.odf("text", each), tmp_path).text
        for each in (body, body.replace("'true'", "'false'").replace("'collapse'", "'visible'"))
    )

    assert hidden.split("\n\n") == ["Total 12.00", "Total 999.00"]
    assert shown == "Total 12.00\nTotal 999.00"


def test_what_no_slide_shows_is_kept_apart(tmp_path: Path):
    """A slide may be hidden, a layer off, and notes are for the speaker."""
    extra = styles("")
    layer = b"<d:layer xmlns:d='x' d:name='Plan' d:display='none'/>"
    hidden = (
        b"<style:style style:name='Gone' style:family='drawing-page'>"
        b"<style:drawing-page-properties xmlns:p='x' p:visibility='hidden'/></style:style>"
    )
    extra["styles.xml"] = extra["styles.xml"].replace(
        b"<office:styles>", b"<office:styles><d:layer-set xmlns:d='x'>" + layer
        + b"</d:layer-set>" + hidden
    )  # fmt: skip
    body = (
        "<draw:page><text:p>One</text:p><draw:frame draw:layer='Plan'><text:p>Layer</text:p>"
        "</draw:frame><draw:frame draw:layer='layout'><text:p>Two</text:p></draw:frame>"
        "<notes><text:p>Note</text:p></notes></draw:page>"
        "<draw:page draw:style-name='Gone'><text:p>Three</text:p></draw:page>"
    )

    pages = documents.read(documents.odf("presentation", body, extra), tmp_path).pages

    assert [page.text for page in pages] == ["One\n\nTwo\n\nLayer\nNote", "Three"]


@pytest.mark.parametrize(
    ("place", "is_read"),
    [
        ("s:x='31cm' s:y='2cm'", False),
        ("s:x='-9in' s:y='2cm' s:width='8in' s:height='2cm'", False),
        ("s:x='2cm' s:y='230mm'", False),
        ("s:x='-1cm' s:y='2cm' s:width='8cm' s:height='2cm'", True),
        ("s:x='31cm' s:y='2cm' s:transform='rotate (1)'", True),
        ("", True),
    ],
)
def test_what_is_beside_a_slide_is_kept_apart(place: str, tmp_path: Path, *, is_read: bool):
    """What is out of the slide as a whole is seen by nobody."""
    extra = styles("")
    size = b"<f:page-layout-properties xmlns:f='x' f:page-width='28cm' f:page-height='21cm'/>"
    extra["styles.xml"] = extra["styles.xml"].replace(b"<office:styles>", b"<office:styles>" + size)
    frame = f"<draw:frame xmlns:s='x' {place}><text:p>Two</text:p></draw:frame>"
    body = f"<draw:page><text:p>One</text:p>{frame}</draw:page>"

    findings = documents.read(documents.odf("presentation", body, extra), tmp_path)

    assert findings.text == ("One\nTwo" if is_read else "One\n\nTwo")


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
