"""Word documents are read as Word shows them."""

import io
from pathlib import Path

import pytest

from pipeline.model import ReadStatus
from tests.unit.processors import documents


def test_a_word_document_is_read_in_order(tmp_path: Path):
    """Header, paragraphs, tables and footer are in the order in which a reader sees them."""
    data = documents.docx(
        "First", table=[["Item", "Price"], ["Tea", "3.50"]], header="Head", footer="Foot"
    )

    findings = documents.read(data, tmp_path)

    assert [line for line in findings.text.split("\n") if line] == [
        "Head",
        "First",
        "Item\tPrice",
        "Tea\t3.50",
        "after the table",
        "Foot",
    ]


W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def run(text: str) -> str:
    """Write a run of a Word document."""
    return f'<w:r {W}><w:t xml:space="preserve">{text}</w:t></w:r>'


def word(*paragraphs: str) -> bytes:
    """Write a Word document of paragraphs given as XML."""
    from docx import Document
    from docx.oxml import parse_xml

    document = Document()
    for paragraph in paragraphs:
        document.element.body.insert(0, parse_xml(paragraph))
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


BOX = f"<w:txbxContent {W}><w:p>{run('boxed')}</w:p></w:txbxContent>"

WORD = {
    "an insertion": (f"<w:p {W}><w:ins>{run('added')}</w:ins></w:p>", "added"),
    "a content control": (
        f"<w:sdt {W}><w:sdtContent><w:p>{run('chosen')}</w:p></w:sdtContent></w:sdt>",
        "chosen",
    ),
    "a control in a line": (
        f"<w:p {W}><w:sdt><w:sdtContent>{run('typed')}</w:sdtContent></w:sdt></w:p>",
        "typed",
    ),
    "a text box, once": (
        (
            f'<w:p {W} xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006">'
            "<w:r><mc:AlternateContent>"
            f'<mc:Choice Requires="wps">{BOX}</mc:Choice><mc:Fallback>{BOX}</mc:Fallback>'
            "</mc:AlternateContent></w:r></w:p>"
        ),
        "boxed",
    ),
    "a link": (f"<w:p {W}><w:hyperlink>{run('linked')}</w:hyperlink></w:p>", "linked"),
    "a row in a control": (
        (
            f"<w:tbl {W}><w:tr><w:tc><w:p>{run('one')}</w:p></w:tc></w:tr>"
            "<w:sdt><w:sdtContent><w:tr><w:tc><w:p>"
            f"{run('two')}</w:p></w:tc></w:tr></w:sdtContent></w:sdt></w:tbl>"
        ),
        "one\ntwo",
    ),
}


@pytest.mark.parametrize("part", WORD)
def test_all_parts_of_a_word_document_are_read(part: str, tmp_path: Path):
    """Text boxes, content controls and insertions are read once, where they are."""
    xml, text = WORD[part]

    findings = documents.read(word(xml), tmp_path)

    assert findings.text.strip() == text


def test_deleted_text_of_a_word_document_is_kept_apart(tmp_path: Path):
    """The text is the one after all changes are accepted; what moved is read at its new place."""
    deleted = f"<w:del {W}><w:r><w:delText>gone</w:delText></w:r></w:del>"
    moved = f"<w:moveFrom {W}>{run('elsewhere')}</w:moveFrom>"

    findings = documents.read(
        word(f"<w:p {W}>{run('kept ')}{deleted}{moved}{run('too')}</w:p>"), tmp_path
    )

    assert findings.text.split("\n\n") == ["kept too", "gone"]


def test_a_comment_in_a_word_document_is_kept_apart(tmp_path: Path):
    """What an editor remarks is no value of the document."""
    from docx import Document

    document = Document()
    runs = document.add_paragraph("Total 12.00").runs
    document.add_comment(runs, text="Was this not Total 999.00?", author="Ann")
    out = io.BytesIO()
    document.save(out)

    findings = documents.read(out.getvalue(), tmp_path)

    assert findings.text.split("\n\n") == ["Total 12.00", "Was this not Total 999.00?"]


def test_deeply_nested_tables_are_cut_off(tmp_path: Path):
    """Tables nested beyond a limit are not read; the rest is."""
    inner = run("deep").join((f"<w:p {W}>", "</w:p>"))
    for _ in range(60):
        inner = f"<w:tbl {W}><w:tr><w:tc>{inner}</w:tc></w:tr></w:tbl>"

    findings = documents.read(word(inner, f"<w:p {W}>{run('first')}</w:p>"), tmp_path)

    assert (findings.status, findings.text.strip()) == (ReadStatus.OK, "first")


