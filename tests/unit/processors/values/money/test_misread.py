"""What the reading of a misread amount promises: all its digits, or none of them."""

from decimal import Decimal

import pytest

from pipeline.model import Finding
from processors.confidence.model import MOST_OF_SUGGESTION, WRITE_AT
from processors.values.money.amounts import money_in
from tests.unit.processors.confidence.test_probabilities import page, read


def amounts(folded: str) -> list[str]:
    """Return the amounts of a folded line."""
    return [str(amount.value) for amount in money_in(folded)]


def total_of(*lines: str) -> Finding | None:
    """Return the total of an invoice with these lines."""
    lines = ("INVOICE 12", "Otter Quill Ltd", "Date: 3 May 2031", *lines)
    return read([page(*lines)], Finding("invoice", 0.97, "it says so")).get("total")


@pytest.mark.parametrize(
    ("line", "amount"),
    [
        ("total: $3oo.00", "300.00"),
        ("total: $1,3oo.00", "1300.00"),
        ("total: $4,oo0.00", "4000.00"),
        ("total: $3,5oo", "3500"),
        ("total: 3o0,oo eur", "300.00"),
        ("total eur 1.3l0,00", "1310.00"),
        ("summe 1'3oo.00 chf", "1300.00"),
        ("montant 14oo,00 €", "1400.00"),
        ("total: $l,350.00", "1350.00"),
        ("total: usd3oo.00", "300.00"),
        ("total: 3oo.00usd", "300.00"),
        ("total: $1 ,350.00", "1350.00"),
        ("total: $1, 350.00", "1350.00"),
        ("total: $ 1 , 350 . 00", "1350.00"),
        ("summe 1 .350,00 eur", "1350.00"),
        ("total 2,001 ,350.00", "2001350.00"),
    ],
)
def test_letters_and_blanks_in_an_amount_are_repaired(line: str, amount: str):
    """A complete amount with the letter O or I for a digit has all its digits."""
    assert [Decimal(each) for each in amounts(line)] == [Decimal(amount)]


@pytest.mark.parametrize(
    "line", ["total: $13§.00", "total: $1?5.00", "total: $13~5.00", "total: $13_5.00", "$1g5.00"]
)
def test_the_legible_part_of_an_amount_is_no_amount(line: str):
    """What touches a digit and goes on with digits was one, too."""
    assert amounts(line) == []


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("milk 2l 3.00", ["3.00"]),
        ("flour 1.5lb 3.00", ["3.00"]),
        ("juice 12oz 3.00", ["3.00"]),
        ("oil 1.5l", []),
        ("rent $5bil", ["5"]),
        ("2 x $3.00x2", ["3.00"]),
        ("total 3.00b", ["3.00"]),
        ("total $13.00s 6%", ["13.00"]),
        ("total $3usd", ["3"]),
        ("3.00|4.00", ["3.00", "4.00"]),
        ("$3, $4, 350 pages", ["3", "4"]),
        ("items 3.00, 4.00", ["3.00", "4.00"]),
    ],
)
def test_units_codes_and_lists_are_no_digits(line: str, found: list[str]):
    """A letter that touches a number is mostly its unit."""
    assert amounts(line) == found


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("Total: $13S.00", "135.00"),
        ("Total: $1,3S0.00", "1350.00"),
        ("Gesamtbetrag 13B,00 EUR", "138.00"),
        ("Total: 1Z5.00", "125.00"),
        ("Total: $13 5.00", "5.00"),
        ("Total: 1, 350.00", "350.00"),
    ],
)
def test_an_amount_with_a_guessed_digit_is_a_suggestion(line: str, value: str):
    """S may be 5 or 8, and a blank a digit."""
    total = total_of(line)

    assert total is not None
    assert total.value == value
    assert total.confidence <= MOST_OF_SUGGESTION


@pytest.mark.parametrize("line", ["Total: $3OO.00", "Total: $1 ,350.00", "Total: $350.00 S"])
def test_an_amount_without_a_guess_is_written(line: str):
    """O beside digits is zero, and a letter behind an amount its code."""
    total = total_of(line)

    assert total is not None
    assert total.confidence >= WRITE_AT


def test_an_amount_printed_clearly_elsewhere_is_not_guessed():
    """The other place says which digit it is."""
    total = total_of("Total: $13S.00", "Amount due: $135.00")

    assert total is not None
    assert total.value == "135.00"
    assert total.confidence >= WRITE_AT
