"""Office files and a mail: the same bytes every time, though libraries add the current time."""

from datetime import UTC, datetime
from decimal import Decimal
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from io import BytesIO
from zipfile import ZipFile

from docx import Document

from infra.samples.invoices import PRINTER, draw_invoice
from infra.samples.sample import Sample
from infra.samples.xlsx_writer import write_xlsx, write_zip

_DATE = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
_DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_TERM = """\
The exhibition runs from 10 April 2026 to 31 May 2026. Either party may end this Agreement by \
notice."""
_SALES = """\
The Gallery keeps thirty per cent of the price of each work sold and pays the rest within 14 \
days."""
_LAW = "This Agreement is governed by the law of England and Wales."
_WORKS = (
    ("Work", "Price GBP"),
    ("Harbour at four", "1,200.00"),
    ("Fog, lifting", "950.00"),
    ("Small rivers (series)", "2,100.00"),
)
_EXPENSES = (
    ("2026-04-02", "Train London - Norwich", Decimal("48.60")),
    ("2026-04-02", "Lunch with the printers", Decimal("31.25")),
    ("2026-04-17", "Catalogue proofs, courier", Decimal("11.20")),
    ("2026-04-22", "Picture hooks and wire", Decimal("26.95")),
)


def draw_docx() -> Sample:
    """Write an exhibition agreement as a Word document with a table."""
    document = Document()
    document.core_properties.author = "Willow Gallery"
    document.core_properties.title = "Exhibition agreement"
    date = _DATE.replace(tzinfo=None)
    document.core_properties.created = date
    document.core_properties.modified = date
    document.add_heading("Exhibition Agreement", level=0)
    document.add_paragraph("This Agreement is made on 2 March 2026 between:")
    document.add_paragraph(
        "Willow Gallery, 5 Chapel Street, Lewes (the Gallery), and", style="List Number"
    )
    document.add_paragraph(
        "Juniper House Studios Ltd, 31 Fern Road, London (the Artist).", style="List Number"
    )
    for title, text in (("Term", _TERM), ("Sales", _SALES), ("Governing law", _LAW)):
        document.add_heading(title, level=1)
        document.add_paragraph(text)
    # Some values are in a table only, which a reader of paragraphs would miss.
    table = document.add_table(rows=1, cols=2)
    for number, texts in enumerate(_WORKS):
        cells = table.rows[0].cells if number == 0 else table.add_row().cells
        cells[0].text, cells[1].text = texts
    buffer = BytesIO()
    document.save(buffer)
    # python-docx dates the members of the zip with the current time.
    with ZipFile(buffer) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    return Sample(
        name="new doc.docx",
        data=write_zip(parts, date=_DATE),
        doc_type="contract",
        fields={"date": "2026-03-02"},
        phrases=("Exhibition Agreement", "Fog, lifting"),
        media_type=_DOCX,
    )


def draw_xlsx() -> Sample:
    """Write an expense report as a workbook."""
    total = sum((amount for _, _, amount in _EXPENSES), Decimal(0))
    rows: list[tuple[str | Decimal, ...]] = [
        ("Expense report",),
        ("Juniper House Studios",),
        ("Date", "What for", "Amount GBP"),
        *_EXPENSES,
        ("Total", "", total),
    ]
    return Sample(
        name="export.xlsx",
        data=write_xlsx(rows, sheet="April 2026", date=_DATE),
        doc_type=None,
        phrases=("Expense report", "Picture hooks and wire", str(total)),
        media_type=_XLSX,
    )


def draw_mail() -> Sample:
    """Write a mail with an invoice attached."""
    invoice = draw_invoice(PRINTER)
    mail = EmailMessage(policy=SMTP)
    mail["From"] = Address("Foxglove Print Works", "orders", "foxglove.example")
    mail["To"] = Address("Juniper House Studios", "office", "juniper.example")
    mail["Subject"] = f"Your catalogue order, invoice {PRINTER.number}"
    mail["Date"] = datetime(2026, 4, 17, 11, 24, tzinfo=UTC)
    mail["Message-ID"] = "<5521.catalogue@foxglove.example>"
    mail.set_content(
        "Good morning,\n\nyour 120 catalogues are on the press and look splendid. "
        "The invoice is attached;\n"
        "the parcel leaves on Monday.\n\nBest wishes\nHector, Foxglove Print Works\n"
    )
    mail.add_attachment(invoice.data, maintype="application", subtype="pdf", filename=invoice.name)
    # By default the boundary is random.
    mail.set_boundary("=_foxglove_5521")
    return Sample(
        name="FW order.eml",
        data=mail.as_bytes(),
        doc_type=None,
        fields={"date": "2026-04-17"},
        phrases=("120 catalogues",),
        media_type="message/rfc822",
    )
