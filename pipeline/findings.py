"""The catalogue of findings: everything that a column or a file name can ask for.

A new finding is one entry here and a rule in `processors` that finds it. Settings, column mapping,
file names, `init` and the documentation read this table.
"""

from collections.abc import Mapping

from pipeline.facts import FACTS
from pipeline.finding_kinds import FindingKind, Origin, ValueType, names

_KINDS = (
    # ---- of every document ----
    FindingKind(
        "doc_type",
        ValueType.TEXT,
        "invoice",
        "the class of the document",
        headers=names("doc type, document type, document class, document kind, kind"),
        possible_headers=names("type, category"),
    ),
    FindingKind(
        "language",
        ValueType.TEXT,
        "en",
        "the language of the text, as ISO 639-1 code",
        headers=names("language, document language, text language"),
        possible_headers=names("lang"),
    ),
    FindingKind(
        "date",
        ValueType.DATE,
        "2026-03-31",
        "the date of the document",
        headers=names(
            "date, doc date, document date, invoice date, receipt date, issue date, date issued, "
            "signed on, effective date, contract date, agreement date, letter date, statement "
            "date, bill date, signature date, date of issue, dated, report date, transaction date"
        ),
        possible_headers=names(
            "issued, signed, purchase date, order date, start date, effective, commencement date, "
            "date created"
        ),
    ),
    FindingKind(
        "due_date",
        ValueType.DATE,
        "2026-04-30",
        "the day on which payment is due",
        headers=names("due date, payment due, pay by, due on, payment due date, payment deadline"),
        possible_headers=names("due, deadline, pay date"),
    ),
    FindingKind(
        "period",
        ValueType.TEXT,
        "2026-01-01/2026-01-31",
        "the days that the document covers, first and last",
        headers=names("period, billing period, service period, statement period, reporting period"),
        possible_headers=names("term, month"),
    ),
    # ---- amounts ----
    FindingKind(
        "total",
        ValueType.AMOUNT,
        "1234.56",
        "the sum to pay, never the cash given or the change",
        headers=names(
            "total, total amount, amount, grand total, invoice total, amount due, gross, gross "
            "amount, contract value, contract amount, contract price, bill amount, invoice "
            "amount, receipt total, receipt amount, total price, total value, total cost, order "
            "total, purchase amount, total incl tax, total paid"
        ),
        possible_headers=names("sum, price, cost, balance, value, amount paid, fee"),
    ),
    FindingKind(
        "amount_due",
        ValueType.AMOUNT,
        "1234.56",
        "what is still to be paid, with other payments included",
        headers=names("balance due, open amount, outstanding amount, still due"),
        possible_headers=names("outstanding"),
    ),
    FindingKind(
        "net",
        ValueType.AMOUNT,
        "1037.45",
        "the amount before tax, by its label, a table of taxes or a tax within the total",
        headers=names(
            "net, net amount, subtotal, sub total, net total, net value, net price, amount before "
            "tax"
        ),
    ),
    FindingKind(
        "tax",
        ValueType.AMOUNT,
        "197.11",
        "the tax that makes the net amount the total",
        headers=names(
            "tax, tax amount, vat, vat amount, sales tax, gst, mwst, tax total, amount of tax"
        ),
        possible_headers=names("tax total"),
    ),
    FindingKind(
        "currency",
        ValueType.TEXT,
        "EUR",
        "an ISO 4217 code",
        headers=names("currency, currency code"),
        possible_headers=names("ccy"),
    ),
    # ---- who: the parties of a sale, how to reach and to pay them ----
    FindingKind(
        "company",
        ValueType.TEXT,
        "Northwind Ltd",
        "the issuer of the document",
        headers=names(
            "company, company name, vendor, vendor name, supplier, supplier name, merchant, "
            "seller, payee, provider, provider name, service provider, issuer name, issued by, "
            "merchant name, vendor company, supplier company, store name, shop name, creditor, "
            "landlord, insurer, contractor"
        ),
        possible_headers=names(
            "party, issuer, store, shop, firm, from, employer, partner, counterparty, client "
            "company, organization, institution, bank"
        ),
    ),
    FindingKind(
        "seller", ValueType.TEXT, "Northwind Ltd", "the seller of a sale", names("sold by")
    ),
    FindingKind(
        "buyer",
        ValueType.TEXT,
        "Contoso Inc",
        "the buyer of a sale",
        headers=names(
            "buyer, buyer name, bill to, billed to, sold to, purchaser, invoice recipient"
        ),
        possible_headers=names("customer name, client name, recipient"),
    ),
    FindingKind(
        "address",
        ValueType.TEXT,
        "12 Mill Street, Leeds",
        "the address of the issuer",
        headers=names(
            "vendor address, company address, supplier address, issuer address, provider address, "
            "seller address"
        ),
        possible_headers=names("address, street"),
    ),
    FindingKind(
        "invoice_number",
        ValueType.CODE,
        "R-1001",
        "the number behind its label",
        headers=names(
            "invoice number, invoice no, invoice num, invoice nr, receipt number, receipt no, "
            "document number, invoice, bill number, bill no"
        ),
        possible_headers=names("number, reference, reference number, invoice id"),
    ),
    FindingKind(
        "order_number",
        ValueType.CODE,
        "PO-7",
        "the number behind its label",
        headers=names(
            "order number, order no, purchase order, purchase order number, po number, po no"
        ),
        possible_headers=names("po, order id"),
    ),
    FindingKind(
        "email",
        ValueType.TEXT,
        "a@example.com",
        "the first email address",
        headers=names("vendor email, company email, supplier email, provider email, sender email"),
        possible_headers=names("email, e mail, email address"),
    ),
    FindingKind(
        "iban",
        ValueType.TEXT,
        "DE89370400440532013000",
        "an account number; from a page only if its check digits are right",
        headers=names("iban, bank iban, account iban"),
        possible_headers=names("bank account, account number"),
    ),
    FindingKind(
        "vat_id",
        ValueType.TEXT,
        "DE136695976",
        "the VAT number of the issuer; from a page only if its check digits are right",
        headers=names("vat id, vat number, vat no, ust id"),
        possible_headers=names("tax id, tax number"),
    ),
    FindingKind(
        "buyer_vat_id",
        ValueType.TEXT,
        "DE129273398",
        "the VAT number of the buyer; from a page only if its check digits are right",
    ),
    FindingKind(
        "phone",
        ValueType.CODE,
        "+49 30 1234",
        "the first telephone number",
        headers=names("vendor phone, company phone, supplier phone, provider phone"),
        possible_headers=names("phone, phone number, telephone, telephone number"),
    ),
    FindingKind(
        "parties",
        ValueType.TEXT,
        "Northwind Ltd, Contoso Inc",
        "the parties of a contract",
        headers=names("parties, contract parties, party names, contracting parties"),
    ),
    FindingKind(
        "person",
        ValueType.TEXT,
        "Ada Marlowe",
        "the person of a resume, a record or an identity document",
        headers=names(
            "full name, person, person name, employee name, employee, holder, name of holder, "
            "applicant, applicant name, candidate, candidate name, patient name, patient, "
            "cardholder, member name, student name"
        ),
        possible_headers=names("name, display name, contact name"),
    ),
    # ---- identity documents, from the machine-readable zone or the barcode ----
    FindingKind(
        "document_number",
        ValueType.CODE,
        "L01X00T47",
        "the number of an identity document",
        headers=names(
            "id number, id no, passport number, passport no, license number, "
            "driver license number, identity number, identity card number, card number, personal "
            "id number"
        ),
        possible_headers=names("document id, serial number"),
    ),
    FindingKind(
        "nationality",
        ValueType.TEXT,
        "DEU",
        "the nationality in an identity document",
        headers=names("nationality, citizenship"),
        possible_headers=names("citizen"),
    ),
    FindingKind(
        "issuing_country",
        ValueType.TEXT,
        "DEU",
        "the country that issued an identity document",
        headers=names("issuing country, country of issue, issue country, issuing state, issued in"),
        possible_headers=names("country"),
    ),
    FindingKind(
        "birth_date",
        ValueType.DATE,
        "1990-01-31",
        "the birth date in an identity document",
        headers=names("birth date, date of birth, birthdate, birthday, dob, born on"),
        possible_headers=names("born"),
    ),
    FindingKind(
        "expiry_date",
        ValueType.DATE,
        "2030-01-31",
        "the day on which an identity document expires",
        headers=names(
            "expiry date, date of expiry, expires, expires on, expire date, expiration date, "
            "expiration, expiry, valid until, valid to, valid thru, id expires, id expiry, "
            "passport expires, passport expiry, good until"
        ),
        possible_headers=names("end date, valid"),
    ),
    FindingKind(
        "sex", ValueType.TEXT, "F", "the sex in an identity document", headers=names("sex, gender")
    ),
    FindingKind(
        "barcodes",
        ValueType.CODE,
        "4006381333931",
        "all barcodes that were read: on pictures, on scanned pages, on the first page of a PDF, "
        "and on up to 40 other pages that paint pictures or many lines",
        headers=names("barcode, barcodes, bar code"),
        possible_headers=names("ean, qr code"),
    ),
    *FACTS,
)

