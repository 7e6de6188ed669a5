"""Invoices as PDFs with text, as a billing program writes them."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from infra.samples.pdf_writer import MARGIN, WIDTH, PdfPage, write_pdf
from infra.samples.sample import Sample

_RIGHT = WIDTH - MARGIN
# Right ends of the columns for quantity and unit price.
_QUANTITY = 370
_PRICE = 455


@dataclass(frozen=True, slots=True)
class Invoice:
    """The contents of an invoice.

    `sign` comes before every amount, `tax` is its name and its percentage, and a line is its text,
    quantity and price.
    """

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
    color: tuple[float, float, float]

    @property
    def net(self) -> Decimal:
        """The sum of the lines."""
        return sum((price * quantity for _, quantity, price in self.lines), Decimal(0))

    @property
    def tax_amount(self) -> Decimal:
        """The tax, rounded to two decimals."""
        return (self.net * self.tax[1] / 100).quantize(Decimal("0.01"))

    @property
    def total(self) -> Decimal:
        """The amount to pay."""
        return self.net + self.tax_amount


# The files have names that users and scanners give: they say nothing about the contents.
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
    payment=(
        "Please pay by bank transfer: sort code 00-11-22, account 01234567, reference INV-20417."
    ),
    color=(0.11, 0.35, 0.45),
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
    color=(0.36, 0.24, 0.53),
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
    color=(0.42, 0.27, 0.16),
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
    color=(0.62, 0.20, 0.27),
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
    color=(0.80, 0.45, 0.10),
)


def draw_invoice(invoice: Invoice) -> Sample:
    """Write one invoice."""
    return Sample(
        name=invoice.file,
        data=write_pdf([invoice_page(invoice)], title=f"Invoice {invoice.number}"),
        doc_type="invoice",
        fields=invoice_fields(invoice),
        phrases=(invoice.company, invoice.number),
        media_type="application/pdf",
    )


def invoice_fields(invoice: Invoice) -> Mapping[str, str]:
    """Return the values that the invoice shows."""
    # As `truth.json` has them: an ISO date, and an amount without its sign.
    return {
        "company": invoice.company,
        "date": invoice.date,
        "total": str(invoice.total),
        "currency": invoice.currency,
        "invoice_number": invoice.number,
    }


def invoice_page(invoice: Invoice) -> PdfPage:
    """Set an invoice's page."""
    page = PdfPage(y=44)
    page.band(height=64, color=invoice.color)
    page.text(MARGIN, invoice.company, size=20, font="bold", gray=1)
    page.down(48)
    for line in invoice.address:
        page.text(MARGIN, line, size=9.5, gray=0.35)
        page.down(14)
    page.down(22)
    page.text(MARGIN, "INVOICE", size=24, font="bold")
    page.down(30)
    facts = (
        ("Invoice number:", invoice.number),
        ("Invoice date:", invoice.printed_date),
        ("Due date:", invoice.printed_due),
    )
    page.text(MARGIN, "Bill to", size=9.5, font="bold", gray=0.35)
    # The customer's address is to the left of the facts, one line lower.
    for (label, value), customer in zip(facts, invoice.customer, strict=True):
        page.text(350, label)
        page.text(_RIGHT, value, align="right")
        page.down(16)
        page.text(MARGIN, customer)
    page.down(44)
    set_lines(page, invoice)
    page.down(30)
    page.paragraph(invoice.payment, size=9.5)
    page.paragraph("Thank you for your business.", size=9.5)
    return page


def set_lines(page: PdfPage, invoice: Invoice) -> None:
    """Set the table of an invoice's lines, and the sums below it."""
    page.row(
        [
            (MARGIN, "left", "Description"),
            (_QUANTITY, "right", "Qty"),
            (_PRICE, "right", "Unit price"),
            (_RIGHT, "right", "Amount"),
        ],
        font="bold",
    )
    page.rule(gray=0.3)
    for text, quantity, price in invoice.lines:
        amount = _money(price * quantity, sign="")
        page.row(
            [
                (MARGIN, "left", text),
                (_QUANTITY, "right", str(quantity)),
                (_PRICE, "right", f"{price:,.2f}"),
                (_RIGHT, "right", amount),
            ]
        )
    page.rule()
    page.down(6)
    page.row(
        [(_PRICE, "right", "Subtotal"), (_RIGHT, "right", _money(invoice.net, sign=invoice.sign))]
    )
    page.row(
        [
            (_PRICE, "right", invoice.tax[0]),
            (_RIGHT, "right", _money(invoice.tax_amount, sign=invoice.sign)),
        ]
    )
    total = _money(invoice.total, sign=invoice.sign)
    page.row([(_PRICE, "right", "Total due"), (_RIGHT, "right", total)], size=13, font="bold")


def _money(amount: Decimal, *, sign: str) -> str:
    return f"{sign}{amount:,.2f}"
