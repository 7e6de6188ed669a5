"""What a sentence or a minimum calls due is not written as the total of a paper."""

import pytest

from pipeline.model import Finding, PageText
from processors.classify.classifier import classify
from processors.confidence import with_probabilities
from processors.confidence.model import MOST_OF_SUGGESTION, WRITE_AT
from processors.contract import Page
from processors.values import find_values


def _total(text: str) -> Finding | None:
    page = Page(PageText(number=1, source="text", engine=None, confidence=None, text=text))
    doc_type = classify([page], media_type="text/plain")
    found = find_values([page], doc_class=doc_type.value)
    return with_probabilities(found, [page], doc_type=doc_type).get("total")


@pytest.mark.parametrize(
    "sentence",
    [
        "Your outstanding balance on 30 April 2031 was £141.20.",
        "At the end of the year the balance of your account was £141.20 and",
        "Der offene Betrag war zum Ende des Jahres mit der Summe 141,20 EUR",
    ],
)
def test_a_total_that_only_a_sentence_names_is_a_suggestion(sentence: str):
    """It may be the sum of anything."""
    found = _total(f"Otter Bank\n6 May 2031\nDear Mr Lowe,\n{sentence}\nYours sincerely\n")

    assert found is None or found.confidence <= MOST_OF_SUGGESTION


def test_a_total_that_a_line_and_a_sentence_name_is_written():
    """The line says it, too."""
    text = (
        "Otter Ltd\nInvoice no: 71\n6 May 2031\nTea £41.20\nCake £100.00\nTotal £141.20\n"
        "Please pay the total amount of £141.20 within the next two weeks.\n"
    )

    found = _total(text)

    assert found is not None
    assert (found.value, found.confidence >= WRITE_AT) == ("141.20", True)


@pytest.mark.parametrize("words", ["Minimum amount due", "Minimum payment", "Pago mínimo"])
def test_the_least_that_is_to_be_paid_is_no_total(words: str):
    """It is a part of what is owed."""
    found = _total(f"Otter Insurance\nPremium for 6 months $642.00\n{words} $107.00\n")

    assert found is None or found.value != "107.00"


@pytest.mark.parametrize("words", ["Netto uit te betalen", "Att utbetala", "Do wypłaty"])
def test_what_a_payslip_pays_out_has_many_names(words: str):
    """It is the total of the payslip."""
    titles = {"Att": "Lönespecifikation", "Do": "Payslip", "Netto": "Salarisspecificatie"}
    text = f"{titles[words.split(maxsplit=1)[0]]}\nOtter BV\nGross pay 2.900,00\n{words} 2.210,34\n"

    found = _total(text)

    assert found is not None
    assert found.value == "2210.34"
