"""Numbers are written as Excel shows them."""

import itertools
from decimal import ROUND_HALF_UP, Decimal

import pytest

from processors.detect.sheets.number_format import shown
from processors.values.money.amounts import money_in

# Currencies, signs, groups and decimals of many countries, and codes.
_FORMATS = r"""
0.00
0.000
0.0##
#,##0
#,##0.00
#,##0.000
#,##0,
0.0,,
0.00E+00
# ??/??
#,##0.-
#,##0",-"
# ##0,00
#\ ##0.00
#\ ###\ ##0.00\ "€"
#"'"##0.00
#\.##0
00\.00
00\-00
0".50"
"5."00
000-0000
0.00\-
(0.00)
0.00" CR"
General\-
$#,##0.00;($#,##0.00)
"USD" #,##0.00;("USD" #,##0.00)
_(* #,##0.00_);_(* \(#,##0.00\);_(* "-"??_);_(@_)
#,##0.00\ "EUR";\(#,##0.00\)\ "EUR"
0.00;[Red]"A-Z "0.00
[<0]-0.00;0.00
[$CHF-807]\ #,##0.00
"Rs."#,##0.00
"R$"\ #,##0.00;\-"R$"\ #,##0.00
£#,##0.00;[Red]£#,##0.00
"kr"\ #,##0;[Red]"kr"\ -#,##0
""".strip().splitlines()
_NUMBERS = (0, 12, 40, 1234, 1234567, 0.05, 1.5, 1.1254, 19.95, 1234.5, 1234567.5, 12345678.901)


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
        (-12, "#,##0.00;[Red](#,##0.00)", "-12.00"),
        (0, '0.00;-0.00;"none"', "none"),
        (9, '[>5]"full";"free"', "full"),
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


@pytest.mark.parametrize("code", _FORMATS)
def test_the_amount_in_the_text_is_the_number(code: str):
    """A format that could make another amount of a number is not applied."""
    for number in itertools.chain(_NUMBERS, (-number for number in _NUMBERS)):
        text = shown(number, code)
        if text is not None:
            cents = Decimal(str(number)).quantize(Decimal("0.01"), ROUND_HALF_UP)
            found = [amount.value for amount in money_in(f"total: {text.lower()}")]
            assert [value.quantize(Decimal("0.01"), ROUND_HALF_UP) for value in found] in (
                [cents],
                [],  # without cents, as in "0.5", it is none
            ), (number, text)


@pytest.mark.parametrize(
    ("value", "code", "text"),
    [
        (-40, '_(* #,##0.00_);_(* \\(#,##0.00\\);_(* "-"??_)', "-40.00"),
        (-40, '#,##0.00\\ "EUR";\\(#,##0.00\\)\\ "EUR"', "-40.00 EUR"),
        (-5.5, "[<0]-0.00;0.00", "-5.50"),
        (1.5, "0.000", "1.50"),
        (1234567.5, "#\\ ##0.00", "1234567.50"),
        (1250, "#,##0.-", "1250"),
        (12345678, "00\\.000\\.000", "12.345.678"),
        (12345678, "000\\/000\\/00000", "000/123/45678"),
        (4421110011, "(###) ###-####", "(442) 111-0011"),
        (-7, '"LOT-"000', "LOT -007"),
    ],
)
def test_literals_are_no_marks_and_a_minus_is_a_minus(value: float, code: str, text: str):
    """Parentheses, blanks and points of a format never decide how large a number is."""
    assert shown(value, code) == text


@pytest.mark.parametrize(
    "code", ["yyyy-mm", "# ?/8", "# ?/?", "0" * 300, "0" * 250, "[h]:mm", "[h]", "0,", "0E+0", "@"]
)
def test_a_format_that_is_not_known_changes_nothing(code: str):
    """The value then stays as it is stored."""
    assert shown(2.25, code) is None
