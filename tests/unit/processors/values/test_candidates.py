"""A finding names the values that it may be instead: few, short, and each once."""

import pytest

from pipeline.model import PageText
from pipeline.model.reading import MOST_CANDIDATE_CHARS, MOST_CANDIDATES
from processors.classify.classifier import classify
from processors.contract import Page
from processors.values import find_values


def page(text: str) -> Page:
    """Return a page with a text."""
    return Page(PageText(number=1, source="text", engine=None, confidence=None, text=text))


def values(text: str, name: str) -> tuple[str | None, list[str]]:
    """Return a value of a text, and what it may be instead."""
    finding = find_values([page(text)])[name]
    return finding.value, [other.value for other in finding.others]


@pytest.mark.parametrize(
    ("name", "text", "value", "others"),
    [
        ("total", "Subtotal 7.00\nVAT 1.00\nTotal 8.00\nCash 10.00", "8.00", ["7.00", "10.00"]),
        ("total", "Total 8.00\nTotal 9.00", "9.00", ["8.00"]),
        ("amount_due", "Amount due 5.00\nTotal 9.00\nAmount due 6.00", "6.00", ["5.00"]),
        ("date", "Invoice date: 2031-05-04\nDate: 2031-05-06", "2031-05-04", ["2031-05-06"]),
        ("date", "Date: 04/05/2031", None, ["2031-05-04", "2031-04-05"]),
        ("invoice_number", "Invoice no: A-1\nInvoice A-2\nInvoice no: A-1", "A-1", ["A-2"]),
        ("currency", "Total kr 12,00", None, ["SEK", "NOK", "DKK"]),
        ("currency", "A EUR 2.00\nB EUR 3.00\nC CHF 4.00", "EUR", ["CHF"]),
        ("company", "Total 5.00\nElm Books Ltd", "Elm Books Ltd", ["Small Shop"]),
        (
            "net",
            "Subtotal 90.00\nNet amount 100.00\nVAT 20% 20.00\nTax paid 3.00\nTotal 120.00",
            "100.00",
            ["90.00"],
        ),
        (
            "tax",
            "Net amount 100.00\nVAT 20% 20.00\nTax paid 3.00\nTotal 120.00",
            "20.00",
            ["3.00"],
        ),
        (
            "address",
            "12 High Street\nLondon SW1A 1AA\nTotal 5.00\nShip to:\nJo Doe\n9 Mill Road\nLeeds LS1 4AB",
            "12 High Street London SW1A 1AA",
            ["9 Mill Road Leeds LS1 4AB"],
        ),
        (
            "buyer",
            "Total 7.00\nBill to: Elm Books\nShip to: Oak Depot",
            "Elm Books",
            ["Oak Depot"],
        ),
        (
            "iban",
            "IBAN DE89 3704 0044 0532 0130 00\nor GB29 NWBK 6016 1331 9268 19",
            "DE89370400440532013000",
            ["GB29NWBK60161331926819"],
        ),
    ],
)
def test_what_was_ranked_lower_is_kept(name: str, text: str, value: str | None, others: list[str]):
    """The next values of a ranking are candidates, and both readings of what is open."""
    assert values(f"Small Shop\n{text}", name) == (value, others)


def test_a_class_has_the_next_classes():
    """The classes that something speaks for share what the best one leaves of certainty."""
    text = "Receipt\nInvoice number 7\nInvoice date 2031-05-04\nCash 10.00\nChange 2.00\nThank you"

    found = classify([page(text)], media_type="text/plain")

    named = [other.value for other in found.others]
    assert {found.value, *named} - {None} == {"receipt", "invoice"}
    assert found.confidence + sum(other.confidence for other in found.others) <= 1.01


@pytest.mark.slow
def test_their_number_and_length_are_bounded():
    """A page of a thousand totals has three candidates, and no value is a part of another one."""
    totals = "\n".join(f"Total {number}.50" for number in range(100, 1100))
    names = "\n".join(f"{'Very ' * 60}Long Name {number} Ltd" for number in range(9))

    found = find_values([page(f"Small Shop Ltd\n{names}\n{totals}")])

    assert len(found["total"].others) == MOST_CANDIDATES
    for finding in found.values():
        for other in finding.others:
            assert len(other.value) <= MOST_CANDIDATE_CHARS
            assert len(other.reason) <= MOST_CANDIDATE_CHARS


def test_a_contract_has_the_names_at_its_signatures():
    """Parties that another sentence or the signatures name are candidates."""
    text = (
        'This agreement is made between Elm Books Ltd ("Seller") and Oak Depot Ltd ("Buyer").\n'
        "Elm Books Holding Ltd\nBy: _______\nOak Depot Ltd\nBy: _______"
    )

    found = find_values([page(text)], doc_class="contract")["parties"]

    assert found.value == "Elm Books Ltd; Oak Depot Ltd"
    assert [other.value for other in found.others] == [
        "Elm Books Ltd; Elm Books Holding Ltd; Oak Depot Ltd"
    ]
