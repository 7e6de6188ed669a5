"""Draw invoices and receipts in many layouts, whose values are known.

Half of the invoices are read from their text, half as scans; receipts are photographs. Senders
appear several times, as they do in a company's mail, each with one layout.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import numpy as np
import pypdfium2
from stdnum.iso7064 import mod_11_10, mod_97_10

from infra.samples.canvas import flatbed_scan, jpeg
from infra.samples.pdf_writer import HEIGHT, MARGIN, WIDTH, PdfPage, write_pdf
from infra.samples.photograph import LINEN, SLATE, WOOD, Shot
from infra.samples.receipts import Receipt, draw_receipt
from tests.bench.confidence.drawn_words import (
    FIRST_NAMES,
    GOODS,
    GROCERIES,
    LAST_NAMES,
    STEMS,
    STREETS,
    TONGUES,
    TRADES,
    Tongue,
)

SEED = 20261128
_RIGHT = WIDTH - MARGIN
_SCAN_DPI = 150
_FIRST_DAY = date(2024, 1, 2)


@dataclass(frozen=True, slots=True)
class Sender:
    """A company with its words and its layout: how often each layout occurs is a guess."""

    tongue: Tongue
    name: str
    address: tuple[str, str]
    head: str  # left, right, center, window or foot: where its name is
    meta: str  # pairs, row or lines: how number and dates are set
    labels: Mapping[str, str]
    date_form: str
    prefix: str
    email: str
    phone: str
    iban: str
    vat_id: str
    has_column_heads: bool
    sign_first: bool


def draw_sender(rng: np.random.Generator) -> Sender:
    """Draw a sender."""

    def one(choices: tuple[str, ...]) -> str:
        return str(rng.choice(np.array(choices)))

    tongue = TONGUES[int(rng.integers(len(TONGUES)))]
    stem, form = one(STEMS), one(tongue.forms)
    names = (f"{stem} {one(TRADES)}", f"{stem} & {one(STEMS)}", stem, f"{one(FIRST_NAMES)} {stem}")
    name = f"{names[int(rng.choice(4, p=[0.55, 0.2, 0.1, 0.15]))]} {form}".strip()
    if rng.random() < 0.15:
        name = name.upper()
    labels = {
        each: one(getattr(tongue, each))
        for each in ("title", "number", "date", "due", "order", "buyer", "net", "tax", "total")
    }
    account = "".join(map(str, rng.integers(0, 10, 18)))
    check = mod_97_10.calc_check_digits(account + "DE")
    digits = "".join(map(str, rng.integers(1, 10, 8)))
    domain = f"{stem.lower()}.example"
    return Sender(
        tongue=tongue,
        name=name,
        address=(
            f"{tongue.street.format(one(STREETS))} {rng.integers(1, 150)}",
            one(tongue.towns),
        ),
        head=one(("left", "left", "right", "center", "window", "foot")),
        meta=one(("pairs", "pairs", "row", "lines")),
        labels=labels,
        date_form=one(("numeric", "numeric", "iso", "words")),
        prefix=one(("INV-", "R", "", "", "2026-", "RE/", "A-")),
        email=f"{one(('info', 'office', 'billing'))}@{domain}",
        phone=f"+{rng.integers(30, 50)} {rng.integers(10, 99)} {rng.integers(100000, 999999)}",
        iban=f"DE{check}{account}",
        vat_id=f"DE{digits}{mod_11_10.calc_check_digit(digits)}",
        has_column_heads=bool(rng.random() < 0.8),
        sign_first=not tongue.decimal_comma,
    )


def money(amount: Decimal, sender: Sender, *, with_sign: bool = False) -> str:
    """Print an amount as the sender's country does."""
    text = f"{amount:,.2f}"
    if sender.tongue.decimal_comma:
        text = text.translate(str.maketrans(",.", ".,"))
    if not with_sign:
        return text
    sign = sender.tongue.sign
    return f"{sign}{text}" if sender.sign_first else f"{text} {sign}"


