"""Presentations: a page a slide, with its tables and the speaker's notes."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from processors.contract import Context, Page, Reading
from processors.detect import office_package as package
from processors.detect.encoding import clean
from processors.detect.media import PPTX
from processors.layout.plain_page import text_page

_WHAT = "presentation"
_DEEPEST_GROUP = 8
_BROKEN = (
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
        del work_dir
        package.check(path, what=_WHAT)
        limit = context.settings.limits.pages
        import pptx
        from pptx.exc import PythonPptxError

        try:
            slides = pptx.Presentation(str(path)).slides
            count = len(slides)
            pages = [
                _page(slide, number)
                for number, slide in enumerate(slides, start=1)
                if number <= limit
            ]
        except (PythonPptxError, *_BROKEN) as exc:
            raise package.damaged(_WHAT) from exc
        problems = (
            (f"Only the first {limit} of {count} slides were read, which is the limit.",)
            if count > limit
            else ()
        )
        written = sum(len(page.text.text) for page in pages)
        return Reading(
            pages=tuple(pages),
            problems=problems,
            children=package.enclosed(path, written_chars=written),
        )


def _page(slide: Any, number: int) -> Page:
    lines = list(_shapes(slide.shapes, 0))
    if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
        lines.append(slide.notes_slide.notes_text_frame.text)
    return text_page(
        clean("\n".join(line for line in lines if line.strip())), number=number, engine="pptx"
    )


def _shapes(shapes: Any, depth: int) -> Iterator[str]:
    for shape in shapes:
        if shape.has_text_frame:
            yield shape.text_frame.text.replace("\v", "\n")
        elif getattr(shape, "has_table", False):
            for row in shape.table.rows:
                yield "\t".join(" ".join(cell.text.split()) for cell in row.cells)
        elif hasattr(shape, "shapes") and depth < _DEEPEST_GROUP:
            yield from _shapes(shape.shapes, depth + 1)
