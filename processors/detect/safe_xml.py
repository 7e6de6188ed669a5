"""Parse XML from unknown senders with lxml, safely.

No document type, no entities, no network, and bounded depth rule out the known attacks on parsers:
entity expansion ("billion laughs"), external entities, and deep nesting.
"""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import lxml.etree

from processors.detect.encoding import decode, decode_declared
from processors.detect.owners import role_of

_DOCTYPE_SEARCHED_BYTES = 65536
# A document type with declarations of its own. One that only names its DTD, as cXML does, is
# harmless: the DTD is never loaded.
_DECLARATIONS = re.compile(rb"<!DOCTYPE[^\[>]*\[|<!ENTITY")
_DECLARED = re.compile(
    r"\s*<\?xml\b[^>]{0,200}?\bencoding\s*=\s*[\"']([A-Za-z0-9_.:-]{1,40})[\"'][^>]{0,200}?\?>"
)
_MOST_DEPTH = 500  # far beyond what programs write
# Records of a list in XML: elements of one name beside each other with equal fields.
_FEWEST_RECORDS, _FEWEST_FIELDS = 2, 2
_MOST_ROLES = 3
_NUMBER_IN_NAME = re.compile(r"[_.-]*\d+$")
"""Programs that have no lists count the names of their records: "Bill1", "bill_002"."""
# An amount, a number or a date, with the letters of a currency or of a code.
_FIGURE = re.compile(r"[^\W\d]{0,4}\W{0,3}\d[\d\W]*[^\W\d]{0,4}|\d{4}-\d\d-\d\dT\S{1,30}")


class XmlRefused(Exception):
    """The XML is not well formed, or an attack on its reader (`deceives`)."""

    def __init__(self, message: str, *, deceives: bool = False) -> None:
        """Keep whether it is an attack."""
        self.deceives = deceives
        super().__init__(message)


