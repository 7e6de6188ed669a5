"""Electronic invoices: Factur-X, ZUGFeRD, XRechnung and other CII, and UBL. What the XML says, exactly."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from pipeline.model import Finding
from processors.contract import EmbeddedFile, StructuredData, Unreadable
from processors.detect.encoding import clean
from processors.detect.safe_xml import XmlRefused, elements, local_name

MOST_BYTES = 20 * 2**20
"""Larger XML is no invoice a person could check."""
_MOST_ENCLOSED = 50
_MOST_CHARS = 500
_CORRECTIONS = {
    "381": "a credit note",
    "384": "a corrected invoice",
    "261": "a self-billed credit note",
}
_NAMESPACES = {
    "CrossIndustryInvoice": "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice",
    "CrossIndustryDocument": "urn:ferd:CrossIndustryDocument",
    "Invoice": "urn:oasis:names:specification:ubl:schema:xsd:Invoice",
    "CreditNote": "urn:oasis:names:specification:ubl:schema:xsd:CreditNote",
}
_DATE_FORMATS = {"102": "%Y%m%d", "203": "%Y%m%d%H%M", "204": "%Y%m%d%H%M%S"}
"""Codes of UN/EDIFACT 2379 that name a day."""


@dataclass(frozen=True, slots=True)
class _Said:
    """One value with the element it stands in."""

    text: str
    element: str


_Node = Any
_Reader = Callable[[_Node], _Said | None]


def structured_data_in(data: bytes) -> StructuredData | None:
    """Return what an electronic invoice says; None where XML is something else or broken."""
    root = _root(data)
    if root is None:
        return None
    syntax, readers = (
        ("UBL", _UBL) if local_name(root) in {"Invoice", "CreditNote"} else ("CII", _CII)
    )
    found = {name: said for name, reader in readers.items() if (said := reader(root)) is not None}
    if "invoice_number" not in found and "total" not in found:
        return None
    fields = {name: _finding(name, said, syntax) for name, said in found.items()}
    fields["company"] = (
        fields["seller"] if "seller" in fields else Finding(None, 0.3, "the XML names no seller")
    )
    return StructuredData(fields=fields, doc_type=_doc_type(root, syntax))


def structured_data_among(files: Iterable[EmbeddedFile]) -> StructuredData | None:
    """Return what the first electronic invoice among a document's files says."""
    try:
        for place, file in enumerate(files):
            if place >= _MOST_ENCLOSED:
                break
            found = (
                structured_data_in(_bytes_of(file)) if file.name.lower().endswith(".xml") else None
            )
            if found is not None:
                return found
    except Unreadable:  # the file says so itself when it is read as a document of its own
        return None
    return None


def _bytes_of(file: EmbeddedFile) -> bytes:
    data = bytearray()
    for chunk in file.chunks():
        data += chunk
        if len(data) > MOST_BYTES:
            return b""
    return bytes(data)


def _root(data: bytes) -> _Node | None:
    """Parse XML whose root element is an invoice's."""
    if not data or len(data) > MOST_BYTES:
        return None
    root = None
    try:
        for event, element in elements(data, whole=frozenset(_NAMESPACES)):
            if root is None:
                namespace = _NAMESPACES.get(local_name(element))
                if namespace is None or not str(element.tag).startswith("{" + namespace):
                    return None
                root = element
            del event
    except XmlRefused:
        return None
    return root


def _nodes(node: _Node, path: str) -> Iterator[_Node]:
    """Yield the elements at a path of local names; a name may offer others after "|"."""
    first, _, rest = path.partition("/")
    names = first.split("|")
    for child in node:
        if local_name(child) in names:
            if rest:
                yield from _nodes(child, rest)
            else:
                yield child


def _text(node: _Node) -> str:
    return clean(" ".join((node.text or "").split()))[:_MOST_CHARS]


def _at(*paths: str) -> _Reader:
    """Read the first text at the first path that has one."""

    def read(root: _Node) -> _Said | None:
        for path in paths:
            for node in _nodes(root, path):
                if _text(node):
                    return _Said(_text(node), local_name(node))
        return None

    return read


def _day(*paths: str) -> _Reader:
    def read(root: _Node) -> _Said | None:
        for path in paths:
            for node in _nodes(root, path):
                if _text(node):
                    return _Said(iso(_text(node), node.get("format")), local_name(node.getparent()))
        return None

    return read


def iso(text: str, code: str | None) -> str:
    """Return an ISO date, or the text as it stands where it is none."""
    for written in (_DATE_FORMATS.get(code or "", "%Y-%m-%d"), "%Y-%m-%d", "%Y%m%d"):
        try:
            return datetime.strptime(text[:10] if "-" in text else text, written).date().isoformat()  # noqa: DTZ007 - a day, no moment
        except ValueError:
            continue
    return text


