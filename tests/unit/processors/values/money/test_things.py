"""Sums of hours, distances and goods are no amounts of money."""

from pathlib import Path

import pytest

from pipeline.model import PageText
from processors.confidence.model import MOST_OF_SUGGESTION
from processors.contract import Page
from processors.values import find_values
from processors.values.money.things import counts_things
from tests.unit.processors import documents


@pytest.mark.parametrize(
    "line",
    [
        "Total hours 37.50",
        "Total hours worked: 37.50",
        "Total: 3.50 hrs",
        "Total distance (km): 120.00",
        "Total kWh 120.25",
        "Total 400.75 kWh",
        "Summe Stunden 15,50",
        "Gesamt: 15,50 Std.",
        "Total heures : 15,50",
        "Total  23.00 kg",
        "Hours total 37.50",
        "Total 150.50 points",
    ],
)
def test_a_sum_of_things_is_no_total(line: str, tmp_path: Path):
    """The unit is beside the number or beside the word that announces it."""
    text = f"Otter Ltd\nDate: 4 May 2031\nOne 7.50\nTwo 8.00\n{line}\n"

    found = documents.read(text.encode(), tmp_path).fields.get("total")

    assert found is None or found.value is None


@pytest.mark.parametrize(
    ("lines", "total"),
    [
        ("Total hours 10.00\nRate 45.00\nTotal 450.00", "450.00"),
        ("Total hours GBP 450.00", "450.00"),
        ("Tea 2.50\nCup 4.50\nTOTAL 2 ITEMS 7.00\nCASH 10.00\nCHANGE 3.00", "7.00"),
        ("Beef 0.50 kg 6.00\nTotal 6.00", "6.00"),
        ("Usage 400.75 kWh @ 0.20\nTotal EUR 80.15", "80.15"),
    ],
)
def test_money_beside_things_is_the_total(lines: str, total: str, tmp_path: Path):
    """What the hours or the goods cost has a currency, or no unit."""
    text = f"Invoice No. 55\nOtter Ltd\nDate: 4 May 2031\n{lines}\n"

    assert documents.read(text.encode(), tmp_path).fields["total"].value == total


@pytest.mark.parametrize("title", ["Stock count", "Blood test", "Result of the match"])
def test_a_total_of_a_paper_without_money_is_a_suggestion_at_most(title: str, tmp_path: Path):
    """Nothing names a currency, a tax, a payment or a bill; nor is the title then an issuer."""
    text = f"{title}\nDate: 4 May 2031\nOne 120.00\nTwo 80.00\nTotal 200.00\n"

    fields = documents.read(text.encode(), tmp_path).fields

    assert fields["total"].confidence <= MOST_OF_SUGGESTION
    assert "company" not in fields or fields["company"].confidence <= MOST_OF_SUGGESTION


@pytest.mark.parametrize(
    ("folded", "is_thing"),
    [
        ("total hours 3.00", True),
        ("total hours cost 3.00", False),
        ("2 nights total 300.00", False),
        ("total hours $3.00", False),
    ],
)
def test_what_is_summed_up_is_beside_the_word(folded: str, is_thing: bool):  # noqa: FBT001 - a parameter
    """Neither costs nor a number of things before the word make it a sum of things."""
    assert counts_things(folded, "total") == is_thing


@pytest.mark.parametrize(
    "line",
    [
        "Our total liability shall not exceed €9,000.00.",
        "The goods are insured up to EUR 9,000.00 in total.",
        "Liability is limited to a total of €9,000.00.",
        "Total cover: at most 9,000.00",
        "Die Haftung beträgt insgesamt, in Summe, maximal 9.000,00 €.",
        "Le total ne peut dépasser 9 000,00 €",
        "El total asegurado, hasta 9.000,00 €",
    ],
)
def test_a_bound_is_no_total(line: str):
    """Words right before an amount say that a sum may be as large, and not that it is."""
    assert total_of(f"Otter Ltd\nInvoice no: 8\nTotal 31.00\n{line}") == "31.00"


@pytest.mark.parametrize("line", ["Total up to today 31.00", "Total (maximum 4 items) 31.00"])
def test_a_bound_of_something_else_leaves_the_total(line: str):
    """The words are right before the amount that they bound."""
    assert total_of(f"Otter Ltd\nInvoice no: 8\n{line}") == "31.00"


def values_of(text: str) -> dict[str, str | None]:
    """Return the values found in a text."""
    page = Page(PageText(number=1, source="text", engine=None, confidence=None, text=text))
    return {name: finding.value for name, finding in find_values([page]).items()}


def total_of(text: str) -> str | None:
    """Return the total of a text."""
    return values_of(text).get("total")


@pytest.mark.parametrize(
    "line",
    [
        "Please pay invoice RE-9041.",
        "Please pay invoice 9041",
        "Balance due on account 9041",
        "Amount due, ref. RE/9041",
        "Gesamtbetrag zu Auftrag Nr. 9041",
        "Total for room 9041",
    ],
)
def test_the_number_of_a_paper_is_no_whole_amount(line: str):
    """A number right behind the name of a paper is that one's, and the amount is elsewhere."""
    found = values_of(f"Otter Ltd\nInvoice no: 8\n{line}\n\nTotal: 31.00")

    assert found.get("total") == "31.00"
    assert found.get("amount_due") is None


@pytest.mark.parametrize("line", ["Order total 31", "Total order   31", "Total invoice: 31 EUR"])
def test_a_whole_amount_may_be_behind_the_name_of_a_paper(line: str):
    """It is in a column of its own, has a currency, or is behind the word for a sum."""
    assert total_of(f"Otter Ltd\nInvoice no: 8\n{line}") == "31.00"


@pytest.mark.parametrize("heading", ["Hours", "Hours worked", "Qty", "Stunden", "No. of nights"])
def test_a_total_below_the_heading_of_things_is_none(heading: str):
    """What a column counts is said at its top, also if its last row has no unit."""
    table = f"Day   {heading}\nMonday   8.00\nTuesday   7.50\nTotal   15.50"

    assert total_of(f"Otter Ltd\nWeek of 4 May 2031\n{table}") is None
    assert total_of(f"Otter Ltd\nDate: 4 May 2031\n{table.replace(heading, 'Price')}") == "15.50"
    assert total_of(f"Otter Ltd\nDate: 4 May 2031\n{table.replace('15.50', '£15.50')}") == "15.50"


@pytest.mark.parametrize("heading", ["Terms   Due   Share", "Rate   Base   Amount"])
def test_a_total_below_another_table_is_of_no_things(heading: str):
    """A table of parts further up says nothing about the sums at the end of a bill."""
    parts = "Part   Qty\nBolt   8\nNut   9"
    text = f"Otter Ltd\nInvoice no: 8\n{parts}\n{heading}\n20   10   2\nAmount payable   31.00"

    assert total_of(text) == "31.00"
