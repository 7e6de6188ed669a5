import math

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


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2026-03-01T00:00:00", "2026-03-01"),
        ("2026-03-01T00:00:00.000", "2026-03-01"),
        ("2026-03-01T10:15:00", "2026-03-01 10:15"),
        ("2026-03-01T10:00", "2026-03-01 10:00"),
        ("2026-03-01T00:00:30", "2026-03-01 00:00:30"),
        ("2026-03-01T10:15:30.5", "2026-03-01 10:15:30.5"),
        ("2026-03-01", "2026-03-01"),
        ("Part T00:00:00", "Part T00:00:00"),
    ],
)
@pytest.mark.parametrize("column_type", ["DATE/TIME", ""])
def test_a_time_is_shown_as_it_is_written(text: str, shown: str, column_type: str):
    """Without the T of ISO 8601, and without what is 0."""
    assert as_shown(text, column_type) == shown


def test_a_text_is_shown_as_it_is():
    """What looks like a time in a column for texts was typed so."""
    assert as_shown("2026-03-01T10:15:00", "STRING") == "2026-03-01T10:15:00"


@pytest.mark.parametrize("column_type", ["CURRENCY", "NUMBER", ""])
@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_gets_no_decimals(number: float, column_type: str):
    """Not a number and infinity are shown as they are, in a column for money, too."""
    assert as_shown(number, column_type) == str(number)


@pytest.mark.parametrize(
    ("number", "shown"),
    [(118.0, "118"), (1e-7, "0.0000001"), (1e16, "10000000000000000"), (-0.0, "0"), (0.5, "0.5")],
)
def test_a_number_is_shown_without_an_exponent(number: float, shown: str):
    """Nobody types 1e-07."""
    assert as_shown(number, "NUMBER") == shown
