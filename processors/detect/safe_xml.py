"""Parse XML from unknown senders with lxml, safely.

No document type, no entities, no network, and bounded depth rule out the known attacks on parsers:
entity expansion ("billion laughs"), external entities, and deep nesting.
"""

import io
from collections.abc import Iterator
from typing import Any

import lxml.etree

_DOCTYPE_SEARCHED_BYTES = 65536
_MOST_DEPTH = 500  # far beyond what programs write


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
    if (
        b"<!DOCTYPE" in data[:_DOCTYPE_SEARCHED_BYTES]
        or b"<!ENTITY" in data[:_DOCTYPE_SEARCHED_BYTES]
    ):
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

        # In encodings other than ASCII the search through the bytes finds no document type, but the
        # parser does.
        if depth == 1 and event == "start" and element.getroottree().docinfo.doctype:
            raise XmlRefused("it declares a document type", deceives=True)
        if depth > _MOST_DEPTH:
            raise XmlRefused("its elements are nested too deeply", deceives=True)

        yield event, element
        if event == "end" and open_whole == 0:
            # Free the sibling before this element; its own text is still needed by whoever holds
            # the parent.
            previous = element.getprevious()
            if previous is not None and previous.getparent() is not None:
                previous.getparent().remove(previous)


def texts_of(data: bytes) -> Iterator[tuple[str, str]]:
    """Yield the name and the text of every element that has text and no child elements.

    Raises XmlRefused.
    """
    for event, element in elements(data):
        if event == "end" and len(element) == 0 and element.text and element.text.strip():
            yield local_name(element), " ".join(element.text.split())


def local_name(element: Any) -> str:
    """Return an element's name without its namespace."""
    return str(element.tag).rpartition("}")[2]
