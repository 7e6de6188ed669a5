"""Longer papers born digital: a contract, a bank statement, a resume, and PDFs that are mixed, locked or broken."""

from decimal import Decimal
from io import BytesIO

from pypdf import PdfReader, PdfWriter

from infra.samples.invoices import JOINER, OFFICE, WEB, invoice_fields, invoice_page
from infra.samples.pdfs import HEIGHT, MARGIN, WIDTH, Page, write_pdf
from infra.samples.sample import Sample

PASSWORD = "open sesame"  # noqa: S105 - printed in the documentation: the sample is locked, not secret
_RIGHT = WIDTH - MARGIN
_CONTRACT = """\
1. Services
The Consultant shall plan and carry out the redesign of the Client's reading rooms as described in Schedule A,
with the care to be expected of an experienced professional. Changes to the scope are agreed in writing before
work on them begins.

2. Term
This Agreement begins on the Effective Date and continues for twelve months. Either party may end it with
thirty days' notice in writing. Clauses 5 and 6 survive its end.

3. Fees
The Client shall pay a fixed fee of GBP 18,500.00, in four equal instalments, each within thirty days of a
proper invoice. Travel outside London is charged at cost with receipts.

4. Working together
Each party names one person who may speak for it. The parties meet every second week; minutes are kept by the
Consultant and count as agreed unless contradicted within five working days.

5. Confidentiality
Each party shall keep the other's confidential information secret, use it only for this Agreement and return
or destroy it on request. This does not apply to what is or becomes public without breach.

6. Liability
Neither party excludes liability for death or injury caused by negligence or for fraud. Otherwise each party's
liability under this Agreement is limited to the fees paid in the preceding twelve months.

7. Intellectual property
Rights in drawings and specifications pass to the Client when the fee for them is paid. The Consultant may
show photographs of the finished rooms in a portfolio, with the Client's consent.

8. Governing law
This Agreement is governed by the law of England and Wales, whose courts alone decide disputes arising from
it. It is the entire agreement between the parties on its subject.
"""
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
    """Set a consultancy agreement of three pages."""
    first, second, third = Page(), Page(), Page()
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
    clauses = [clause.split("\n", 1) for clause in _CONTRACT.split("\n\n")]
    for page, some in ((first, clauses[:3]), (second, clauses[3:7]), (third, clauses[7:])):
        for title, text in some:
            page.down(6)
            page.text(MARGIN, title, size=12, font="bold")
            page.down(20)
            page.paragraph(text)
    _signatures(third)
    for number, page in enumerate((first, second, third), start=1):
        page.y = HEIGHT - 40
        page.text(_RIGHT, f"Page {number} of 3", size=8.5, align="right", grey=0.4)
    return Sample(
        name="agreement final FINAL.pdf",
        data=write_pdf([first, second, third], title="Consultancy agreement"),
        doc_type="contract",
        fields={"date": "2026-01-12"},
        phrases=("Thornbury Interiors", "Governing law"),
        media_type="application/pdf",
    )


def _signatures(page: Page) -> None:
    page.down(20)
    page.paragraph("Signed by the parties on the date written at the beginning.")
    page.down(40)
    for x, name, role in (
        (MARGIN, "Priya Castellane", "for the Client"),
        (320.0, "Adaeze Thornbury", "the Consultant"),
    ):
        page.text(x, name, size=16, font="oblique", grey=0.25)
        page.y += 6
        page.text(x, "." * 48, size=9)
        page.y += 16
        page.text(x, f"{name}, {role}", size=9)
        page.y -= 22


def draw_statement() -> Sample:
    """Set a month's bank statement whose balances add up."""
    page = Page(y=44)
    page.band(height=64, colour=(0.07, 0.27, 0.24))
    page.text(MARGIN, "Fernbank Mutual Bank plc", size=20, font="bold", grey=1)
    page.down(60)
    page.text(MARGIN, "BANK STATEMENT", size=16, font="bold")
    page.down(26)
    for left, right in (
        ("Account holder: Juniper House Studios", "Statement date: 31 March 2026"),
        ("Account number: 00447190", "Statement period: 1 to 31 March 2026"),
    ):
        page.row([(MARGIN, "left", left), (_RIGHT, "right", right)])
    page.down(14)
    page.row(
        [
            (MARGIN, "left", "Date"),
            (140, "left", "Transaction"),
            (440, "right", "Amount GBP"),
            (_RIGHT, "right", "Balance"),
        ],
        font="bold",
    )
    page.rule(grey=0.3)
    balance = Decimal("3180.55")
    page.row([(140, "left", "Opening balance"), (_RIGHT, "right", f"{balance:,.2f}")])
    for date, text, amount in _BOOKINGS:
        balance += Decimal(amount.replace(",", ""))
        page.row(
            [
                (MARGIN, "left", date),
                (140, "left", text),
                (440, "right", amount),
                (_RIGHT, "right", f"{balance:,.2f}"),
            ]
        )
    page.rule()
    page.row([(140, "left", "Closing balance"), (_RIGHT, "right", f"{balance:,.2f}")], font="bold")
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
    """Set a one-page resume."""
    page = Page(y=72)
    page.text(MARGIN, "Tobias Wren", size=24, font="bold")
    page.down(20)
    page.text(
        MARGIN,
        "Bookbinder and archivist   tobias.wren@example.org   +44 1632 960 118",
        size=10,
        grey=0.35,
    )
    page.down(34)
    for title, entries in (
        (
            "Profile",
            ("Twelve years of mending what others had given up: paper, leather, and catalogues.",),
        ),
        (
            "Work experience",
            (
                "2021 - present   Head of conservation, Saltmarsh County Archive. Leads a team of four.",
                "2016 - 2021   Bookbinder, Kestrel and Daughters, Norwich. Restored 300 parish registers.",
                "2014 - 2016   Apprentice, Old Mill Bindery, Ludlow.",
            ),
        ),
        (
            "Education",
            (
                "MA Conservation of Books, West Dean, 2016",
                "BA History, University of Leicester, 2013",
            ),
        ),
        (
            "Skills",
            (
                "Paper repair, gold tooling, deacidification, cataloguing in EAD, first aid",
                "English, Dutch",
            ),
        ),
        ("References", ("Available on request.",)),
    ):
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
    """Bind an invoice's text page and a scanned sheet (a JPEG) into one document."""
    scanned = Page()
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
    """Lock an invoice with a user's password; the random salt makes every copy differ."""
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
    """Break off an invoice's PDF in the middle of its page, as an interrupted upload leaves it."""
    whole = write_pdf([invoice_page(OFFICE)], title="Broken off")
    return Sample(
        name="broken.pdf",
        data=whole[: whole.index(b"stream") + 400],
        doc_type=None,
        status="damaged",
        media_type="application/pdf",
    )
