"""Which texts are two spellings of one value."""

import pytest

from pipeline.decide.spellings import is_another_spelling, is_same_code, separators_vary


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("0417", "417"),
        ("KX-007", "kx-7"),
        ("Travel", "Travel expenses"),
        ("Quarzwerk", "Quarzwerk Ost GmbH & Co."),
        ("Erik; 0042", "Erik; 42"),
        ("Завод Ромашка", "Ромашка"),
    ],
)
def test_leading_zeros_and_more_words_are_a_spelling(one: str, other: str):
    """Whoever leaves them out has not typed another value."""
    assert is_another_spelling(one, other)
    assert is_another_spelling(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("0417", "4170"),
        ("0.5", "5"),
        ("-24.10", "24.10"),
        ("(24.10)", "24.10"),
        ("Travel", "Travel 2"),
        ("Travel", "Training"),
        ("Erik; Olga", "Erik"),
        ("2026-03-04", "2026-03-05"),
        ("Quarzwerk", "Quarzwerke"),
        ("", "Travel"),
    ],
)
def test_other_numbers_words_and_signs_are_another_value(one: str, other: str):
    """So is a list with a name more."""
    assert not is_another_spelling(one, other)
    assert not is_another_spelling(other, one)


SAME = [
    ("44-7781", "447781"),
    ("44-7781", "44 7781"),
    ("44-7781", "44\u20137781"),
    ("ab 12 345", "AB12345"),
    ("12.345.678/0001-95", "12345678000195"),
]
OTHER = [
    ("44-7781", "447-781"),
    ("44-7781", "447782"),
    ("-447781", "447781"),
    ("1234.50", "123450"),
    ("1 234.50", "123450"),
    ("1,234,500", "1234500"),
    ("12-34", "1234"),
    ("Re-Entry", "Reentry"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_separators_stand_apart(one: str, other: str):
    """The letters and digits of a code are the code."""
    assert is_same_code(one, other)
    assert is_same_code(other, one)


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_other_groups_amounts_and_words_are_other_codes(one: str, other: str):
    """What may be another value is none of two spellings."""
    assert not is_same_code(one, other)
    assert not is_same_code(other, one)


def test_a_column_varies_where_its_own_codes_do():
    """One code that was typed in two ways may be a slip; two are a habit."""
    assert separators_vary(["44-7781", "447781", "50-1234", "50 1234"])
    assert not separators_vary(["44-7781", "447781", "50-1234", "50-1234", "50-1299"])
    assert not separators_vary(["1234.50", "123450", "7700.10", "770010"])
