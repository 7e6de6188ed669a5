"""Read Word documents: paragraphs, tables and text boxes in document order.

Headers come first, footers last. Element names are those of WordprocessingML (ECMA-376 part 1,
section 17).
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from processors.contract import Context, Reading
from processors.detect import office_package
from processors.detect.encoding import clean
from processors.detect.media import DOCX
from processors.detect.office_parts import standard_package
from processors.detect.safe_xml import local_name
from processors.layout.plain_page import text_page

_WHAT = "Word document"
_MOST_DEPTH = 40  # tables, text boxes and content controls within each other
# Elements that only wrap others: content controls, insertions, the target of a move, custom XML. An
# insertion that is not accepted yet is read: Word shows it.
_WRAPPERS = frozenset({"sdt", "sdtContent", "ins", "moveTo", "customXml", "smartTag"})
# Elements without text of the paragraph: properties, deletions, the source of a move, field codes,
# and the fallback, which repeats a text box for programs that do not know it.
_NO_TEXT = frozenset({"pPr", "rPr", "del", "moveFrom", "Fallback", "instrText", "sdtPr"})
_CHARACTERS = {"tab": "\t", "ptab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
# What python-docx raises, beside its own errors, on parts that violate ECMA-376.
_MALFORMED = (SyntaxError, KeyError, ValueError, AttributeError, IndexError, TypeError, OSError)


class DocxProcessor:
    """Reads .docx with python-docx, which resolves no entities and follows no links."""

    name = "docx"

    def accepts(self, media_type: str) -> str | None:
        """Accept Word documents in the zip format."""
        return None if media_type == DOCX else f"{media_type} is not a .docx document"

    def process(self, path: Path, work_dir: Path, context: Context) -> Reading:
        """Return the document as one page, for only Word knows where its pages break.

        Embedded files are children.
        """
        del context
        office_package.check(path, what=_WHAT)
        path = standard_package(path, work_dir)

        import docx
        from docx.opc.exceptions import OpcError

        try:
            document = docx.Document(str(path))
            hidden = list(take_hidden(document))
            lines = [
                *_header_or_footer_lines(document, "header"),
                *_block_lines(document.element.body, 0),
                *note_lines(document),
                *_header_or_footer_lines(document, "footer"),
            ]
        except (OpcError, *_MALFORMED) as exc:
            raise office_package.damaged(_WHAT) from exc

        kept_apart = clean("\n".join(hidden))
        page = text_page(clean("\n".join(lines)), engine="docx", kept_apart=kept_apart)
        children = office_package.embedded_files(path, text_chars=len(page.text.text))
        return Reading(pages=(page,), children=children)


def take_hidden(document: Any) -> Iterator[str]:
    """Take the hidden runs out of the text, and yield what they say.

    Word shows neither a run that is hidden itself nor one whose style is (section 17.3.2.41).
    """
    styles = {
        value
        for style in document.styles.element
        if _is_vanished(style)
        for name, value in style.attrib.items()
        if name.endswith("}styleId")
    }
    for run in list(document.element.body.iter("{*}r")):
        paragraph = run.getparent()
        if not (_is_vanished(run) or styles & {*_styles_of(run), *_styles_of(paragraph)}):
            continue
        text = "".join(_paragraph_text(run, []))
        if text.strip():
            yield text.strip()
        paragraph.remove(run)


def _is_vanished(element: Any) -> bool:
    """Return whether the properties of a run or a style hide it."""
    for vanish in element.findall("{*}rPr/{*}vanish"):
        value = next((each for name, each in vanish.attrib.items() if name.endswith("}val")), "1")
        return value not in {"0", "false", "off"}
    return False


def _styles_of(element: Any) -> Iterator[str]:
    """Yield the style of a run or of a paragraph."""
    for path in ("{*}rPr/{*}rStyle", "{*}pPr/{*}pStyle"):
        for style in element.findall(path):
            yield from (value for name, value in style.attrib.items() if name.endswith("}val"))


def _header_or_footer_lines(document: Any, which: str) -> Iterator[str]:
    """Yield the text of headers or footers, each text once although every section may repeat it."""
    yielded: set[str] = set()
    for section in document.sections:
        for variant in (which, f"first_page_{which}", f"even_page_{which}"):
            part = getattr(section, variant)
            if part.is_linked_to_previous:
                continue
            # python-docx's own paragraphs omit text boxes and content controls, so the element is
            # walked.
            text = "\n".join(_block_lines(part._element, 0)).strip()  # noqa: SLF001
            if text and text not in yielded:
                yielded.add(text)
                yield text


def note_lines(document: Any) -> Iterator[str]:
    """Yield footnotes and endnotes, which are in parts of their own."""
    from docx.oxml import parse_xml

    for relation in document.part.rels.values():
        if relation.is_external or not relation.reltype.endswith(("/footnotes", "/endnotes")):
            continue
        for note in parse_xml(relation.target_part.blob):
            for line in _block_lines(note, 0):
                if line.strip():
                    yield line.strip()


def _block_lines(parent: Any, depth: int) -> Iterator[str]:
    """Yield the lines of paragraphs and tables, one line per row with tabs between its cells."""
    if depth >= _MOST_DEPTH:
        return
    for block in parent:
        name = local_name(block)
        if name == "p":
            text_boxes: list[Any] = []
            yield "".join(_paragraph_text(block, text_boxes))
            for text_box in text_boxes:
                yield from _block_lines(text_box, depth + 1)
        elif name == "tbl":
            for row in _unwrapped(block, "tr"):
                cells = [
                    " ".join(" ".join(_block_lines(cell, depth + 1)).split())
                    for cell in _unwrapped(row, "tc")
                ]
                yield "\t".join(cells)
        elif name in _WRAPPERS:
            yield from _block_lines(block, depth + 1)


def _paragraph_text(element: Any, text_boxes: list[Any]) -> Iterator[str]:
    """Yield a paragraph's text as if all changes were accepted.

    Collect the text boxes anchored in it.
    """
    for child in element:
        name = local_name(child)
        if name == "t":
            yield child.text or ""
        elif name in _CHARACTERS:
            yield _CHARACTERS[name]
        elif name == "txbxContent":
            text_boxes.append(child)
        elif name not in _NO_TEXT:
            yield from _paragraph_text(child, text_boxes)


def _unwrapped(parent: Any, name: str) -> Iterator[Any]:
    """Yield the rows of a table or the cells of a row, also those inside content controls."""
    for child in parent:
        child_name = local_name(child)
        if child_name == name:
            yield child
        elif child_name in _WRAPPERS:
            yield from _unwrapped(child, name)
