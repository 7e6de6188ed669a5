"""The documents in a file are found by its pages; what belongs together stays together."""

import pytest

from processors.contract import Page
from processors.layout.plain_page import text_page
from processors.split import documents_in

BILL = """Kettle Ltd
14 Quay Road, Bristol
INVOICE
Invoice number: 4711
Invoice date: 2026-03-01
Cups and saucers 20.00
Total due: EUR 120.00"""
OTHER_BILL = """Teapot Inc
8 Mill Lane, Bath
INVOICE
Invoice number: 4712
Invoice date: 2026-04-02
Pots 99.00
Total due: EUR 99.00"""
SHORT_BILL = """Kettle Ltd
Invoice
Date: 3 May 2024
Bill to: Ann Fern
Total EUR 120.00"""
DAY_BILL = SHORT_BILL.replace("Date", "Invoice date")
RECEIPT = """Harbour Market
RECEIPT
Cashier: 7
2026-04-05 10:12
Tea 3.50
Cash 5.00
Change 1.50
TOTAL 3.50
Thank you for shopping"""
LETTER = """Juniper House
31 Fern Road
Date: 12 May 2026
Dear Mr Miller,
thank you for your visit last week. We enclose what we have agreed on.
Yours sincerely
Ann Fern"""
CONTRACT = """SERVICE AGREEMENT
This Agreement is made as of 1 June 2026 by and between Alder Works Ltd and Birch Homes Ltd.
1. The parties agree that the supplier shall provide the services.
2. This Agreement is governed by the laws of England.
The parties have executed this Agreement.
Signature"""
PROSE = "and the supplier shall keep all records that the customer may ask for at any time."
TERMS = "Terms and Conditions\n1. Goods remain our property until they are paid.\n2. No refunds."


def ranges(*texts: str) -> list[tuple[int, int]]:
    """Return the pages of each document in a file with these pages."""
    pages = [text_page(text, number=number) for number, text in enumerate(texts, start=1)]
    return [part.page_range for part in documents_in(pages)]


@pytest.mark.parametrize(
    "texts",
    [
        (BILL, OTHER_BILL),
        (BILL, RECEIPT),
        (RECEIPT, CONTRACT),
        (CONTRACT, BILL),
        (LETTER, BILL),
        (BILL, BILL.replace("4711", "4713").replace("03-01", "03-09")),
        (LETTER, LETTER.replace("Juniper", "Alder").replace("12 May", "19 June")),
        (BILL, OTHER_BILL.replace("4712", "4711")),
        (BILL, BILL.replace("Kettle", "Teapot")),
        (BILL, BILL.replace("03-01", "03-09")),
        (BILL, BILL.replace("120.00", "130.00")),
        (LETTER, BILL.replace("Kettle Ltd", "Juniper House")),
        (BILL, LETTER.replace("Juniper House", "Kettle Ltd")),
        (LETTER, RECEIPT.replace("Harbour Market", "Juniper House")),
        (RECEIPT, RECEIPT.replace("04-05", "04-09")),
        (RECEIPT, RECEIPT.replace("3.50", "4.50")),
        (SHORT_BILL, SHORT_BILL.replace("Kettle Ltd", "Badger Ltd").replace("120", "80")),
        # Two days of one company with the same price, and no number.
        (DAY_BILL, DAY_BILL.replace("3 May", "10 May")),
        (
            f"{SHORT_BILL}\nPage 1 of 1",
            f"{SHORT_BILL}\nPage 1 of 1".replace("Kettle Ltd", "Badger Ltd").replace("120", "80"),
        ),
    ],
)
def test_two_documents_are_kept_apart(texts: tuple[str, ...]):
    """Another number, issuer or class begins a document; so does another bill of one number."""
    assert ranges(*texts) == [(1, 1), (2, 2)]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (
            BILL.replace("Total due", "Carried forward"),
            "Continued\nPots 100.00\nTotal due: EUR 120.00",
        ),
        (BILL, TERMS),
        (
            BILL,
            "Conditions\nEffective 1 January 2020. Kettle Group plc\nMinimum order total EUR 500",
        ),
        (BILL, "Appendix A\nDrawings of the cups"),
        (BILL, BILL.replace("INVOICE", "INVOICE  COPY")),
        (BILL, BILL.replace("Kettle Ltd", "Kettle Ltd (duplicate)")),
        (BILL.replace("Total due: EUR 120", "Total: EUR 20"), BILL),
        (BILL, "Kettle Ltd\nInvoice number: 4711\nDate  Visit\n2026-02-03  20.00\nTotal: 20.00"),
        (DAY_BILL.replace("EUR 120", "EUR 20"), f"{DAY_BILL}\nCups for 9 May 2024"),
        # One day in two forms, of which one may mean another day as well.
        (DAY_BILL.replace("3 May 2024", "05/03/2024"), DAY_BILL),
        (RECEIPT, RECEIPT.replace("RECEIPT", "RECEIPT  COPY")),
        (LETTER, "The prices of the cups\nTotal: EUR 20.00 on 3 June 2026\nYours sincerely"),
        (BILL, "Sold by Teapot Inc\nInvoice number: 4711\nPots 120.00\nTotal: 120.00"),
        (CONTRACT, "Exhibit B\nPrices of the services"),
        (CONTRACT, PROSE),
        (BILL, ""),
        (f"{BILL}\nPage 1 of 2", f"{OTHER_BILL}\nPage 2 of 2"),
        (f"{CONTRACT}\n- 1 -", f"Payment\n{PROSE}\n- 2 -"),
    ],
)
def test_what_belongs_to_a_document_does_not_begin_one(first: str, second: str):
    """Continued pages, terms, annexes, copies and blank pages stay with their document."""
    assert ranges(first, second) == [(1, 2)]


def test_the_numbers_of_pages_say_where_documents_begin():
    """What is page 1 of 2 begins, what is page 2 of 2 continues, also without other signs."""
    pages = [f"Report\nLine {n}\nPage {n} of 2" for n in (1, 2)]

    assert ranges(*pages, *pages) == [(1, 2), (3, 4)]


def test_a_statement_that_lists_invoices_is_one_document():
    """Numbers of others, page by page, without a total for each, are a list."""
    rows = [f"Statement of account\nInvoice number: 47{n}\nCups 20.00" for n in range(10, 13)]

    assert ranges(*rows, "Invoice number: 4799\nTotal due: EUR 60.00") == [(1, 4)]


def test_the_reasons_of_a_border_are_named():
    """A user can see why a document begins."""
    pages = [text_page(BILL), text_page(OTHER_BILL, number=2)]

    first, second = documents_in(pages)

    assert first.reasons == ()
    assert "it has another number and a total of its own" in second.reasons
    assert (first.named, second.named) == ("page 1", "page 2")


def test_sheets_and_slides_are_not_kept_apart_by_their_class():
    """Only numbers and sums count where each page looks different anyway."""
    pages: list[Page] = [text_page(CONTRACT), text_page(RECEIPT, number=2)]

    assert len(documents_in(pages, media_type="application/vnd.ms-excel")) == 1
    assert len(documents_in(pages)) == 2


def test_later_pages_are_read_by_their_heads():
    """A document begins on any page, also where only the text of pages is kept."""
    text = [text_page(f"{PROSE}\n{n}", number=n) for n in range(1, 30)]
    bill = text_page(f"{BILL}\nPage 1 of 2", number=30)

    assert [part.page_range for part in documents_in([*text, bill])] == [(1, 29), (30, 30)]
