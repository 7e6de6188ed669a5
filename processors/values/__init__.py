"""Named values of a document, read from its lines and barcodes. One concern a module."""

from collections.abc import Sequence

from pipeline.model import Finding
from processors.contract import Page
from processors.values.address import find_address
from processors.values.codes import values_in_codes
from processors.values.company import find_company
from processors.values.contact import find_email, find_phone
from processors.values.country import country_hints_in
from processors.values.dates import find_dates
from processors.values.identifiers import find_iban, find_vat_ids
from processors.values.language import find_language
from processors.values.lines import TextLine, label_pattern, text_lines_of
from processors.values.money.currency import find_currency
from processors.values.money.taxes import find_net_and_tax
from processors.values.money.total import find_amount_due, find_total
from processors.values.mrz import values_in_zone
from processors.values.numbers import find_invoice_number, find_order_number
from processors.values.parties import find_buyer, find_parties, find_person

_COMMERCIAL = 0.4
"""How sure of a total a document must be to count as one about money; 0 to 1."""
_WRITTEN = 0.8
"""How sure a currency must be to tell in which order its countries write dates."""
_TITLE_LINES = 15
_SOLD = frozenset({"invoice", "receipt", None})
_PERSONAL = frozenset({"resume", "identity_document", "medical_record", "bank_statement"})


def find_values(
    pages: Sequence[Page],
    *,
    languages: Sequence[str] = ("eng",),
    date_order: str = "",
    doc_class: str | None = None,
) -> dict[str, Finding]:
    """Find the values that docs/values.md lists, each with its page, its place, how sure it is and why.

    A key is absent when nothing of the kind is there; a value is None when the document leaves it open, and the
    reason says between what. `languages` are Tesseract's codes; `date_order` decides where the document does not
    ("dmy", "mdy", "" to decide nothing); `doc_class` is the document's class where it is known. Of a very long text
    the head and the tail are read.
    """
    lines = text_lines_of(pages)
    guessed = _guessed(lines, languages=languages, date_order=date_order, doc_class=doc_class)
    found = {**guessed, **values_in_zone(lines), **values_in_codes(pages)}
    return {name: finding for name, finding in found.items() if finding is not None}


def _guessed(
    lines: Sequence[TextLine], *, languages: Sequence[str], date_order: str, doc_class: str | None
) -> dict[str, Finding | None]:
    """Find what stands in the text in a form made for people."""
    hints = country_hints_in(lines)
    total = find_total(lines)
    number = find_invoice_number(lines)
    commercial = is_commercial(lines, number=number, total=total)
    company = find_company(lines, commercial=commercial) if lines else None
    currency = find_currency(lines, hints=hints, has_total=total is not None)
    paid_in = currency.value if currency and currency.confidence >= _WRITTEN else None
    return {
        **find_dates(
            lines,
            hints=hints,
            languages=languages,
            usual_order=date_order,
            currency=paid_in,
        ),
        "total": total,
        **find_net_and_tax(lines, total=total),
        "amount_due": find_amount_due(lines) if commercial else None,
        "currency": currency,
        "company": company,
        "seller": company if commercial and doc_class in _SOLD else None,
        "buyer": find_buyer(lines, company=company) if commercial and doc_class in _SOLD else None,
        "parties": find_parties(lines) if doc_class == "contract" else None,
        "person": find_person(lines, resume=doc_class == "resume")
        if doc_class in _PERSONAL
        else None,
        "address": find_address(lines, company=company),
        "invoice_number": number,
        "order_number": find_order_number(lines),
        "email": find_email(lines),
        "iban": find_iban(lines),
        **find_vat_ids(lines),
        "phone": find_phone(lines),
        "language": find_language(lines),
    }


def is_commercial(
    lines: Sequence[TextLine], *, number: Finding | None, total: Finding | None
) -> bool:
    """Say whether a document is about money: named so, numbered as a bill, or with a total that is rather sure."""
    named = any(
        label_pattern("dates", "title").fullmatch(line.folded) for line in lines[:_TITLE_LINES]
    )
    return named or number is not None or (total is not None and total.confidence >= _COMMERCIAL)
