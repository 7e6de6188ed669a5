"""What is a street between a name and a town on one line, and what is none below a name."""

import pytest

from pipeline.model import PageText
from processors.contract import Page
from processors.values import find_values


def values_of(text: str) -> dict[str, str | None]:
    """Return the values found in a text."""
    page = Page(PageText(number=1, source="text", engine=None, confidence=None, text=text))
    return {name: finding.value for name, finding in find_values([page]).items()}


@pytest.mark.parametrize(
    "words",
    [
        "Founded 1921",
        "Kiosk 4",
        "Phone 0555 000111",
        "Meister seit 98",
        "24h repairs",
        "Catering 7",
    ],
)
@pytest.mark.parametrize("town", ["Harwick HW4 9QT", "80218 Harwick"])
def test_words_and_a_number_between_a_name_and_a_town_are_no_street(words: str, town: str):
    """A street has a word of its own, such as street, or its house first."""
    assert "address" not in values_of(f"Brindle Otter Ltd, {words}, {town}\nTotal 5.00")


@pytest.mark.parametrize(
    "street", ["Otter Row 4", "Kaistr. 8", "Via Roma 3", "Marktplein 2", "9 Kiln"]
)
def test_a_street_and_a_town_behind_a_name_are_its_address(street: str):
    """The house may be before or behind it."""
    text = f"Brindle Otter Ltd, {street}, 80218 Harwick\nTotal 5.00"

    assert values_of(text)["address"] == f"{street}, 80218 Harwick"


@pytest.mark.parametrize(
    "line",
    [
        "FL No KA-77-20551",
        "Kiosk # 4471",
        "Ely V.D. 6811122334",
        "Item Rate Qty Amount",
        "Artikel Menge Einzelpreis Betrag",
        "CB7 4DL",
    ],
)
def test_numbers_of_licenses_and_heads_of_tables_are_no_address(line: str):
    """They end an address and begin none; a postal code alone is not enough."""
    bill = "Total 5.00\nReceipt 8\n9 June 2031"

    assert "address" not in values_of(f"Otter Tiles Ltd\n{line}\n{bill}")
    own = values_of(f"Otter Tiles Ltd\n5 Mill Lane\nEly CB7 4DX\n{line}\n{bill}")
    assert own["address"] == "5 Mill Lane Ely CB7 4DX"
    assert values_of(f"Otter Tiles Ltd\nUnit # 4471\nEly CB7 4DX\n{bill}")["address"] is not None


@pytest.mark.parametrize(
    "label", ["No. 請求書番号", "เลขที่ใบแจ้งหนี้", "Invoice no.", "Rechnungsnummer", "Nr faktury"]
)
def test_the_number_of_a_bill_is_no_address(label: str):
    """Its digits look like the number of a house, or like a postal code of some country."""
    found = values_of(f"Brindle Otter Ltd\n{label} 20310012\n12 May 2031\nINVOICE\nTotal 5.00")

    assert found.get("address") is None
