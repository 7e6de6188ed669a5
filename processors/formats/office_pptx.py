"""Read presentations: one page per slide, with its tables and the speaker's notes."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from processors.contract import Context, Page, Reading
from processors.detect import office_package
from processors.detect.encoding import clean
from processors.detect.media import PPTX
from processors.detect.office_hidden import take_unseen
from processors.detect.office_parts import standard_package
from processors.layout.plain_page import text_page

_WHAT = "presentation"
_MOST_GROUP_DEPTH = 8  # groups of shapes within each other
_OFF = frozenset({"0", "false"})
_THEME = re.compile("/theme(?:Override)?$")
# The color of a theme that slides have for paper (ECMA-376 part 1, section 20.1.6.2).
_PAPER = re.compile(rb"<(?:\w+:)?lt1>(.*?)</(?:\w+:)?lt1>", re.DOTALL)
_WHITE_PAPER = re.compile(
    rb"""^\s*<(?:\w+:)?(?:srgbClr\s+val=["']FFFFFF["']|sysClr\s+val=["']window["'][^>]*)\s*(?:/>|></)""",
    re.IGNORECASE,
)
_LINE_BREAK = "\v"  # how python-pptx returns <a:br>, a line break within a paragraph
# What python-pptx raises, beside its own errors, on parts that violate ECMA-376.
_MALFORMED = (
    SyntaxError,
    KeyError,
    ValueError,
    AttributeError,
    IndexError,
    TypeError,
    OSError,
    RecursionError,
)


class PptxProcessor:
    """Reads .pptx with python-pptx, which resolves no entities and follows no links."""

    name = "pptx"

    def accepts(self, media_type: str) -> str | None:
        """Accept presentations in the zip format."""
        return None if media_type == PPTX else f"{media_type} is not a .pptx presentation"

    def process(self, path: Path, work_dir: Path, context: Context) -> Reading:
        """Return every slide as a page; embedded files are children."""
        office_package.check(path, what=_WHAT)
        path = standard_package(path, work_dir)
        limit = context.settings.limits.pages
        pages: list[Page] = []
        problems: tuple[str, ...] = ()

        import pptx
        from pptx.exc import PythonPptxError

        try:
            presentation = pptx.Presentation(str(path))
            slides = presentation.slides
            for number, slide in enumerate(slides, start=1):
                if number > limit:
                    count = len(slides)
                    problems = (
                        f"Only the first {limit} of {count} slides were read, which is the limit.",
                    )
                    break
                below = [*_below(slide)] if _has_white_paper(slide) else []
                unseen = [*take_unseen(slide.element, below, _size_of(presentation))]
                lines = list(_shape_lines(slide.shapes, 0))
                if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
                    unseen.append(slide.notes_slide.notes_text_frame.text)
                text = clean("\n".join(line for line in lines if line.strip()))
                is_hidden = slide.element.get("show") in _OFF  # ECMA-376 part 1, section 19.3.1.38
                kept_apart = clean("\n".join([*([text] if is_hidden else []), *unseen]))
                shown = "" if is_hidden else text
                pages.append(text_page(shown, number=number, engine="pptx", kept_apart=kept_apart))
        except (PythonPptxError, *_MALFORMED) as exc:
            raise office_package.damaged(_WHAT) from exc

        text_chars = sum(len(page.text.text) for page in pages)
        children = office_package.embedded_files(path, text_chars=text_chars)
        return Reading(pages=tuple(pages), problems=problems, children=children)


def _size_of(presentation: Any) -> tuple[int, int]:
    """Return width and height of the slides in EMU, 0 if they are not said."""
    return (presentation.slide_width or 0, presentation.slide_height or 0)


def _below(slide: Any) -> Iterator[Any]:
    """Yield the layout and the master of a slide, whose shapes are behind its own."""
    layout = slide.slide_layout
    yield from (layout.element, layout.slide_master.element)


def _has_white_paper(slide: Any) -> bool:
    """Return whether the themes of a slide, its layout and its master have white for paper."""
    layout = slide.slide_layout
    themes = (
        relationship.target_part.blob
        for each in (slide, layout, layout.slide_master)
        for relationship in each.part.rels.values()
        if not relationship.is_external and _THEME.search(relationship.reltype)
    )
    papers = [paper for theme in themes for paper in _PAPER.findall(theme)]
    return all(map(_WHITE_PAPER.search, papers))


def _shape_lines(shapes: Any, depth: int) -> Iterator[str]:
    """Yield the text of shapes, one line per row of a table; groups hold further shapes."""
    for shape in shapes:
        if shape.has_text_frame:
            yield shape.text_frame.text.replace(_LINE_BREAK, "\n")
        elif getattr(shape, "has_table", False):
            for row in shape.table.rows:
                yield "\t".join(" ".join(cell.text.split()) for cell in row.cells)
        elif hasattr(shape, "shapes") and depth < _MOST_GROUP_DEPTH:
            yield from _shape_lines(shape.shapes, depth + 1)