def test_hidden_text_of_a_word_document_is_kept_apart(tmp_path: Path):
    """A hidden run is in the text of the page, but no value is taken from it."""
    hidden = f"<w:r {W}><w:rPr><w:vanish/></w:rPr><w:t>Total 999.00</w:t></w:r>"
    shown = f'<w:r {W}><w:rPr><w:vanish w:val="0"/></w:rPr><w:t>Total 12.00</w:t></w:r>'

    findings = documents.read(word(f"<w:p {W}>{hidden}{shown}</w:p>"), tmp_path)

    assert findings.text.split("\n\n") == ["Total 12.00", "Total 999.00"]
    assert findings.fields["total"].value == "12.00"
    assert "no values are looked for" in findings.pages[0].reason


def test_text_of_a_hidden_style_is_kept_apart(tmp_path: Path):
    """A style hides the runs that have it, and all runs of a paragraph that has it."""
    from docx import Document
    from docx.enum.style import WD_STYLE_TYPE

    document = Document()
    style = document.styles.add_style("Unseen", WD_STYLE_TYPE.CHARACTER)
    style.font.hidden = True
    paragraph = document.add_paragraph("Total 12.00")
    paragraph.add_run(" and 999.00", style="Unseen")
    out = io.BytesIO()
    document.save(out)

    findings = documents.read(out.getvalue(), tmp_path)

    assert findings.text.split("\n\n") == ["Total 12.00", "and 999.00"]


@pytest.mark.parametrize("place", ["header", "footer"])
def test_hidden_text_above_and_below_is_kept_apart(place: str, tmp_path: Path):
    """A hidden run of a header or a footer is no more a value than one of the text."""
    from docx import Document

    document = Document()
    document.add_paragraph("Invoice total 12.00")
    paragraph = getattr(document.sections[0], place).paragraphs[0]
    paragraph.add_run("Shown ")
    paragraph.add_run("Total 999.00").font.hidden = True
    out = io.BytesIO()
    document.save(out)

    findings = documents.read(out.getvalue(), tmp_path)

    shown, hidden = findings.text.split("\n\n")
    assert ("Shown" in shown, "999.00" in shown, hidden) == (True, False, "Total 999.00")


def test_a_style_based_on_a_hidden_one_is_hidden(tmp_path: Path):
    """A style takes from its parent what it does not say itself; a run's own word goes first."""
    from docx import Document
    from docx.enum.style import WD_STYLE_TYPE

    document = Document()
    parent = document.styles.add_style("Unseen", WD_STYLE_TYPE.CHARACTER)
    parent.font.hidden = True
    document.styles.add_style("Child", WD_STYLE_TYPE.CHARACTER).base_style = parent
    shown_again = document.styles.add_style("Shown", WD_STYLE_TYPE.CHARACTER)
    shown_again.base_style, shown_again.font.hidden = parent, False
    paragraph = document.add_paragraph("a")
    paragraph.add_run("hidden", style="Child")
    paragraph.add_run("b", style="Shown")
    paragraph.add_run("c", style="Child").font.hidden = False
    out = io.BytesIO()
    document.save(out)

    assert documents.read(out.getvalue(), tmp_path).text.split("\n\n") == ["abc", "hidden"]


def test_a_hidden_row_of_a_table_is_kept_apart(tmp_path: Path):
    """A row that Word does not show is no row of the text."""
    rows = [
        f"<w:tr><w:trPr>{hidden}</w:trPr><w:tc><w:p>{run(text)}</w:p></w:tc></w:tr>"
        for hidden, text in (("", "Total 12.00"), ("<w:hidden/>", "Total 999.00"))
    ]

    findings = documents.read(word(f"<w:tbl {W}>{''.join(rows)}</w:tbl>"), tmp_path)

    assert findings.text.split("\n\n") == ["Total 12.00", "Total 999.00"]


UNREAD = {
    "struck through": "<w:strike/>",
    "struck through twice": "<w:dstrike/>",
    "white": '<w:color w:val="FFFFFF"/>',
    "white on white": '<w:color w:val="ffffff"/><w:shd w:val="clear" w:fill="FFFFFF"/>',
    "blue on blue": '<w:color w:val="20a0c0"/><w:shd w:val="clear" w:fill="20A0C0"/>',
    "red on red": '<w:color w:val="FF0000"/><w:highlight w:val="red"/>',
    "tiny": '<w:sz w:val="2"/>',
    "without a fill": "<w14:textFill xmlns:w14='x'><w14:noFill/></w14:textFill>",
}


