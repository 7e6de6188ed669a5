"""Named values of a document, read from its text alone. One concern a module."""

from collections.abc import Sequence

from pipeline.model import Finding, PageText
from processors.values.company import find_company
from processors.values.contact import find_email, find_phone
from processors.values.country import hints_in
from processors.values.currency import find_currency
from processors.values.dates import find_dates
from processors.values.datetext import MonthNames
from processors.values.identifiers import find_iban, find_vat_id
from processors.values.lines import lines_of, pattern
from processors.values.numbers import find_invoice_number
from processors.values.total import find_net_and_tax, find_total

VERSION = "1"

_COMMERCIAL = 0.4
"""How sure of a total a document must be to count as one about money; 0 to 1."""
_TITLE_LINES = 15

_DATEPARSER = {
    "fin": "fi",
    "rus": "ru",
    "ukr": "uk",
    "ell": "el",
    "hun": "hu",
    "ron": "ro",
    "bul": "bg",
    "hrv": "hr",
    "slk": "sk",
    "slv": "sl",
    "lit": "lt",
    "lav": "lv",
    "est": "et",
    "ara": "ar",
    "heb": "he",
    "tha": "th",
    "vie": "vi",
    "ind": "id",
    "msa": "ms",
    "hin": "hi",
    "srp": "sr",
    "cat": "ca",
    "eus": "eu",
    "glg": "gl",
    "isl": "is",
    "kat": "ka",
    "fas": "fa",
    "ben": "bn",
    "tam": "ta",
}
"""Languages whose months are not in the built-in table: the names Tesseract and dateparser give them."""


def find_values(pages: Sequence[PageText], *, languages: Sequence[str] = ("eng",)) -> dict[str, Finding]:
    """Find date, due_date, total, net, tax, currency, company, invoice_number, email, iban, vat_id and phone.

    A key is absent when nothing of the kind is there; a value is None when the document leaves it open, and the
    reason says between what. `languages` are Tesseract's codes. Of a very long text the head and the tail are read.
    """
    lines = lines_of(pages)
    hints = hints_in(lines)
    months = MonthNames([_DATEPARSER[code] for code in languages if code in _DATEPARSER])
    total = find_total(lines)
    number = find_invoice_number(lines)
    named = any(pattern("dates", "title").fullmatch(line.folded) for line in lines[:_TITLE_LINES])
    commercial = named or number is not None or (total is not None and total.confidence >= _COMMERCIAL)
    found: dict[str, Finding | None] = {
        **find_dates(lines, hints=hints, languages=languages, months=months),
        "total": total,
        **find_net_and_tax(lines, total=total),
        "currency": find_currency(lines, hints=hints, has_total=total is not None),
        "company": find_company(lines, commercial=commercial),
        "invoice_number": number,
        "email": find_email(lines),
        "iban": find_iban(lines),
        "vat_id": find_vat_id(lines),
        "phone": find_phone(lines),
    }
    return {name: finding for name, finding in found.items() if finding is not None}
