"""XML from strangers: no document type, no entities, no network, bounded depth. By lxml, locked down."""

import io
from collections.abc import Iterator
from typing import Any

import lxml.etree

_MOST_DEPTH = 500


class XmlRefused(Exception):
    """The XML is broken, or made to harm its reader (`deceives`): by a document type, or by endless depth."""

    def __init__(self, message: str, *, deceives: bool = False) -> None:
        """Keep whether it was written to harm."""
        self.deceives = deceives
        super().__init__(message)


def elements(data: bytes, *, whole: frozenset[str] = frozenset()) -> Iterator[tuple[str, Any]]:
    """Walk through XML; yield ("start" | "end", element) and forget what is behind.

    Elements of the names in `whole` have all their content when they end, others only the last of it.

    Raises:
        XmlRefused: it is no XML this project reads.
    """
    if b"<!DOCTYPE" in data[:65536] or b"<!ENTITY" in data[:65536]:
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
    depth = kept = 0
    try:
        for event, element in events:
            depth += 1 if event == "start" else -1
            if depth == 1 and event == "start" and element.getroottree().docinfo.doctype:
                raise XmlRefused("it declares a document type", deceives=True)
            if depth > _MOST_DEPTH:
                raise XmlRefused("its elements lie too deep in each other", deceives=True)
            kept += (1 if event == "start" else -1) if whole and local_name(element) in whole else 0
            yield event, element
            if event == "end" and not kept:
                _forget(element)
    except lxml.etree.XMLSyntaxError as exc:
        raise XmlRefused(f"it is not well formed: {str(exc)[:200]}") from exc


def texts_of(data: bytes) -> Iterator[tuple[str, str]]:
    """Yield the name and the text of every element that has text and no elements; raises XmlRefused."""
    for event, element in elements(data):
        if event == "end" and len(element) == 0 and element.text and element.text.strip():
            yield local_name(element), " ".join(element.text.split())


def local_name(element: Any) -> str:
    """Return an element's name without its namespace."""
    return str(element.tag).rpartition("}")[2]


def _forget(element: Any) -> None:
    """Free an element's content, and its earlier siblings; its text and its place stay."""
    previous = element.getprevious()
    if previous is not None and previous.getparent() is not None:
        previous.getparent().remove(previous)
