"""PDFs with text: a contract, a bank statement, a resume; and mixed, locked and broken ones."""

from decimal import Decimal
from io import BytesIO

from pypdf import PdfReader, PdfWriter

from infra.samples.invoices import JOINER, OFFICE, WEB, invoice_fields, invoice_page
from infra.samples.pdf_writer import HEIGHT, MARGIN, WIDTH, PdfPage, write_pdf
from infra.samples.sample import Sample

PASSWORD = "open sesame"  # noqa: S105  the sample is locked, not secret
_RIGHT = WIDTH - MARGIN
# Columns of the statement: left end of the text, right end of the amount.
_TRANSACTION = 140
_AMOUNT = 440
_CONTRACT = """\
1. Services
The Consultant shall plan and carry out the redesign of the Client's reading rooms as described in
Schedule A, with the care to be expected of an experienced professional. Changes to the scope are
agreed in writing before work on them begins.

2. Term
This Agreement begins on the Effective Date and continues for twelve months. Either party may end
it with thirty days' notice in writing. Clauses 5 and 6 survive its end.

3. Fees
The Client shall pay a fixed fee of GBP 18,500.00, in four equal instalments, each within thirty
days of a proper invoice. Travel outside London is charged at cost with receipts.

4. Working together
Each party names one person who may speak for it. The parties meet every second week; minutes are
kept by the Consultant and count as agreed unless contradicted within five working days.

5. Confidentiality
Each party shall keep the other's confidential information secret, use it only for this Agreement
and return or destroy it on request. This does not apply to what is or becomes public without
breach.

6. Liability
Neither party excludes liability for death or injury caused by negligence or for fraud. Otherwise
each party's liability under this Agreement is limited to the fees paid in the preceding twelve
months.

7. Intellectual property
Rights in drawings and specifications pass to the Client when the fee for them is paid. The
Consultant may show photographs of the finished rooms in a portfolio, with the Client's consent.

8. Governing law
This Agreement is governed by the law of England and Wales, whose courts alone decide disputes
arising from it. It is the entire agreement between the parties on its subject.
"""
_RESUME = {
    "Profile": (
        "Twelve years of repairing what others had given up: paper, leather, and catalogues.",
    ),
    "Work experience": (
        "2021 - present   Head of conservation, Saltmarsh County Archive. Leads a team of four.",
        "2016 - 2021   Bookbinder, Kestrel and Daughters, Norwich. Restored 300 parish registers.",
        "2014 - 2016   Apprentice, Old Mill Bindery, Ludlow.",
    ),
    "Education": (
        "MA Conservation of Books, West Dean, 2016",
        "BA History, University of Leicester, 2013",
    ),
    "Skills": (
        "Paper repair, gold tooling, deacidification, cataloguing in EAD, first aid",
        "English, Dutch",
    ),
    "References": ("Available on request.",),
}
_BOOKINGS = (
    ("02 Mar 2026", "Card payment  Harbour Supplies", "-48.20"),
    ("05 Mar 2026", "Standing order  Rent studio 3", "-950.00"),
    ("09 Mar 2026", "Transfer from  Willow Gallery", "2,400.00"),
    ("14 Mar 2026", "Card payment  Hearth Coffee", "-11.40"),
    ("18 Mar 2026", "Direct debit  Northlight Energy", "-132.75"),
    ("25 Mar 2026", "Transfer from  R. Okafor", "325.00"),
    ("31 Mar 2026", "Account fee", "-6.00"),
)


def draw_contract() -> Sample:
    """Write a consultancy agreement of three pages."""
    first, second, third = PdfPage(), PdfPage(), PdfPage()
    first.text(MARGIN, "CONSULTANCY AGREEMENT", size=20, font="bold")
    first.down(40)
    first.paragraph("This Agreement is made on 12 January 2026 (the Effective Date) between:")
    first.paragraph(
        "Juniper House Studios Ltd, 31 Fern Road, London SE15 4QL (the Client); and", x=MARGIN + 18
    )
    first.paragraph(
        "Adaeze Thornbury, trading as Thornbury Interiors (the Consultant).", x=MARGIN + 18
    )
    first.paragraph("The parties agree as follows.")
    # A clause is its title on one line, and its text on the others.
    clauses = [clause.split("\n", 1) for clause in _CONTRACT.split("\n\n")]
    for page, some in ((first, clauses[:3]), (second, clauses[3:7]), (third, clauses[7:])):
        for title, text in some:
            page.down(6)
            page.text(MARGIN, title, size=12, font="bold")
            page.down(20)
            page.paragraph(text)
    third.down(20)
    third.paragraph("Signed by the parties on the date written at the beginning.")
    third.down(40)
    for x, name, role in (
        (MARGIN, "Priya Castellane", "for the Client"),
        (320.0, "Adaeze Thornbury", "the Consultant"),
    ):
        third.text(x, name, size=16, font="oblique", gray=0.25)
        # The dotted line and the name are below the signature; then the pen returns.
        third.down(6)
        third.text(x, "." * 48, size=9)
        third.down(16)
        third.text(x, f"{name}, {role}", size=9)
        third.down(-22)
    for number, page in enumerate((first, second, third), start=1):
        page.y = HEIGHT - 40
        page.text(_RIGHT, f"Page {number} of 3", size=8.5, align="right", gray=0.4)
    return Sample(
        name="agreement final FINAL.pdf",
        data=write_pdf([first, second, third], title="Consultancy agreement"),
        doc_type="contract",
        fields={"date": "2026-01-12"},
        phrases=("Thornbury Interiors", "Governing law"),
        media_type="application/pdf",
    )


