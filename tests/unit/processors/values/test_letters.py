"""What `find_values` promises about letters and mails that are about a bill."""

import pytest

from pipeline.model import Finding, PageText
from processors.contract import Page
from processors.values import find_values

HEADERS = "From: Tom Hale <{}>\nTo: post@quillmarsh.example\nSubject: Open invoice\n"


def values_of(text: str, doc_class: str | None = None) -> dict[str, Finding]:
    """Return the findings of a text."""
    page = Page(PageText(number=1, source="text", engine=None, confidence=None, text=text))
    return find_values([page], doc_class=doc_class)


@pytest.mark.parametrize(
    "line",
    [
        "Many thanks for invoice 4471 dated 12 March 2031.",
        "Invoice 4471, 12 March 2031, has two lines that we did not order.",
        "Invoice date: 12 March 2031",
        "Re: invoice of 12 March 2031",
    ],
)
@pytest.mark.parametrize("doc_class", ["letter", None])
def test_the_day_of_an_invoice_is_not_that_of_a_letter_about_it(line: str, doc_class: str | None):
    """The day stays a candidate, and a letter's own day is its date."""
    head = "" if doc_class else HEADERS.format("tom@hale.example")
    body = f"Dear Ms Quill,\n{line}\nKind regards\nTom Hale"

    alone = values_of(head + body, doc_class)["date"]
    dated = values_of(f"{head}Date: 2 April 2031\n{body}", doc_class)["date"]

    assert alone.value is None
    assert [each.value for each in alone.others] == ["2031-03-12"]
    assert dated.value == "2031-04-02"


def test_an_invoice_with_the_headers_of_a_mail_keeps_its_date():
    """A mail may be the bill itself."""
    text = HEADERS.format("tom@hale.example") + "Invoice date: 12 March 2031\nTotal 40.00"

    assert values_of(text, "invoice")["date"].value == "2031-03-12"


@pytest.mark.parametrize(
    "line", ["Date: 12 March 2031", "Datum: 12.03.2031", "Date 2031-03-12 17:40"]
)
@pytest.mark.parametrize(
    "headers",
    [
        HEADERS.format("tom@hale.example") + "Date: Mon, 14 Apr 2031 09:12:00 +0100\n",
        "From: tom@hale.example\nDate: 2031-04-14 09:12:00\nSubject: Your ride\n",
    ],
)
def test_the_day_in_a_bill_counts_and_not_that_of_the_mail(line: str, headers: str):
    """A shop sends the receipt days later, and its mail has a day and a time of its own."""
    body = f"Receipt 118\n{line}\nTotal 40.00"

    assert values_of(headers + body, "receipt")["date"].value == "2031-03-12"
    assert values_of(f"{headers}Receipt 118\nTotal 40.00", "receipt")["date"].value == "2031-04-14"


@pytest.mark.parametrize("mailbox", ["tom@hale.example", "tom.hale@post.example"])
@pytest.mark.parametrize("closing", ["Kind regards", "Best", "Many thanks,"])
def test_who_signs_a_mail_is_no_company(mailbox: str, closing: str):
    """Somebody writes from a mailbox with a first name, and signs below the end of a letter."""
    text = f"{HEADERS.format(mailbox)}Invoice 118 is paid: £480.00.\n{closing}\nTom Hale\nSurveyor"

    assert "company" not in values_of(text)


def test_who_heads_a_letter_about_an_invoice_is_no_company():
    """A letter is no bill, whatever number of an invoice it names."""
    text = "Anna Reed\nDear Mr Hale,\nI paid invoice no. 118: £480.00.\nYours sincerely\nAnna Reed"

    assert "company" not in values_of(text, "letter")


def test_a_company_signs_with_its_domain():
    """A name that no list knows is one of a company where its web address is."""
    text = (
        "From: Tom Hale <office@quillmarsh.example>\nSubject: Invoice 118\n"
        "Invoice 118\nTotal 480.00\nKind regards\nQuill Marsh"
    )

    assert values_of(text)["company"].value == "Quill Marsh"
