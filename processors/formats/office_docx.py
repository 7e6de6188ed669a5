"""Word documents: paragraphs, tables and text boxes in the order of the document, headers before, footers after."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from processors.contract import Context, Reading
from processors.detect import office_package as package
from processors.detect.encoding import clean
from processors.detect.media import DOCX
from processors.detect.safe_xml import local_name
from processors.layout.plain_page import text_page

_WHAT = "Word document"
_DEEPEST = 40
"""Tables, text boxes and content controls within each other."""
_WRAPPERS = frozenset({"sdt", "sdtContent", "ins", "moveTo", "customXml", "smartTag"})
_NO_TEXT = frozenset({"pPr", "rPr", "del", "moveFrom", "Fallback", "instrText", "sdtPr"})
"""Elements of a paragraph without text of its own; a fallback repeats a text box for old programs."""
_CHARACTERS = {"tab": "\t", "ptab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}


class DocxProcessor:
    """Reads .docx with python-docx, which resolves no entities and follows no links."""

    name = "docx"

    def accepts(self, media_type: str) -> str | None:
        """Accept Word documents in the zip format."""
        return None if media_type == DOCX else f"{media_type} is not a .docx document"

    def process(self, path: Path, work_dir: Path, context: Context) -> Reading:
        """Return the document as one page: where its pages break only Word knows. Embedded files are children."""
        del work_dir, context
        package.check(path, what=_WHAT)
        lines = list(_document_lines(path))
        page = text_page(clean("\n".join(lines)), engine="docx")
        children = package.enclosed(path, written_chars=len(page.text.text))
        return Reading(pages=(page,), children=children)


def _document_lines(path: Path) -> Iterator[str]:
    import docx
    from docx.opc.exceptions import OpcError

    try:
        document = docx.Document(str(path))
        yield from _margins(document, "header")
        yield from _blocks(document.element.body, 0)
        yield from _notes(document)
        yield from _margins(document, "footer")
    except (
        OpcError,
        SyntaxError,
        KeyError,
        ValueError,
        AttributeError,
        IndexError,
        TypeError,
        OSError,
    ) as exc:
        raise package.damaged(_WHAT) from exc


def _margins(document: Any, which: str) -> Iterator[str]:
    """Yield headers or footers, each text once though every section may repeat it."""
    told: set[str] = set()
    for section in document.sections:
        for variant in (which, f"first_page_{which}", f"even_page_{which}"):
            margin = getattr(section, variant)
            text = (
                ""
                if margin.is_linked_to_previous
                else "\n".join(_blocks(margin._element, 0)).strip()  # noqa: SLF001 - python-docx passes over text boxes and content controls
            )
            if text and text not in told:
                told.add(text)
                yield text


def _notes(document: Any) -> Iterator[str]:
    """Yield footnotes and endnotes, which lie in parts of their own."""
    from docx.oxml import parse_xml

    for relation in document.part.rels.values():
        if not relation.is_external and relation.reltype.endswith(("/footnotes", "/endnotes")):
            for note in parse_xml(relation.target_part.blob):
                yield from (line.strip() for line in _blocks(note, 0) if line.strip())


def _blocks(holder: Any, depth: int) -> Iterator[str]:
    """Yield the lines of paragraphs and tables, those in content controls and of insertions nobody accepted yet too."""
    if depth >= _DEEPEST:
        return
    for block in holder:
        name = local_name(block)
        if name == "p":
            boxes: list[Any] = []
            yield "".join(_runs(block, boxes))
            for box in boxes:
                yield from _blocks(box, depth + 1)
        elif name == "tbl":
            yield from _rows(block, depth)
        elif name in _WRAPPERS:
            yield from _blocks(block, depth + 1)


def _runs(element: Any, boxes: list[Any]) -> Iterator[str]:
    """Yield a paragraph's text as it reads once all changes are accepted; text boxes in it are put aside."""
    for inner in element:
        name = local_name(inner)
        if name == "t":
            yield inner.text or ""
        elif name in _CHARACTERS:
            yield _CHARACTERS[name]
        elif name == "txbxContent":
            boxes.append(inner)
        elif name not in _NO_TEXT:
            yield from _runs(inner, boxes)


def _rows(table: Any, depth: int) -> Iterator[str]:
    """Yield a line a row, cells set apart by tabs."""
    for row in _named(table, "tr"):
        cells = (" ".join(" ".join(_blocks(cell, depth + 1)).split()) for cell in _named(row, "tc"))
        yield "\t".join(cells)


def _named(holder: Any, name: str) -> Iterator[Any]:
    """Yield the rows of a table or the cells of a row, those in content controls too."""
    for inner in holder:
        if local_name(inner) == name:
            yield inner
        elif local_name(inner) in _WRAPPERS:
            yield from _named(inner, name)
