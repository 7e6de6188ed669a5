"""Accounts with any number of tiny documents that cost nothing to lay out or to read."""

import json
from pathlib import Path
from typing import Any

TEXT = "RECEIPT\nNorthwind Hardware Ltd\nReceipt No: R-{n:07}\nDate: 2026-03-02\nTOTAL GBP 12.50\n"
COLUMNS = {"DocType": "STRING", "Total": "CURRENCY", "DocDate": "DATE/TIME", "Number": "STRING"}
FINDINGS = {"DocType": "doc_type", "Total": "total", "DocDate": "date", "Number": "invoice_number"}


def write_many(folder: Path, count: int, *, files: int = 0, text: str = TEXT) -> Path:
    """Declare so many records with an attachment each, and so many files of the Files area.

    Return the seed folder.
    The files lie a thousand to a folder below /Inbox; the seed declares them one by one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    fields = [
        {"Name": name, "Type": kind} for name, kind in {**COLUMNS, "Scan": "ATTACHMENT"}.items()
    ]
    records = {"count": count, "attachments": {"Scan": {"name": "upload-{n:07}.txt", "text": text}}}
    account: dict[str, Any] = {"tables": {"Uploads": {"fields": fields, "records": records}}}
    if files:
        (folder / "note.txt").write_text(text.replace("{n:07}", "0000000"), encoding="utf-8")
        account["files"] = {
            f"/Inbox/{n // 1000:04}/note-{n:07}.txt": "note.txt" for n in range(files)
        }
    (folder / "account.json").write_text(json.dumps(account), encoding="utf-8")
    return folder


def write_settings(
    folder: Path, url: str, *, ledger: str = "sqlite:///ledger.db", inbox: bool = False
) -> Path:
    """Write settings for such an account: the table, and with `inbox` the Files area too.

    Return the file.
    """
    lines = [
        *("[caspio]", f'url = "{url}"', 'rate = "1000000/300s"', "monthly_calls = 100_000_000"),
        *("[archive]", 'url = "file:archive"', "[ledger]", f'url = "{ledger}"'),
        *(
            "[[sources]]",
            'name = "uploads"',
            'table = "Uploads"',
            'confirm = "never"',
            "write_at = 0.5",
            "[sources.columns]",
        ),
        *(f'{column} = "{finding}"' for column, finding in FINDINGS.items()),
        *(
            ("[[sources]]", 'name = "inbox"', 'folder = "/Inbox"', 'confirm = "never"')
            if inbox
            else ()
        ),
    ]
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "caspio-ingest.toml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
