"""Draw invoices and letters that are sent in envelopes with windows, whose values are known.

The receiver's address is where the window is, and often larger and nearer to the top than that of
the sender, which is in the head, on a small line above the window or at the foot.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from infra.samples.pdf_writer import HEIGHT, MARGIN, WIDTH, PdfPage, write_pdf
from tests.bench.confidence.drawn import (
    Bill,
    Sender,
    draw_bill,
    draw_sender,
    money,
    printed,
    scanned,
)
from tests.bench.confidence.drawn_words import FIRST_NAMES, LAST_NAMES, STREETS

SEED = 20261130
_RIGHT = WIDTH - MARGIN
_HEADS = ("left", "right", "right", "middle", "logo", "logo", "none")
_TITLES = {
    "en": ("Mr", "Mrs", "Ms", "Dr"), "de": ("Herrn", "Frau"), "fr": ("M.", "Mme"),
    "es": ("D.", "Sra."), "nl": ("Dhr.", "Mevr."),
}  # fmt: skip
_ATTENTION = {
    "en": ("Attn: {}", "FAO {}", "c/o {}", "Attention {}"), "de": ("z. Hd. {}", "c/o {}"),
    "fr": ("À l'attention de {}", "chez {}"), "es": ("A la att. de {}",), "nl": ("t.a.v. {}",),
}  # fmt: skip
_SHIP_TO = {
    "en": "Ship to", "de": "Lieferanschrift", "fr": "Adresse de livraison",
    "es": "Enviar a", "nl": "Afleveradres",
}  # fmt: skip
_REFERENCE = {
    "en": "Our reference", "de": "Unser Zeichen", "fr": "Notre réf.", "es": "Nuestra ref.",
    "nl": "Ons kenmerk",
}  # fmt: skip
_LETTER = {
    "en": ("Dear Sir or Madam,", "thank you for your letter. We enclose the papers that you asked for.",
           "Yours sincerely"),
    "de": ("Sehr geehrte Damen und Herren,", "vielen Dank für Ihr Schreiben. Anbei die Unterlagen.",
           "Mit freundlichen Grüßen"),
    "fr": ("Madame, Monsieur,", "nous vous remercions de votre courrier et joignons les documents.",
           "Cordialement"),
    "es": ("Estimados señores:", "gracias por su carta. Adjuntamos los documentos solicitados.",
           "Atentamente"),
    "nl": ("Geachte heer, mevrouw,", "dank voor uw brief. Bijgaand de gevraagde stukken.",
           "Met vriendelijke groet"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Envelope:
    """How a sender's paper is made: how often each choice occurs is a guess.

    Places are points from the upper left corner.
    """

    head: str
    has_return_line: bool
    window: tuple[float, float]
    foot: str  # address, contact or none: what the small print at the foot has
    has_ship_to: bool
    is_letter: bool


def draw_envelope(rng: np.random.Generator) -> Envelope:
    """Draw the paper of a sender; its address is at one place at least."""
    head = str(rng.choice(np.array(_HEADS)))
    has_address = head in {"left", "right", "middle"}
    has_return_line = bool(rng.random() < (0.4 if has_address else 0.6))
    needs_foot = not (has_address or has_return_line)
    return Envelope(
        head=head,
        has_return_line=has_return_line,
        window=(
            float(rng.choice([MARGIN, 70.0, 330.0], p=[0.45, 0.35, 0.2])),
            float(rng.uniform(135, 175)),
        ),
        foot="address" if needs_foot else str(rng.choice(["address", "contact", "none"])),
        has_ship_to=bool(rng.random() < 0.2),
        is_letter=bool(rng.random() < 0.4),
    )


def receiver_lines(rng: np.random.Generator, sender: Sender, bill: Bill) -> list[str]:
    """Return the lines in the window: a name with a title, or a firm and who is to read it."""
    language = sender.tongue.language
    person = f"{rng.choice(np.array(FIRST_NAMES))} {rng.choice(np.array(LAST_NAMES))}"
    title = str(rng.choice(np.array(_TITLES[language])))
    draw = rng.random()
    names = [bill.buyer]
    if draw < 0.25:
        names = [title, person] if language == "de" else [f"{title} {person}"]
    elif draw < 0.5:
        names.append(str(rng.choice(np.array(_ATTENTION[language]))).format(person))
    return [*names, *bill.buyer_address]


def draw_page(rng: np.random.Generator, sender: Sender, bill: Bill, paper: Envelope) -> PdfPage:
    """Set an invoice or a letter for an envelope with a window."""
    page = PdfPage(y=56)
    _head(page, sender, paper)
    x, y = paper.window
    if paper.has_return_line:
        page.y = y - 18
        mark = str(rng.choice(np.array([" - ", " · ", ", ", " | "])))
        page.text(x, mark.join((sender.name, *sender.address)), size=6.5)
    page.y = y
    _block(page, x, receiver_lines(rng, sender, bill), size=10.5)
    language = sender.tongue.language
    beside = MARGIN if x > WIDTH / 2 else 350.0
    page.y = y
    if paper.has_ship_to and not paper.is_letter:
        street = (
            f"{sender.tongue.street.format(rng.choice(np.array(STREETS)))} {rng.integers(1, 99)}"
        )
        town = str(rng.choice(np.array(sender.tongue.towns)))
        _block(page, beside, [_SHIP_TO[language], bill.buyer, street, town], size=9.5)
    else:
        _block(page, beside, _information(sender, bill, paper), size=9.0)
    page.y = y + 105
    if paper.is_letter:
        _letter(page, sender, bill)
    else:
        _bill(page, sender, bill)
    _foot(page, sender, paper)
    return page


def _block(page: PdfPage, x: float, lines: list[str], *, size: float) -> None:
    for line in lines:
        page.text(x, line, size=size)
        page.down(size * 1.3)


def _head(page: PdfPage, sender: Sender, paper: Envelope) -> None:
    """Set the sender's name with its address, or a logo, or nothing."""
    if paper.head == "none":
        return
    if paper.head == "logo":
        page.text(MARGIN, sender.name.split()[0].lower(), size=24, font="bold", gray=0.4)
        return
    align = "right" if paper.head == "right" else "left"
    x = {"left": MARGIN, "right": _RIGHT, "middle": 230.0}[paper.head]
    page.text(x, sender.name, size=15, font="bold", align=align)
    page.down(18)
    for line in sender.address:
        page.text(x, line, size=9, align=align)
        page.down(12)