def printed(day: date, sender: Sender) -> str:
    """Print a date as the sender does."""
    tongue = sender.tongue
    if sender.date_form == "iso":
        return day.isoformat()
    if sender.date_form == "words" and tongue.months:
        month = tongue.months[day.month - 1]
        if tongue.day_first:
            return f"{day.day}{'.' if tongue.language == 'de' else ''} {month} {day.year}"
        return f"{month} {day.day}, {day.year}"
    separator = "." if tongue.language == "de" else "/"
    order = ("%d", "%m", "%Y") if tongue.day_first else ("%m", "%d", "%Y")
    return day.strftime(separator.join(order))


@dataclass(frozen=True, slots=True)
class Bill:
    """What one invoice is about."""

    buyer: str
    buyer_address: tuple[str, str]
    number: str
    day: date
    due: date | None
    order: str
    lines: tuple[tuple[str, int, Decimal], ...]
    rate: int

    @property
    def net(self) -> Decimal:
        """The sum of the lines."""
        return sum((price * count for _, count, price in self.lines), Decimal(0))

    @property
    def tax(self) -> Decimal:
        """The tax, rounded."""
        return (self.net * self.rate / 100).quantize(Decimal("0.01"))

    def truths(self, sender: Sender, *, has_bank: bool) -> dict[str, str]:
        """Return the values that the invoice shows, by the names of findings."""
        found = {
            "company": sender.name,
            "seller": sender.name,
            "buyer": self.buyer,
            "address": " ".join(sender.address),
            "invoice_number": self.number,
            "date": self.day.isoformat(),
            "net": f"{self.net:.2f}",
            "tax": f"{self.tax:.2f}",
            "total": f"{self.net + self.tax:.2f}",
            "currency": sender.tongue.currency,
            "email": sender.email,
            "phone": sender.phone,
        }
        if self.due:
            found["due_date"] = self.due.isoformat()
        if self.order:
            found["order_number"] = self.order
        if has_bank:
            found |= {"iban": sender.iban, "vat_id": sender.vat_id}
        return found


def draw_bill(rng: np.random.Generator, sender: Sender) -> Bill:
    """Draw what a sender's invoice is about."""
    tongue = sender.tongue
    day = _FIRST_DAY + timedelta(days=int(rng.integers(900)))
    lines = tuple(
        (
            str(rng.choice(np.array(GOODS))),
            int(rng.integers(1, 12)),
            Decimal(int(rng.integers(150, 40_000))) / 100,
        )
        for _ in range(int(rng.integers(1, 6)))
    )
    person = f"{rng.choice(np.array(FIRST_NAMES))} {rng.choice(np.array(LAST_NAMES))}"
    firm = f"{rng.choice(np.array(STEMS))} {rng.choice(np.array(TRADES))} {tongue.forms[0]}"
    return Bill(
        buyer=firm if rng.random() < 0.7 else person,
        buyer_address=(
            f"{tongue.street.format(rng.choice(np.array(STREETS)))} {rng.integers(1, 99)}",
            str(rng.choice(np.array(tongue.towns))),
        ),
        number=f"{sender.prefix}{rng.integers(100, 99_999)}",
        day=day,
        due=day + timedelta(days=int(rng.choice([14, 30]))) if rng.random() < 0.7 else None,
        order=f"{rng.integers(10_000, 999_999)}" if rng.random() < 0.4 else "",
        lines=lines,
        rate=int(rng.choice(tongue.rates)),
    )


