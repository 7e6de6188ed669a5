"""Single documents: the same seed draws the same bytes, and other programs can open them."""

from collections.abc import Callable
from email import message_from_bytes
from email.policy import default
from io import BytesIO

import numpy as np
import openpyxl
import pypdfium2
import pytest
from docx import Document
from PIL import Image
from pypdf import PdfReader

from infra.samples.documents import (
    PASSWORD,
    draw_contract,
    draw_damaged,
    draw_encrypted,
    draw_mixed,
    draw_statement,
)
from infra.samples.invoices import COURIER, OFFICE, WEB, Invoice, draw_invoice
from infra.samples.office import draw_docx, draw_mail, draw_xlsx
from infra.samples.receipts import RECEIPTS, Receipt
from infra.samples.sample import Sample
from infra.samples.scans import draw_delivery_note, draw_fax, draw_letter


def _rng() -> np.random.Generator:
    return np.random.default_rng(7)


def _pdf_text(sample: Sample) -> str:
    document = pypdfium2.PdfDocument(sample.data)
    try:
        return "\n".join(page.get_textpage().get_text_range() for page in document)
    finally:
        document.close()


@pytest.mark.parametrize("draw", [draw_docx, draw_xlsx, draw_mail, draw_contract, draw_damaged])
def test_drawing_twice_gives_the_same_bytes(draw: Callable[[], Sample]):
    """A document does not depend on the date or the machine."""
    assert draw().data == draw().data


@pytest.mark.slow
@pytest.mark.parametrize("draw", [draw_letter, draw_fax])
def test_the_same_seed_gives_the_same_scan(draw: Callable[..., Sample]):
    """Dust and grain come from the random generator only."""
    assert draw(rng=_rng()).data == draw(rng=_rng()).data


@pytest.mark.parametrize("invoice", [OFFICE, WEB, COURIER], ids=lambda invoice: invoice.number)
def test_an_invoice_has_its_values_as_text(invoice: Invoice):
    """The page shows the values of `truth.json`."""
    sample = draw_invoice(invoice)

    text = _pdf_text(sample)

    assert invoice.number in text
    assert invoice.printed_date in text
    assert f"{invoice.sign}{invoice.total:,.2f}" in text


def test_a_strict_reader_accepts_the_pdf():
    """The cross-reference table is correct: nothing has to be repaired."""
    reader = PdfReader(BytesIO(draw_contract().data), strict=True)

    assert len(reader.pages) == 3


def test_the_mixed_pdf_has_one_page_with_text_and_one_without():
    """The second page is a picture of a page."""
    reader = PdfReader(BytesIO(draw_mixed(scan=draw_delivery_note(rng=_rng())).data))

    texts = [page.extract_text().strip() for page in reader.pages]

    assert [bool(text) for text in texts] == [True, False]
    assert len(reader.pages[1].images) == 1


def test_the_encrypted_pdf_opens_with_its_password_only():
    """Without the password, a reader gets nothing."""
    reader = PdfReader(BytesIO(draw_encrypted().data))

    assert not reader.decrypt("")
    assert reader.decrypt(PASSWORD)


def test_the_damaged_pdf_cannot_be_opened():
    """A lenient reader cannot repair it either."""
    with pytest.raises(pypdfium2.PdfiumError):
        pypdfium2.PdfDocument(draw_damaged().data)


def test_the_statement_adds_up():
    """Opening balance and bookings give the closing balance that is printed."""
    assert "4,757.20" in _pdf_text(draw_statement())


def test_the_fax_has_three_pages():
    """Each page of the fax is one image of the TIFF file."""
    with Image.open(BytesIO(draw_fax(rng=_rng()).data)) as picture:
        assert picture.n_frames == 3


def test_a_spreadsheet_library_opens_the_workbook():
    """Another library reads the workbook."""
    book = openpyxl.load_workbook(BytesIO(draw_xlsx().data))

    assert [cell.value for cell in book.active[8]] == ["Total", "", 118]
    book.close()


def test_a_word_library_opens_the_document():
    """The document is complete after its members got one date."""
    document = Document(BytesIO(draw_docx().data))

    assert document.tables[0].cell(2, 0).text == "Fog, lifting"


def test_the_mail_has_an_invoice():
    """The attachment can be read from the mail."""
    mail = message_from_bytes(draw_mail().data, policy=default)

    (attachment,) = mail.iter_attachments()

    assert attachment.get_filename() == "order-confirmation.pdf"
    assert attachment.get_content().startswith(b"%PDF-")


@pytest.mark.parametrize("receipt", RECEIPTS, ids=lambda receipt: receipt.file)
def test_a_receipt_adds_up(receipt: Receipt):
    """The items, and the tax if it is added, make the total that is printed."""
    amounts = {
        text: float(amount.lstrip("$"))
        for text, amount in (*receipt.items, *receipt.sums, receipt.total)
    }
    items = sum(float(amount.lstrip("$")) for _, amount in receipt.items)
    added = sum(amount for text, amount in amounts.items() if text.startswith(("HST", "Tax ")))

    assert round(items + added, 2) == amounts[receipt.total[0]]
