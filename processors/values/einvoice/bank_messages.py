"""Read messages between banks and their customers (ISO 20022): statements and orders to pay.

They name the invoices and the sums of many others, and have no number and no total of their own.
"""

import re

from pipeline.model import Finding
from processors.contract import StructuredData
from processors.detect.safe_xml import XmlRefused, elements, local_name
from processors.values.einvoice.readers import Node, text_of

_NAMESPACE = re.compile(r"\{urn:iso:std:iso:20022:tech:xsd:((?:camt|pain|pacs)\.\d{3})\.")
_STATEMENTS = frozenset({"camt.052", "camt.053", "camt.054"})  # reports on an account
_ACCOUNT_OF = frozenset({"Stmt", "Rpt", "Ntfctn"})  # their elements of one account and period
_SURE = 1.0


def bank_message_in(data: bytes) -> StructuredData | None:
    """Return the class of a bank message, and of a statement its account; None of other XML."""
    kind = ""
    accounts: set[str] = set()
    try:
        for event, element in elements(data, whole=frozenset({"Acct"})):
            if not kind:
                found = _NAMESPACE.match(str(element.tag))
                if found is None:
                    return None
                kind = found[1]
            if event == "end" and _is_own_account(element):
                accounts.update(text_of(iban) for iban in element.iter("{*}IBAN"))
    except XmlRefused:
        return None
    reason = f"it is a message of ISO 20022 ({kind})"
    if kind not in _STATEMENTS:
        return StructuredData({}, Finding(None, _SURE, f"{reason} to a bank"), complete=True)
    fields: dict[str, Finding] = {}
    if len(accounts) == 1:
        fields["iban"] = Finding(accounts.pop(), _SURE, reason)
    return StructuredData(fields, Finding("bank_statement", _SURE, reason), complete=True)


def _is_own_account(element: Node) -> bool:
    parent = element.getparent()
    return (
        local_name(element) == "Acct" and parent is not None and local_name(parent) in _ACCOUNT_OF
    )