def _period(path: str, start: str, end: str) -> _Reader:
    def read(root: _Node) -> _Said | None:
        for node in _nodes(root, path):
            first, last = _day(start)(node), _day(end)(node)
            if first and last:
                return _Said(f"{first.text}/{last.text}", local_name(node))
        return None

    return read


def _where(path: str, value: str, *, test: Callable[[_Node], bool]) -> _Reader:
    """Read a value of the first element at a path that passes a test."""

    def read(root: _Node) -> _Said | None:
        return next(
            (said for node in _nodes(root, path) if test(node) and (said := _at(value)(node))), None
        )

    return read


def _tax(path: str, currency: _Reader) -> _Reader:
    """Read the tax in the invoice's own currency: it may be told in a second one for the books."""

    def read(root: _Node) -> _Said | None:
        own = currency(root)
        nodes = [node for node in _nodes(root, path) if _text(node)]
        best = [
            node for node in nodes if own and node.get("currencyID") in {own.text, None}
        ] or nodes
        return _Said(_text(best[0]), local_name(best[0])) if best else None

    return read


def _address(path: str, *, lines: Sequence[str], code: str, city: str, country: str) -> _Reader:
    def read(root: _Node) -> _Said | None:
        for node in _nodes(root, path):
            place = " ".join(found.text for part in (code, city) if (found := _at(part)(node)))
            parts = [*(found.text for part in lines if (found := _at(part)(node))), place]
            parts += [found.text] if (found := _at(country)(node)) else []
            if any(parts):
                return _Said(", ".join(part for part in parts if part), local_name(node))
        return None

    return read


def _vat(path: str) -> _Reader:
    return _where(
        path, "ID", test=lambda node: any(child.get("schemeID") == "VA" for child in node)
    )


def _is_vat(node: _Node) -> bool:
    scheme = _at("TaxScheme/ID")(node)
    return scheme is not None and scheme.text.upper() == "VAT"


