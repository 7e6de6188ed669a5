"""Read messages between banks and their customers (ISO 20022): statements and orders to pay.

They name the invoices and the sums of many others, and have no number and no total of their own.
"""

import re
from collections import defaultdict
from collections.abc import Iterator

from pipeline.model import Finding
from processors.contract import StructuredData
from processors.detect.safe_xml import XmlRefused, elements, local_name
from processors.values.einvoice import iban_finding
from processors.values.einvoice.readers import Node, XmlValue, date_at, text_of

_NAMESPACE = re.compile(r"\{urn:iso:std:iso:20022:tech:xsd:((?:camt|pain|pacs)\.\d{3})\.")
_ISO_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_STATEMENTS = frozenset({"camt.052", "camt.053", "camt.054"})  # reports on an account
_ACCOUNT_OF = frozenset({"Stmt", "Rpt", "Ntfctn"})  # their elements of one account and period
_HEADER = "GrpHdr"
_SURE = 1.0


def bank_message_in(data: bytes) -> StructuredData | None:
    """Return the class of a bank message; None of other XML.

    Of a statement its account, date and period too, if there is one of each.
    """
    kind = ""
    said: dict[str, set[str]] = defaultdict(set)
    try:
        for event, element in elements(data, whole=frozenset({"Acct", "FrToDt"})):
            if not kind:
                found = _NAMESPACE.match(str(element.tag))
                if found is None:
                    return None
                kind = found[1]
            if event == "end":
                for name, value in _values_of(element):
                    said[name].add(value)
    except XmlRefused:
        return None
    reason = f"it is a message of ISO 20022 ({kind})"
    if kind not in _STATEMENTS:
        return StructuredData({}, Finding(None, _SURE, f"{reason} to a bank"), complete=True)
    said["date"] = said["date"] or said[_HEADER]
    fields = {
        name: Finding(next(iter(said[name])), _SURE, reason)
        for name in ("date", "period")
        if len(said[name]) == 1
    }
    if len(said["iban"]) == 1:
        fields["iban"] = iban_finding(said["iban"].pop(), reason)
    return StructuredData(fields, Finding("bank_statement", _SURE, reason), complete=True)


def _values_of(element: Node) -> Iterator[tuple[str, str]]:
    """Yield what an element that ends says of a statement: accounts in its entries are others'."""
    parent = element.getparent()
    place = local_name(parent) if parent is not None else ""
    if place not in {*_ACCOUNT_OF, _HEADER}:
        return
    match local_name(element):
        case "Acct":
            yield from (
                ("iban", text_of(iban)) for iban in element.iter("{*}IBAN") if text_of(iban)
            )
        case "CreDtTm":
            # A statement says when it was made; else the message round it does.
            created = _day(date_at("CreDtTm")(parent))
            if created:
                yield (_HEADER if place == _HEADER else "date"), created
        case "FrToDt":
            first, last = _day(date_at("FrDtTm")(element)), _day(date_at("ToDtTm")(element))
            if first and last:
                yield "period", f"{first}/{last}"


def _day(value: XmlValue | None) -> str:
    return value.text if value and _ISO_DAY.fullmatch(value.text) else ""
