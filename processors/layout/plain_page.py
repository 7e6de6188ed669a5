"""Make pages of formats that know no positions, and of pages that could not be read."""

from pipeline.model import PageText
from processors.contract import Line, Page


def text_page(text: str, *, number: int = 1, engine: str = "text") -> Page:
    """Return a page of text whose lines have no boxes; empty lines are not among them."""
    lines = tuple(Line(text=line) for line in text.split("\n") if line.strip())
    page_text = PageText(
        number=number,
        source="text" if lines else "none",
        engine=engine,
        confidence=None,
        text=text.strip("\n"),
    )
    return Page(page_text, lines)


def damaged_page(number: int) -> Page:
    """Return an empty page in the place of one that could not be decoded."""
    page_text = PageText(
        number=number,
        source="none",
        engine=None,
        confidence=None,
        text="",
        reason="the page is damaged",
    )
    return Page(page_text)
