"""HTML as a reader sees it: words without tags, scripts or styles. XML as names and texts."""

import dataclasses
import re
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from pathlib import Path

from pipeline.model import ReadStatus
from processors.contract import Context, Reading, Unreadable
from processors.detect.encoding import clean, decode
from processors.detect.safe_xml import XmlRefused, texts_of
from processors.formats import einvoice
from processors.formats.plain import page_of

_HIDDEN = frozenset({"script", "style", "template", "noscript", "svg", "iframe", "object", "head"})
_BREAKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "br",
        "dd",
        "div",
        "dl",
        "dt",
        "fieldset",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "li",
        "main",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "table",
        "title",
        "tr",
        "ul",
    ]
)
_CONTAINERS = frozenset(
    {"article", "aside", "details", "div", "form", "ol", "section", "span", "table", "ul"}
)
"""Elements that are always closed: one that is not shown cannot swallow what comes after it."""
_INVISIBLE = re.compile(r"(?:^|[;\s])(?:display\s*:\s*none|visibility\s*:\s*hidden)", re.IGNORECASE)
_TYPED = frozenset(
    {"text", "email", "tel", "number", "date", "url", "search", "datetime-local", "month", "time"}
)
_CELLS = frozenset({"td", "th"})
_CHARSET = re.compile(
    rb"<meta[^>]{0,200}charset\s*=\s*[\"']?([A-Za-z0-9_:.-]{1,40})", re.IGNORECASE
)


class HtmlProcessor:
    """Reads HTML with the standard library's parser; nothing is fetched and nothing run."""

    name = "html"
    version = "2"

    def accepts(self, media_type: str) -> str | None:
        """Accept HTML only."""
        return None if media_type == "text/html" else f"{media_type} is not HTML"

    def process(self, path: Path, work_dir: Path, context: Context) -> Reading:
        """Return the visible text as one page."""
        del work_dir, context
        return Reading(pages=(page_of(strip(_decoded(path.read_bytes())), engine="html"),))


class XmlProcessor:
    """Reads XML with lxml, locked down: no document type, no entities, nothing fetched."""

    name = "xml"
    version = "1"

    def accepts(self, media_type: str) -> str | None:
        """Accept XML that is nothing more special."""
        return None if media_type == "application/xml" else f"{media_type} is not XML"

    def process(self, path: Path, work_dir: Path, context: Context) -> Reading:
        """Return a line an element that holds text, the element's name before it."""
        del work_dir, context
        try:
            data = path.read_bytes()
            lines = [f"{name}: {text}" for name, text in texts_of(data)]
        except XmlRefused as exc:
            status = ReadStatus.SUSPICIOUS if exc.deceives else ReadStatus.DAMAGED
            raise Unreadable(
                status, f"The XML was not read: {exc}. Export it again, or as PDF."
            ) from exc
        stated = einvoice.stated_in(data)
        return Reading(
            pages=(page_of(clean("\n".join(lines)), engine="xml"),),
            stated=dataclasses.replace(stated, complete=True) if stated else None,
        )


def strip(html: str) -> str:
    """Return the visible text of HTML, a line a block, cells of a row set apart by tabs."""
    parser = _Visible()
    parser.feed(html)
    parser.close()
    lines = (
        re.sub(r"[ \f\v\u00a0]+", " ", line).strip(" ")
        for line in clean("".join(parser.parts)).split("\n")
    )
    return "\n".join(line for line in lines if line.strip())


def _decoded(data: bytes) -> str:
    """Decode by the page's own word where Python knows that encoding."""
    declared = _CHARSET.search(data[:4096])
    if declared and b"\0" not in data[:64]:
        try:
            return data.decode(declared.group(1).decode("ascii"), errors="replace")
        except (LookupError, ValueError):
            return decode(data)
    return decode(data)


def _is_hidden(attributes: Mapping[str, str | None]) -> bool:
    return "hidden" in attributes or _INVISIBLE.search(attributes.get("style") or "") is not None


def _typed(attributes: Mapping[str, str | None]) -> Iterator[str]:
    """Yield what somebody typed into a field of a saved form."""
    value = attributes.get("value")
    if value and (attributes.get("type") or "text").lower() in _TYPED:
        yield f" {value} "


class _Visible(HTMLParser):
    """Collects what is shown. An element that hides its content ends with its own closing tag only."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._hidden: str | None = None
        self._depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == self._hidden:
            self._depth += 1
        elif tag == "body":
            self._hidden = None  # a head that was never closed
        elif self._hidden is None and (
            tag in _HIDDEN or (tag in _CONTAINERS and _is_hidden(dict(attrs)))
        ):
            self._hidden, self._depth = tag, 1
        elif self._hidden is None:
            self._separate(tag)
            self.parts += _typed(dict(attrs)) if tag == "input" else ()

    def handle_endtag(self, tag: str) -> None:
        if tag == self._hidden:
            self._depth -= 1
            self._hidden = self._hidden if self._depth else None
        elif self._hidden is None:
            self._separate(tag)

    def handle_data(self, data: str) -> None:
        if self._hidden is None:
            self.parts.append(data.replace("\n", " "))

    def _separate(self, tag: str) -> None:
        if tag in _BREAKS:
            self.parts.append("\n")
        elif tag in _CELLS:
            self.parts.append("\t")
