"""Words of the lists: looking at how words begin never changes what is found."""

import random
import re

import pytest

from processors.values.lines import fold, label_pattern, word_lists, word_parts
from processors.values.list_words import labels_in, may_have_word, starts_of_word

_LISTS = [(section, name) for section, lists in word_lists().items() for name in lists]
_BETWEEN = (" ", "", ". ", ":", "-", "(", "  ", "_", "\t", "é", "€", "7")


def _texts(words: list[str], chance: random.Random) -> list[str]:
    """Return texts that have each word, or something like it, among others."""
    texts: list[str] = []
    for word in words:
        gap = chance.choice(_BETWEEN)
        printed = word.removeprefix("*").replace(" ", gap).replace("ss", chance.choice(["ss", "ß"]))
        other = chance.choice(words)[: chance.randint(1, 6)]
        around = chance.choices(_BETWEEN, k=3)
        texts += [printed, fold(f"{other}{around[0]}{printed}{around[1]}{other}{around[2]}")]
    return texts


@pytest.mark.parametrize(("section", "name"), _LISTS)
def test_the_beginnings_of_words_lose_none(section: str, name: str):
    """What the pattern of a list finds is found, in texts of its own words and of all others."""
    chance = random.Random(f"{section}.{name}")  # noqa: S311 - a test that repeats itself
    others = [word for lists in word_lists().values() for words in lists.values() for word in words]
    texts = _texts([*word_lists()[section][name], *chance.sample(others, 300)], chance)
    pattern = label_pattern(section, name)

    found = [[label.span() for label in labels_in(text, section, name)] for text in texts]

    assert found == [[label.span() for label in pattern.finditer(text)] for text in texts]


@pytest.mark.parametrize("text", ["eggs from the farm 12.00", "", "zebras live in zoos"])
def test_a_line_without_such_a_beginning_needs_no_pattern(text: str):
    """Running text is rarely searched for sums."""
    assert not may_have_word(text, "totals", "subtotal", "due")


@pytest.mark.parametrize("word", ["b", "*nummer", "a"])
def test_words_that_begin_anywhere_have_no_beginnings(word: str):
    """A list with one of them is always looked for."""
    assert starts_of_word(word_parts(word)) is None


def test_a_part_that_is_not_known_makes_no_promise():
    """A new kind of part in the patterns of words costs time, and never a word."""
    assert starts_of_word([*word_parts("ab"), r"\d{2}"]) is None
    assert re.compile("".join(word_parts("ab"))).match("ab")
