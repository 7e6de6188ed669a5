"""Presentations are read slide by slide."""

from pathlib import Path

from tests.unit.processors import documents


def test_each_slide_is_a_page(tmp_path: Path):
    """Each slide is a page, with the speaker's notes after the slide's words."""
    findings = documents.read(
        documents.pptx(["First words", "Second words"], notes="Say hello"), tmp_path
    )

    assert [page.text for page in findings.pages] == ["First words\nSay hello", "Second words"]


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
