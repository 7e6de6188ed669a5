"""What is beside the issuer's name and is no name: titles, trades, rows of goods, sentences."""

import pytest

from pipeline.model import PageText
from processors.contract import Page
from processors.values import find_values


def values_of(text: str) -> dict[str, str | None]:
    """Return the values found in a text."""
    page = Page(PageText(number=1, source="text", engine=None, confidence=None, text=text))
    return {name: finding.value for name, finding in find_values([page]).items()}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Invoice 12 - Kettle Boats\n3 May 2031\nHelpers   20.00\nTotal 20.00", "Kettle Boats"),
        ("Kettle Boats\nOars - Sails - Ropes\nVAT Reg 12\nTotal 5.00", "Kettle Boats"),
        ("Kettle Boats    INV 7712\nTotal 5.00", "Kettle Boats"),
        ("Avoir n° AV-3\nKettle Bateaux\nTotal 5.00", "Kettle Bateaux"),
        ("Invoice\nTotal 5.00\nCash or card welcome.", None),
    ],
)
def test_what_is_beside_a_name(text: str, name: str | None):
    """Titles with a number, lists of trades, rows of goods and sentences are no names."""
    assert values_of(text).get("company") == name


def test_an_empty_cell_of_the_seller_gives_the_row_to_the_buyer():
    """The buyer may have a line more."""
    rows = ("Supplier\tCustomer", "\tVole & Sons Ltd", "Brindle Otter\t9 Moor Road")
    values = values_of("\n".join([*rows, "3 Fell Road\tHW5 1AB Wickham", "Total 5.00"]))

    assert values["company"] == "Brindle Otter"
