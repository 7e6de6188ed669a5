"""Read OpenDocument texts, presentations and drawings: words in order, one page per slide.

Element names are those of OpenDocument 1.2, part 1, without their namespaces.
"""

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from processors.contract import Context, Reading
from processors.detect import office_package
from processors.detect.encoding import clean
from processors.detect.media import ODF
from processors.detect.safe_xml import XmlRefused, elements, local_name
from processors.layout.plain_page import text_page

_WHAT = "OpenDocument file"
_MALFORMED = (zipfile.BadZipFile, KeyError, OSError, ValueError, NotImplementedError, EOFError)
_CONTENT = "content.xml"
_STYLES = "styles.xml"
_MANIFEST = "META-INF/manifest.xml"
_BLOCKS = frozenset({"p", "h"})  # paragraphs and headings
# Headers and footers of master pages (section 16.10 and following), also those of left and of first
# pages.
_HEADERS_AND_FOOTERS = frozenset(
    f"{place}{page}" for place in ("header", "footer") for page in ("", "-left", "-first")
)
# Elements whose paragraphs are no text of the document: deletions, comments, form controls, styles,
# macros.
_NO_TEXT = frozenset(
    {"tracked-changes", "annotation", "forms", "automatic-styles", "font-face-decls", "scripts"}
)
_MOST_SPACES = 1_000  # a repeat count may be any number


class OdfProcessor:
    """Reads .odt, .odp and .odg by walking through their XML; nothing in it is run or fetched."""

    name = "odf"

    def accepts(self, media_type: str) -> str | None:
        """Accept OpenDocument texts, presentations and drawings."""
        if media_type in ODF:
            return None
        return f"{media_type} is not an OpenDocument text or presentation"

    def process(self, path: Path, work_dir: Path, context: Context) -> Reading:
        """Return a text as one page, a presentation as one page per slide.

        Embedded files are children.
        """
        del work_dir
        office_package.check(path, what=_WHAT)
        try:
            texts = page_texts(path)
        except XmlRefused as exc:
            raise office_package.refused(_WHAT, exc) from exc
        except _MALFORMED as exc:
            raise office_package.damaged(_WHAT) from exc

        limit = context.settings.limits.pages
        pages = [
            text_page(clean(text), number=number, engine="odf")
            for number, text in enumerate(texts[:limit], start=1)
        ]
        problems: tuple[str, ...] = ()
        if len(texts) > limit:
            problems = (
                f"Only the first {limit} of {len(texts)} pages were read, which is the limit.",
            )
        text_chars = sum(len(page.text.text) for page in pages)
        children = office_package.embedded_files(path, text_chars=text_chars)
        return Reading(pages=tuple(pages), problems=problems, children=children)


def page_texts(path: Path) -> list[str]:
    """Return the text of each slide, or of the whole document with its headers and footers.

    Raises:
        Unreadable: ENCRYPTED, the manifest declares encrypted parts (OpenDocument 1.2, part 3,
            section 4.3).
    """
    with zipfile.ZipFile(path) as package:
        names = package.namelist()
        if _MANIFEST in names and b"encryption-data" in package.read(_MANIFEST):
            raise office_package.locked(_WHAT)
        texts = []
        lines: list[str] = []
        for line in body_lines(package.read(_CONTENT)):
            if line is not None:
                lines.append(line)
            else:
                texts.append("\n".join(lines))
                lines = []
        if lines or not texts:
            texts.append("\n".join(lines))
        if len(texts) == 1 and _STYLES in names:
            headers, footers = headers_and_footers(package.read(_STYLES))
            texts = ["\n".join(part for part in (*headers, *texts, *footers) if part)]
    return texts


def body_lines(content: bytes) -> Iterator[str | None]:
    """Yield a line per paragraph outside tables and per row inside; None at the end of a slide."""
    cells: list[str] | None = None  # of the row that is open now
    ignored_depth = 0
    for event, element in elements(content, whole=_BLOCKS):
        name = local_name(element)
        if name in _NO_TEXT:
            ignored_depth += 1 if event == "start" else -1
        elif event == "start":
            cells = [] if name == "table-row" else cells
        elif ignored_depth:
            continue
        elif name in _BLOCKS:
            text = "".join(_text_parts(element)).strip()
            if cells is None:
                yield text
            else:
                cells.append(text)
        elif name == "table-row" and cells is not None:
            yield "\t".join(cells)
            cells = None
        elif name == "page":  # draw:page, a slide
            yield None


def headers_and_footers(styles: bytes) -> tuple[list[str], list[str]]:
    """Return the texts of headers and of footers, each once; they belong to the styles of pages."""
    headers: dict[str, None] = {}
    footers: dict[str, None] = {}
    for event, element in elements(styles, whole=_HEADERS_AND_FOOTERS):
        name = local_name(element)
        if event != "end" or name not in _HEADERS_AND_FOOTERS:
            continue
        blocks = (block for block in element.iter() if local_name(block) in _BLOCKS)
        lines = ["".join(_text_parts(block)).strip() for block in blocks]
        text = "\n".join(line for line in lines if line)
        target = headers if name.startswith("header") else footers
        target[text] = None
    return list(headers), list(footers)


def _text_parts(element: Any) -> Iterator[str]:
    """Yield a paragraph's text without the paragraphs inside it, which are lines of their own."""
    yield element.text or ""
    for child in element:
        name = local_name(child)
        if name == "s":  # text:s, a run of spaces; its attribute text:c counts them
            count = next((value for key, value in child.attrib.items() if key.endswith("}c")), "1")
            spaces = int(count) if str(count).isdigit() else 1
            yield " " * min(spaces, _MOST_SPACES)
        elif name == "tab":
            yield "\t"
        elif name == "line-break":
            yield "\n"
        elif name not in _BLOCKS and name not in _NO_TEXT:
            yield from _text_parts(child)
        yield child.tail or ""
