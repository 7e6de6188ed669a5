"""Several countries write Rs beside their amounts."""

from pathlib import Path

import pytest

from tests.unit.processors import documents


@pytest.mark.parametrize(
    ("place", "currency"),
    [
        ("", None),
        ("Colombo, Sri Lanka", "LKR"),
        ("Lahore", "PKR"),
        ("GSTIN 27AAAPL1234C1ZV", "INR"),
        ("Port Louis, Mauritius", "MUR"),
        ("Kathmandu", "NPR"),
    ],
)
@pytest.mark.parametrize("sign", ["Rs", "Rs."])
def test_a_country_decides_whose_rupees_are_meant(
    place: str, currency: str | None, sign: str, tmp_path: Path
):
    """Without a hint at one, the currency is open."""
    text = f"Lotus Traders\n{place}\nInvoice No 55\nRice {sign} 500.00\nTotal {sign} 500.00\n"

    assert documents.read(text.encode(), tmp_path).fields["currency"].value == currency
