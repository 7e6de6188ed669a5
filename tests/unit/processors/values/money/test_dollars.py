"""Dollars are those of the country that a document names; without one they are a suggestion."""

import pytest

from pipeline.model import Finding, PageText
from processors.classify.classifier import classify
from processors.confidence import with_probabilities
from processors.confidence.model import MOST_OF_SUGGESTION, WRITE_AT
from processors.contract import Page
from processors.values import find_values

_BILL = "INVOICE\nInvoice No: 71\nDate: 3 May 2031\nTea $45.00\nCake $9.00\nTotal $54.00"


def _currency(*lines: str) -> Finding:
    text = "\n".join(["Otter", *lines, _BILL])
    page = Page(PageText(number=1, source="text", engine=None, confidence=None, text=text))
    doc_type = classify([page], media_type="text/plain")
    found = find_values([page], doc_class=doc_type.value)
    return with_probabilities(found, [page], doc_type=doc_type)["currency"]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("12 Elm St, Dayton, OH 45402-1120", "USD"),
        ("Phone (937) 555-0182", "USD"),
        ("Call +1 937-555-0182 or 800-555-0101", "USD"),
        ("Tel. 416-555-0182", "CAD"),
        ("12 Elm St, Hamilton ON L8P 1A1", "CAD"),
        ("GST/HST No. 123456789 RT0001", "CAD"),
        ("12 Banksia Rd, Ballarat VIC 3350", "AUD"),
        ("ABN 53 004 085 616", "AUD"),
        ("GST Number 49-091-850", "NZD"),
        ("UEN 200012345M", "SGD"),
        ("Nathan Road, Kowloon", "HKD"),
        ("RFC: OTT010101AB1", "MXN"),
        ("CUIT 30-71234567-1", "ARS"),
        ("Carrera 7, Bogotá D.C.", "COP"),
        ("Hope Road, Kingston 6, Jamaica", "JMD"),
    ],
)
def test_dollars_are_those_of_the_country_that_a_bill_names(line: str, code: str):
    """A place, a tax number or an area code says whose they are."""
    found = _currency(line)

    assert found.value == code
    assert found.confidence >= WRITE_AT


@pytest.mark.parametrize(
    "line",
    [
        "Thank you",
        "Call 800-555-0101",
        "Tel. (876) 555-0182",
        "Tel. 416-555-0182 or 937-555-0182",
        "Hauptstr. 5, DE 70173 Stuttgart",
        "Ref. WA 2031-05",
        "Otter SA 2031",
    ],
)
def test_dollars_without_a_country_are_a_suggestion(line: str):
    """They are most often those of the United States, and not sure to be."""
    found = _currency(line)

    assert found.value == "USD"
    assert found.confidence <= MOST_OF_SUGGESTION


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        (("Tea €45.00", "Total €54.00", "approx. $60.10"), "EUR"),
        (("Tea €45.00 KR3 set",), "EUR"),
        (("Tea $45.00", "Total $54.00", "approx. €50.10"), "USD"),
        (("Tea $45.00", "Total $54.00", "approx. US$ 50.10"), "USD"),
    ],
)
def test_a_remark_in_another_currency_does_not_decide(lines: tuple[str, ...], code: str):
    """What most amounts are in is the currency, also where nothing says whose dollars they are."""
    text = "\n".join(lines)
    page = Page(PageText(number=1, source="text", engine=None, confidence=None, text=text))

    assert find_values([page])["currency"].value == code


def _assumed(*lines: str) -> Finding | None:
    text = "\n".join(["Otter", *lines, "2 May 2031", "Tea 45,00", "Total 45,00"])
    page = Page(PageText(number=1, source="text", engine=None, confidence=None, text=text))
    doc_type = classify([page], media_type="text/plain")
    found = find_values([page], doc_class=doc_type.value)
    return with_probabilities(found, [page], doc_type=doc_type).get("currency")


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        (("Facture N° 71", "SIRET 512 334 118 00027"), "EUR"),
        (("Rechnung 71", "70173 Stuttgart, Deutschland"), "EUR"),
        (("Rechnung 71", "MwSt 19 %", "IBAN DE89 3704 0044 0532 0130 00"), "EUR"),
        (("Invoice 71", "OTTER SDN BHD", "KUALA LUMPUR"), "MYR"),
    ],
)
def test_the_currency_of_a_place_is_assumed(lines: tuple[str, ...], code: str):
    """A place, a number of a company or an account says which money is meant."""
    found = _assumed(*lines)

    assert found is not None
    assert found.value == code
    assert found.confidence >= WRITE_AT


@pytest.mark.parametrize(
    "lines",
    [
        ("Facture N° 71", "TVA 18 %", "Merci"),
        ("Rechnung 71", "MwSt 8,1 %"),
        ("Fatura 71", "Otter Lda"),
        ("Factura 71", "Cif y nif"),
    ],
)
def test_words_of_a_language_are_no_place(lines: tuple[str, ...]):
    """The same words are on the bills of countries with other money."""
    found = _assumed(*lines)

    assert found is None or found.confidence <= MOST_OF_SUGGESTION


def test_lei_behind_an_amount_are_those_of_romania():
    """No other country's currency is assumed beside them."""
    found = _assumed("Factura 71", "Total de plata 45,00 lei")

    assert found is not None
    assert found.value == "RON"
