"""What the words for a trade say at the head of a receipt: a name, or what a shop is."""

import pytest

from tests.unit.processors.values.issuer.test_issuer import values_of


def test_trade_below_a_name():
    """What a shop is, below its name, is not its name."""
    assert values_of("BRINDLE OTTER\nHOME CENTER\nTotal 5.00")["company"] == "BRINDLE OTTER"


def test_a_longer_line_with_a_trade_is_the_name():
    """The line above the name of a shop may be whose shop it is."""
    text = "OLAF BRINDLE\nOTTER GIFT & HOME DECO\n3 Fell Road\nTotal 5.00"

    assert values_of(text)["company"] == "OTTER GIFT & HOME DECO"


@pytest.mark.parametrize("craft", ["CARPET CLEANING", "PLUMBERS & ROOFERS", "Heizung und Sanitär"])
def test_a_craft_above_a_name(craft: str):
    """What somebody does is no name, also on the first line and in capitals."""
    values = values_of(f"{craft}\nBrindle & Vole\n3 Fell Road\nInvoice 12\nTotal 5.00")

    assert values["company"] == "Brindle & Vole"


@pytest.mark.parametrize("title", ["Working paper", "Discussion Paper", "Budget request"])
def test_the_title_of_a_paper_is_no_company(title: str):
    """A paper about money has a title, and no issuer."""
    assert "company" not in values_of(f"{title}\nTotal 5.00\n3 March 2031")


@pytest.mark.parametrize(
    "trade",
    ["Boulangerie Pâtisserie", "Bakery & Cafe", "Dispensing chemist", "GAS STATION", "Gasthof"],
)
def test_a_trade_above_a_name_is_none(trade: str):
    """What a shop is may be above its name."""
    text = f"{trade}\nMorvane\n12 Fell Road\nHarwick HW4 9QT\nTotal 5.00"

    assert values_of(text)["company"] == "Morvane"


@pytest.mark.parametrize(
    "name",
    [
        "Fire Insurance Company of Harwick",
        "Gas Company of Fell Moor, Inc.",
        "WATER CORPORATION OF THE NORTH",
    ],
)
def test_the_place_of_a_company_is_a_part_of_its_name(name: str):
    """The word "company" ends a name, and so does the place that is behind it."""
    values = values_of(f"{name}\n3 Fell Road\nInvoice 12\nTotal 5.00")

    assert values["company"] == name


def test_a_street_behind_a_company_is_no_part_of_its_name():
    """A house number is in no place, and neither is a word without a capital."""
    assert values_of("Otter Company of 3 Fell Road\nTotal 5.00")["company"] == "Otter Company"
    assert values_of("Otter Company of friends\nTotal 5.00")["company"] == "Otter Company"


@pytest.mark.parametrize(
    "craft", ["Plumbing and Heating", "JOINERY", "Heizung und Sanitär", "Carpet Cleaning"]
)
@pytest.mark.parametrize("title", ["", "Invoice\n"])
def test_a_craft_is_a_name_where_no_other_is(craft: str, title: str):
    """Who heads a page with a craft and an address has no other name on it."""
    values = values_of(f"{title}{craft}\n12 Fell Road\nHarwick HW4 9QT\nInvoice 12\nTotal 5.00")

    assert values["company"] == craft
    assert values["address"] == "12 Fell Road Harwick HW4 9QT"


def test_a_craft_among_the_goods_is_no_name():
    """What was done is below the head of a bill."""
    lines = "Invoice\nNo 12\nDate 3 May 2031\nTerms 30 days\nRef 7\nCleaning\nTotal 5.00"

    assert "company" not in values_of(lines)