NO_CLASS = "other"
"""What a classifier calls a document of which it found no class. It says nothing, so no column and
no name takes it.
"""

FINDINGS: Mapping[str, FindingKind] = {kind.name: kind for kind in _KINDS}
"""Every finding by its name."""

FINDING_NAMES = frozenset(kind.name for kind in _KINDS if kind.origin is Origin.DOCUMENT)
"""What a reader may find in a document: names of files can use these."""

FACT_NAMES = frozenset(FINDINGS) - FINDING_NAMES
"""What is known of every document besides its findings; columns can be mapped to these, too."""

OWN_FACT_NAMES = frozenset(
    kind.name for kind in _KINDS if kind.origin in {Origin.OWN, Origin.STAMP}
)
"""Facts about our own work: we may overwrite what we wrote there ourselves."""

STAMP_NAMES = frozenset(kind.name for kind in _KINDS if kind.origin is Origin.STAMP)
"""Facts that differ in each run: they are written with others, never for themselves."""


def shown_type(column_type: str, finding: str) -> str:
    """Return as which type the values of a column are shown that takes a finding.

    An amount looks like money in a column for any number, and before a run has seen the column.
    """
    kind = FINDINGS.get(finding)
    is_amount = kind is not None and kind.type is ValueType.AMOUNT
    return "CURRENCY" if is_amount and column_type in {"", "NUMBER"} else column_type