def draw_statement() -> Sample:
    """Write a month's bank statement whose balances add up."""
    page = PdfPage(y=44)
    page.band(height=64, color=(0.07, 0.27, 0.24))
    page.text(MARGIN, "Fernbank Mutual Bank plc", size=20, font="bold", gray=1)
    page.down(60)
    page.text(MARGIN, "BANK STATEMENT", size=16, font="bold")
    page.down(26)
    for left, right in (
        ("Account holder: Juniper House Studios", "Statement date: 31 March 2026"),
        ("Account number: 00447190", "Statement period: 1 to 31 March 2026"),
    ):
        page.row([(MARGIN, "left", left), (_RIGHT, "right", right)])
    page.down(14)
    heads = [
        (MARGIN, "left", "Date"),
        (_TRANSACTION, "left", "Transaction"),
        (_AMOUNT, "right", "Amount GBP"),
        (_RIGHT, "right", "Balance"),
    ]
    page.row(heads, font="bold")
    page.rule(gray=0.3)
    # Each balance is the one before it and the amount, so that a reader can check the statement.
    balance = Decimal("3180.55")
    page.row([(_TRANSACTION, "left", "Opening balance"), (_RIGHT, "right", f"{balance:,.2f}")])
    for date, text, amount in _BOOKINGS:
        balance += Decimal(amount.replace(",", ""))
        page.row(
            [
                (MARGIN, "left", date),
                (_TRANSACTION, "left", text),
                (_AMOUNT, "right", amount),
                (_RIGHT, "right", f"{balance:,.2f}"),
            ]
        )
    page.rule()
    page.row(
        [(_TRANSACTION, "left", "Closing balance"), (_RIGHT, "right", f"{balance:,.2f}")],
        font="bold",
    )
    page.down(20)
    page.paragraph(
        "Your deposits are looked after by people who live nearby. Please check every entry.",
        size=9,
    )
    return Sample(
        name="statement.pdf",
        data=write_pdf([page], title="Statement March 2026"),
        doc_type="bank_statement",
        fields={"company": "Fernbank Mutual Bank plc", "date": "2026-03-31", "currency": "GBP"},
        phrases=("Closing balance", f"{balance:,.2f}"),
        media_type="application/pdf",
    )


def draw_resume() -> Sample:
    """Write a resume of one page."""
    page = PdfPage(y=72)
    page.text(MARGIN, "Tobias Wren", size=24, font="bold")
    page.down(20)
    page.text(
        MARGIN,
        "Bookbinder and archivist   tobias.wren@example.org   +44 1632 960 118",
        size=10,
        gray=0.35,
    )
    page.down(34)
    for title, entries in _RESUME.items():
        page.text(MARGIN, title.upper(), size=12, font="bold")
        page.down(22)
        page.rule()
        for entry in entries:
            page.paragraph(entry)
        page.down(10)
    return Sample(
        name="tw_2026_v4.pdf",
        data=write_pdf([page], title="Curriculum vitae"),
        doc_type="resume",
        phrases=("Tobias Wren", "Kestrel and Daughters"),
        media_type="application/pdf",
    )


def draw_mixed(*, scan: bytes) -> Sample:
    """Write an invoice with text and a scanned page, a JPEG, into one document."""
    # The second page has no text, so that it needs OCR.
    scanned = PdfPage()
    scanned.picture(scan)
    return Sample(
        name="combined.pdf",
        data=write_pdf([invoice_page(JOINER), scanned], title="Invoice and delivery note"),
        doc_type="invoice",
        fields=invoice_fields(JOINER),
        phrases=(JOINER.number, "DELIVERY NOTE"),
        media_type="application/pdf",
    )


def draw_encrypted() -> Sample:
    """Lock an invoice with a password. Its random salt makes every copy differ."""
    writer = PdfWriter(
        clone_from=PdfReader(BytesIO(write_pdf([invoice_page(WEB)], title="Locked")))
    )
    writer.encrypt(user_password=PASSWORD, algorithm="AES-256")
    buffer = BytesIO()
    writer.write(buffer)
    return Sample(
        name="protected.pdf",
        data=buffer.getvalue(),
        doc_type=None,
        status="encrypted",
        media_type="application/pdf",
    )


def draw_damaged() -> Sample:
    """Cut an invoice's PDF off in the middle of its page, as an interrupted upload does."""
    # The page's text begins after `stream`; there is no cross-reference table behind the cut.
    whole = write_pdf([invoice_page(OFFICE)], title="Broken off")
    return Sample(
        name="broken.pdf",
        data=whole[: whole.index(b"stream") + 400],
        doc_type=None,
        status="damaged",
        media_type="application/pdf",
    )
