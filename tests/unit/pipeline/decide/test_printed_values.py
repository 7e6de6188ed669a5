import pytest

from pipeline.decide.column_values import UnfitText, convert
from pipeline.decide.printed_values import normalized
from pipeline.model import Column, Value


@pytest.mark.parametrize(
    ("kind", "printed", "value"),
    [
        ("CURRENCY", "$1,234.50", 1234.5),
        ("CURRENCY", "EUR 1.234,50", 1234.5),
        ("CURRENCY", "1 234,50 €", 1234.5),
        ("CURRENCY", "1'234.50 CHF", 1234.5),
        ("CURRENCY", "(12.50)", -12.5),
        ("CURRENCY", "12.50-", -12.5),
        ("CURRENCY", "-$12.50", -12.5),
        ("NUMBER", "0.125", 0.125),
        ("NUMBER", "1,234,567", 1234567.0),
        ("INTEGER", "12", 12),
        ("INTEGER", "1.234.567", 1234567),
        ("DATE/TIME", "2026-03-31", "2026-03-31T00:00:00"),
        ("DATE/TIME", "03/31/2026", "2026-03-31T00:00:00"),
        ("DATE/TIME", "31/03/2026", "2026-03-31T00:00:00"),
        ("DATE/TIME", "03.04.2026", "2026-04-03T00:00:00"),
        ("DATE/TIME", "04/04/2026", "2026-04-04T00:00:00"),
        ("DATE/TIME", "March 31, 2026", "2026-03-31T00:00:00"),
        ("DATE/TIME", "31st Mar. 2026", "2026-03-31T00:00:00"),
        ("STRING", "PA-117", "PA-117"),
        ("YES/NO", "Yes", True),
    ],
)
def test_what_is_printed_fits_the_column(kind: str, printed: str, value: Value):
    """A value as it is printed in a form becomes a value of the column's type."""
    assert convert(normalized(printed, kind), Column("C", kind)) == value


@pytest.mark.parametrize(
    ("kind", "printed"),
    [
        ("CURRENCY", "1,234"),
        ("NUMBER", "12.345"),
        ("NUMBER", "twelve"),
        ("DATE/TIME", "03/04/2026"),
        ("DATE/TIME", "31/02/2026"),
        ("DATE/TIME", "03/31/26"),
        ("DATE/TIME", "soon"),
    ],
)
def test_what_can_be_read_in_two_ways_is_no_value(kind: str, printed: str):
    """What is two numbers or two dates, or none, is refused and never guessed."""
    with pytest.raises(UnfitText):
        convert(normalized(printed, kind), Column("C", kind))
