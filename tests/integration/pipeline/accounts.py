"""Accounts whose documents cost nothing to read, and settings for them."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from infra.samples.pdf_writer import PdfPage, write_pdf
from tests.support.empty_ledger import place_empty_ledger

RENAME = "{{ date }} {{ company }} {{ doc_type }}"
COLUMNS = {"DocType": "doc_type", "Total": "total", "DocDate": "date", "Company": "company"}
FIELDS = {"DocType": "STRING", "Total": "CURRENCY", "DocDate": "DATE/TIME", "Company": "STRING"}


def receipt(number: int, *, company: str = "Northwind Hardware Ltd", day: int = 0) -> bytes:
    """Return a till receipt as text; `number` makes it differ from the others."""
    lines = [
        company, "12 Mill Lane, Leeds", "", "RECEIPT", f"Receipt No: R-{1000 + number}",
        f"Date: 2026-03-{day or 10 + number:02d}", "", f"Hammer   {number}.50", f"TOTAL GBP   {number}.50",
        f"Visa   {number}.50", "Thank you",
    ]  # fmt: skip
    return "\n".join(lines).encode()


def invoice_pdf() -> bytes:
    """Return a born-digital invoice of one page."""
    page = PdfPage()
    page.paragraph("Contoso Paper GmbH")
    for line in (
        "INVOICE",
        "Invoice number: 2026-118",
        "Invoice date: 2026-03-02",
        "Amount due: EUR 119.00",
    ):
        page.paragraph(line)
    return write_pdf([page], title="Invoice")


def documents() -> dict[str, bytes]:
    """Return eight uploads: five receipts, one of them twice, an invoice, an empty and a damaged file."""
    files = {f"upload{n}.txt": receipt(n) for n in range(1, 5)}
    files["copy.txt"] = files["upload1.txt"]
    return files | {
        "invoice.pdf": invoice_pdf(),
        "empty.txt": b"",
        "damaged.pdf": b"%PDF-1.7\nnothing of it is left",
    }


def fields(**kinds: str) -> list[dict[str, str]]:
    """Return fields as a seed has them: the four columns that are written, and those given."""
    return [{"Name": name, "Type": kind} for name, kind in {**FIELDS, **kinds}.items()]


def uploads(files: Mapping[str, bytes]) -> dict[str, Any]:
    """Return an account with one table, a record for each file."""
    records = [{"PK_ID": number, "Scan": name} for number, name in enumerate(files, start=1)]
    return {"tables": {"Uploads": {"fields": fields(Scan="ATTACHMENT"), "records": records}}}


def write_account(folder: Path, account: Mapping[str, Any], files: Mapping[str, bytes]) -> Path:
    """Write a seed: account.json and the files it names."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)
        os.utime(folder / name, (1_770_000_000, 1_770_000_000))
    (folder / "account.json").write_text(json.dumps(account), encoding="utf-8")
    return folder


@dataclass(frozen=True)
class Source:
    """A `[[sources]]` entry as a user writes it."""

    place: Mapping[str, str] = field(default_factory=lambda: {"table": "Uploads"})
    name: str = "uploads"
    rename: str = RENAME
    confirm: str = "never"
    columns: Mapping[str, str] = field(default_factory=lambda: COLUMNS)
    index: Mapping[str, str] = field(default_factory=dict)
    review: str = ""
    more: str = ""

    def toml(self) -> str:
        """Return the entry."""
        lines = ["[[sources]]", f'name = "{self.name}"', f'confirm = "{self.confirm}"', self.more]
        # What is tested here is the pipeline, not how certain a reader is.
        lines.append("write_at = 0.5")
        lines += [f"{key} = {json.dumps(value)}" for key, value in self.place.items()]
        lines += [f"rename = {json.dumps(self.rename)}"] if self.rename else []
        if self.index:
            lines += [
                "[sources.index]",
                *(f"{key} = {json.dumps(value)}" for key, value in self.index.items()),
            ]
        lines += ["[sources.review]", f"table = {json.dumps(self.review)}"] if self.review else []
        lines += [
            "[sources.columns]",
            *(f"{json.dumps(c)} = {json.dumps(f)}" for c, f in self.columns.items()),
        ]
        return "\n".join(lines) + "\n"


def write_settings(
    folder: Path,
    url: str,
    *sources: Source,
    archive: str = 'url = "file:archive"',
    caspio: str = "",
    more: str = "",
    ledger: str = "sqlite:///ledger.db",
    workers: int = 0,
) -> Path:
    """Write the settings file of a folder; archive and ledger are beside it, the ledger without rows.

    `workers` are the reader processes of a command, 0 for one per core: to start one takes longer than these documents.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if ledger == "sqlite:///ledger.db" and not (folder / "ledger.db").exists():
        place_empty_ledger(folder / "ledger.db")
    text = (
        f'[caspio]\nurl = "{url}"\nrate = "100000/300s"\n{caspio}\n[archive]\n{archive}\n{more}\n'
    )
    text += f"[processing]\nworkers = {workers}\n" if workers else ""
    text += f'[ledger]\nurl = "{ledger}"\n[serve]\ntimezone = "Europe/Berlin"\n'
    # By default a served source runs at each full hour, which a test may happen to meet.
    text += 'schedule = "0 0 29 2 *"\n'
    text += f'name = "{sources[0].name}"\n' if sources else ""
    path = folder / "caspio-ingest.toml"
    path.write_text(text + "".join(source.toml() for source in sources), encoding="utf-8")
    return path
