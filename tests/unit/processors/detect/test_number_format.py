"""Numbers are written as Excel shows them."""

import pytest

from processors.detect.number_format import shown


@pytest.mark.parametrize(
    ("value", "code", "text"),
    [
        (31, "0000", "0031"),
        (4420011, "000-0000", "442-0011"),
        (0.125, "0.0%", "12.5%"),
        (8, '"LOT-"000', "LOT-008"),
        (2.5, '0.00" t"', "2.50 t"),
        (9000.5, "[$€-407]#,##0.00", "€9,000.50"),
        (80, '_-[$£-809]* #,##0.00_-;-[$£-809]* #,##0.00_-;"-"', "£ 80.00"),
        (-12, "#,##0.00;[Red](#,##0.00)", "(12.00)"),
        (0, '0.00;-0.00;"none"', "none"),
        (9, '[>5]"full";"free"', "full"),
        (4.75, "# ?/?", "4 3/4"),
        (52000, "0.0E+00", "5.2E+04"),
        (3100000, '#,##0,,"M"', "3.1M"),
        (5, ";;;", ""),
    ],
)
def test_a_format_is_applied(value: float, code: str, text: str):
    """Zeros, literals, signs, currencies, parts of a hundred and scales are as in the cell."""
    assert shown(value, code) == text


def test_no_sum_is_changed_by_how_it_is_shown():
    """Cents stay, red replaces no minus, and no comma looks like a decimal one."""
    assert shown(19.95, "0") == "19.95"
    assert shown(19.9501, "0.00") == "19.95"
    assert shown(-40, "0.00;[Red]0.00") == "-40.00"
    assert shown(1250, "#,##0") == "1250"
    assert shown(1250, "#,##0.00") == "1,250.00"


@pytest.mark.parametrize("code", ["yyyy-mm", "# ?/8", "0" * 300, "[h]:mm"])
def test_a_format_that_is_not_known_changes_nothing(code: str):
    """The value then stays as it is stored."""
    assert shown(2.25, code) is None
