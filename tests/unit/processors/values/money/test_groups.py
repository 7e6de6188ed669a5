"""What is promised about blanks within amounts."""

import pytest

from tests.unit.processors.values.money.test_amounts import values_of


@pytest.mark.parametrize(
    ("lines", "total"),
    [
        ("Net 1 320.00\nVAT 15% 198.00\nTotal 1 518.00", "1518.00"),
        (
            "Amount excl. VAT   20 500.00\nVAT @ 15%    3 075.00\nAmount incl. VAT   23 575.00",
            "23575.00",
        ),
        ("Jugs 1 320.00\nCups 2 410.00\nTotal 3 730.00", None),
        ("Jugs 11 320.00\nCups 12 910.00\nTotal 24 230.00", "24230.00"),
        ("Jugs  1  320.00\nCups  2  410.00\nTotal  3  730.00", "730.00"),
        ("Total 3 730.00\nVisa 730.00", "730.00"),
        ("Total 3 730.00\nVisa 3730.00", "3730.00"),
        ("Total 3 730.00", None),
        ("Total 3 730,00", "3730.00"),
        ("Total\t3 730.00", "3730.00"),
        ("Total 3\u00a0730.00", "3730.00"),
        ("Total 3\u2009730.00", "3730.00"),
        ("Total 1 422.88 38.06 38.06 499.00", "499.00"),
    ],
)
def test_a_blank_before_a_point_is_read_as_the_other_amounts_say(lines: str, total: str | None):
    """It groups thousands, or separates pieces and their price; without evidence it is open."""
    assert values_of(f"Shop\nDate 12 June 2031\n{lines}").get("total") == total