def draw_invoice(rng: np.random.Generator, sender: Sender, bill: Bill) -> tuple[PdfPage, bool]:
    """Set an invoice in the sender's layout; return the page and whether it shows the account."""
    page = PdfPage(y=70)
    _head(page, sender)
    page.down(24)
    if sender.labels["buyer"]:
        page.text(MARGIN, sender.labels["buyer"], size=9, font="bold")
        page.down(14)
    for line in (bill.buyer, *bill.buyer_address):
        page.text(MARGIN, line)
        page.down(14)
    page.down(26)
    page.text(MARGIN, sender.labels["title"], size=18, font="bold")
    page.down(28)
    _meta(page, sender, bill)
    page.down(16)
    _table(page, sender, bill)
    total = bill.net + bill.tax
    tax_label = sender.labels["tax"].format(bill.rate)
    for label, amount, font in (
        (sender.labels["net"], bill.net, "regular"),
        (tax_label, bill.tax, "regular"),
        (sender.labels["total"], total, "bold"),
    ):
        cells = [(330.0, "left", label), (_RIGHT, "right", money(amount, sender, with_sign=True))]
        page.row(cells, font=font)
    has_bank = bool(rng.random() < 0.6)
    page.y = HEIGHT - 70
    foot = [f"{sender.email}   Tel. {sender.phone}"]
    if has_bank:
        foot.append(f"IBAN {sender.iban}   VAT ID {sender.vat_id}")
    if sender.head == "foot":
        foot.insert(0, f"{sender.name}, {sender.address[0]}, {sender.address[1]}")
    for line in foot:
        page.text(MARGIN, line, size=8.5, gray=0.3)
        page.down(12)
    return page, has_bank


def _head(page: PdfPage, sender: Sender) -> None:
    """Set the sender's name and address where its layout has them."""
    if sender.head == "foot":
        # A logo: a word of the name, in letters too large to be a name on its own line.
        page.text(MARGIN, sender.name.split()[0].lower(), size=26, font="bold", gray=0.4)
        page.down(40)
        return
    if sender.head == "window":
        page.down(50)
        page.text(MARGIN, f"{sender.name} - {sender.address[0]} - {sender.address[1]}", size=7)
        return
    x, align = {"left": (MARGIN, "left"), "right": (_RIGHT, "right"), "center": (200.0, "left")}[
        sender.head
    ]
    page.text(x, sender.name, size=17, font="bold", align=align)
    page.down(20)
    for line in sender.address:
        page.text(x, line, size=9.5, align=align)
        page.down(13)


def _meta(page: PdfPage, sender: Sender, bill: Bill) -> None:
    """Set number and dates in the sender's layout."""
    labels = sender.labels
    pairs = [(labels["number"], bill.number), (labels["date"], printed(bill.day, sender))]
    if bill.order:
        pairs.append((labels["order"], bill.order))
    if bill.due:
        pairs.append((labels["due"], printed(bill.due, sender)))
    if sender.meta == "row":
        places = [MARGIN + 125 * column for column in range(len(pairs))]
        for index, font in ((0, "bold"), (1, "regular")):
            cells = [(x, "left", pair[index]) for x, pair in zip(places, pairs, strict=True)]
            page.row(cells, font=font, size=9.5)
        return
    for label, value in pairs:
        if sender.meta == "pairs":
            page.row([(330.0, "left", label), (_RIGHT, "right", value)])
        else:
            page.text(MARGIN, f"{label}: {value}")
            page.down(15)


def _table(page: PdfPage, sender: Sender, bill: Bill) -> None:
    columns = ((MARGIN, "left"), (370.0, "right"), (455.0, "right"), (_RIGHT, "right"))
    if sender.has_column_heads:
        heads = zip(columns, sender.tongue.columns, strict=True)
        page.row([(x, align, text) for (x, align), text in heads], font="bold")
        page.rule()
    for text, count, price in bill.lines:
        cells = (text, str(count), money(price, sender), money(price * count, sender))
        page.row([(x, align, cell) for (x, align), cell in zip(columns, cells, strict=True)])
    page.rule()