def of_two(properties: str, *, around: str = "{}") -> bytes:
    """Write two totals, of which the second has properties of its own."""
    second = f"<w:r><w:rPr>{properties}</w:rPr><w:t>Total 999.00</w:t></w:r>"
    return word(around.format(f"<w:p {W}>{second}</w:p>"), f"<w:p {W}>{run('Total 12.00')}</w:p>")


@pytest.mark.parametrize("how", UNREAD)
def test_what_is_no_longer_valid_or_cannot_be_seen_is_kept_apart(how: str, tmp_path: Path):
    """A line through words takes them back; white letters on paper are not seen."""
    findings = documents.read(of_two(UNREAD[how]), tmp_path)

    assert findings.text.split("\n\n") == ["Total 12.00", "Total 999.00"]


CELL = "<w:tbl {0}>{1}<w:tr><w:tc>{2}{{}}</w:tc></w:tr></w:tbl>"
DARK = '<w:shd w:val="clear" w:color="auto" w:fill="203040"/>'
THEME = '<w:shd w:val="clear" w:color="auto" w:fill="auto" w:themeFill="accent1"/>'
WHITE = UNREAD["white"]
W14 = 'xmlns:w14="http://schemas.microsoft.com/office/word/2010/wordml"'


@pytest.mark.parametrize(
    ("properties", "around"),
    [
        (f"{WHITE}{DARK}", "{}"),
        (f'{WHITE}<w:highlight w:val="black"/>', "{}"),
        (WHITE, CELL.format(W, "", f"<w:tcPr>{DARK}</w:tcPr>")),
        (WHITE, CELL.format(W, f"<w:tblPr>{DARK}</w:tblPr>", "")),
        (WHITE, f"<w:p {W}><w:r><w:txbxContent>{{}}</w:txbxContent></w:r></w:p>"),
        ('<w:strike w:val="0"/>', "{}"),
        (WHITE, CELL.format(W, "", f"<w:tcPr>{THEME}</w:tcPr>")),
        (WHITE.replace("/>", ' w:themeColor="text1"/>'), "{}"),
        (f"<w:outline/>{WHITE}", "{}"),
        (f"{WHITE}<w14:textOutline {W14}/>", "{}"),
        (f"{WHITE}<w14:textFill {W14}/>", "{}"),
        (f"<w14:textOutline {W14}/><w14:textFill {W14}><w14:noFill/></w14:textFill>", "{}"),
        ('<w:color w:val="20A0C0"/><w:highlight w:val="yellow"/><w:sz w:val="12"/>', "{}"),
        (f'{WHITE}<w:shd w:val="solid" w:color="203040" w:fill="FFFFFF"/>', "{}"),
    ],
    ids=[
        *("shaded", "marked", "in a cell", "in a table", "in a text box", "not struck through"),
        *("in a color of the theme", "black in the theme", "as an outline", "outlined", "filled"),
        *("an outline alone", "small", "on a solid pattern"),
    ],
)
def test_white_letters_on_a_color_are_read(properties: str, around: str, tmp_path: Path):
    """Headings are often white on a color, and shapes may have any."""
    findings = documents.read(of_two(properties, around=around), tmp_path)

    assert findings.text.split() == ["Total", "12.00", "Total", "999.00"]
    assert "no values" not in findings.pages[0].reason


WP = 'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"'
V = 'xmlns:v="urn:schemas-microsoft-com:vml"'
BOX = "<w:txbxContent>{}</w:txbxContent>"
ANCHOR = (
    f"<w:drawing {W}><wp:anchor {WP}><wp:docPr id='4' name='B'{{0}}/>{BOX}</wp:anchor></w:drawing>"
)
SHAPE = f"<w:pict {W}><v:shape {V} style='width:9pt{{0}}'><v:textbox>{BOX}</v:textbox></v:shape></w:pict>"
PROMPT = f"<w:sdt {W}><w:sdtPr>{{0}}</w:sdtPr><w:sdtContent>{{1}}</w:sdtContent></w:sdt>"


