"""What an electronic invoice says counts, unless its page shows people something else."""

import pytest

from pipeline.model import Finding, PageText
from processors.contract import Page
from processors.values.einvoice.page_check import with_page_checked

XML = {
    "total": Finding("119.00", 1.0, "the XML says so"),
    "net": Finding("100.00", 1.0, "the XML says so"),
    "date": Finding("2031-05-03", 1.0, "the XML says so"),
}


def page_of(text: str) -> Page:
    """Return a page with a text layer."""
    return Page(PageText(number=1, source="text", engine=None, confidence=None, text=text))


def test_another_total_on_the_page():
    """Amounts that the page does not show are suggestions, and those of the page candidates."""
    shown = {"total": Finding("238.00", 0.98, "is after 'total'", page=1)}

    checked = with_page_checked(XML, shown, [page_of("Net 200.00\nTotal 238.00\n3 May 2031")])

    assert checked["total"].value == "119.00"
    assert 0.5 <= checked["total"].confidence < 0.95
    assert "238.00" in checked["total"].reason
    assert [each.value for each in checked["total"].others] == ["238.00"]
    assert checked["net"].confidence < 0.95
    assert checked["date"] == XML["date"]


@pytest.mark.parametrize(
    ("shown", "text"),
    [
        (Finding("100.00", 0.98, "a part"), "Net 100.00\nTotal 119,00 EUR"),
        (Finding("238.00", 0.4, "a guess"), "238.00 of something"),
        (Finding(None, 0.3, "unsure"), "no amount"),
    ],
)
def test_page_without_a_certain_other_total(shown: Finding, text: str):
    """A page that shows the total of the XML, or no certain one, raises no doubt."""
    assert with_page_checked(XML, {"total": shown}, [page_of(text)]) == XML


BILL = XML | {
    "invoice_number": Finding("RT-88/4", 1.0, "the XML says so"),
    "seller": Finding("Tannhof Mill Ltd", 1.0, "the XML says so"),
    "iban": Finding("DE02120300000000202051", 1.0, "the XML says so"),
}


def test_the_page_of_another_bill():
    """If number and day are those of another bill, nothing that the page does not show is sure."""
    shown = {
        "invoice_number": Finding("RT-91/7", 0.97, "is after 'number'", page=1),
        "date": Finding("2031-06-09", 0.99, "is after 'date'", page=1),
    }

    checked = with_page_checked(
        BILL, shown, [page_of("Bill RT-91/7 of 9 June 2031\nDE02 1203 0000 0000 2020 51")]
    )

    sure = {name for name, each in checked.items() if each.confidence >= 0.95}
    assert sure == {"iban"}
    assert [each.value for each in checked["date"].others] == ["2031-06-09"]
    assert "RT-91/7" in checked["seller"].reason


@pytest.mark.parametrize(
    ("shown", "text"),
    [
        (Finding("88/4", 0.97, "after 'number'"), "Bill RT 88-4"),
        (Finding("RT-91/7", 0.6, "after 'ref'"), "Ref RT-91/7"),
        (Finding("RT-91/7", 0.97, "x", others=(Finding("RT-88/4", 0.2, "y"),)), "RT-91/7"),
    ],
)
def test_a_number_that_the_page_shows_too(shown: Finding, text: str):
    """A page with the number of the XML anywhere, or no certain other one, raises no doubt."""
    assert with_page_checked(BILL, {"invoice_number": shown}, [page_of(text)]) == BILL


def test_another_number_alone():
    """One value that differs is a suggestion; the others stay what they are."""
    shown = {"invoice_number": Finding("RT-91/7", 0.97, "is after 'number'", page=1)}

    checked = with_page_checked(BILL, shown, [page_of("Bill RT-91/7\nTotal 119.00")])

    assert {name for name, each in checked.items() if each.confidence < 0.95} == {"invoice_number"}
