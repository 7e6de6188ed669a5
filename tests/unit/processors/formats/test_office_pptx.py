"""Presentations are read slide by slide."""

from pathlib import Path

from tests.unit.processors import documents


def test_each_slide_is_a_page(tmp_path: Path):
    """Each slide is a page, with the speaker's notes after the slide's words."""
    findings = documents.read(
        documents.pptx(["First words", "Second words"], notes="Say hello"), tmp_path
    )

    assert [page.text for page in findings.pages] == ["First words\nSay hello", "Second words"]
