"""Choose what a record gets of a file whose pages are several documents: never a mixture.

It gets the values of the main document, which the others accompany: a letter, a delivery note, an
annex, terms and conditions. If there are several main documents, it gets only what all of them say;
the rest is open, with their values as candidates.
"""

from collections.abc import Sequence
from dataclasses import replace

from pipeline.labels import LABEL
from pipeline.model import Child, Finding
from processors.values.candidates import with_others

_OPEN_CONFIDENCE = 0.3
_MOST_NAMED = 4
"""Documents in a reason; more would hide the important ones."""
_MOST_LABELS = 200
"""Labels of forms that are compared: a hundred forms have ten thousand."""
_NO_CLASS = frozenset({None, "other", "letter"})
_BILLS = frozenset({"invoice", "receipt"})
_SUMS = ("total", "amount_due")
_IDENTITY = ("invoice_number", "date")


def merge_documents(documents: Sequence[Child]) -> tuple[Finding, dict[str, Finding]]:
    """Return the class and the values of a file by those of its documents.

    Their places are on pages of the file itself.
    """
    main = list(filter(_is_main, documents)) or [each for each in documents if each.findings.fields]
    main = main or list(documents)
    names = list(dict.fromkeys(name for each in main for name in each.findings.fields))
    labels = [name for name in names if name.startswith(LABEL)]
    left_out = frozenset(labels[_MOST_LABELS:])
    fields = {name: _agreed(name, main) for name in names if name not in left_out}
    return _agreed("doc_type", main), fields


def _is_main(document: Child) -> bool:
    """Return whether a document has a class, and what identifies one of that class."""
    values = {name: each.value for name, each in document.findings.fields.items()}
    has_sum = any(values.get(name) for name in _SUMS)
    doc_class = document.findings.doc_type.value
    if doc_class in _NO_CLASS:
        # An order or a bill of an unknown kind counts, a page of a table does not.
        return has_sum and any(values.get(name) for name in _IDENTITY)
    if doc_class in _BILLS:
        return has_sum or values.get("invoice_number") is not None
    # Terms and conditions read like a contract, but name no parties.
    return doc_class != "contract" or values.get("parties") is not None


def _agreed(name: str, documents: Sequence[Child]) -> Finding:
    """Return the value that all documents have, or an open one that names theirs."""
    named = [(each, each.findings.named(name)) for each in documents]
    found = [(each, finding) for each, finding in named if finding is not None]
    ranked = [
        replace(finding, reason=f"{finding.reason} (in {each.name})")
        for each, finding in sorted(found, key=lambda pair: -pair[1].confidence)
    ]
    values = {each.value for each in ranked}
    if len(ranked) == len(documents) and len(values) == 1:
        return ranked[0]
    said = [
        f"{'none' if finding is None else finding.value or 'unsure'} in {each.name}"
        for each, finding in named
    ]
    reason = f"the documents in it differ: {'; '.join(said[:_MOST_NAMED])}"
    return with_others(Finding(None, _OPEN_CONFIDENCE, reason), ranked)
