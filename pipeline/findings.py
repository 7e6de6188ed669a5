"""The catalogue of findings: everything that a column or a file name can ask for.

A new finding is one entry here and a rule in `processors` that finds it. Settings, column mapping,
file names, `init` and the documentation read this table.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum


class Origin(StrEnum):
    """Where a finding comes from."""

    DOCUMENT = "document"  # read from the document; names can use it, too
    FACT = "fact"  # known of every document
    OWN = "own"  # about our own work: kept up to date even where only empty columns are written
    STAMP = "stamp"  # own, and different in each run: never the only reason to write


@dataclass(frozen=True, slots=True)
class ColumnFit:
    """Which columns suit a type of value.

    `best` are the Caspio types that `init` looks for, the best first. `must_hold` is a value that a
    column must be able to hold to be mapped at all: "" means the finding's sample, None means no
    check, since the value may be text or a number. With `only_best` no other type is proposed.
    """

    best: tuple[str, ...]
    must_hold: str | None = ""
    only_best: bool = False


class ValueType(Enum):
    """The types of value that findings have."""

    TEXT = ColumnFit(("STRING", "TEXT"))
    CODE = ColumnFit(("STRING", "TEXT"), must_hold=None)  # digits only, or not, as it happens
    LONG_TEXT = ColumnFit(("TEXT",), must_hold=None, only_best=True)  # STRING holds 255 characters
    DATE = ColumnFit(("DATE/TIME",))
    AMOUNT = ColumnFit(
        ("CURRENCY", "NUMBER"), must_hold="1234"
    )  # some have no cents: INTEGER may do
    COUNT = ColumnFit(("INTEGER", "NUMBER"))
    SHARE = ColumnFit(("NUMBER",))


@dataclass(frozen=True, slots=True)
class FindingKind:
    """One finding.

    `sample` is a normalized value as a reader returns it. `headers` are names of columns that mean
    this finding; `possible_headers` may mean something else, so that such a column is mentioned by
    `init` and never taken. `description` is a phrase for the documentation.
    """

    name: str
    type: ValueType
    sample: str
    description: str
    headers: tuple[str, ...] = ()
    possible_headers: tuple[str, ...] = ()
    origin: Origin = Origin.DOCUMENT

    @property
    def column_types(self) -> tuple[str, ...]:
        """Return the Caspio types that suit it, the best first."""
        return self.type.value.best

    @property
    def must_hold(self) -> str | None:
        """Return a value that a mapped column must be able to hold, None for any column."""
        value = self.type.value.must_hold
        return self.sample if value == "" else value


_KINDS = (
    # ---- of every document ----
    FindingKind(
        "doc_type",
        ValueType.TEXT,
        "invoice",
        "the class of the document",
        headers=("doc type", "document type", "document class", "document kind", "kind"),
        possible_headers=("type", "category"),
    ),
    FindingKind("language", ValueType.TEXT, "en", "the language of the text, as ISO 639-1 code"),
    FindingKind(
        "date",
        ValueType.DATE,
        "2026-03-31",
        "the date of the document",
        headers=(
            "date",
            "doc date",
            "document date",
            "invoice date",
            "receipt date",
            "issue date",
            "date issued",
            "signed on",
        ),
        possible_headers=("issued", "signed", "purchase date", "order date"),
    ),
    FindingKind(
        "due_date",
        ValueType.DATE,
        "2026-04-30",
        "the day on which payment is due",
        headers=("due date", "payment due", "pay by", "due on"),
        possible_headers=("due",),
    ),
    FindingKind(
        "period",
        ValueType.CODE,
        "2026-01-01/2026-01-31",
        "the days that the document covers, first and last",
    ),
    # ---- amounts ----
    FindingKind(
        "total",
        ValueType.AMOUNT,
        "1234.56",
        "the sum to pay, never the cash given or the change",
        headers=(
            "total",
            "total amount",
            "amount",
            "grand total",
            "invoice total",
            "amount due",
            "gross",
            "gross amount",
        ),
        possible_headers=("sum", "price", "cost", "balance"),
    ),
    FindingKind(
        "amount_due",
        ValueType.AMOUNT,
        "1234.56",
        "what is still to be paid, with other payments included",
    ),
    FindingKind(
        "net",
        ValueType.AMOUNT,
        "1037.45",
        "the amount before tax, by its label, a table of taxes or a tax within the total",
        headers=("net", "net amount", "subtotal", "sub total", "net total"),
    ),
    FindingKind(
        "tax",
        ValueType.AMOUNT,
        "197.11",
        "the tax that makes the net amount the total",
        headers=("tax", "tax amount", "vat", "vat amount", "sales tax", "gst", "mwst"),
        possible_headers=("tax total",),
    ),
    FindingKind(
        "currency",
        ValueType.TEXT,
        "EUR",
        "an ISO 4217 code",
        headers=("currency", "currency code"),
        possible_headers=("ccy",),
    ),
    # ---- who: the parties of a sale, how to reach and to pay them ----
    FindingKind(
        "company",
        ValueType.TEXT,
        "Northwind Ltd",
        "the issuer of the document",
        headers=(
            "company",
            "company name",
            "vendor",
            "vendor name",
            "supplier",
            "supplier name",
            "merchant",
            "seller",
            "payee",
        ),
        possible_headers=("party", "issuer", "store", "shop", "firm", "from"),
    ),
    FindingKind("seller", ValueType.TEXT, "Northwind Ltd", "the seller of a sale"),
    FindingKind("buyer", ValueType.TEXT, "Contoso Inc", "the buyer of a sale"),
    FindingKind("address", ValueType.TEXT, "12 Mill Street, Leeds", "the address of the issuer"),
    FindingKind(
        "invoice_number",
        ValueType.CODE,
        "R-1001",
        "the number behind its label",
        headers=(
            "invoice number",
            "invoice no",
            "invoice num",
            "invoice nr",
            "receipt number",
            "receipt no",
            "document number",
        ),
        possible_headers=("number", "reference", "reference number", "invoice", "invoice id"),
    ),
    FindingKind("order_number", ValueType.CODE, "PO-7", "the number behind its label"),
    FindingKind(
        "email",
        ValueType.TEXT,
        "a@example.com",
        "the first email address",
        headers=("vendor email", "company email"),
        possible_headers=("email", "e mail", "email address"),
    ),
    FindingKind(
        "iban",
        ValueType.TEXT,
        "DE89370400440532013000",
        "an account number; from a page only if its check digits are right",
        headers=("iban",),
        possible_headers=("bank account", "account number"),
    ),
    FindingKind(
        "vat_id",
        ValueType.TEXT,
        "DE136695976",
        "the VAT number of the issuer; from a page only if its check digits are right",
        headers=("vat id", "vat number", "vat no", "ust id"),
        possible_headers=("tax id", "tax number"),
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
        headers=("vendor phone", "company phone"),
        possible_headers=("phone", "phone number", "telephone"),
    ),
    FindingKind(
        "parties", ValueType.TEXT, "Northwind Ltd, Contoso Inc", "the parties of a contract"
    ),
    FindingKind(
        "person",
        ValueType.TEXT,
        "Ada Marlowe",
        "the person of a resume, a record or an identity document",
    ),
    # ---- identity documents, from the machine-readable zone or the barcode ----
    FindingKind(
        "document_number", ValueType.CODE, "L01X00T47", "the number of an identity document"
    ),
    FindingKind("nationality", ValueType.CODE, "DEU", "the nationality in an identity document"),
    FindingKind(
        "issuing_country", ValueType.CODE, "DEU", "the country that issued an identity document"
    ),
    FindingKind(
        "birth_date", ValueType.DATE, "1990-01-31", "the birth date in an identity document"
    ),
    FindingKind(
        "expiry_date", ValueType.DATE, "2030-01-31", "the day on which an identity document expires"
    ),
    FindingKind("sex", ValueType.CODE, "F", "the sex in an identity document"),
    FindingKind(
        "barcodes",
        ValueType.CODE,
        "4006381333931",
        "all barcodes that were read: on pictures, on scanned pages, on the first page of a PDF, "
        "and on up to 40 other pages that paint pictures or many lines",
    ),
    # ---- our own work ----
    FindingKind(
        "archive_address",
        ValueType.TEXT,
        "s3://bucket/a/b",
        "the address of the original in the archive",
        headers=("archive address", "archive url", "archive path", "archived at"),
        origin=Origin.OWN,
    ),
    FindingKind(
        "status",
        ValueType.TEXT,
        "done",
        "how the document was read",
        headers=("read status", "ocr status", "ingest status", "processing status"),
        possible_headers=("status",),
        origin=Origin.OWN,
    ),
    FindingKind(
        "confidence",
        ValueType.SHARE,
        "0.95",
        "the confidence of the least certain finding",
        headers=("confidence", "ocr confidence", "read confidence"),
        origin=Origin.OWN,
    ),
    FindingKind(
        "sha256",
        ValueType.CODE,
        "0" * 64,
        "the SHA-256 of the original",
        headers=("sha256", "file sha256", "file hash"),
        possible_headers=("checksum", "hash"),
        origin=Origin.OWN,
    ),
    FindingKind(
        "processed_at",
        ValueType.DATE,
        "2026-03-31T10:00:00",
        "when the document was processed",
        headers=("processed at", "processed on", "read at", "ocr date"),
        origin=Origin.STAMP,
    ),
    FindingKind(
        "run_id",
        ValueType.CODE,
        "20260331-100000-abcd",
        "the run that processed the document",
        headers=("run id", "ingest run"),
        origin=Origin.STAMP,
    ),
    # ---- facts about the document ----
    FindingKind(
        "pages",
        ValueType.COUNT,
        "3",
        "the number of pages",
        headers=("pages", "page count", "number of pages"),
        origin=Origin.FACT,
    ),
    FindingKind(
        "media_type",
        ValueType.TEXT,
        "application/pdf",
        "the media type",
        headers=("media type", "mime type", "content type"),
        origin=Origin.FACT,
    ),
    FindingKind(
        "text",
        ValueType.LONG_TEXT,
        "a long text",
        "the text of the document",
        headers=("document text", "ocr text", "full text", "file text"),
        possible_headers=("text",),
        origin=Origin.FACT,
    ),
    FindingKind(
        "provenance",
        ValueType.LONG_TEXT,
        "{}",
        "all facts about our own work, as JSON in one TEXT column",
        headers=("provenance",),
        origin=Origin.OWN,
    ),
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
