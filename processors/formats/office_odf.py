"""Read OpenDocument texts, presentations and drawings: words in order, one page per slide.

Element names are those of OpenDocument 1.2, part 1, without their namespaces.
"""

import zipfile
from collections.abc import Iterator, Mapping
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from processors.contract import Context, Reading
from processors.detect import office_package
from processors.detect.encoding import clean
from processors.detect.media import ODF
from processors.detect.odf_hidden import Unread, is_unread
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
# Elements whose paragraphs are no text of the document: form controls, styles, macros. Deletions,
# comments and a speaker's notes are kept apart.
_NO_TEXT = frozenset({"forms", "automatic-styles", "font-face-decls", "scripts"})
_APART = frozenset({"tracked-changes", "annotation", "notes"})
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
            texts = _page_texts(path)
        except XmlRefused as exc:
            raise office_package.refused(_WHAT, exc) from exc
        except _MALFORMED as exc:
            raise office_package.damaged(_WHAT) from exc

        limit = context.settings.limits.pages
        pages = [
            text_page(clean(text), number=number, engine="odf", kept_apart=clean(apart))
            for number, (text, apart) in enumerate(texts[:limit], start=1)
        ]
        problems: tuple[str, ...] = ()
        if len(texts) > limit:
            problems = (
                f"Only the first {limit} of {len(texts)} pages were read, which is the limit.",
            )
        text_chars = sum(len(page.text.text) for page in pages)
        children = office_package.embedded_files(path, text_chars=text_chars)
        return Reading(pages=tuple(pages), problems=problems, children=children)


def _page_texts(path: Path) -> list[tuple[str, str]]:
    """Return the text of each slide, or of the whole document with its headers and footers.

    Beside it is what is deleted, struck through, hidden, white on white or a comment.

    Raises:
        Unreadable: ENCRYPTED, the manifest declares encrypted parts (OpenDocument 1.2, part 3,
            section 4.3).
    """
    with zipfile.ZipFile(path) as package:
        names = package.namelist()
        if _MANIFEST in names and b"encryption-data" in package.read(_MANIFEST):
            raise office_package.locked(_WHAT)
        content = package.read(_CONTENT)
        styles = package.read(_STYLES) if _STYLES in names else b""
    unread = Unread.by_styles(filter(None, (styles, content)))
    texts = []
    lines: list[str] = []
    for line in _body_lines(content, unread):
        if line is not None:
            lines.append(line)
        else:
            texts.append(("\n".join(lines), unread.taken()))
            lines = []
    if lines or not texts:
        texts.append(("\n".join(lines), unread.taken()))
    if len(texts) == 1 and styles:
        # Names of styles are those of the part in which they are used.
        unread = Unread.by_styles((content, styles))
        headers, footers = _headers_and_footers(styles, unread)
        whole = "\n".join(part for part in (*headers, texts[0][0], *footers) if part)
        texts = [(whole, "\n".join((texts[0][1], unread.taken())))]
    return texts


def _body_lines(content: bytes, unread: Unread) -> Iterator[str | None]:
    """Yield a line per paragraph outside tables and per row inside; None at the end of a slide."""
    cells: list[str] | None = None  # of the row that is open now
    for event, element in _shown_elements(content, unread):
        name = local_name(element)
        if event == "start":
            cells = [] if name == "table-row" else cells
        elif name in _BLOCKS:
            text = "".join(_text_parts(element, unread)).strip()
            if cells is None:
                yield text
            else:
                cells.append(text)
        elif name == "table-row" and cells is not None:
            yield "\t".join(cells)
            cells = None
        elif name == "page":  # draw:page, a slide
            yield None


def _shown_elements(content: bytes, unread: Unread) -> Iterator[tuple[str, Any]]:
    """Yield the elements of the text itself, and keep the paragraphs of deletions and comments."""
    depth = {False: 0, True: 0}  # in elements without text, and in those that are kept apart
    for event, element in elements(content, whole=_BLOCKS):
        name = local_name(element)
        if name in _NO_TEXT | _APART:
            depth[name in _APART] += 1 if event == "start" else -1
        elif not any(depth.values()):
            yield event, element
        elif event == "end" and depth[True] and name in _BLOCKS:
            unread.take("".join(_text_parts(element, unread)))


def _headers_and_footers(styles: bytes, unread: Unread) -> tuple[list[str], list[str]]:
    """Return the texts of headers and of footers, each once; they belong to the styles of pages."""
    headers: dict[str, None] = {}
    footers: dict[str, None] = {}
    for event, element in elements(styles, whole=_HEADERS_AND_FOOTERS):
        name = local_name(element)
        if event != "end" or name not in _HEADERS_AND_FOOTERS:
            continue
        blocks = (block for block in element.iter() if local_name(block) in _BLOCKS)
        lines = ["".join(_text_parts(block, unread)).strip() for block in blocks]
        text = "\n".join(line for line in lines if line)
        target = headers if name.startswith("header") else footers
        target[text] = None
    return list(headers), list(footers)


def _text_parts(element: Any, unread: Unread) -> Iterator[str]:
    """Yield a paragraph's text without the paragraphs inside it, which are lines of their own."""
    pieces = _pieces(element, unread, unread.said_around(element))
    for is_apart, group in groupby(pieces, itemgetter(0)):
        text = "".join(piece for _, piece in group)
        if is_apart:
            unread.take(text)
        else:
            yield text


def _pieces(element: Any, unread: Unread, outer: Mapping[str, bool]) -> Iterator[tuple[bool, str]]:
    """Yield the pieces of a text, each behind whether it is not shown or not valid."""
    said = unread.said_of(element, outer)
    is_apart = is_unread(said)
    yield is_apart, element.text or ""
    for child in element:
        name = local_name(child)
        if name == "s":  # text:s, a run of spaces; its attribute text:c counts them
            count = next((value for key, value in child.attrib.items() if key.endswith("}c")), "1")
            spaces = int(count) if str(count).isdigit() else 1
            yield is_apart, " " * min(spaces, _MOST_SPACES)
        elif name == "tab":
            yield is_apart, "\t"
        elif name == "line-break":
            yield is_apart, "\n"
        elif name not in _BLOCKS | _NO_TEXT | _APART:
            yield from _pieces(child, unread, said)
        yield is_apart, child.tail or ""
