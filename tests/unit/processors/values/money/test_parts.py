"""What `find_values` promises about totals of parts, and about cents behind a dash or a currency."""

import pytest

from tests.unit.processors.values.money.test_total import values_of


@pytest.mark.parametrize(
    ("written", "total"),
    [
        ("Total £45-50", "45.50"),
        ("Total: £ 45-50", "45.50"),
        ("Total 45 EUR 50", "45.50"),
        ("Amount due 1 345 eur 50", "1345.50"),
        ("Betrag 45 Fr. 50", "45.50"),
        ("Total 1 500:-", "1500.00"),
        ("Summa 12 345,-", "12345.00"),
        ("Att betala 1 500:- kr", "1500.00"),
        ("Total £45\u201350", None),
    ],
)
def test_cents_behind_a_dash_or_a_currency(written: str, total: str | None):
    """What separates the cents of a sum may be a dash or its currency; a range is no amount."""
    assert values_of(f"Small Shop Ltd\nInvoice\n{written}").get("total") == total


@pytest.mark.parametrize("last", ["Total", "To pay", "Invoice total"])
def test_the_total_is_that_of_all_parts(last: str):
    """By chance the sum of one part may be that of another and the tax."""
    text = f"Shop\nLabor total 100.00\nParts total 80.00\nVAT 20.00\n{last} 200.00"
    values = values_of(text)

    assert (values["total"], values["net"], values["tax"]) == ("200.00", "180.00", "20.00")


def test_a_total_of_a_part_is_not_that_of_the_bill():
    """Where nothing is called the total of all parts, it is open."""
    assert values_of("Shop\nLabor total 96.00\nParts total 80.00\nVAT 16.00")["total"] is None