def draw_till(rng: np.random.Generator, sender: Sender) -> Receipt:
    """Draw what a till prints; cash is given in full notes."""
    prices = [Decimal(int(each)) / 100 for each in rng.integers(90, 4_000, rng.integers(1, 7))]
    net = sum(prices, Decimal(0))
    tax = (net * Decimal("0.06")).quantize(Decimal("0.01")) if rng.random() < 0.5 else Decimal(0)
    total = net + tax
    given = (total // 10 + 1) * 10
    day = _FIRST_DAY + timedelta(days=int(rng.integers(900)))
    cash = (("Cash", f"{given:.2f}"), ("Change", f"{given - total:.2f}"))
    card = (("Visa ****1234", f"{total:.2f}"),)
    label = str(rng.choice(np.array(["TOTAL", "Total", "TOTAL DUE", "Grand total", "Amount due"])))
    time = f"{rng.integers(8, 22):02}:{rng.integers(60):02}"
    return Receipt(
        file="receipt.jpg",
        company=sender.name,
        address=sender.address,
        printed_date=f"{printed(day, sender)} {time}",
        date=day.isoformat(),
        currency=sender.tongue.currency,
        items=tuple((str(rng.choice(np.array(GROCERIES))), f"{price:.2f}") for price in prices),
        sums=(("Subtotal", f"{net:.2f}"), ("Tax 6%", f"{tax:.2f}")) if tax else (),
        total=(label, f"{total:.2f}"),
        tender=cash if rng.random() < 0.6 else card,
        footer=("Thank you, please come again",),
        shot=Shot(
            table=(WOOD, SLATE, LINEN)[int(rng.integers(3))],
            degrees=float(rng.uniform(-4, 4)),
            slant=float(rng.uniform(0, 0.08)),
            blur=float(rng.uniform(0.6, 1.9)),
            noise=float(rng.uniform(4, 12)),
            width=900,
            height=1200,
        ),
        title=str(rng.choice(np.array(["RECEIPT", "TAX INVOICE", "CASH SALE"]))),
    )


def draw_corpus(folder: Path, *, senders: int, each: int) -> Path:
    """Write documents and their manifest to a folder, and return it; the same in every run.

    A folder that has a manifest stays as it is.
    """
    if (folder / "manifest.jsonl").exists():
        return folder
    rng = np.random.default_rng(SEED)
    folder.mkdir(parents=True, exist_ok=True)
    rows: list[dict[str, object]] = []

    def keep(name: str, data: bytes, kind: str, truths: Mapping[str, str]) -> None:
        (folder / name).write_bytes(data)
        labels = {"doc_class": kind, "fields": truths}
        rows.append(
            {"id": f"drawn-{name}", "path": name, "kind": f"drawn_{kind}", "labels": labels}
        )

    for place in range(senders):
        sender = draw_sender(rng)
        for copy in range(each):
            bill = draw_bill(rng, sender)
            page, has_bank = draw_invoice(rng, sender, bill)
            data = write_pdf([page], title="")
            truths = bill.truths(sender, has_bank=has_bank)
            keep(f"invoice-{place}-{copy}.pdf", data, "invoice", truths)
            if copy == 0:
                keep(f"scan-{place}.jpg", scanned(data, rng), "invoice", truths)
        till = draw_till(rng, sender)
        truths = {"company": till.company, "date": till.date, "total": till.total[1]}
        truths["address"] = " ".join(till.address)
        keep(f"till-{place}.jpg", draw_receipt(till, rng=rng).data, "receipt", truths)
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    (folder / "manifest.jsonl").write_text(lines, encoding="utf-8")
    return folder


def scanned(data: bytes, rng: np.random.Generator) -> bytes:
    """Print a PDF and scan it."""
    with pypdfium2.PdfDocument(BytesIO(data)) as document:
        image = document[0].render(scale=_SCAN_DPI / 72).to_pil().convert("L")
    scan = flatbed_scan(image, rng=rng, degrees=float(rng.uniform(-1.2, 1.2)))
    return jpeg(scan, quality=int(rng.integers(35, 85)), dpi=_SCAN_DPI)
