"""Tests for whether sentences say what one who has a role has to do."""

import pytest

from processors.values.contracts.acting import acts


@pytest.mark.parametrize(
    "text",
    [
        "the ferryman shall sail",
        "ferryman(s) will carry mail",
        "a ferrymans share; the ferryman keeps the boat",
        "die ferryman tragt die kosten",
        "the unferryman rows. each ferryman agrees to row",
    ],
)
def test_who_has_to_do_something_acts(text: str):
    """With a verb behind the word, or an article before it and a verb behind, in any of its places."""
    assert acts("ferryman", text)


@pytest.mark.parametrize(
    "text",
    [
        "ferryman",
        "the unferryman shall sail",
        "the ferrymans keeps the boat",
        "the ferryman shall be paid",
        "madie ferryman tragt",
        "die ferryman: 3 boats",
    ],
)
def test_who_is_only_named_does_not_act(text: str):
    """Another word, what happens to somebody, or a word without a sentence is not enough."""
    assert not acts("ferryman", text)
