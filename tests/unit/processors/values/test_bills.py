"""What `find_values` and the classes promise about bills that look like something else."""

import pytest

from pipeline.model import Finding, PageText
from processors.classify.classifier import classify
from processors.confidence import with_probabilities
from processors.confidence.model import WRITE_AT
from processors.contract import Page
from processors.values import find_values


def page(text: str) -> Page:
    """Return a page that is nothing but a text."""
    return Page(PageText(number=1, source="text", engine=None, confidence=None, text=text))


def found(text: str) -> dict[str, Finding]:
    """Find the values of a text."""
    return find_values([page(text)])


def certainty(name: str, text: str) -> float:
    """Return how likely a value of a text is right; 0.0 without one."""
    pages = [page(text)]
    doc_type = classify(pages, media_type="text/plain")
    values = find_values(pages, doc_class=doc_type.value)
    finding = with_probabilities(values, pages, doc_type=doc_type).get(name)
    return finding.confidence if finding and finding.value else 0.0


def value(name: str, text: str) -> str | None:
    """Find one value of a text."""
    finding = found(text).get(name)
    return finding.value if finding else None


@pytest.mark.parametrize(
    ("entries", "total"),
    [
        ("Previous balance 40.00\nPayment -40.00\nCurrent charges 71.20", "71.20"),
        ("Drain cleared 60.00\nNew tap 11.20", "71.20"),
        ("Previous balance 40.00\nCurrent charges 31.20", None),
        ("03/04/2031 Drain cleared 60.00\n09/04/2031 New tap 11.20", None),
        ("Balance brought forward 60.00\nNew tap 11.20", None),
        ("Invoice K-81 60.00\nInvoice K-82 11.20\nNew charges 71.20", None),
        ("Delivery 5512 60.00\nDelivery 5519 11.20", None),
        ("Delivery 5512 60.00\nNew tap 11.20", "71.20"),
        ("Current charges 71.20\nVAT 19 % 3.00\nVAT 7 % 1.00", "71.20"),
    ],
)
def test_a_statement_of_its_own_charges_is_a_bill(entries: str, total: str | None):
    """A statement without bills, payments and days has a total, or one whose charges are it."""
    text = f"Rill Water\nSTATEMENT\nStatement date 30 April 2031\n{entries}\nTotal due 71.20"

    assert value("total", text) == total


@pytest.mark.parametrize("heading", ["Invoice no\tCustomer\tInvoice date\tAmount"])
def test_a_table_of_bills_is_none(heading: str):
    """Rows of different numbers are bills; a table of one, or below a bill's number, is a bill."""
    rows = ["K-81\tVole\t2031-05-03\t9.00", "K-82\tRill\t2031-05-04\t7.00", "Total\t\t\t16.00"]
    names = ("total", "date", "invoice_number")
    listed = "\n".join([heading, *rows])
    single = "\n".join([heading, rows[0], "Total\t\t\t9.00"])
    own = f"Invoice number: R-7\nDate: 6 May 2031\n{listed}"

    assert [value(name, listed) for name in names] == [None, None, None]
    assert [value(name, single) for name in names] == ["9.00", "2031-05-03", "K-81"]
    assert [value(name, own) for name in names] == ["16.00", "2031-05-06", "R-7"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("VOLE FENCING (PTY) LTD\nSubtotal R 1 400.00\nTotal R 1 610.00", "ZAR"),
        ("VOLE FENCING (PTY) LTD\nTotal P 1 610.00", None),
        ("VOLE FENCING LTD\nTotal R 1 610.00", None),
    ],
)
def test_a_letter_is_a_currency_where_the_country_is_named(text: str, code: str | None):
    """A letter beside an amount is the sign of a currency if something hints at its country."""
    assert value("currency", text) == code


