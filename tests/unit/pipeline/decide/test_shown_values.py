import pytest

from pipeline.decide.column_values import as_shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (118, "118.00"),
        (18500.0, "18,500.00"),
        (12.345, "12.345"),
        (0.004, "0.004"),
        (-0.001, "-0.001"),
        (-0.0, "0.00"),
        (0.00001, "0.00001"),
        (1e16, "10,000,000,000,000,000.00"),
    ],
)
def test_an_amount_is_shown_with_all_its_decimals(value: float, shown: str):
    """Two at least, and as many as are written: none is rounded away."""
    assert as_shown(value, "CURRENCY") == shown
