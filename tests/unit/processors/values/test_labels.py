"""How the packaged words are found in a line."""

import re

import pytest

from processors.values.lines import any_of, word_lists, word_parts

LISTS = [(section, name) for section, lists in word_lists().items() for name in lists]


def written(words: tuple[str, ...], number: int) -> str:
    """Write words beside each other as scans do: with blanks, points, or nothing between them."""
    between = (" ", ". ", "", ": ", "ss")[number % 5]
    return between.join(word.removeprefix("*").replace(" ", between[:1]) for word in words)


@pytest.mark.parametrize(("section", "name"), LISTS, ids="-".join)
def test_words_that_share_their_beginning_are_found_as_if_they_did_not(section: str, name: str):
    """The same words are found at the same places, the first one of several that match."""
    words = sorted(word_lists()[section][name], key=len, reverse=True)
    shared = re.compile(any_of(map(word_parts, words)))
    apart = re.compile("|".join("".join(word_parts(word)) for word in words))
    lines = [written(tuple(words[at : at + 4]), at) for at in range(len(words))]

    found = [[match.span() for match in shared.finditer(line)] for line in lines]

    assert found == [[match.span() for match in apart.finditer(line)] for line in lines]
    assert any(found)


def test_the_order_decides_between_words_that_both_match():
    """A word that may begin with anything comes before a longer one only where it is before it."""
    words = ["*total", "total due", "tot"]

    first = re.compile(any_of(map(word_parts, words))).match("total due")
    second = re.compile(any_of(map(word_parts, reversed(words)))).match("total due")

    assert first is not None
    assert second is not None
    assert (first.group(), second.group()) == ("total", "tot")