@pytest.mark.parametrize(
    "text",
    [
        "KREDITNOTA\nVole ApS\nKreditnota nr.: 77\nMoms 25 % -9,00\nI alt DKK -45,00",
        (
            "Rill Energy\nELECTRICITY BILL\nAccount number: 8\nBill number: 77\nBill date: 3 May 2031\n"
            "Total due 9.00"
        ),
        "세금계산서\n공급자: 한강\n공급받는자: 남산\n공급가액 9,000원\n합계금액 9,900원",
    ],
)
def test_bills_of_many_names_are_invoices(text: str):
    """A credit note, a bill of a utility and a bill in another language are of the class."""
    assert classify([page(text)], media_type="text/plain").value == "invoice"


def test_a_table_of_bills_is_of_no_class():
    """Headings that are words of an invoice do not make one of a table."""
    listed = "Invoice no\tCustomer\tInvoice date\tTotal\nK-81\tVole\t2031-05-03\t9.00"
    sheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

    assert classify([page(listed)], media_type=sheet).value == "invoice"
    listed += "\nK-82\tRill\t2031-05-04\t7.00"
    assert classify([page(listed)], media_type=sheet).value == "other"


def test_the_day_of_something_that_a_line_names_is_not_the_date():
    """Words with a colon before a date say what it is of, whether a list has them or not."""
    text = "Rill Ltd\nOrder date: 3 May 2031\nExpected at your door: 9 May 2031\nTotal 9.00"

    assert value("date", text) == "2031-05-03"
    assert (
        value("date", "Rill Ltd\nLoaded: 9 May 2031\nKendal, 3 May 2031\nTotal 9.00")
        == "2031-05-03"
    )
    assert value("date", "Rill Ltd\nKuupaev: 9 May 2031\nTotal 9.00") == "2031-05-09"
    assert value("date", "Rill Ltd\nTill 2: 9 May 2031\nTotal 9.00") == "2031-05-09"


def test_rows_of_the_first_day_do_not_hide_a_list():
    """A folio has several charges of a day below "Date"; none of its days is labeled as its own."""
    rows = "03/25/2031  Room  90.00\n03/25/2031  Tax  9.00\n03/26/2031  Room  90.00"
    listed = f"The Inn\nDate  Charge  Sum\n{rows}\nTotal 189.00"

    assert "after 'date'" not in found(listed)["date"].reason
    assert value("date", f"Folio date: 03/27/2031\n{listed}") == "2031-03-27"


def test_the_heading_of_a_table_of_bills_announces_no_date():
    """Below "invoice date" are the days of several bills, or that of one."""
    rows = "No  Invoice date  Sum\nK-8  14/01/2031  12.00\nK-9  21/01/2031  3.60"

    assert "invoice date" not in found(rows)["date"].reason
    assert "invoice date" in found(rows.rpartition("\n")[0])["date"].reason


def test_the_day_of_the_bill_that_is_corrected_is_not_the_date():
    """Behind the number of another bill, "dated" is of that one; of the document's own it counts."""
    note = "CREDIT NOTE C-17\nDate 12 June 2031\n"
    total = "\nTotal -9.00"

    assert value("date", f"{note}Against invoice R-8 dated 3 May 2031{total}") == "2031-06-12"
    assert (
        value("date", f"{note}Original receipt no. 8 issued on 3 May 2031{total}") == "2031-06-12"
    )
    assert (
        value("date", f"Offer of 12 June 2031\nInvoice 8 dated 3 May 2031{total}") == "2031-05-03"
    )


@pytest.mark.parametrize(
    "line",
    [
        "Adjusts bill R-8 dated 3 May 2031",
        "Adjusts our tax invoice no. R-8, invoice date: 3 May 2031",
        "Invoice no R-8\tInvoice date 3 May 2031",
        "With respect to the invoice dated 3 May 2031",
        "Korrektur zu Ihrer Rechnung 2031/8 vom 3.5.2031",
        "Rif. fattura R-8 del 03/05/2031",
        "Invoice number R-8\nInvoice date: 3 May 2031",
    ],
)
@pytest.mark.parametrize(
    "own", ["Date: 12 June 2031", "12 June 2031", "Credit note date 2031-06-12"]
)
def test_the_day_of_a_bill_whose_number_is_beside_it_is_not_that_of_its_credit(line: str, own: str):
    """The note's own day wins over that of the bill; that alone is a suggestion at most."""
    text = "CREDIT NOTE C-17\nVole Fencing\n{}\nTotal -9.00"

    assert value("date", text.format(f"{own}\n{line}")) == "2031-06-12"
    assert value("date", text.format(f"{line}\n{own}")) == "2031-06-12"
    assert certainty("date", text.format(line)) < WRITE_AT


