"""OpenDocument texts, presentations and drawings: words in order, a page a slide."""

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipeline.model import ReadStatus
from processors.contract import Context, Reading, Unreadable
from processors.detect import office_package as package
from processors.detect.encoding import clean
from processors.detect.media import ODF
from processors.detect.safe_xml import XmlRefused, elements, local_name
from processors.layout.plain_page import text_page

_WHAT = "OpenDocument file"
_BROKEN = (zipfile.BadZipFile, KeyError, OSError, ValueError, NotImplementedError, EOFError)
_BLOCKS = frozenset({"p", "h"})
_MARGINS = frozenset(
    f"{place}{page}" for place in ("header", "footer") for page in ("", "-left", "-first")
)
_SKIPPED = frozenset(
    {"tracked-changes", "annotation", "forms", "automatic-styles", "font-face-decls", "scripts"}
)
_MOST_SPACES = 1_000


class OdfProcessor:
    """Reads .odt, .odp and .odg: their XML is walked through, nothing in it is run or fetched."""

    name = "odf"

    def accepts(self, media_type: str) -> str | None:
        """Accept OpenDocument texts, presentations and drawings."""
        return (
            None
            if media_type in ODF
            else f"{media_type} is not an OpenDocument text or presentation"
        )

    def process(self, path: Path, work_dir: Path, context: Context) -> Reading:
        """Return a text as one page, a presentation as a page a slide; embedded files are children."""
        del work_dir
        package.check(path, what=_WHAT)
        try:
            with zipfile.ZipFile(path) as archive:
                _refuse_locked(archive)
                pages = _with_margins(archive, list(_pages(archive.read("content.xml"))))
        except XmlRefused as exc:
            raise package.refused(_WHAT, exc) from exc
        except _BROKEN as exc:
            raise package.damaged(_WHAT) from exc
        limit = context.settings.limits.pages
        problems = (
            (f"Only the first {limit} of {len(pages)} pages were read.",)
            if len(pages) > limit
            else ()
        )
        made = [
            text_page(clean(text), number=n, engine="odf")
            for n, text in enumerate(pages[:limit], start=1)
        ]
        written = sum(len(page.text.text) for page in made)
        return Reading(
            pages=tuple(made),
            problems=problems,
            children=package.enclosed(path, written_chars=written),
        )


def _refuse_locked(archive: zipfile.ZipFile) -> None:
    """Refuse a file saved with a password, as its manifest tells.

    Raises:
        Unreadable: ENCRYPTED.
    """
    if "META-INF/manifest.xml" in archive.namelist() and b"encryption-data" in archive.read(
        "META-INF/manifest.xml"
    ):
        raise Unreadable(
            ReadStatus.ENCRYPTED, f"The {_WHAT} is protected by a password; save it without one."
        )


def _pages(content: bytes) -> Iterator[str]:
    """Yield the text of each slide, or of the whole document where it has none."""
    lines: list[str] = []
    cells: list[str] | None = None
    skipped = slides = 0
    for event, element in elements(content, whole=_BLOCKS):
        name = local_name(element)
        if name in _SKIPPED:
            skipped += 1 if event == "start" else -1
        elif event == "start" and name == "table-row":
            cells = []
        elif event == "end" and not skipped:
            if name in _BLOCKS:
                (lines if cells is None else cells).append(_text(element))
            elif name == "table-row" and cells is not None:
                lines.append("\t".join(cells))
                cells = None
            elif name == "page":
                slides += 1
                yield "\n".join(lines)
                lines = []
    if lines or not slides:
        yield "\n".join(lines)


def _with_margins(archive: zipfile.ZipFile, pages: list[str]) -> list[str]:
    """Put a text's headers before it and its footers after it; they lie with its styles."""
    if len(pages) != 1 or "styles.xml" not in archive.namelist():
        return pages
    told: dict[str, dict[str, None]] = {"header": {}, "footer": {}}
    for event, element in elements(archive.read("styles.xml"), whole=_MARGINS):
        if event == "end" and local_name(element) in _MARGINS:
            lines = (_text(block) for block in element.iter() if local_name(block) in _BLOCKS)
            text = "\n".join(line for line in lines if line)
            told[local_name(element).partition("-")[0]][text] = None
    return ["\n".join(part for part in (*told["header"], *pages, *told["footer"]) if part)]


def _text(block: Any) -> str:
    return "".join(_parts(block)).strip()


def _parts(element: Any) -> Iterator[str]:
    """Yield a paragraph's text, without paragraphs inside it, which are told on their own."""
    yield element.text or ""
    for inner in element:
        name = local_name(inner)
        if name == "s":
            yield " " * min(_spaces(inner), _MOST_SPACES)
        elif name in {"tab", "line-break"}:
            yield "\t" if name == "tab" else "\n"
        elif name not in _BLOCKS and name not in _SKIPPED:
            yield from _parts(inner)
        yield inner.tail or ""


def _spaces(element: Any) -> int:
    count = next((value for key, value in element.attrib.items() if key.endswith("}c")), "1")
    return int(count) if str(count).isdigit() else 1
