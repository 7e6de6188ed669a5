"""Which texts are two spellings of one value."""

import pytest

from pipeline.decide.spellings import is_another_spelling


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
