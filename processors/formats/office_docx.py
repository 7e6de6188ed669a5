"""Read Word documents: paragraphs, tables and text boxes in document order.

Headers come first, footers last. Element names are those of WordprocessingML (ECMA-376 part 1,
section 17).
"""

import posixpath
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import chain, zip_longest
from pathlib import Path
from typing import Any

from processors.contract import Context, EmbeddedFile, Reading
from processors.detect import office_package
from processors.detect.encoding import clean
from processors.detect.media import DOCX
from processors.detect.office_hidden import styles_of, take_unread
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

        from docx.opc.exceptions import OpcError

        try:
            document = _opened(path, work_dir)
            notes = [*_notes(document, "/footnotes", "/endnotes")]
            headers, footers = [*_parts(document, "header")], [*_parts(document, "footer")]
            parts = [*headers, document.element.body, *notes, *footers]
            styles = styles_of(document.styles.element, parts)
            unread = [text for part in parts for text in take_unread(part, styles)]
            unread += _note_lines(_notes(document, "/comments"))
            lines = [
                *_texts_once(headers),
                *_block_lines(document.element.body, 0),
                *_note_lines(notes),
                *_texts_once(footers),
            ]
        except (OpcError, *_MALFORMED) as exc:
            raise office_package.damaged(_WHAT) from exc

        kept_apart = clean("\n".join(unread))
        page = text_page(clean("\n".join(lines)), engine="docx", kept_apart=kept_apart)
        children = chain(
            _chunks(document),
            office_package.embedded_files(path, text_chars=len(page.text.text)),
        )
        return Reading(pages=(page,), children=children)


def _opened(path: Path, work_dir: Path) -> Any:
    """Open a document; if parts are missing that its relationships name, without these.

    Programs that take documents apart leave such relationships behind, and Word ignores them.
    """
    import docx

    try:
        return docx.Document(str(path))
    except (KeyError, ValueError):
        return docx.Document(str(standard_package(path, work_dir, repairs=True)))


def _chunks(document: Any) -> Iterator[EmbeddedFile]:
    """Yield the documents that Word shows as a part of this one (section 17.17.2.1, altChunk)."""
    for relation in document.part.rels.values():
        if relation.reltype.endswith("/aFChunk") and not relation.is_external:
            part = relation.target_part
            yield EmbeddedFile(posixpath.basename(str(part.partname)), partial(iter, [part.blob]))


def _parts(document: Any, which: str) -> Iterator[Any]:
    """Yield the elements of headers or footers of all sections."""
    for section in document.sections:
        for variant in (which, f"first_page_{which}", f"even_page_{which}"):
            part = getattr(section, variant)
            if not part.is_linked_to_previous:
                # python-docx's own paragraphs omit text boxes and content controls, so the element
                # is walked.
                yield part._element  # noqa: SLF001


def _texts_once(parts: Iterable[Any]) -> Iterator[str]:
    """Yield the text of headers or footers, each once although every section may repeat it."""
    yielded: set[str] = set()
    for part in parts:
        text = "\n".join(_block_lines(part, 0)).strip()
        if text and text not in yielded:
            yielded.add(text)
            yield text


def _notes(document: Any, *kinds: str) -> Iterator[Any]:
    """Yield footnotes, endnotes or comments, which are in parts of their own."""
    from docx.oxml import parse_xml

    for relation in document.part.rels.values():
        if not relation.is_external and relation.reltype.endswith(kinds):
            yield parse_xml(relation.target_part.blob)


def _note_lines(parts: Iterable[Any]) -> Iterator[str]:
    for part in parts:
        for note in part:
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
                cells = [[*_block_lines(cell, depth + 1)] for cell in _unwrapped(row, "tc")]
                yield from _row_lines([[line.strip() for line in cell] for cell in cells])
        elif name in _WRAPPERS:
            yield from _block_lines(block, depth + 1)


def _row_lines(cells: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield a row of a table: one line, or more of a table that is there for the layout.

    That is so where a cell alone, or several beside each other, have several paragraphs.
    """
    filled = [[line for line in cell if line] for cell in cells]
    long = sum(len(lines) > 1 for lines in filled)
    if long and (long > 1 or sum(map(bool, filled)) == 1):
        for lines in zip_longest(*filled, fillvalue=""):
            yield "\t".join(lines).rstrip("\t")
    else:
        yield "\t".join(" ".join(" ".join(lines).split()) for lines in filled)


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
