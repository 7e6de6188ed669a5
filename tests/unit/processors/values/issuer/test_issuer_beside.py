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
        ("IDENTITY CARD\nKettle Boats\nTotal 5.00", "Kettle Boats"),
        ("SALES DEPARTMENT\nKettle Boats\nInvoice 12\nTotal 5.00", "Kettle Boats"),
        ("FACTURA\nFornecedor: Kettle Boats\nCliente: Vole Lda\nTotal 5.00", "Kettle Boats"),
        ("Faktura\nS\u00e6lger: Kettle Boats\nK\u00f8ber: Vole ApS\nTotal 5.00", "Kettle Boats"),
        ("\u03a0\u03c9\u03bb\u03b7\u03c4\u03ae\u03c2: Kettle Boats\nInvoice 12\nTotal 5.00", "Kettle Boats"),
        ("Wild Kettle\nDeli and Cafe\n4 May 2031\nTotal 5.00", "Wild Kettle"),
        ("Till 3\nKettle Boats\n4 May 2031\nTotal 5.00", "Kettle Boats"),
    ],
)  # fmt: skip
def test_what_is_beside_a_name(text: str, name: str | None):
    """Titles, parts of a company, labels, rows of goods and sentences are no names."""
    assert values_of(text).get("company") == name


def test_an_empty_cell_of_the_seller_gives_the_row_to_the_buyer():
    """The buyer may have a line more."""
    rows = ("Supplier\tCustomer", "\tVole & Sons Ltd", "Brindle Otter\t9 Moor Road")
    values = values_of("\n".join([*rows, "3 Fell Road\tHW5 1AB Wickham", "Total 5.00"]))

    assert values["company"] == "Brindle Otter"


@pytest.mark.parametrize(
    "label",
    [
        "To:",
        "Kund:",
        "Vev\u0151:",
        "\u5b9b\u5148\uff1a",
        "\u041f\u043e\u043a\u0443\u043f\u0430\u0442\u0435\u043b\u044c:",
    ],
)
def test_the_buyer_behind_a_label_in_many_languages(label: str):
    """Whom a bill is for is behind the label of its language."""
    values = values_of(f"Brindle Otter Ltd\nInvoice no: 8\n{label} Vole House\nTotal 5.00")

    assert values["buyer"] == "Vole House"


def test_the_title_below_the_label_of_a_buyer_is_none():
    """Who pays for the buyer is not the buyer."""
    values = values_of("Brindle Otter Ltd\nInvoice no: 8\nBill to:\nAccounts Payable\nTotal 5.00")

    assert "buyer" not in values


@pytest.mark.parametrize(
    ("lines", "name"),
    [
        ("Kettle Boats\n& builders of the year", "Kettle Boats"),
        ("Invoice and\nKettle House", "Kettle House"),
        ("Receipt for oars and\nKettle Boats Ltd", "Kettle Boats Ltd"),
        ("Oars and\nSails House", "Oars and Sails House"),
    ],
)
def test_a_title_or_a_sentence_at_an_and_is_no_part_of_a_name(lines: str, name: str):
    """A name that goes on has capitals there."""
    text = f"{lines}\n3 Fell Road\nHarwick HW4 9QT\nTotal 5.00"

    assert values_of(text)["company"] == name