_TRADE = "SupplyChainTradeTransaction|SpecifiedSupplyChainTradeTransaction"
_AGREEMENT = f"{_TRADE}/ApplicableHeaderTradeAgreement|ApplicableSupplyChainTradeAgreement"
_SETTLEMENT = f"{_TRADE}/ApplicableHeaderTradeSettlement|ApplicableSupplyChainTradeSettlement"
_SUM = f"{_SETTLEMENT}/SpecifiedTradeSettlementHeaderMonetarySummation|SpecifiedTradeSettlementMonetarySummation"
_HEADER = "ExchangedDocument|HeaderExchangedDocument"
_SELLER, _BUYER = f"{_AGREEMENT}/SellerTradeParty", f"{_AGREEMENT}/BuyerTradeParty"
_CII_CURRENCY = _at(f"{_SETTLEMENT}/InvoiceCurrencyCode")
_CII: Mapping[str, _Reader] = {
    "invoice_number": _at(f"{_HEADER}/ID"),
    "date": _day(f"{_HEADER}/IssueDateTime/DateTimeString"),
    "due_date": _day(f"{_SETTLEMENT}/SpecifiedTradePaymentTerms/DueDateDateTime/DateTimeString"),
    "period": _period(
        f"{_SETTLEMENT}/BillingSpecifiedPeriod",
        "StartDateTime/DateTimeString",
        "EndDateTime/DateTimeString",
    ),
    "total": _at(f"{_SUM}/GrandTotalAmount"),
    "amount_due": _at(f"{_SUM}/DuePayableAmount"),
    "net": _at(f"{_SUM}/TaxBasisTotalAmount"),
    "tax": _tax(f"{_SUM}/TaxTotalAmount", _CII_CURRENCY),
    "currency": _CII_CURRENCY,
    "seller": _at(f"{_SELLER}/Name"),
    "buyer": _at(f"{_BUYER}/Name"),
    "address": _address(
        f"{_SELLER}/PostalTradeAddress",
        lines=("LineOne", "LineTwo", "LineThree"),
        code="PostcodeCode",
        city="CityName",
        country="CountryID",
    ),
    "vat_id": _vat(f"{_SELLER}/SpecifiedTaxRegistration"),
    "buyer_vat_id": _vat(f"{_BUYER}/SpecifiedTaxRegistration"),
    "iban": _at(
        f"{_SETTLEMENT}/SpecifiedTradeSettlementPaymentMeans/PayeePartyCreditorFinancialAccount/IBANID"
    ),
    "order_number": _at(f"{_AGREEMENT}/BuyerOrderReferencedDocument/IssuerAssignedID|ID"),
    "email": _at(
        f"{_SELLER}/DefinedTradeContact/EmailURIUniversalCommunication/URIID|CompleteNumber"
    ),
    "phone": _at(f"{_SELLER}/DefinedTradeContact/TelephoneUniversalCommunication/CompleteNumber"),
}
_SUPPLIER, _CUSTOMER = "AccountingSupplierParty/Party", "AccountingCustomerParty/Party"
_UBL_CURRENCY = _at("DocumentCurrencyCode")
_UBL: Mapping[str, _Reader] = {
    "invoice_number": _at("ID"),
    "date": _day("IssueDate"),
    "due_date": _day("DueDate", "PaymentMeans/PaymentDueDate", "PaymentTerms/PaymentDueDate"),
    "period": _period("InvoicePeriod", "StartDate", "EndDate"),
    "total": _at("LegalMonetaryTotal/TaxInclusiveAmount", "LegalMonetaryTotal/PayableAmount"),
    "amount_due": _at("LegalMonetaryTotal/PayableAmount"),
    "net": _at("LegalMonetaryTotal/TaxExclusiveAmount"),
    "tax": _tax("TaxTotal/TaxAmount", _UBL_CURRENCY),
    "currency": _UBL_CURRENCY,
    "seller": _at(f"{_SUPPLIER}/PartyLegalEntity/RegistrationName", f"{_SUPPLIER}/PartyName/Name"),
    "buyer": _at(f"{_CUSTOMER}/PartyLegalEntity/RegistrationName", f"{_CUSTOMER}/PartyName/Name"),
    "address": _address(
        f"{_SUPPLIER}/PostalAddress",
        lines=("StreetName", "AdditionalStreetName", "AddressLine/Line"),
        code="PostalZone",
        city="CityName",
        country="Country/IdentificationCode",
    ),
    "vat_id": _where(f"{_SUPPLIER}/PartyTaxScheme", "CompanyID", test=_is_vat),
    "buyer_vat_id": _where(f"{_CUSTOMER}/PartyTaxScheme", "CompanyID", test=_is_vat),
    "iban": _at("PaymentMeans/PayeeFinancialAccount/ID"),
    "order_number": _at("OrderReference/ID"),
    "email": _at(f"{_SUPPLIER}/Contact/ElectronicMail"),
    "phone": _at(f"{_SUPPLIER}/Contact/Telephone"),
}
_TYPE = _at(f"{_HEADER}/TypeCode", "InvoiceTypeCode", "CreditNoteTypeCode")
_CORRECTED = _at(
    f"{_SETTLEMENT}/InvoiceReferencedDocument/IssuerAssignedID|ID",
    "BillingReference/InvoiceDocumentReference/ID",
)


def _doc_type(root: _Node, syntax: str) -> Finding:
    code, corrected = _TYPE(root), _CORRECTED(root)
    kind = _CORRECTIONS.get(code.text if code else "", "an invoice")
    of = f" to invoice {corrected.text}" if corrected else ""
    return Finding(
        "invoice", 1.0, f"it is {kind}{of} in XML ({syntax}{f', type {code.text}' if code else ''})"
    )


def _finding(name: str, said: _Said, syntax: str) -> Finding:
    reason = f"the electronic invoice says so ({syntax}, {said.element})"
    if name in {"total", "amount_due", "net", "tax"}:
        return _amount(said, reason)
    if name in {"date", "due_date"} and not _is_iso(said.text):
        return Finding(
            None, 0.3, f"'{said.text}' in {said.element} of the electronic invoice is no date"
        )
    if name == "iban":
        return _account(said, reason)
    return Finding(said.text, 1.0, reason)


def _is_iso(text: str) -> bool:
    try:
        datetime.strptime(text, "%Y-%m-%d")  # noqa: DTZ007 - a day, no moment
    except ValueError:
        return False
    return True


def _amount(said: _Said, reason: str) -> Finding:
    try:
        value = Decimal(said.text)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite():
        return Finding(
            None, 0.3, f"'{said.text}' in {said.element} of the electronic invoice is no amount"
        )
    exponent = value.normalize().as_tuple().exponent
    digits = max(2, min(-exponent if isinstance(exponent, int) else 2, 8))
    return Finding(f"{value:.{digits}f}", 1.0, reason)


def _account(said: _Said, reason: str) -> Finding:
    from stdnum import iban

    compact = said.text.replace(" ", "").upper()
    if iban.is_valid(compact):
        return Finding(compact, 1.0, f"{reason}; its check digits are right")
    return Finding(compact, 0.4, f"{reason}, but its check digits are wrong, or it is no IBAN")
