"""Seeds for the emulator from folders of documents, under names that give nothing away."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

COLUMNS = {
    "DocType": "STRING",
    "DocDate": "DATE/TIME",
    "Total": "CURRENCY",
    "Currency": "STRING",
    "Company": "STRING",
    "Number": "STRING",
}
FINDINGS = {
    "DocType": "doc_type",
    "DocDate": "date",
    "Total": "total",
    "Currency": "currency",
    "Company": "company",
    "Number": "invoice_number",
}


@dataclass(frozen=True)
class CorpusDocument:
    """One row of a manifest: the file, and what is known of it."""

    path: Path
    kind: str
    labels: dict[str, object]


def corpus_documents(folder: Path) -> list[CorpusDocument]:
    """Read a corpus' manifest, in its order."""
    rows = [
        json.loads(line)
        for line in (folder / "manifest.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    return [CorpusDocument(folder / row["path"], row["kind"], row["labels"]) for row in rows]


def write_seed(target: Path, documents: Sequence[Path]) -> Path:
    """Lay documents out as the attachments of one table, `Uploads`, one record each.

    Return the seed folder.
    """
    target.mkdir(parents=True, exist_ok=True)
    records = []
    for number, path in enumerate(documents, start=1):
        name = f"upload{number:04d}{path.suffix}"
        (target / name).symlink_to(path.resolve())
        records.append({"PK_ID": number, "Scan": name})
    fields = [
        {"Name": name, "Type": kind} for name, kind in {**COLUMNS, "Scan": "ATTACHMENT"}.items()
    ]
    account = {"tables": {"Uploads": {"fields": fields, "records": records}}}
    (target / "account.json").write_text(json.dumps(account), encoding="utf-8")
    return target


def write_settings(
    target: Path,
    url: str,
    *,
    rename: str = "",
    archive: str = "file:archive",
    ledger: str = "",
    rate: str = "",
) -> Path:
    """Write settings for a seed made by `write_seed`; return the file."""
    lines = [
        "[caspio]",
        f'url = "{url}"',
        f'rate = "{rate or "100000/300s"}"',
        "[archive]",
        f'url = "{archive}"',
        "[ledger]",
        f'url = "{ledger or "sqlite:///ledger.db"}"',
        "[[sources]]",
        'name = "uploads"',
        'table = "Uploads"',
        'confirm = "never"',
        "write_at = 0.5",
        *([f'rename = "{rename}"'] if rename else []),
        "[sources.columns]",
        *(f'{column} = "{finding}"' for column, finding in FINDINGS.items()),
    ]
    target.mkdir(parents=True, exist_ok=True)
    path = target / "caspio-ingest.toml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
