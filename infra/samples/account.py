"""The account of the samples: tables, a view, folders, and a few values that users typed."""

from collections.abc import Mapping, Sequence

Cell = str | int | float | bool | None
Row = Mapping[str, Cell]

RECEIPTS = "Receipts"
DOCUMENTS = "Documents"
MAIL_INDEX = "MailIndex"
OPEN_RECEIPTS = "OpenReceipts"
INBOX = "/Inbox"
MAILROOM = "/Mailroom"


_RECEIPT_FIELDS = {
    "Scan": "ATTACHMENT",
    "CardSlip": "ATTACHMENT",
    "DocType": "STRING",
    "Total": "CURRENCY",
    "Currency": "STRING",
    "ReceiptDate": "DATE/TIME",
    "Company": "STRING",
    "SlipTotal": "CURRENCY",
    "Note": "TEXT",
    "Status": "STRING",
    "Paid": "YES/NO",
}
_DOCUMENT_FIELDS = {
    "Document": "FILE",
    "Kind": "STRING",
    "Party": "STRING",
    "SignedOn": "DATE/TIME",
    "Amount": "NUMBER",
    "Currency": "STRING",
    "Remark": "TEXT",
    "Reviewed": "YES/NO",
}
_INDEX_FIELDS = {
    "Path": "STRING",
    "DocType": "STRING",
    "Company": "STRING",
    "Total": "CURRENCY",
    "DocDate": "DATE/TIME",
    "HandledBy": "STRING",
}
# Two rows must not index the same file.
_UNIQUE = {"Path"}

# Values that users typed, and the names of the files; the other columns are empty.
_RECEIPT_ROWS: Sequence[Row] = (
    {"Scan": "IMG_4471.jpg", "CardSlip": "slip-a.jpg", "Note": "Breakfast before the fair"},
    {"Scan": "20260418_101522.jpg"},
    {"Scan": "receipt (2).jpg", "Company": "Finnegan's (the book shop)", "Note": "Two gifts"},
    # The receipt says 23.50: a user's value is not overwritten, and the difference is reported.
    {"Scan": "taxi.jpg", "Total": 32.5, "Note": "After the late opening"},
    {"Scan": "IMG_4502.jpg"},
    {"Scan": "scan0007.jpg", "DocType": "receipt", "Paid": True},
    {"Scan": "photo.jpg", "CardSlip": "slip-b.jpg"},
    {"Scan": "IMG_4471 (1).jpg", "Note": "Sent twice?"},
    {"Scan": "old kiosk slip.jpg", "Status": "closed", "Paid": True},
    {"Scan": "scan.jpg"},
    {"Scan": "upload.jpg"},
    {"Scan": None, "Note": "Receipt lost, ask the garage for a copy", "Company": "Thistle Garage"},
)
_DOCUMENT_ROWS: Sequence[Row] = (
    {"Document": "scan_0001.pdf"},
    {"Document": "Document3.pdf", "Remark": "Ask for the hours"},
    {"Document": "agreement final FINAL.pdf", "Party": "Thornbury Interiors", "Reviewed": True},
    {"Document": "combined.pdf"},
    {"Document": "statement.pdf"},
    {"Document": "new doc.docx"},
    {"Document": "export.xlsx", "Kind": "expenses"},
    {"Document": "FW order.eml"},
    {"Document": "protected.pdf", "Remark": "Who has the password?"},
    {"Document": "broken.pdf"},
)
# One row that a user has started.
_INDEX_ROWS: Sequence[Row] = (
    {
        "PK_ID": 1,
        "Path": f"{MAILROOM}/Scan_20260219.png",
        "DocType": "",
        "Company": "",
        "Total": None,
        "DocDate": None,
        "HandledBy": "Priya",
    },
)


_DATA_PAGES = {
    "Report a receipt": {"type": "WEBFORM", "path": "Staff", "deployed": True},
    "Correct a receipt": {"type": "WEBFORM", "path": "Staff", "note": "For the office"},
}


def account(
    *, attachments: Mapping[str, str], inbox: Mapping[str, str], mailroom: Mapping[str, str]
) -> dict[str, object]:
    """Return the contents of `account.json`; each mapping is sample name -> file in the seed."""
    files = {f"{INBOX}/{name}": relative for name, relative in inbox.items()}
    files |= {f"{MAILROOM}/{name}": relative for name, relative in mailroom.items()}
    return {
        "tables": {
            RECEIPTS: {
                "fields": _fields(_RECEIPT_FIELDS),
                "records": receipt_records(attachments),
            },
            DOCUMENTS: {"fields": _fields(_DOCUMENT_FIELDS), "records": document_records(inbox)},
            MAIL_INDEX: {"fields": _fields(_INDEX_FIELDS), "records": list(_INDEX_ROWS)},
        },
        "views": {OPEN_RECEIPTS: {"table": RECEIPTS, "where": "Status <> 'closed'"}},
        "files": files,
        "applications": {"Front desk": {"pages": _DATA_PAGES}},
    }


def _fields(columns: Mapping[str, str]) -> list[dict[str, Cell]]:
    fields: list[dict[str, Cell]] = []
    for name, kind in columns.items():
        field: dict[str, Cell] = {"Name": name, "Type": kind}
        if name in _UNIQUE:
            field["Unique"] = True
        fields.append(field)
    return fields


def receipt_records(attachments: Mapping[str, str]) -> list[Row]:
    """Return the records of Receipts, with the paths of their files."""
    empty: Row = dict.fromkeys(_RECEIPT_FIELDS)
    # What Caspio shows for text that was never set, and for Yes/No.
    start: Row = {
        "DocType": "",
        "Currency": "",
        "Company": "",
        "Note": "",
        "Status": "open",
        "Paid": False,
    }
    records: list[Row] = []
    for key, typed in enumerate(_RECEIPT_ROWS, start=1):
        row: dict[str, Cell] = {"PK_ID": key, **empty, **start, **typed}
        for column in ("Scan", "CardSlip"):
            name = row[column]
            row[column] = attachments[name] if isinstance(name, str) else None
        records.append(row)
    return records


def document_records(inbox: Mapping[str, str]) -> list[Row]:
    """Return the records of Documents; ValueError if they and the files do not match."""
    empty: Row = dict.fromkeys(_DOCUMENT_FIELDS)
    start: Row = {"Kind": "", "Party": "", "Currency": "", "Remark": "", "Reviewed": False}
    unmatched = {str(row["Document"]) for row in _DOCUMENT_ROWS} ^ set(inbox)
    if unmatched:
        raise ValueError(f"Documents and records do not match: {', '.join(sorted(unmatched))}.")
    records: list[Row] = []
    for key, typed in enumerate(_DOCUMENT_ROWS, start=1):
        # A FILE field holds a path of the Files area.
        path = f"{INBOX}/{typed['Document']}"
        records.append({"PK_ID": key, **empty, **start, **typed, "Document": path})
    return records
