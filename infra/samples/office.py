"""Office files and a mail: the same bytes every time, whatever the libraries stamp into them."""

from datetime import UTC, datetime
from decimal import Decimal
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from io import BytesIO
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from docx import Document

from infra.samples.invoices import PRINTER, draw_invoice
from infra.samples.sample import Sample

_FIXED = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
_DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_EXPENSES = (
    ("2026-04-02", "Train London - Norwich", Decimal("48.60")),
    ("2026-04-02", "Lunch with the printers", Decimal("31.25")),
    ("2026-04-17", "Catalogue proofs, courier", Decimal("11.20")),
    ("2026-04-22", "Picture hooks and wire", Decimal("26.95")),
)
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


def draw_docx() -> Sample:
    """Write a licence agreement as a Word document, with a table."""
    document = Document()
    document.core_properties.author = "Willow Gallery"
    document.core_properties.title = "Exhibition agreement"
    document.core_properties.created = document.core_properties.modified = _FIXED.replace(
        tzinfo=None
    )
    document.add_heading("Exhibition Agreement", level=0)
    document.add_paragraph("This Agreement is made on 2 March 2026 between:")
    document.add_paragraph(
        "Willow Gallery, 5 Chapel Street, Lewes (the Gallery), and", style="List Number"
    )
    document.add_paragraph(
        "Juniper House Studios Ltd, 31 Fern Road, London (the Artist).", style="List Number"
    )
    for title, text in (
        (
            "Term",
            "The exhibition runs from 10 April 2026 to 31 May 2026. Either party may end this Agreement by notice.",
        ),
        (
            "Sales",
            "The Gallery keeps thirty per cent of the price of each work sold and pays the rest within 14 days.",
        ),
        ("Governing law", "This Agreement is governed by the law of England and Wales."),
    ):
        document.add_heading(title, level=1)
        document.add_paragraph(text)
    table = document.add_table(rows=1, cols=2)
    table.rows[0].cells[0].text, table.rows[0].cells[1].text = "Work", "Price GBP"
    for work, price in (
        ("Harbour at four", "1,200.00"),
        ("Fog, lifting", "950.00"),
        ("Small rivers (series)", "2,100.00"),
    ):
        cells = table.add_row().cells
        cells[0].text, cells[1].text = work, price
    buffer = BytesIO()
    document.save(buffer)
    return Sample(
        name="new doc.docx",
        data=_repacked(buffer.getvalue()),
        doc_type="contract",
        fields={"date": "2026-03-02"},
        phrases=("Exhibition Agreement", "Fog, lifting"),
        media_type=_DOCX,
    )


def draw_xlsx() -> Sample:
    """Write an expense sheet as the smallest workbook a spreadsheet programme opens."""
    total = sum((amount for _, _, amount in _EXPENSES), Decimal(0))
    rows: list[tuple[str | Decimal, ...]] = [
        ("Expense report",),
        ("Juniper House Studios",),
        ("Date", "What for", "Amount GBP"),
        *_EXPENSES,
        ("Total", "", total),
    ]
    parts = {
        "[Content_Types].xml": _content_types(),
        "_rels/.rels": _relation("rId1", kind="officeDocument", target="xl/workbook.xml"),
        "xl/workbook.xml": f'{_XML}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
        '<sheet name="April 2026" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": _relation(
            "rId1", kind="worksheet", target="worksheets/sheet1.xml"
        ),
        "xl/worksheets/sheet1.xml": f'{_XML}<worksheet xmlns="{_MAIN}">{_sheet_data(rows)}</worksheet>',
    }
    return Sample(
        name="export.xlsx",
        data=_zipped({name: text.encode() for name, text in parts.items()}),
        doc_type=None,
        phrases=("Expense report", "Picture hooks and wire", str(total)),
        media_type=_XLSX,
    )


def draw_mail() -> Sample:
    """Write a mail that carries an invoice."""
    invoice = draw_invoice(PRINTER)
    mail = EmailMessage(policy=SMTP)
    mail["From"] = Address("Foxglove Print Works", "orders", "foxglove.example")
    mail["To"] = Address("Juniper House Studios", "office", "juniper.example")
    mail["Subject"] = f"Your catalogue order, invoice {PRINTER.number}"
    mail["Date"] = datetime(2026, 4, 17, 11, 24, tzinfo=UTC)
    mail["Message-ID"] = "<5521.catalogue@foxglove.example>"
    mail.set_content(
        "Good morning,\n\nyour 120 catalogues are on the press and look splendid. The invoice is attached;\n"
        "the parcel leaves on Monday.\n\nBest wishes\nHector, Foxglove Print Works\n"
    )
    mail.add_attachment(invoice.data, maintype="application", subtype="pdf", filename=invoice.name)
    mail.set_boundary("=_foxglove_5521")
    return Sample(
        name="FW order.eml",
        data=mail.as_bytes(),
        doc_type=None,
        fields={"date": "2026-04-17"},
        phrases=("120 catalogues",),
        media_type="message/rfc822",
    )


def _repacked(package: bytes) -> bytes:
    """Give every member of a zip the same date, so that the same content is the same file."""
    with ZipFile(BytesIO(package)) as source:
        return _zipped({name: source.read(name) for name in source.namelist()})


def _zipped(parts: dict[str, bytes]) -> bytes:
    buffer = BytesIO()
    with ZipFile(buffer, "w", ZIP_DEFLATED) as target:
        for name, data in parts.items():
            member = ZipInfo(name, date_time=_FIXED.timetuple()[:6])
            member.compress_type = ZIP_DEFLATED
            target.writestr(member, data)
    return buffer.getvalue()


def _content_types() -> str:
    package = "application/vnd.openxmlformats-"
    book = f"{package}officedocument.spreadsheetml.sheet.main+xml"
    sheet = f"{package}officedocument.spreadsheetml.worksheet+xml"
    return (
        f'{_XML}<Types xmlns="{_TYPES}"><Default Extension="rels" ContentType="{package}package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{book}"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{sheet}"/></Types>'
    )


def _relation(identity: str, *, kind: str, target: str) -> str:
    return (
        f'{_XML}<Relationships xmlns="{_RELATIONS}">'
        f'<Relationship Id="{identity}" Type="{_OFFICE}/{kind}" Target="{target}"/></Relationships>'
    )


def _sheet_data(rows: list[tuple[str | Decimal, ...]]) -> str:
    lines = []
    for number, row in enumerate(rows, start=1):
        cells = (
            _cell(value, at=f"{chr(ord('A') + column)}{number}") for column, value in enumerate(row)
        )
        lines.append(f'<row r="{number}">{"".join(cells)}</row>')
    return f"<sheetData>{''.join(lines)}</sheetData>"


def _cell(value: str | Decimal, *, at: str) -> str:
    if isinstance(value, Decimal):
        return f'<c r="{at}"><v>{value}</v></c>'
    return f'<c r="{at}" t="inlineStr"><is><t>{escape(value)}</t></is></c>'
