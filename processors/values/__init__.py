"""Find the named values of a document in its lines and barcodes; each module finds one kind."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from pipeline.model import Finding
from processors.contract import Page
from processors.values.address import find_address
from processors.values.codes import values_in_codes
from processors.values.contact import find_email, find_phone
from processors.values.contracts.effective_date import find_contract_date
from processors.values.contracts.filled_in import filled_in
from processors.values.contracts.own_values import own_values
from processors.values.country import country_hints_in
from processors.values.dates import find_dates
from processors.values.fields import entered_pages, field_findings
from processors.values.identifiers import find_iban, find_vat_ids
from processors.values.issuer.company import find_company
from processors.values.language import find_language
from processors.values.legal_forms import end_of_form
from processors.values.lines import (
    TextLine,
    fold,
    headers_of_mail,
    label_pattern,
    text_lines_of,
)
from processors.values.money.amount_lines import amount_lines
from processors.values.money.currency import find_currency
from processors.values.money.no_bill import as_candidate, values_of_no_bill
from processors.values.money.taxes import find_net_and_tax
from processors.values.money.total import (
    UNANNOUNCED,
    find_amount_due,
    find_total,
    why_several_bills,
)
from processors.values.mrz import values_in_zone
from processors.values.numbers import explicit_numbers, find_invoice_number, find_order_number
from processors.values.numbers.bill_rows import is_advice, listed_bills
from processors.values.numbers.context import (
    is_statement,
    lists_bills,
    lists_no_bills,
    lists_no_entries,
)
from processors.values.parties import find_parties, find_person
from processors.values.receiver.buyer import find_buyer

_LEAST_TOTAL_CONFIDENCE = 0.4
"""Confidence of a total from which on the document counts as one about money."""
_LEAST_CURRENCY_CONFIDENCE = 0.8
"""Confidence of a currency from which on the order of dates may be decided by its countries."""
_LEAST_NUMBERS = 2
"""Bills with a number each make several documents."""
_TITLE_LINES = 15
"""Lines in which the title of the document is looked for."""

# Classes of documents that have some values; others have them at most by chance. None is a document
# whose class is not certain.
_SALES = frozenset({"invoice", "receipt", "other", None})
_OF_SALES = frozenset({"invoice", "receipt"})
# What the labels of a form's fields announce; its parties are beside each other on the page.
_OF_FORMS = frozenset({"invoice_number", "order_number", "date", "due_date", "total", "amount_due"})
# Values of a bill, which a statement of an account has not: its balances are no total, and it lists
# the numbers of bills. That of a customer says what is due.
_OF_BILLS = ("total", "net", "tax", "invoice_number")
_PERSONAL = frozenset({"resume", "identity_document", "medical_record", "bank_statement"})


_TITLE_OF_FORM = re.compile(r"(?:[a-z/&-]+ ){1,6}(?:form|questionnaire|formular|formulier)")


def find_values(
    pages: Sequence[Page],
    *,
    languages: Sequence[str] = ("eng",),
    date_order: str = "",
    doc_class: str | None = None,
) -> dict[str, Finding]:
    """Find the values that docs/values.md lists, each with page, place, confidence and reason.

    The fields of a form are among them, named `label:` and the label. A key is absent if nothing is
    of the kind, a value None if the document leaves it open. A long text is read at both ends.

    `languages` are Tesseract's codes. `date_order` decides where the document does not: "dmy",
    "mdy" or "". `doc_class` is the class of the document where it is known.
    """
    lines = text_lines_of(pages)
    hints = country_hints_in(lines)
    total = find_total(amounts := amount_lines(lines))
    invoice_number = find_invoice_number(lines)
    is_commercial = is_about_money(lines, invoice_number=invoice_number, total=total)
    apart = why_several_bills(amounts)
    issuer = _issuer(_below_sheet_name(lines, pages), doc_class, is_commercial=is_commercial)
    company = company_of_bills(issuer, lines, apart)
    currency = find_currency(lines, hints=hints, has_total=total is not None)
    is_sure = currency is not None and currency.confidence >= _LEAST_CURRENCY_CONFIDENCE
    found: dict[str, Finding | None] = {
        **dates_of_bills(
            find_dates(
                lines,
                hints=hints,
                languages=languages,
                usual_order=date_order,
                currency=currency.value if currency and is_sure else None,
                letter=_is_letter(lines, doc_class),
            ),
            apart,
        ),
        "total": total if is_commercial or doc_class in _OF_SALES else _announced(total),
        **find_net_and_tax(amounts, total=total),
        "amount_due": find_amount_due(amounts) if is_commercial else None,
        "currency": currency,
        "company": company,
        **dict.fromkeys(("seller", "buyer", "person")),
        "address": find_address(lines, company=issuer, letter=_is_letter(lines, doc_class)),
        "invoice_number": number_of_bills(invoice_number, lines, apart),
        "order_number": find_order_number(lines),
        "email": find_email(lines),
        "iban": find_iban(lines),
        **find_vat_ids(lines),
        "phone": find_phone(lines),
        "language": find_language(lines),
    }
    if is_commercial and doc_class in _SALES:
        found["seller"] = company
        found["buyer"] = find_buyer(lines, company=issuer, address=found["address"])
    found |= values_of_class(lines, doc_class, languages, found=found)
    found |= values_entered(pages if is_commercial else (), found, languages, date_order)
    # What is made for machines counts more than what is read from the text.
    found |= machine_values(lines, pages) | field_findings(pages, doc_class=doc_class)
    return {name: finding for name, finding in found.items() if finding is not None}


def _announced(total: Finding | None) -> Finding | None:
    """Return the total of what may be no bill at all: as a candidate only if it is a guess."""
    is_guess = total is not None and total.reason.startswith(UNANNOUNCED)
    return as_candidate(total, "the document may be no bill") if is_guess else total


def _below_sheet_name(lines: Sequence[TextLine], pages: Sequence[Page]) -> Sequence[TextLine]:
    """Return the lines of a workbook without the name of its first sheet.

    "March" says what is in the sheet. One with a legal form is that of a company.
    """
    is_sheet = bool(lines) and pages[0].text.engine == "sheet"
    is_name = is_sheet and not end_of_form(lines[0].text, lines[0].folded)
    return lines[1:] if is_name else lines


def _issuer(
    lines: Sequence[TextLine], doc_class: str | None, *, is_commercial: bool
) -> Finding | None:
    """Return who issued a document; a receipt without a sum has an issuer, too.

    The companies in a resume are those that its owner worked for.
    """
    if doc_class == "resume" or not lines:
        return None
    is_of_sale = doc_class in _OF_SALES or (is_commercial and doc_class != "letter")
    is_letter = _is_letter(lines, doc_class)
    titles = (line for line in lines[:_TITLE_LINES] if _TITLE_OF_FORM.fullmatch(line.folded))
    is_form = doc_class is None and any(titles)
    own_class = "letter" if is_letter else "form" if is_form else doc_class
    return find_company(lines, commercial=is_of_sale, doc_class=own_class)


def _is_letter(lines: Sequence[TextLine], doc_class: str | None) -> bool:
    """Return whether a document is a letter, or a mail that is no bill itself."""
    return doc_class == "letter" or (bool(headers_of_mail(lines)) and doc_class not in _OF_SALES)


def company_of_bills(
    issuer: Finding | None, lines: Sequence[TextLine], apart: str
) -> Finding | None:
    """Return the issuer, open if there are two bills and its name is in one line only."""
    if issuer is None or not apart:
        return issuer
    folded = fold(str(issuer.value))
    if sum(folded in line.folded for line in lines) > 1:
        return issuer
    return replace(issuer, value=None, reason=f"{apart}, and this name is on one of them")


def dates_of_bills(dates: Mapping[str, Finding | None], apart: str) -> dict[str, Finding | None]:
    """Return the dates, without that of the document if there are two bills of different days.

    `apart` says why there are two bills.
    """
    date = dates["date"]
    if date is None or not date.others or not apart:
        return dict(dates)
    reason = f"{apart}, and they have different dates"
    return {**dates, "date": replace(date, value=None, reason=reason)}


def number_of_bills(
    number: Finding | None, lines: Sequence[TextLine], apart: str
) -> Finding | None:
    """Return the number of a document, open if there are two bills with numbers of their own."""
    numbers = {each for _, each in explicit_numbers(lines)} if apart else set()
    if number is None or len(numbers) < _LEAST_NUMBERS:
        return number
    return replace(number, value=None, reason=f"{apart}, and they have different numbers")


def values_entered(
    pages: Sequence[Page],
    known: Mapping[str, Finding | None],
    languages: Sequence[str],
    date_order: str,
) -> dict[str, Finding]:
    """Find the values of a bill that are not known in the interactive fields of its form."""
    entered = entered_pages(pages)
    found = find_values(entered, languages=languages, date_order=date_order) if entered else {}
    return {
        name: each for name, each in found.items() if name in _OF_FORMS and known.get(name) is None
    }


def machine_values(lines: Sequence[TextLine], pages: Sequence[Page]) -> dict[str, Finding]:
    """Find the values in what is printed for machines: a machine-readable zone, and barcodes."""
    return {**values_in_zone(lines), **values_in_codes(pages)}


def values_of_class(
    lines: Sequence[TextLine],
    doc_class: str | None,
    languages: Sequence[str],
    *,
    found: Mapping[str, Finding | None],
) -> dict[str, Finding | None]:
    """Find the values that only documents of one class have; `found` has what others would have."""
    if doc_class == "contract":
        lines = filled_in(lines)
        date = find_contract_date(lines, languages, otherwise=found["date"])
        parties = find_parties(lines)
        return {"parties": parties, "date": date} | own_values(found, lines, parties)
    if doc_class in _PERSONAL:
        of_bills = (*_OF_BILLS, "amount_due") if doc_class == "bank_statement" else ()
        person = find_person(lines, resume=doc_class == "resume")
        return {"person": person, **dict.fromkeys(of_bills)}
    return values_of_no_bill(lines, found) or _values_of_list(lines, doc_class, found)


def _values_of_list(
    lines: Sequence[TextLine], doc_class: str | None, found: Mapping[str, Finding | None]
) -> dict[str, Finding | None]:
    """Return the values of a list of bills or a statement, which are those of none of them."""
    rows = listed_bills(lines)
    is_own = any(line not in rows for line, _ in explicit_numbers(lines))
    if is_own and not (rows and is_advice(lines)):
        return {}
    names = (*_OF_BILLS, "date") if lists_bills(lines) else _OF_BILLS
    # A receipt for several bills is one document; its total is what was paid.
    is_of_several = bool(rows) and doc_class != "receipt"
    if names == _OF_BILLS and not (is_of_several or _is_statement(lines, found["total"])):
        return {}
    return {name: as_candidate(found[name]) for name in names}


def _is_statement(lines: Sequence[TextLine], total: Finding | None) -> bool:
    """Return whether a statement lists entries, and is no bill of its own charges."""
    if not is_statement(lines):
        return False
    value = total.value if total else None
    return not (lists_no_bills(lines) and lists_no_entries(lines, value))


def is_about_money(
    lines: Sequence[TextLine],
    *,
    invoice_number: Finding | None,
    total: Finding | None,
) -> bool:
    """Return whether a document is about money.

    It is if it has the title or the number of an invoice, or a total that is rather certain.
    """
    if invoice_number is not None:
        return True
    if total is not None and total.confidence >= _LEAST_TOTAL_CONFIDENCE:
        return True
    titles = label_pattern("dates", "title")
    return any(titles.fullmatch(line.folded) for line in lines[:_TITLE_LINES])