def elements(data: bytes, *, whole: frozenset[str] = frozenset()) -> Iterator[tuple[str, Any]]:
    """Walk through XML; yield ("start" | "end", element) and free what has been passed.

    Elements whose local name is in `whole` are complete when they end; of others only the last
    child is left.

    Raises:
        XmlRefused: this XML is not read.
    """
    if _DECLARATIONS.search(data[:_DOCTYPE_SEARCHED_BYTES]):
        raise XmlRefused("it declares a document type or entities", deceives=True)
    events = lxml.etree.iterparse(
        io.BytesIO(data),
        events=("start", "end"),
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        yield from _bounded(events, whole)
    except lxml.etree.XMLSyntaxError as exc:
        raise XmlRefused(f"it is not well formed: {str(exc)[:200]}") from exc


def _bounded(events: Any, whole: frozenset[str]) -> Iterator[tuple[str, Any]]:
    depth = 0
    open_whole = 0  # how many elements of `whole` are open: inside them nothing is freed
    for event, element in events:
        change = 1 if event == "start" else -1
        depth += change
        if local_name(element) in whole:
            open_whole += change

        if depth > _MOST_DEPTH:
            raise XmlRefused("its elements are nested too deeply", deceives=True)
        _check_entities(element, is_root=depth == 1 and event == "start")

        yield event, element
        if event == "end" and open_whole == 0:
            # Free the sibling before this element; its own text is still needed by whoever holds
            # the parent.
            previous = element.getprevious()
            if previous is not None and previous.getparent() is not None:
                previous.getparent().remove(previous)


def _check_entities(element: Any, *, is_root: bool) -> None:
    """Refuse entities, which only a document type declares.

    In encodings other than ASCII the search through the bytes finds none, but the parser does.
    """
    internal = element.getroottree().docinfo.internalDTD if is_root else None
    if internal is not None and next(internal.iterentities(), None) is not None:
        raise XmlRefused("it declares entities", deceives=True)
    last = element[-1] if len(element) else None
    for node in (element.getprevious(), last):
        if node is not None and node.tag is lxml.etree.Entity:
            raise XmlRefused("its text is in entities of a document type", deceives=True)


def in_utf8(data: bytes) -> bytes:
    """Return XML in UTF-8, for a parser that refused it for its encoding or for blanks before it.

    Programs declare UTF-8 and write Windows-1252, or leave blank lines before the declaration.
    """
    text = decode(data)
    declared = _DECLARED.match(text)
    if declared is not None:
        is_ascii_based = b"\0" not in data[:64]
        # Text that a program had in memory as UTF-16 says so in any file that it is written to.
        is_of_memory = declared[1].lower().startswith(("utf-16", "ucs-2", "unicode"))
        is_declared = is_ascii_based and not is_of_memory
        text = decode_declared(data, declared[1]) if is_declared else text
        text = text[declared.end() :]
    return text.lstrip("\ufeff \t\r\n").encode()


def texts_of(data: bytes) -> Iterator[tuple[str, str]]:
    """Yield the name of every element with text of its own, and the text.

    Of an element without text, its attributes, which some formats use instead. Raises XmlRefused.
    """
    for event, element in elements(data):
        yield from texts_at(event, element)


def texts_at(event: str, element: Any) -> Iterator[tuple[str, str]]:
    """Yield the texts that are complete at an event: at a start, that before the element."""
    if event == "start":
        before = element.getprevious()
        parent = element.getparent()
        if parent is not None:
            # What is before a child is complete when the child starts.
            text = parent.text if before is None else before.tail
            yield from _text_line(parent, text)
        return
    if len(element):
        yield from _text_line(element, element[-1].tail)
    else:
        yield from _text_line(element, element.text)
    if not (element.text or "").strip():
        # Those with a namespace are about the XML, not about the document.
        for name, value in element.attrib.items():
            if not str(name).startswith("{") and value.strip():
                yield str(name), " ".join(value.split())


def _text_line(element: Any, text: str | None) -> Iterator[tuple[str, str]]:
    if text and text.strip():
        yield local_name(element), " ".join(text.split())


def local_name(element: Any) -> str:
    """Return an element's name without its namespace."""
    return str(element.tag).rpartition("}")[2]


@dataclass(slots=True)
class _Node:
    """An element and the texts in it, by their places among all texts.

    `fields` has for the name of each text whether it is a figure. `is_prose` is whether a text is
    between elements, as in a paragraph.
    `names` are those of the elements that it is in, and its own.
    """

    name: str
    texts: range
    names: tuple[str, ...] = ()
    fields: dict[str, bool] = field(default_factory=dict)
    is_prose: bool = False
    children: dict[str, list["_Node"]] = field(default_factory=dict)


def texts_by_record(data: bytes) -> list[tuple[tuple[str, ...], str, bool]]:
    """Return the texts of XML, each with the names of what it is in, and whether it is of a record.

    The last name is that of its element or attribute. Before the name of an element is the role
    that an attribute gives it. Raises XmlRefused.
    """
    texts: list[tuple[tuple[str, ...], str]] = []
    in_records: set[int] = set()
    path = [_Node("", range(0))]
    for event, element in elements(data):
        node = path[-1]
        for name, text in texts_at(event, element):
            node.fields[name] = _FIGURE.fullmatch(text) is not None
            # A text before an element, or after the last one in another, is between elements.
            is_between = event == "start" or (len(element) > 0 and name == node.name)
            node.is_prose = node.is_prose or is_between
            texts.append((node.names if name == node.name else (*node.names, name), text))
        if event == "start":
            path.append(_begun(element, node, len(texts)))
            continue
        path.pop()
        for place in _places_of_records(node):
            in_records.update(place)
        node.texts = range(node.texts.start, len(texts))
        node.children = {}
        _add(path[-1], node)
    return [(names, text, at in in_records) for at, (names, text) in enumerate(texts)]


def _begun(element: Any, parent: _Node, count: int) -> _Node:
    """Return the node of an element that begins behind so many texts."""
    name = local_name(element)
    # The kind of the whole file is not that of a part.
    roles = [role_of(str(key), value) for key, value in element.attrib.items() if parent.names]
    names = (*parent.names, *filter(None, roles[:_MOST_ROLES]), name)
    return _Node(name, range(count, count), names)


def _add(parent: _Node, node: _Node) -> None:
    parent.children.setdefault(_NUMBER_IN_NAME.sub("", node.name), []).append(node)
    parent.fields |= node.fields
    parent.is_prose = parent.is_prose or node.is_prose


def _places_of_records(node: _Node) -> Iterator[range]:
    """Yield the texts of children that are records: two or more share fields, one with figures."""
    for children in node.children.values():
        records = [each for each in children if len(each.fields) >= _FEWEST_FIELDS]
        if len(records) < _FEWEST_RECORDS or any(each.is_prose for each in children):
            continue
        first, second = sorted(records, key=lambda each: -len(each.fields))[:_FEWEST_RECORDS]
        shared = first.fields.keys() & second.fields.keys()
        has_figures = any(first.fields[name] and second.fields[name] for name in shared)
        if len(shared) >= _FEWEST_FIELDS and has_figures:
            yield from (each.texts for each in children)
