"""Read single values from the XML of an electronic invoice.

A reader is a function from an element to a value, or None if the element does not have it. Paths
are local names separated by "/"; "A|B" matches both names, which versions of a standard differ in.
Namespaces are not compared: they differ between versions, too.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from processors.detect.encoding import clean
from processors.detect.safe_xml import local_name

_MOST_CHARS = 500
"""The longest value: names and identifiers are shorter."""

_DATE_FORMATS = {"102": "%Y%m%d", "203": "%Y%m%d%H%M", "204": "%Y%m%d%H%M%S"}
"""Formats of dates by their code in UN/EDIFACT code list 2379."""
_ISO_DATE = "%Y-%m-%d"
_ISO_DATE_CHARS = 10
_LIKE_IBAN = re.compile(r"[A-Za-z]{2} ?\d\d")
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)T.*")


@dataclass(frozen=True, slots=True)
class XmlValue:
    """A value and the name of the element that it is in."""

    text: str
    element: str


Node = Any
"""An element of lxml, for which no types are published."""
Reader = Callable[[Node], XmlValue | None]


def nodes_at(node: Node, path: str) -> Iterator[Node]:
    """Yield the elements at a path, in document order."""
    first, _, rest = path.partition("/")
    names = first.split("|")
    for child in node:
        if local_name(child) in names:
            if rest:
                yield from nodes_at(child, rest)
            else:
                yield child


def text_of(node: Node) -> str:
    """Return the text of an element on one line."""
    return clean(" ".join((node.text or "").split()))[:_MOST_CHARS]


def _nodes_with_text(root: Node, paths: Sequence[str]) -> Iterator[Node]:
    for path in paths:
        for node in nodes_at(root, path):
            if text_of(node):
                yield node


def text_at(*paths: str) -> Reader:
    """Return a reader of the first text at the first path that has one."""

    def read(root: Node) -> XmlValue | None:
        for node in _nodes_with_text(root, paths):
            return XmlValue(text_of(node), local_name(node))
        return None

    return read


def first_of(*readers: Reader) -> Reader:
    """Return a reader of what the first of some readers finds: versions differ in their places."""

    def read(root: Node) -> XmlValue | None:
        return next(filter(None, (reader(root) for reader in readers)), None)

    return read


def account_at(*paths: str) -> Reader:
    """Return a reader of the first IBAN at the paths, whose check digits may be wrong.

    Numbers of accounts that only one country uses may be in the same places, and are passed over.
    """

    def read(root: Node) -> XmlValue | None:
        for node in _nodes_with_text(root, paths):
            if _LIKE_IBAN.match(text_of(node)):
                return XmlValue(text_of(node), local_name(node))
        return None

    return read


def always(value: str, *, where: str) -> Reader:
    """Return a reader of a value that is the same in all invoices that have a text at a path."""

    def read(root: Node) -> XmlValue | None:
        for node in _nodes_with_text(root, [where]):
            return XmlValue(value, local_name(node))
        return None

    return read


def attribute_at(path: str, *names: str) -> Reader:
    """Return a reader of attributes of the first element at a path, joined without a blank.

    An empty path is the invoice itself. What is a date and a time is the date alone.
    """

    def read(root: Node) -> XmlValue | None:
        for node in nodes_at(root, path) if path else [root]:
            text = clean("".join(" ".join(node.get(name, "").split()) for name in names))
            if text:
                return XmlValue(_MOMENT.sub(r"\1", text[:_MOST_CHARS]), names[-1])
        return None

    return read


def joined_at(path: str, *names: str, between: str = "") -> Reader:
    """Return a reader of several texts of the first element at a path, as one."""

    def read(root: Node) -> XmlValue | None:
        for node in nodes_at(root, path):
            values = [value.text for value in (text_at(name)(node) for name in names) if value]
            if values:
                return XmlValue(between.join(values), local_name(node))
        return None

    return read


def sum_at(path: str) -> Reader:
    """Return a reader of the sum of all amounts at a path; of one alone, that one as it is."""

    def read(root: Node) -> XmlValue | None:
        nodes = list(_nodes_with_text(root, [path]))
        if not nodes:
            return None
        try:
            # A sum of decimals keeps the digits of the longest of them.
            text = str(sum(Decimal(text_of(node)) for node in nodes))
        except InvalidOperation:
            text = text_of(nodes[0]) if len(nodes) == 1 else ""
        return XmlValue(text, local_name(nodes[0]))

    return read


def date_at(*paths: str) -> Reader:
    """Return a reader of the first date at the first path that has one, as an ISO date.

    What is no date is returned as it is.
    """

    def read(root: Node) -> XmlValue | None:
        for node in _nodes_with_text(root, paths):
            day = _iso_date(text_of(node), node.get("format"))
            # In CII the date is in a child "DateTimeString" of the element that is named after it.
            return XmlValue(day, local_name(node.getparent()))
        return None

    return read


def _iso_date(text: str, format_code: str | None) -> str:
    # A time or a time zone may follow an ISO date.
    day = text[:_ISO_DATE_CHARS] if "-" in text else text
    for written in (_DATE_FORMATS.get(format_code or "", _ISO_DATE), _ISO_DATE, "%Y%m%d"):
        try:
            moment = datetime.strptime(day, written)  # noqa: DTZ007 - a day, no moment
            return moment.date().isoformat()
        except ValueError:
            continue
    return text


def period_at(path: str, start: str, end: str) -> Reader:
    """Return a reader of the first element that has both dates, as "start/end"."""

    def read(root: Node) -> XmlValue | None:
        for node in nodes_at(root, path):
            first, last = date_at(start)(node), date_at(end)(node)
            if first and last:
                return XmlValue(f"{first.text}/{last.text}", local_name(node))
        return None

    return read


def tax_at(path: str, currency: Reader) -> Reader:
    """Return a reader of the tax in the invoice's own currency.

    EN 16931 allows the tax a second time in the currency of the books (BT-111).
    """

    def read(root: Node) -> XmlValue | None:
        own = currency(root)
        amounts = list(_nodes_with_text(root, [path]))
        if not amounts:
            return None
        in_own_currency = [
            node for node in amounts if own and node.get("currencyID") in {own.text, None}
        ]
        chosen = (in_own_currency or amounts)[0]
        return XmlValue(text_of(chosen), local_name(chosen))

    return read


def address_at(
    path: str,
    *,
    lines: Sequence[str],
    code: str,
    city: str,
    country: str,
) -> Reader:
    """Return a reader of an address on one line: its lines, postal code and city, and country."""

    def texts(node: Node, parts: Sequence[str]) -> list[str]:
        values = (text_at(part)(node) for part in parts)
        return [value.text for value in values if value]

    def read(root: Node) -> XmlValue | None:
        for node in nodes_at(root, path):
            town = " ".join(texts(node, (code, city)))
            parts = [*texts(node, lines), town, *texts(node, (country,))]
            if any(parts):
                return XmlValue(", ".join(filter(None, parts)), local_name(node))
        return None

    return read


def text_where(path: str, value: str, *, test: Callable[[Node], bool]) -> Reader:
    """Return a reader of a value in the first element at a path that passes a test."""

    def read(root: Node) -> XmlValue | None:
        for node in nodes_at(root, path):
            found = text_at(value)(node) if test(node) else None
            if found:
                return found
        return None

    return read


def cii_vat_id_at(path: str) -> Reader:
    """Return a reader of the tax registration whose scheme is VA, for VAT, in CII."""
    return text_where(
        path,
        "ID",
        test=lambda node: any(child.get("schemeID") == "VA" for child in node),
    )


def ubl_vat_id_at(path: str) -> Reader:
    """Return a reader of the tax registration whose scheme is VAT in UBL."""

    def is_vat(node: Node) -> bool:
        scheme = text_at("TaxScheme/ID")(node)
        return scheme is not None and scheme.text.upper() == "VAT"

    return text_where(path, "CompanyID", test=is_vat)
