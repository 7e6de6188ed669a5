"""Read electronic invoices: Factur-X, ZUGFeRD, XRechnung and other CII, UBL, and national ones.

The values are those of the XML, exactly: nothing is guessed.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation

from pipeline.model import Finding
from processors.contract import EmbeddedFile, StructuredData, Unreadable
from processors.detect.safe_xml import XmlRefused, elements, local_name
from processors.values.einvoice.fattura_pa import BODY, FATTURA_PA
from processors.values.einvoice.national import (
    CFDI,
    EBINTERFACE,
    FACTURAE,
    FINVOICE,
    ISDOC,
    KSEF,
    NAV,
    NFE,
    SVEFAKTURA,
)
from processors.values.einvoice.readers import Node, Reader, XmlValue, nodes_at
from processors.values.einvoice.syntaxes import CII, PRECEDING_INVOICE, TYPE_CODE, UBL

MOST_BYTES = 20 * 2**20
"""Larger XML is no invoice that a user could check."""
_MOST_FILES = 50
"""Embedded files that are looked at: an invoice has one XML and some attachments."""


@dataclass(frozen=True, slots=True)
class _Syntax:
    """A syntax of invoices: its name, its root element, and where each value is.

    `namespaces` are beginnings, which a version follows. `each` is the path of the element of one
    invoice, if a file may hold several.
    """

    name: str
    root: str
    namespaces: tuple[str, ...]
    readers: Mapping[str, Reader]
    each: str = ""

    def is_root(self, element: Node) -> bool:
        """Return whether an invoice of this syntax begins."""
        namespace, _, name = str(element.tag).rpartition("}")
        if name != self.root:
            return False
        return namespace.startswith(tuple("{" + begin for begin in self.namespaces)) or (
            not self.namespaces and not namespace
        )


_OASIS = "urn:oasis:names:specification:ubl:schema:xsd:"
_SYNTAXES = (
    _Syntax(
        "CII", "CrossIndustryInvoice", ("urn:un:unece:uncefact:data:standard:CrossIndustry",), CII
    ),
    _Syntax("CII", "CrossIndustryDocument", ("urn:ferd:CrossIndustryDocument",), CII),
    _Syntax("UBL", "Invoice", (f"{_OASIS}Invoice",), UBL),
    _Syntax("UBL", "CreditNote", (f"{_OASIS}CreditNote",), UBL),
    _Syntax(
        "FatturaPA",
        "FatturaElettronica",
        (
            "http://ivaservizi.agenziaentrate.gov.it/docs/xsd/fatture/v1",
            "http://www.fatturapa.gov.it/sdi/fatturapa/v1",  # until 2017
        ),
        FATTURA_PA,
        each=BODY,
    ),
    _Syntax("Facturae", "Facturae", ("http://www.facturae.",), FACTURAE, each="Invoices/Invoice"),
    _Syntax("Finvoice", "Finvoice", (), FINVOICE),
    _Syntax("Svefaktura", "Invoice", ("urn:sfti:documents:BasicInvoice",), SVEFAKTURA),
    _Syntax("ebInterface", "Invoice", ("http://www.ebinterface.at/schema/",), EBINTERFACE),
    _Syntax("KSeF", "Faktura", ("http://crd.gov.pl/wzor/",), KSEF),
    _Syntax("ISDOC", "Invoice", ("http://isdoc.cz/namespace/",), ISDOC),
    _Syntax("Online Számla", "InvoiceData", ("http://schemas.nav.gov.hu/OSA/",), NAV),
    _Syntax("CFDI", "Comprobante", ("http://www.sat.gob.mx/cfd/",), CFDI),
    _Syntax("NF-e", "NFe", ("http://www.portalfiscal.inf.br/nfe",), NFE),
)
_ROOTS = frozenset(syntax.root for syntax in _SYNTAXES)

# UNTDID 1001, the codes that EN 16931 allows for corrections (BT-3), and of FatturaPA, CFDI and
# ISDOC. Online Számla has no code, but names the invoice that is corrected.
_CORRECTIONS = {
    "381": "a credit note",
    "384": "a corrected invoice",
    "261": "a self-billed credit note",
    "TD04": "a credit note",
    "TD08": "a simplified credit note",
    "E": "a credit note",
    "2": "a credit note",
    "3": "a debit note",
    "6": "a credit note to a deposit",
    "originalInvoiceNumber": "a correction",
}
# What CFDI is used for, too; of its values, those that any document has are left.
_NO_INVOICES = {"P": "a receipt of a payment", "N": "a payslip", "T": "a note of what is moved"}
_OF_ANY_DOCUMENT = frozenset({"date", "seller", "company", "buyer"})
_AMOUNTS = frozenset({"total", "amount_due", "net", "tax"})
_DATES = frozenset({"date", "due_date"})
_LEAST_DECIMALS, _MOST_DECIMALS = 2, 8
"""Amounts have the decimals of the XML; currencies have up to 4, cryptocurrencies 8."""

# Finvoice writes a decimal comma, and never groups digits.
_DECIMAL_COMMA = re.compile(r"^(-?\d+),(\d+)$")

_SURE = 1.0
_WRONG_IBAN = 0.4
_OPEN = 0.3


def structured_data_in(data: bytes) -> StructuredData | None:
    """Return the values of an electronic invoice; None if the XML is something else or broken.

    Of several invoices in one file there are no values: none of them is that of the file.
    """
    roots = _roots_in(data)
    if not roots:
        return None
    root, syntax = roots[0]
    in_one = len(list(nodes_at(root, syntax.each))) if syntax.each else 1
    count = len(roots) if len(roots) > 1 else in_one
    if count > 1:
        several = Finding("invoice", _SURE, f"it holds {count} electronic invoices")
        return StructuredData(fields={}, doc_type=several)

    fields: dict[str, Finding] = {}
    for name, reader in syntax.readers.items():
        value = reader(root)
        if value is not None:
            fields[name] = _finding(name, value, syntax.name)
    if fields.keys().isdisjoint({"invoice_number", "total"}):
        return None

    unnamed = Finding(None, _OPEN, "the XML names no seller")
    fields["company"] = fields.get("seller", unnamed)
    return _of_its_kind(fields, root, syntax)


def _of_its_kind(fields: Mapping[str, Finding], root: Node, syntax: _Syntax) -> StructuredData:
    """Return values with the class that the code of their type says."""
    code, preceding = TYPE_CODE(root), PRECEDING_INVOICE(root)
    form = f"{syntax.name}, type {code.text}" if code else syntax.name
    said = code.text if code else preceding.element if preceding else ""
    kind = _CORRECTIONS.get(said, "an invoice")
    if code and code.text in _NO_INVOICES:
        return StructuredData(
            fields={name: fields[name] for name in _OF_ANY_DOCUMENT & fields.keys()},
            doc_type=Finding(None, _SURE, f"it is {_NO_INVOICES[code.text]} in XML ({form})"),
        )
    to_invoice = f" to invoice {preceding.text}" if preceding else ""
    return StructuredData(
        fields=fields,
        doc_type=Finding("invoice", _SURE, f"it is {kind}{to_invoice} in XML ({form})"),
    )


def structured_data_among(files: Iterable[EmbeddedFile]) -> StructuredData | None:
    """Return the values of the first electronic invoice among the files in a document."""
    # `zip` with a range stops before the next file is unpacked.
    try:
        for _, file in zip(range(_MOST_FILES), files, strict=False):
            is_xml = file.name.lower().endswith(".xml")
            found = structured_data_in(_bytes_of(file)) if is_xml else None
            if found is not None:
                return found
    except Unreadable:
        # The file reports that itself when it is read as a document of its own.
        return None
    return None


def _bytes_of(file: EmbeddedFile) -> bytes:
    """Return the bytes of a file, none if there are too many."""
    data = bytearray()
    for chunk in file.chunks():
        data += chunk
        if len(data) > MOST_BYTES:
            return b""
    return bytes(data)


def _roots_in(data: bytes) -> list[tuple[Node, _Syntax]]:
    """Return invoices and their syntaxes, alone or in the envelope of a network or an archive."""
    if not data or len(data) > MOST_BYTES:
        return []
    roots: list[tuple[Node, _Syntax]] = []
    try:
        for event, element in elements(data, whole=_ROOTS):
            if event == "start" and local_name(element) in _ROOTS:
                roots += [(element, syntax) for syntax in _SYNTAXES if syntax.is_root(element)]
    except XmlRefused:
        return []
    return roots


def _finding(name: str, value: XmlValue, syntax: str) -> Finding:
    """Return a finding of a value, in the form that its name promises."""
    reason = f"the electronic invoice says so ({syntax}, {value.element})"
    place = f"'{value.text}' in {value.element} of the electronic invoice"
    if name in _AMOUNTS:
        amount = amount_in(_DECIMAL_COMMA.sub(r"\1.\2", value.text))
        if amount is None:
            return Finding(None, _OPEN, f"{place} is no amount")
        return Finding(amount, _SURE, reason)
    if name in _DATES and not _is_iso_date(value.text):
        return Finding(None, _OPEN, f"{place} is no date")
    if name == "iban":
        return iban_finding(value.text, reason)
    return Finding(value.text, _SURE, reason)


def amount_in(text: str) -> str | None:
    """Return an amount with its own decimals, but at least two."""
    try:
        amount = Decimal(text)
    except InvalidOperation:
        return None
    if not amount.is_finite():
        return None
    exponent = amount.normalize().as_tuple().exponent
    assert isinstance(exponent, int)  # it is a letter for NaN and infinity only
    decimals = max(_LEAST_DECIMALS, min(-exponent, _MOST_DECIMALS))
    return f"{amount:.{decimals}f}"


def _is_iso_date(text: str) -> bool:
    try:
        datetime.strptime(text, "%Y-%m-%d")  # noqa: DTZ007 - a day, no moment
    except ValueError:
        return False
    return True


def iban_finding(text: str, reason: str) -> Finding:
    """Return the account; a wrong one is kept, because the invoice says it, but unsure."""
    from stdnum import iban

    compact = text.replace(" ", "").upper()
    if iban.is_valid(compact):
        return Finding(compact, _SURE, f"{reason}; its check digits are right")
    return Finding(
        compact,
        _WRONG_IBAN,
        f"{reason}, but its check digits are wrong, or it is no IBAN",
    )
