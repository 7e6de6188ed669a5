"""The likeness of names is that of rapidfuzz, whose 12 MB are installed for the tests only."""

import pytest
from hypothesis import given, strategies as st
from rapidfuzz import fuzz

from pipeline.onboarding.similarity import ratio, token_sort_ratio

NAMES = st.text(alphabet="abcdé _", max_size=24)


@given(NAMES, NAMES)
def test_the_ratio_is_that_of_rapidfuzz(left: str, right: str):
    """Two texts rate the same as `rapidfuzz.fuzz.ratio` rates them."""
    assert ratio(left, right) == pytest.approx(fuzz.ratio(left, right))


@given(NAMES, NAMES)
def test_words_in_another_order_rate_the_same(left: str, right: str):
    """Two texts rate the same as `rapidfuzz.fuzz.token_sort_ratio` rates them."""
    assert token_sort_ratio(left, right) == pytest.approx(fuzz.token_sort_ratio(left, right))
