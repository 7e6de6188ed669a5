"""Presentations are read slide by slide."""

from pathlib import Path

import pytest

from tests.unit.processors import documents


def test_each_slide_is_a_page(tmp_path: Path):
    """Each slide is a page; the speaker's notes are kept apart from the slide's words."""
    findings = documents.read(
        documents.pptx(["First words", "Second words"], notes="Say hello"), tmp_path
    )

    assert [page.text for page in findings.pages] == ["First words\n\nSay hello", "Second words"]


def test_a_slide_that_is_not_shown_is_no_value(tmp_path: Path):
    """A hidden slide is text of its page, but no value is taken from it."""
    import io

    import pptx

    book = pptx.Presentation(io.BytesIO(documents.pptx(["Total: 31.00", "Total: 78.00"])))
    book.slides[1].element.set("show", "0")
    out = io.BytesIO()
    book.save(out)

    findings = documents.read(out.getvalue(), tmp_path)

    assert "78.00" in findings.pages[1].text
    assert findings.fields["total"].value == "31.00"


def test_what_is_struck_through_on_a_slide_is_no_value(tmp_path: Path):
    """A line through words takes them back; they are kept apart."""
    import io

    import pptx

    book = pptx.Presentation(io.BytesIO(documents.pptx(["Total: 31.00"])))
    frame = next(shape for shape in book.slides[0].shapes if shape.has_text_frame).text_frame
    run = frame.add_paragraph().add_run()
    run.text = "Total: 78.00"
    run.font._element.set("strike", "sngStrike")
    out = io.BytesIO()
    book.save(out)

    findings = documents.read(out.getvalue(), tmp_path)

    assert findings.pages[0].text.split("\n\n") == ["Total: 31.00", "Total: 78.00"]


WHITE = "<a:solidFill {}><a:srgbClr val='FFFFFF'/></a:solidFill>"
PAPER = "<a:solidFill {}><a:schemeClr val='bg1'/></a:solidFill>"
SHADED = (
    "<a:solidFill {}><a:schemeClr val='bg1'><a:lumMod val='50000'/></a:schemeClr></a:solidFill>"
)
BLUE = "<a:solidFill {}><a:srgbClr val='203040'/></a:solidFill>"
NOTHING = "<a:noFill {}/>"
A = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'


@pytest.mark.parametrize(
    ("letters", "box", "is_read"),
    [
        (WHITE, "", False),
        (PAPER, "", False),
        (NOTHING, "", False),
        (WHITE, BLUE, True),
        (SHADED, "", True),
        (BLUE, "", True),
    ],
)
def test_letters_in_the_color_of_the_slide_are_no_value(
    letters: str, box: str, tmp_path: Path, *, is_read: bool
):
    """White letters are seen on a color, and not on a white slide."""
    import io

    import pptx
    from lxml import etree

    book = pptx.Presentation(io.BytesIO(documents.pptx(["Total: 31.00"])))
    shape = next(shape for shape in book.slides[0].shapes if shape.has_text_frame)
    run = shape.text_frame.add_paragraph().add_run()
    run.text = "Total: 78.00"
    run.font._element.insert(0, etree.fromstring(letters.format(A)))
    if box:
        shape._element.spPr.append(etree.fromstring(box.format(A)))
    out = io.BytesIO()
    book.save(out)

    text = documents.read(out.getvalue(), tmp_path).pages[0].text

    assert text.split("\n\n") == (
        ["Total: 31.00\nTotal: 78.00"] if is_read else ["Total: 31.00", "Total: 78.00"]
    )


def test_a_shape_that_is_hidden_is_no_value(tmp_path: Path):
    """The pane of selections hides shapes."""
    import io

    import pptx

    book = pptx.Presentation(io.BytesIO(documents.pptx(["Total: 31.00"])))
    group = book.slides[0].shapes.add_group_shape()
    group.shapes.add_textbox(0, 0, 900, 900).text_frame.text = "Total: 78.00"
    group._element.nvGrpSpPr.cNvPr.set("hidden", "1")
    out = io.BytesIO()
    book.save(out)

    text = documents.read(out.getvalue(), tmp_path).pages[0].text

    assert text.split("\n\n") == ["Total: 31.00", "Total: 78.00"]


@pytest.mark.parametrize(
    ("left_in", "cover", "moves", "is_read"),
    [
        (-9, "", False, False),
        (14, "", False, False),
        (-1, "", False, True),
        (2, BLUE, False, False),
        (2, BLUE, True, True),
        (2, NOTHING, False, True),
        (2, "<a:solidFill {}><a:srgbClr val='203040'><a:alpha val='9'/></a:srgbClr></a:solidFill>",
         False, True),
    ],
)  # fmt: skip
def test_what_is_beside_a_slide_or_behind_a_shape_is_no_value(
    left_in: int, cover: str, tmp_path: Path, *, moves: bool, is_read: bool
):
    """A shape hides what is behind it, unless something shines through or may move."""
    import io

    import pptx
    from lxml import etree
    from pptx.enum.shapes import MSO_SHAPE
    from pptx.util import Inches

    book = pptx.Presentation(io.BytesIO(documents.pptx(["Total: 31.00"])))
    shapes = book.slides[0].shapes
    box = shapes.add_textbox(Inches(left_in), Inches(5), Inches(3), Inches(1))
    box.text_frame.text = "Grand total: 78.00"
    if cover:
        shape = shapes.add_shape(MSO_SHAPE.RECTANGLE, Inches(1), Inches(4), Inches(5), Inches(3))
        shape._element.spPr.append(etree.fromstring(cover.format(A)))
    if moves:
        book.slides[0].element.append(
            etree.fromstring(
                '<p:timing xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"/>'
            )
        )
    out = io.BytesIO()
    book.save(out)

    findings = documents.read(out.getvalue(), tmp_path)

    assert (findings.fields["total"].value == "78.00") is is_read
    assert "78.00" in findings.pages[0].text


MARK = "<a:highlight {}><a:srgbClr val='203040'/></a:highlight>"


@pytest.mark.parametrize(
    ("mark", "paper", "is_read"),
    [
        (MARK, "FFFFFF", True),
        (MARK.replace("203040", "FFFFFF"), "FFFFFF", False),
        ("", "203040", True),
        ("", "FFFFFF", False),
    ],
)
def test_white_letters_on_a_mark_or_on_a_dark_theme_are_read(
    mark: str, paper: str, tmp_path: Path, *, is_read: bool
):
    """A marker is behind the letters, and a theme says which color the paper has."""
    import io

    import pptx
    from lxml import etree

    book = pptx.Presentation(io.BytesIO(documents.pptx(["Total: 31.00"])))
    shape = next(shape for shape in book.slides[0].shapes if shape.has_text_frame)
    run = shape.text_frame.add_paragraph().add_run()
    run.text = "Total: 78.00"
    for each in (WHITE, mark):
        if each:
            run.font._element.append(etree.fromstring(each.format(A)))
    rels = book.slide_masters[0].part.rels.values()
    theme = next(each.target_part for each in rels if each.reltype.endswith("/theme"))
    old = b'<a:sysClr val="window" lastClr="FFFFFF"/>'
    assert old in theme.blob
    theme._blob = theme.blob.replace(old, f"<a:srgbClr val='{paper}'/>".encode())
    out = io.BytesIO()
    book.save(out)

    text = documents.read(out.getvalue(), tmp_path).pages[0].text

    assert ("\n\n" not in text) is is_read