def test_the_day_of_another_number_is_not_the_date():
    """Beside the document's own number "dated" is of the document, beside another one it is not."""
    text = "Vole Fencing\nInvoice no: R-9\nDate: 12 June 2031\n{}\nTotal 9.00"
    alone = "Vole Fencing\nTax invoice R-{} dated 3 May 2031\nTotal 9.00"

    assert value("date", text.format("Receipt 55 dated 3 May 2031")) == "2031-06-12"
    assert value("date", text.format("Invoice R-9 dated 3 May 2031")) == "2031-05-03"
    assert value("date", alone.format(9)) == "2031-05-03"
    assert certainty("date", alone.format(9)) >= WRITE_AT
    assert (
        certainty("date", "Vole Fencing\nDate of invoice R-9: 3 May 2031\nTotal 9.00") >= WRITE_AT
    )


@pytest.mark.parametrize(
    "lines",
    [
        "Loaded: 3 May 2031",
        "Inspection due again: 3 May 2031",
        "Date\tWork\tSum\n3 May 2031\tMowing\t4.00\n7 May 2031\tHedge\t5.00",
        "Day\tWork\tSum\n3 May 2031\tMowing\t4.00\n7 May 2031\tHedge\t5.00",
    ],
)
def test_the_day_of_a_row_or_a_thing_alone_is_a_suggestion(lines: str):
    """A date of something else is not written; one with a label of its own beside it is."""
    text = f"INVOICE\nVole Fencing\nInvoice no: R-9\n{lines}\nTotal 9.00"

    assert certainty("date", text) < WRITE_AT
    assert value("date", f"{text}\nInvoice date: 12 June 2031") == "2031-06-12"
    assert certainty("date", f"{text}\nInvoice date: 12 June 2031") >= WRITE_AT


def test_a_row_that_is_the_head_of_a_bill_has_its_date():
    """Rows of what was sold, with days below the bill's, are not of one list with its head."""
    text = "INVOICE\nVole Fencing\nInvoice no\tInvoice date\tTerms\n{}\nTotal 9.00"
    head, sold = "R-9\t3 May 2031\t14 days", "Post\t1 June 2031\t4.00\nRail\t2 June 2031\t5.00"

    assert value("date", text.format(f"{head}\n{sold}")) == "2031-05-03"
    assert value("date", text.format(head)) == "2031-05-03"


@pytest.mark.parametrize(
    "rows",
    [
        "Bill\tSeat\tGuests\n5512\t8\t3\n3\tSoup\t9.00",
        "Receipt\tDate\tTill\n5512\t3 May 2031\t2\n3\t3.00\t9.00",
        "Bill\tQty\tSum\n5512\t1\t4.00\n3\t2\t5.00",
    ],
)
def test_the_head_of_a_check_is_no_table_of_bills(rows: str):
    """Below a number is a quantity: a table of bills has days or amounts, and numbers alike."""
    assert value("total", f"{rows}\nTotal 9.00") == "9.00"


def test_what_is_due_after_the_work_is_no_total():
    """A bill for a deposit says what will be due later, which is not its total."""
    text = "INVOICE R-8\nDeposit due now 400.00\nBalance due on completion 600.00"

    assert value("total", text) != "600.00"
    assert value("total", "INVOICE R-8\nWork 600.00\nBalance due on receipt 600.00") == "600.00"
