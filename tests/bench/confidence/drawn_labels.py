"""Draw short bills that name their sender behind a label, below a title or as the payee.

The other drawn ones have letterheads, whose names are large and at the top.
"""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from infra.samples.pdf_writer import MARGIN, PdfPage, write_pdf
from tests.bench.confidence.drawn import Bill, Sender, draw_bill, draw_sender, money, printed

SEED = 20261129
KIND = "labeled_invoice"
_LAYOUTS = ("beside", "beside", "below", "columns", "after_title", "payee")
_LABELS = {
    "en": ("From", "Seller", "Supplier", "Issued by", "Sold by", "Vendor"),
    "de": ("Verkäufer", "Lieferant", "Rechnungssteller", "Absender"),
    "fr": ("Vendeur", "Émetteur", "Fournisseur"),
    "es": ("Vendedor", "Emisor", "Proveedor"),
    "nl": ("Verkoper", "Leverancier", "Afzender"),
}
_TO = {"en": "To", "de": "An", "fr": "Client", "es": "Cliente", "nl": "Aan"}
_COLUMN = 310.0


def draw_labeled_bill(rng: np.random.Generator, sender: Sender, bill: Bill, layout: str) -> PdfPage:
    """Set a short bill whose sender's name is where the layout has it."""
    language = sender.tongue.language
    label = str(rng.choice(np.array(_LABELS[language])))
    to = sender.labels["buyer"].strip(":") or _TO[language]
    page = PdfPage(y=70)
    lines = [
        f"{sender.labels['number']}: {bill.number}",
        f"{sender.labels['date']}: {printed(bill.day, sender)}",
        *(f"{text}   {money(price * count, sender)}" for text, count, price in bill.lines),
        f"{sender.labels['total']}: {money(bill.net + bill.tax, sender, with_sign=True)}",
    ]
    if layout != "columns":
        lines.insert(2, f"{to}: {bill.buyer}")
    if layout == "payee":
        lines.append(f"Payable to: {sender.name}")
    _lines(page, [sender.labels["title"], *_head(sender, label, layout)])
    if layout == "columns":
        own, other = (sender.name, *sender.address), (bill.buyer, *bill.buyer_address)
        for left, right in zip((label, *own), (to, *other), strict=True):
            page.row([(MARGIN, "left", left), (_COLUMN, "left", right)])
    _lines(page, lines)
    return page


def _head(sender: Sender, label: str, layout: str) -> Sequence[str]:
    """Return the lines with the sender below the title; none where it is in a column or below."""
    address = ", ".join(sender.address)
    heads = {
        "below": (f"{label}:", sender.name, *sender.address),
        "beside": (f"{label}: {sender.name}", address),
        "after_title": (sender.name, address),
    }
    return heads.get(layout, ())


def _lines(page: PdfPage, lines: Sequence[str]) -> None:
    for line in lines:
        page.text(MARGIN, line)
        page.down(16)


def draw_labeled_corpus(folder: Path, *, senders: int, each: int) -> Path:
    """Write the bills and their manifest to a folder, and return it; the same in every run.

    A folder that has a manifest stays as it is.
    """
    if (folder / "manifest.jsonl").exists():
        return folder
    rng = np.random.default_rng(SEED)
    folder.mkdir(parents=True, exist_ok=True)
    rows: list[str] = []
    for place in range(senders):
        sender = draw_sender(rng)
        layout = _LAYOUTS[place % len(_LAYOUTS)]
        for copy in range(each):
            bill = draw_bill(rng, sender)
            name = f"labeled-{place}-{copy}.pdf"
            page = draw_labeled_bill(rng, sender, bill, layout)
            (folder / name).write_bytes(write_pdf([page], title=""))
            known = bill.truths(sender, has_bank=False)
            truths = {each: known[each] for each in ("company", "seller", "buyer")}
            labels = {"doc_class": "invoice", "fields": truths}
            row = {"id": f"drawn-{name}", "path": name, "kind": KIND, "labels": labels}
            rows.append(json.dumps(row, ensure_ascii=False))
    (folder / "manifest.jsonl").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return folder
