"""Invoices born digital: what a billing programme prints into a PDF."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from infra.samples.pdfs import MARGIN, WIDTH, Page, write_pdf
from infra.samples.sample import Sample

_RIGHT = WIDTH - MARGIN


@dataclass(frozen=True, slots=True)
class Invoice:
    """What an invoice says; `sign` stands before every amount, lines are (text, quantity, price)."""

    file: str
    company: str
    address: tuple[str, ...]
    customer: tuple[str, ...]
    number: str
    printed_date: str
    date: str
    printed_due: str
    currency: str
    sign: str
    tax: tuple[str, Decimal]
    lines: tuple[tuple[str, int, Decimal], ...]
    payment: str
    colour: tuple[float, float, float]

    @property
    def net(self) -> Decimal:
        """Add up the lines."""
        return sum((price * quantity for _, quantity, price in self.lines), Decimal(0))

    @property
    def tax_amount(self) -> Decimal:
        """Return the tax in whole pence."""
        return (self.net * self.tax[1] / 100).quantize(Decimal("0.01"))

    @property
    def total(self) -> Decimal:
        """Return what is to be paid."""
        return self.net + self.tax_amount


OFFICE = Invoice(
    file="scan_0001.pdf",
    company="Brightwater Office Supplies Ltd",
    address=("14 Canal Wharf, Birmingham B1 2JT", "VAT registration GB 418 2290 63"),
    customer=("Juniper House Studios", "31 Fern Road", "London SE15 4QL"),
    number="INV-20417",
    printed_date="4 March 2026",
    date="2026-03-04",
    printed_due="3 April 2026",
    currency="GBP",
    sign="£",
    tax=("VAT 20%", Decimal(20)),
    lines=(
        ("Standing desk, oak top, 140 cm", 2, Decimal("389.00")),
        ("Task chair, grey wool", 2, Decimal("121.50")),
        ("Cable tray", 4, Decimal("12.35")),
    ),
    payment="Please pay by bank transfer: sort code 00-11-22, account 01234567, reference INV-20417.",
    colour=(0.11, 0.35, 0.45),
)
WEB = Invoice(
    file="Document3.pdf",
    company="Larkspur Web Studio GmbH",
    address=("Lindenhof 9, 10115 Berlin", "VAT ID DE 811 569 869"),
    customer=("Juniper House Studios", "31 Fern Road", "London SE15 4QL"),
    number="2026-0087",
    printed_date="28 May 2026",
    date="2026-05-28",
    printed_due="27 June 2026",
    currency="EUR",
    sign="€",
    tax=("VAT 0% (reverse charge)", Decimal(0)),
    lines=(
        ("Design of the booking pages", 3, Decimal("640.00")),
        ("Accessibility review", 1, Decimal("480.00")),
        ("Hosting, May 2026", 1, Decimal("39.90")),
    ),
    payment="Please transfer the amount to the account printed on our contract, quoting 2026-0087.",
    colour=(0.36, 0.24, 0.53),
)
JOINER = Invoice(
    file="combined.pdf",
    company="Copper Beech Joinery Ltd",
    address=("Sawmill Lane, Hereford HR4 9DN", "VAT registration GB 157 8820 95"),
    customer=("Juniper House Studios", "31 Fern Road", "London SE15 4QL"),
    number="CB-1188",
    printed_date="12 May 2026",
    date="2026-05-12",
    printed_due="11 June 2026",
    currency="GBP",
    sign="£",
    tax=("VAT 20%", Decimal(20)),
    lines=(
        ("Oak picture frames, 60 x 80 cm", 6, Decimal("74.00")),
        ("Plan chest, five drawers", 1, Decimal("865.00")),
        ("Delivery", 1, Decimal("45.00")),
    ),
    payment="Please pay within thirty days, quoting CB-1188. The signed delivery note follows.",
    colour=(0.42, 0.27, 0.16),
)
PRINTER = Invoice(
    file="order-confirmation.pdf",
    company="Foxglove Print Works",
    address=("2 Weaver's Yard, Norwich NR2 1AZ", "VAT registration GB 605 1187 24"),
    customer=("Juniper House Studios", "31 Fern Road", "London SE15 4QL"),
    number="FG-5521",
    printed_date="17 April 2026",
    date="2026-04-17",
    printed_due="17 May 2026",
    currency="GBP",
    sign="£",
    tax=("VAT 20%", Decimal(20)),
    lines=(
        ("Exhibition catalogue, 48 pages", 120, Decimal("2.85")),
        ("Posters A2", 25, Decimal("3.60")),
    ),
    payment="Card on file will be charged on delivery.",
    colour=(0.62, 0.20, 0.27),
)
COURIER = Invoice(
    file="scan.jpg",
    company="Swiftwing Couriers Ltd",
    address=("Depot 4, Harbour Way, Southampton SO14 3XB", "VAT registration GB 233 9046 71"),
    customer=("Juniper House Studios", "31 Fern Road", "London SE15 4QL"),
    number="SW-99310",
    printed_date="9 June 2026",
    date="2026-06-09",
    printed_due="23 June 2026",
    currency="GBP",
    sign="£",
    tax=("VAT 20%", Decimal(20)),
    lines=(
        ("Parcel London to Bristol, next day", 3, Decimal("11.20")),
        ("Fuel surcharge", 1, Decimal("2.40")),
    ),
    payment="Paid by direct debit on the due date.",
    colour=(0.80, 0.45, 0.10),
)


def draw_invoice(invoice: Invoice) -> Sample:
    """Print one invoice."""
    return Sample(
        name=invoice.file,
        data=write_pdf([invoice_page(invoice)], title=f"Invoice {invoice.number}"),
        doc_type="invoice",
        fields=invoice_fields(invoice),
        phrases=(invoice.company, invoice.number),
        media_type="application/pdf",
    )


def invoice_fields(invoice: Invoice) -> Mapping[str, str]:
    """Return the values a reader finds on the invoice."""
    return {
        "company": invoice.company,
        "date": invoice.date,
        "total": str(invoice.total),
        "currency": invoice.currency,
        "invoice_number": invoice.number,
    }


def invoice_page(invoice: Invoice) -> Page:
    """Set the page."""
    page = Page(y=44)
    page.band(height=64, colour=invoice.colour)
    page.text(MARGIN, invoice.company, size=20, font="bold", grey=1)
    page.down(48)
    for line in invoice.address:
        page.text(MARGIN, line, size=9.5, grey=0.35)
        page.down(14)
    page.down(22)
    page.text(MARGIN, "INVOICE", size=24, font="bold")
    page.down(30)
    _head(page, invoice)
    _lines(page, invoice)
    page.down(30)
    page.paragraph(invoice.payment, size=9.5)
    page.paragraph("Thank you for your business.", size=9.5)
    return page


def _head(page: Page, invoice: Invoice) -> None:
    facts = (
        ("Invoice number:", invoice.number),
        ("Invoice date:", invoice.printed_date),
        ("Due date:", invoice.printed_due),
    )
    page.text(MARGIN, "Bill to", size=9.5, font="bold", grey=0.35)
    for index, (label, value) in enumerate(facts):
        page.text(350, label)
        page.text(_RIGHT, value, align="right")
        page.down(16)
        page.text(MARGIN, invoice.customer[index])
    page.down(44)


def _lines(page: Page, invoice: Invoice) -> None:
    page.row(
        [
            (MARGIN, "left", "Description"),
            (370, "right", "Qty"),
            (455, "right", "Unit price"),
            (_RIGHT, "right", "Amount"),
        ],
        font="bold",
    )
    page.rule(grey=0.3)
    for text, quantity, price in invoice.lines:
        amount = _money(price * quantity, sign="")
        page.row(
            [
                (MARGIN, "left", text),
                (370, "right", str(quantity)),
                (455, "right", f"{price:,.2f}"),
                (_RIGHT, "right", amount),
            ]
        )
    page.rule()
    page.down(6)
    page.row(
        [(455, "right", "Subtotal"), (_RIGHT, "right", _money(invoice.net, sign=invoice.sign))]
    )
    page.row(
        [
            (455, "right", invoice.tax[0]),
            (_RIGHT, "right", _money(invoice.tax_amount, sign=invoice.sign)),
        ]
    )
    total = _money(invoice.total, sign=invoice.sign)
    page.row([(455, "right", "Total due"), (_RIGHT, "right", total)], size=13, font="bold")


def _money(amount: Decimal, *, sign: str) -> str:
    return f"{sign}{amount:,.2f}"
