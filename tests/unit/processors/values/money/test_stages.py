"""What is due at a stage of a delivery is a part of the price."""

import pytest

from tests.unit.processors.values.money.test_total import values_of

_STAGES = [
    "Balance due before delivery £300.00",
    "Balance payable before shipment £300.00",
    "Amount due on completion £300.00",
    "Remaining balance due prior to dispatch £300.00",
    "Balance outstanding on arrival £300.00",
    "Restbetrag vor Lieferung 300,00 EUR",
]


@pytest.mark.parametrize("line", _STAGES)
@pytest.mark.parametrize("before", ["Deposit £100.00", "Oak table £400.00\nLamp £50.00"])
def test_the_rest_of_a_price_is_no_total(line: str, before: str):
    """What was paid earlier is missing in it, unless the document says how it is calculated."""
    assert values_of(f"Invoice 12\n{before}\n{line}").get("total") != "300.00"


@pytest.mark.parametrize("line", _STAGES)
def test_the_rest_of_a_price_hides_no_total(line: str):
    """What is called a total is one, whatever of it is due later."""
    assert values_of(f"Invoice 12\nTotal £450.00\n{line}")["total"] == "450.00"


@pytest.mark.parametrize(
    "line",
    ["Balance due £300.00", "Amount due on receipt £300.00", "Total due on delivery £300.00"],
)
def test_all_that_is_due_is_the_total(line: str):
    """A bill may say of its total when it is due."""
    assert values_of(f"Invoice 12\n{line}")["total"] == "300.00"


@pytest.mark.parametrize(
    ("line", "amount"),
    [
        ("Total300.00", "300.00"),
        ("TotalDue1,300.50", "1300.50"),
        ("Gesamtbetrag300,00", "300.00"),
        ("TotalTTC300,00", "300.00"),
        ("Order TX300.00", None),
        ("Total300", None),
    ],
)
def test_an_amount_may_touch_its_label(line: str, amount: str | None):
    """Scans lose the blank between them; letters that announce nothing are part of a reference."""
    assert values_of(f"Invoice 12\nOak shelf\n{line}").get("total") == amount