@pytest.mark.parametrize(
    ("around", "hides", "shows"),
    [
        (f"<w:p {W}><w:r>{ANCHOR.replace('{}', '{1}')}</w:r></w:p>", " hidden='1'", ""),
        (
            f"<w:p {W}><w:r>{SHAPE.replace('{}', '{1}')}</w:r></w:p>",
            ";visibility:hidden",
            ";z-index:3",
        ),
        (PROMPT, "<w:showingPlcHdr/>", "<w:showingPlcHdr w:val='0'/>"),
    ],
    ids=["box", "old box", "prompt"],
)
def test_a_part_that_is_not_shown_or_a_prompt_is_kept_apart(
    around: str, hides: str, shows: str, tmp_path: Path
):
    """A hidden box is not seen, and a prompt is nothing that anybody has entered."""
    part = f"<w:p {W}>{run('Total 999.00')}</w:p>"
    below = f"<w:p {W}>{run('Total 12.00')}</w:p>"
    hidden, shown = (
        documents.read(word(around.format(how, part), below), tmp_path).text
        for how in (hides, shows)
    )

    assert hidden.split("\n\n") == ["Total 12.00", "Total 999.00"]
    assert sorted(shown.split()) == ["12.00", "999.00", "Total", "Total"]


def test_a_document_that_hides_all_text_shows_what_says_so(tmp_path: Path):
    """Templates hide notes to their authors by the default of the document."""
    from docx import Document
    from docx.oxml import parse_xml

    document = Document(io.BytesIO(of_two('<w:vanish w:val="0"/>')))
    styles = document.styles.element
    defaults = styles.find("{*}docDefaults/{*}rPrDefault/{*}rPr")
    defaults.append(parse_xml(f"<w:vanish {W}/>"))
    out = io.BytesIO()
    document.save(out)

    assert documents.read(out.getvalue(), tmp_path).text.split("\n\n")[0] == "Total 999.00"


@pytest.mark.parametrize("properties", ["<w:strike/>", WHITE])
def test_a_text_box_in_a_line_that_is_not_read_is_read(properties: str, tmp_path: Path):
    """A box is part of a line of the text, and has letters of its own."""
    box = f"<w:drawing><w:txbxContent><w:p>{run('Total 12.00')}</w:p></w:txbxContent></w:drawing>"
    line = f"<w:r><w:rPr>{properties}</w:rPr><w:t>Total 999.00</w:t>{box}</w:r>"

    findings = documents.read(word(f"<w:p {W}>{line}</w:p>"), tmp_path)

    assert findings.text.split("\n\n") == ["Total 12.00", "Total 999.00"]


def test_white_letters_on_the_shade_of_all_paragraphs_are_read(tmp_path: Path):
    """A paragraph that names no style has the default one."""
    from docx import Document
    from docx.oxml import parse_xml

    document = Document(io.BytesIO(of_two(WHITE)))
    normal = document.styles["Normal"].element
    normal.get_or_add_pPr().append(parse_xml(DARK.replace("<w:shd", f"<w:shd {W}")))
    out = io.BytesIO()
    document.save(out)

    assert "\n\n" not in documents.read(out.getvalue(), tmp_path).text


def table(*cells: str) -> str:
    """Write a table of one row; paragraphs are divided by a bar."""
    row = "".join(
        "<w:tc>" + "".join(f"<w:p>{run(text)}</w:p>" for text in cell.split("|")) + "</w:tc>"
        for cell in cells
    )
    return f"<w:tbl {W}><w:tr>{row}</w:tr></w:tbl>"


@pytest.mark.parametrize(
    ("cells", "lines"),
    [
        (("one|two",), ["one", "two"]),
        (("one|two", ""), ["one", "two"]),
        (("one|two", "a|b|c"), ["one\ta", "two\tb", "\tc"]),
        (("one|two", "a"), ["one two\ta"]),
    ],
    ids=["alone", "beside an empty one", "beside another", "beside a value"],
)
def test_a_table_for_the_layout_keeps_its_lines(
    cells: tuple[str, ...], lines: list[str], tmp_path: Path
):
    """Letters are laid out in tables: their paragraphs are lines, those of a value are none."""
    findings = documents.read(word(table(*cells)), tmp_path)

    assert findings.text.rstrip().split("\n") == lines


def test_a_page_that_word_takes_in_is_a_child(tmp_path: Path):
    """Programs that make Word documents from HTML leave the conversion to Word."""
    from docx import Document
    from docx.opc.packuri import PackURI
    from docx.opc.part import Part

    document = Document()
    name = PackURI("/word/page.html")
    part = Part(name, "text/html", b"<p>Green tea</p>", document.part.package)
    document.part.relate_to(part, "http://schemas.openxmlformats.org/x/aFChunk")
    out = io.BytesIO()
    document.save(out)

    findings = documents.read(out.getvalue(), tmp_path)

    assert findings.text == "Green tea"
