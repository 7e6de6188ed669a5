"""Make pages of formats that know no positions, and of pages that could not be read."""

from pipeline.model import PageText
from processors.contract import Line, Page

_LAST_PART = (
    "no values are looked for in its last part, which is hidden, closed, struck through or quoted"
)


def text_page(
    text: str, *, number: int = 1, engine: str = "text", kept_apart: str = "", reason: str = ""
) -> Page:
    """Return a page of text whose lines have no boxes; empty lines are not among them.

    What is `kept_apart` follows in the text of the page. It is not among the lines, in which values
    are looked for. The `reason` is what else a reader of the page has to know.
    """
    lines = tuple(Line(text=line) for line in text.split("\n") if line.strip())
    if kept_apart.strip() and not lines:
        lines = (Line(text=""),)  # of a page without any, the text counts as its lines
    whole = "\n\n".join(part.strip("\n") for part in (text, kept_apart) if part.strip())
    page_text = PageText(
        number=number,
        source="text" if whole else "none",
        engine=engine,
        confidence=None,
        text=whole,
        reason="; ".join(filter(None, (_LAST_PART if kept_apart.strip() else "", reason))),
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
