"""Say whether a name may be the heading of a list, or that of a person, and no company's."""

import re

from pipeline.model import Finding
from processors.confidence.evidence import Evidence
from processors.values.issuer.addressed import ends_with_town
from processors.values.issuer.blocks import pieces_of
from processors.values.issuer.company import AS_SELLER
from processors.values.legal_forms import is_address
from processors.values.lines import TextLine, label_pattern
from processors.values.money.signs_of_money import says_money

_NO_CLASS = frozenset({None, "other", "form"})
"""Classes of documents that need not say who issued them."""
_CONTACT = re.compile(r"@|www\.|https?:|\b(?:tel|telefon|telephone|phone|fon|fax|mobile|mobil)\b")
_ORDER = re.compile(
    r"(?:purchase|supply) order|purchase requisition|bestellung|bestellschein|bon de commande"
    r"|orden de compra|pedido de compra|ordem de compra|ordine (?:d['\u2019]|di )acquisto"
    r"|inkooporder|bestelbon|zamowienie|objednavka|ostotilaus|innkjopsordre|inkopsorder|indkobsordre"
)
"""Titles of a paper that a buyer sends to a seller."""
_HEAD_LINES = 12
_LINES_OF_CONTACT = 5
"""Lines below a name that say where it is, or how it is called or registered."""
_PERSON = re.compile(
    r"(?:mrs?|ms|miss|mme|mlle|monsieur|madame|m\.|sra?|srta|sig|sig\.ra|herrn?|frau|familie|hr|fru"
    r"|dhr|mevr|mevrouw|pani?)\.? [^\W\d_]"
)
"""A form of address, which nobody puts before the name of an own business."""


def may_be_heading(evidence: Evidence, own: TextLine | None) -> bool:
    """Return whether an issuer without a legal form may be the title of a list or a result.

    It is none if nothing says that its numbers are money, or if its document has no certain class
    and neither an address nor a number or mailbox of its own is below it.
    """
    if evidence.doc_type.value not in _NO_CLASS:
        return False
    return not says_money(evidence.lines) or own is None or not _has_contact(evidence, own)


def _has_contact(evidence: Evidence, own: TextLine) -> bool:
    """Return whether an address, a contact or a registration is at a name, before other parties."""
    labels = label_pattern("company", "buyer", "buyer_marked", "other_marked")
    for line in evidence.lines[own.number : own.number + _LINES_OF_CONTACT + 1]:
        folded = line.folded
        if line is not own and labels.match(folded):
            return False
        is_place = line is not own and (is_address(folded) or ends_with_town(folded))
        registered = label_pattern("company", "registered").search(folded)
        if is_place or registered or _CONTACT.search(folded):
            return True
    return False


def is_person(folded: str) -> bool:
    """Return whether a name begins with a form of address: "Mrs J Smith" gets a letter or bill."""
    return _PERSON.match(folded) is not None


def is_supplier(evidence: Evidence, finding: Finding | None) -> bool:
    """Return whether who is named as the seller gets an order: another one heads the page."""
    if finding is None or not finding.reason.endswith(AS_SELLER):
        return False
    head = [
        piece.line.folded for line in evidence.lines[:_HEAD_LINES] for piece in pieces_of(line, 0)
    ]
    bills = label_pattern("dates", "title")
    is_bill = any(bills.fullmatch(each.strip(" :.")) for each in head)
    return not is_bill and any(_ORDER.fullmatch(each) for each in head)
