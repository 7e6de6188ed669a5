"""Compute the features of every finding; the kinds of values each have their own."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from pipeline.model import Finding
from processors.confidence.addresses import address_features
from processors.confidence.amounts import amount_features, currency_features
from processors.confidence.contracts import parties_features
from processors.confidence.dates import date_features
from processors.confidence.evidence import Evidence, FoundValue, amount_of
from processors.confidence.names import name_features
from processors.confidence.numbers import identifier_features, number_features
from processors.confidence.shared import Features, shared_features
from processors.values.lines import TextLine

KIND_OF: Mapping[str, str] = MappingProxyType({
    "company": "name",
    "seller": "name",
    "buyer": "name",
    "address": "address",
    "parties": "parties",
    "date": "date",
    "due_date": "date",
    "total": "total",
    "amount_due": "amount",
    "net": "amount",
    "tax": "amount",
    "currency": "currency",
    "invoice_number": "number",
    "order_number": "number",
    "iban": "identifier",
    "vat_id": "identifier",
    "email": "identifier",
    "phone": "identifier",
})  # fmt: skip
"""The kind of each value of which truths are known; it decides about its features and weights."""


def kind_of(name: str, doc_class: str | None) -> str:
    """Return the kind of a value, whose weights apply.

    The date of a contract is in a sentence, and those of all other documents are behind labels.
    """
    if name == "date" and doc_class == "contract":
        return "effective_date"
    return KIND_OF[name]


_OF_KIND: Mapping[str, Callable[[Evidence, FoundValue], Features]] = MappingProxyType({
    "name": name_features,
    "address": address_features,
    "parties": parties_features,
    "date": date_features,
    "total": amount_features,
    "amount": amount_features,
    "currency": currency_features,
    "number": number_features,
    "identifier": identifier_features,
})  # fmt: skip


_PROOFS = ("repeated", "in_domain", "adds_up", "cash_less_change")


def features_of(evidence: Evidence, name: str) -> Features:
    """Return the features of a finding that has a value."""
    finding = evidence.found[name]
    value = FoundValue(name, finding, places_of(evidence, name, finding))
    features = shared_features(evidence, value) | _OF_KIND[KIND_OF[name]](evidence, value)
    # What a second place or a calculation proves was read rightly, however unsure OCR was.
    if not any(features.get(proof) for proof in _PROOFS):
        features["slips_unproven"] = features.get("slips", 0.0)
    return features


def places_of(evidence: Evidence, name: str, finding: Finding) -> Sequence[TextLine]:
    """Return the lines that have the value, in whatever form it is printed."""
    value = finding.value or ""
    kind = KIND_OF[name]
    if kind in {"total", "amount"}:
        amount = amount_of(value)
        return [] if amount is None else evidence.amounts_like(amount)
    if kind == "date":
        return [each.line for each in evidence.dates_like(value)]
    if kind == "currency":
        return evidence.lines_of(finding)
    return evidence.texts_like(value)
