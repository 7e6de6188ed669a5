"""Word documents: paragraphs and tables in the order of the document, headers before, footers after."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from processors import package
from processors.contract import Context, Reading
from processors.encoding import clean
from processors.media import DOCX
from processors.plain import page_of

_WHAT = "Word document"
_DEEPEST_TABLE = 8


class DocxProcessor:
    """Reads .docx with python-docx, which resolves no entities and follows no links."""

    name = "docx"
    version = "2"

    def accepts(self, media_type: str) -> str | None:
        """Accept Word documents in the zip format."""
        return None if media_type == DOCX else f"{media_type} is not a .docx document"

    def process(self, path: Path, work_dir: Path, context: Context) -> Reading:
        """Return the document as one page: where its pages break only Word knows. Embedded files are children."""
        del work_dir, context
        package.check(path, what=_WHAT)
        lines = list(_document_lines(path))
        page = page_of(clean("\n".join(lines)), engine="docx")
        children = package.enclosed(path, written_chars=len(page.text.text))
        return Reading(pages=(page,), children=children)


def _document_lines(path: Path) -> Iterator[str]:
    import docx
    from docx.opc.exceptions import OpcError

    try:
        document = docx.Document(str(path))
        yield from _margins(document, "header")
        yield from _blocks(document, 0)
        yield from _margins(document, "footer")
    except (OpcError, SyntaxError, KeyError, ValueError, AttributeError, IndexError, TypeError, OSError) as exc:
        raise package.damaged(_WHAT) from exc


def _margins(document: Any, which: str) -> Iterator[str]:
    """Yield headers or footers, each text once though every section may repeat it."""
    told: set[str] = set()
    for section in document.sections:
        for variant in (which, f"first_page_{which}", f"even_page_{which}"):
            margin = getattr(section, variant)
            text = "" if margin.is_linked_to_previous else "\n".join(_blocks(margin, 0)).strip()
            if text and text not in told:
                told.add(text)
                yield text


def _blocks(holder: Any, depth: int) -> Iterator[str]:
    for block in holder.iter_inner_content():
        if hasattr(block, "rows"):
            yield from _rows(block, depth)
        else:
            yield block.text


def _rows(table: Any, depth: int) -> Iterator[str]:
    """Yield a line a row, cells set apart by tabs; a merged cell is told once."""
    if depth >= _DEEPEST_TABLE:
        return
    for row in table.rows:
        cells: list[str] = []
        last = None
        for cell in row.cells:
            if cell._tc is not last:  # noqa: SLF001 - python-docx repeats a merged cell and tells it no other way
                cells.append(" ".join(" ".join(_blocks(cell, depth + 1)).split()))
            last = cell._tc  # noqa: SLF001 - the same
        yield "\t".join(cells)
