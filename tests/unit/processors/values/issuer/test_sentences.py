"""A sentence with a company in it names no issuer, and a slogan is no part of a name."""

import pytest

from processors.values.issuer.name_text import name_in


@pytest.mark.parametrize(
    "text",
    [
        "I, Karen Poe, hereby grant Sunny Studios LLC the right",
        "The contract between Fox Design Ltd and Otter Ltd",
        "Our agreement with Otter Tiles Ltd ends",
        "Der Vertrag zwischen Fuchs GmbH und Otter AG",
        "Ich, Karin Pohl, erteile der Fuchs GmbH eine Vollmacht",
        "We authorize Otter Tiles Ltd to collect the parcel",
    ],
)
def test_a_sentence_is_no_name(text: str):
    """It is about the company, and somebody else writes it."""
    assert name_in(text) == ("", False)


@pytest.mark.parametrize("name", ["We Buy Cars Ltd", "I Love Pasta Ltd", "The Meeting Place Ltd"])
def test_a_name_may_begin_like_a_sentence(name: str):
    """It has no verb of a declaration."""
    assert name_in(name) == (name, True)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("The Corner Bakery: Baked With Love", "The Corner Bakery"),
        ("Otter Pharmacy: We Care For You", "Otter Pharmacy"),
        ("Hotel: Grand Kettle", "Hotel: Grand Kettle"),
    ],
)
def test_a_slogan_is_left_out(text: str, name: str):
    """It is behind the name of a shop and a colon."""
    assert name_in(text)[0] == name