def _information(sender: Sender, bill: Bill, paper: Envelope) -> list[str]:
    lines = [f"{_REFERENCE[sender.tongue.language]}: {sender.name[:2].lower()}/{bill.number[-3:]}"]
    if paper.foot != "contact":
        lines += [f"Tel. {sender.phone}", sender.email]
    return lines


def _letter(page: PdfPage, sender: Sender, bill: Bill) -> None:
    greeting, body, closing = _LETTER[sender.tongue.language]
    for line in (printed(bill.day, sender), "", greeting, "", body, "", closing, "", sender.name):
        page.text(MARGIN, line)
        page.down(15)


def _bill(page: PdfPage, sender: Sender, bill: Bill) -> None:
    labels = sender.labels
    page.text(MARGIN, labels["title"], size=15, font="bold")
    page.down(22)
    for label, value in (
        (labels["number"], bill.number),
        (labels["date"], printed(bill.day, sender)),
    ):
        page.text(MARGIN, f"{label}: {value}")
        page.down(15)
    page.down(12)
    for text, count, price in bill.lines:
        page.row(
            [(MARGIN, "left", f"{count} x {text}"), (_RIGHT, "right", money(price * count, sender))]
        )
    tax = labels["tax"].format(bill.rate)
    sums = ((labels["net"], bill.net), (tax, bill.tax), (labels["total"], bill.net + bill.tax))
    for label, amount in sums:
        page.row([(330.0, "left", label), (_RIGHT, "right", money(amount, sender, with_sign=True))])


def _foot(page: PdfPage, sender: Sender, paper: Envelope) -> None:
    page.y = HEIGHT - 50
    own = " | ".join((sender.name, *sender.address))
    lines = {
        "address": [own, f"VAT ID {sender.vat_id}   IBAN {sender.iban}"],
        "contact": [f"{sender.email}   Tel. {sender.phone}   VAT ID {sender.vat_id}"],
        "none": [],
    }
    for line in lines[paper.foot]:
        page.text(MARGIN, line, size=7.5, gray=0.3)
        page.down(10)


def draw_window_corpus(folder: Path, *, senders: int, each: int) -> Path:
    """Write the documents and their manifest to a folder, and return it; the same in every run.

    The first of each sender is scanned. A folder that has a manifest stays as it is.
    """
    if (folder / "manifest.jsonl").exists():
        return folder
    rng = np.random.default_rng(SEED)
    folder.mkdir(parents=True, exist_ok=True)
    rows: list[str] = []
    for place in range(senders):
        sender, paper = draw_sender(rng), draw_envelope(rng)
        for copy in range(each):
            bill = draw_bill(rng, sender)
            data = write_pdf([draw_page(rng, sender, bill, paper)], title="")
            is_scan = copy == 0
            file = f"window-{place}-{copy}.{'jpg' if is_scan else 'pdf'}"
            (folder / file).write_bytes(scanned(data, rng) if is_scan else data)
            known = bill.truths(sender, has_bank=False)
            names = ("company", "address", "date") if paper.is_letter else (
                "company", "seller", "address", "date", "invoice_number", "total"
            )  # fmt: skip
            kind = "drawn_letter" if paper.is_letter else "drawn_window"
            doc_class = "letter" if paper.is_letter else "invoice"
            labels = {"doc_class": doc_class, "fields": {name: known[name] for name in names}}
            row = {"id": f"drawn-{file}", "path": file, "kind": kind, "labels": labels}
            rows.append(json.dumps(row, ensure_ascii=False))
    (folder / "manifest.jsonl").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return folder
