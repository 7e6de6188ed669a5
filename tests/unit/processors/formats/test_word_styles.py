"""Text of Word documents is hidden or shown by the style that counts most."""

import io
from pathlib import Path

import pytest

from tests.unit.processors import documents
from tests.unit.processors.formats.test_office_docx import WHITE, W

PLAIN = {
    "<w:vanish/>": "<w:vanish w:val='0'/>",
    "<w:strike/>": "<w:strike w:val='0'/>",
    "<w:sz w:val='2'/>": "<w:sz w:val='24'/>",
    WHITE: "<w:color w:val='303030'/>",
}


@pytest.mark.slow
@pytest.mark.parametrize("hides", PLAIN)
@pytest.mark.parametrize("of_all", ["default style", "document"])
@pytest.mark.parametrize("is_hidden", [True, False])
def test_the_style_of_a_paragraph_counts_more_than_the_default(
    hides: str, of_all: str, tmp_path: Path, *, is_hidden: bool
):
    """What a document says of all text holds where the style of a paragraph does not say else."""
    from docx import Document
    from docx.enum.style import WD_STYLE_TYPE
    from docx.oxml import parse_xml

    document = Document()
    named = document.styles.add_style("Aside", WD_STYLE_TYPE.PARAGRAPH)
    named.base_style = document.styles["Normal"] if of_all == "default style" else None
    of_style, of_default = (hides, PLAIN[hides]) if is_hidden else (PLAIN[hides], hides)
    default = {
        "default style": document.styles["Normal"].element.get_or_add_rPr(),
        "document": document.styles.element.find("{*}docDefaults/{*}rPrDefault/{*}rPr"),
    }[of_all]
    for target, properties in (
        (named.element.get_or_add_rPr(), of_style),
        (default, of_default),
    ):
        for each in parse_xml(f"<w:rPr {W}>{properties}</w:rPr>"):
            for old in target.findall(each.tag):
                target.remove(old)
            target.append(each)
    cell = document.add_table(1, 1).cell(0, 0)
    cell.paragraphs[0].style = named
    cell.paragraphs[0].add_run("Total 999.00")
    document.add_paragraph().add_run("Total 12.00").font.hidden = False
    out = io.BytesIO()
    document.save(out)

    shown = documents.read(out.getvalue(), tmp_path).text.split("\n\n")[0]

    assert ("999.00" in shown) is not is_hidden


def test_a_style_of_its_own_takes_nothing_from_the_default_style(tmp_path: Path):
    """Only what is based on the default style, or names none, has what it says."""
    from docx import Document
    from docx.enum.style import WD_STYLE_TYPE

    document = Document()
    document.styles["Normal"].font.hidden = True
    document.styles.add_style("Apart", WD_STYLE_TYPE.PARAGRAPH).base_style = None
    document.styles.add_style("Same", WD_STYLE_TYPE.PARAGRAPH)
    document.styles["Same"].base_style = document.styles["Normal"]
    document.add_paragraph("Total 12.00", style="Apart")
    document.add_paragraph("Total 998.00", style="Same")
    document.add_paragraph("Total 999.00")
    out = io.BytesIO()
    document.save(out)

    text = documents.read(out.getvalue(), tmp_path).text

    assert text.split("\n\n") == ["Total 12.00", "Total 998.00\nTotal 999.00"]
