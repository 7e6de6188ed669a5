"""Detect what a text that starts with a tag is: by its root element, as a browser and a parser do.

What elements follow decides nothing: XML may call its elements "p", "table" or "title" too.
"""

import re

import lxml.etree

from processors.detect.media import FileType

_HTML = FileType("text/html", ".html")
_SVG = FileType("image/svg+xml", ".svg")
_XML = FileType("application/xml", ".xml")
_XHTML_NAMESPACE = "http://www.w3.org/1999/xhtml"

# XML 1.0, production 22: what may stand before the root element, but for the document type.
_PROLOG = re.compile(r"(?:\s+|<\?.*?\?>|<!--.*?-->)+", re.DOTALL)
_DOCTYPE = re.compile(r"<!doctype\s+([\w:.-]+)(?:[^\[>]|\[[^\]]*\])*>", re.IGNORECASE)
_START_TAG = re.compile(r"<(?:([A-Za-z_][\w.-]*):)?([A-Za-z_][\w.-]*)([^<>]*)")
_DEFAULT_NAMESPACE = re.compile(r"\bxmlns\s*=\s*[\"']([^\"']*)")
# Elements that a page, or a piece of one, starts with; programs export tables without the rest.
_PAGE_STARTS = frozenset(
    {
        *("html", "head", "body", "title", "meta", "style", "script", "link", "base"),
        *("table", "tr", "thead", "tbody", "div", "p", "span", "center", "font"),
        *("h1", "h2", "h3", "h4", "form", "br", "hr", "ul", "ol"),
        *("article", "main", "section", "header", "pre", "a", "b", "img"),
    }
)
_SEARCHED_CHARS = 2048
_PAGE_TAG = re.compile(r"<(?:html|head|body|table|div|p|title|meta)\b", re.IGNORECASE)


def markup_type(text: str) -> FileType | None:
    """Detect HTML, SVG and XML by the beginning of a text; None if it is neither."""
    start = _end_of_prolog(text, 0)
    is_declared = text.startswith("<?xml")
    doctype = _DOCTYPE.match(text, start)
    if doctype is not None:
        if doctype.group(1).lower() == "html":
            return _HTML
        is_declared = True
        start = _end_of_prolog(text, doctype.end())

    root = _START_TAG.match(text, start)
    by_root = _type_of_root(root, is_declared=is_declared) if root is not None else None
    if by_root in {_HTML, _SVG}:
        return by_root
    if is_declared or by_root == _XML or (root is not None and _is_xml(text)):
        return _XML
    return _HTML if _PAGE_TAG.search(text[:_SEARCHED_CHARS]) else None


def _type_of_root(root: re.Match[str], *, is_declared: bool) -> FileType | None:
    prefix, name, attributes = root.groups()
    namespace = _DEFAULT_NAMESPACE.search(attributes)
    if name.lower() == "svg":
        return _SVG
    if name.lower() == "html" or (namespace is not None and namespace[1] == _XHTML_NAMESPACE):
        return _HTML
    if prefix or is_declared or namespace is not None:
        return _XML
    # Pages are written in small or, of old, in capital letters; "Title" is the name of a field.
    is_page = name.lower() in _PAGE_STARTS and (name.islower() or name.isupper())
    return _HTML if is_page else None


def _end_of_prolog(text: str, start: int) -> int:
    prolog = _PROLOG.match(text, start)
    return prolog.end() if prolog is not None else start


def _is_xml(text: str) -> bool:
    """Say whether a text without a document type is XML, as far as it goes: it may be cut."""
    parser = lxml.etree.XMLPullParser(
        events=("end",), resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False
    )
    try:
        parser.feed(text.encode())
    except (lxml.etree.XMLSyntaxError, ValueError):
        return False
    # A note that starts with "<important>" closes no element.
    return next(iter(parser.read_events()), None) is not None
