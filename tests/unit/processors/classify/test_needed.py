"""Tests for the texts that the matches of a pattern cannot do without."""

import pytest

from pipeline.model import PageText
from processors.classify.classifier import classify, evidence_in
from processors.classify.needed import needed_in
from processors.classify.rules import load_rules, parse_rules
from processors.contract import Page
from processors.values.lines import text_lines_of


@pytest.mark.parametrize(
    ("pattern", "texts"),
    [
        ("harbor (?:dues|fees)", ("harbor ",)),
        (r"\b(?:harbor|mooring) of [a-z]{3,9}\b", ("harbor", "mooring")),
        ("(?:ab|ac)? mooring", (" mooring",)),
        ("(?:mooring){2,3}", ("mooring",)),
        ("_{6,40}|mooring", ("____", "mooring")),
        ("[☐☑]|mooring", ("mooring", "☐", "☑")),
        (r"moo\bring", ("mooring",)),
        ("moorings|mooring|pier 7", ("mooring", "pier 7")),
    ],
)
def test_each_match_has_one_of_the_texts(pattern: str, texts: tuple[str, ...]):
    """What is left out or may be another text does not count, and a text within others is enough."""
    assert needed_in(pattern) == texts


@pytest.mark.parametrize(
    "pattern",
    [
        "(?:mooring)?",
        "mooring|",
        "mooring|[a-z]{9}",
        "mooring|[^a]",
        "(?i)mooring",
        "(?i:mooring)",
        "(?!mooring)",
        "(?=mooring)",
        "a|mooring",
        r"mooring|\d{4}",
        " of |mooring",
    ],
)
def test_texts_that_are_not_sure_or_not_rare_are_none(pattern: str):
    """Lines without such texts could have a match, or next to no line is without them."""
    assert needed_in(pattern) == ()


def test_most_of_the_packaged_patterns_over_all_lines_have_texts():
    """Otherwise a document is searched for hundreds of words that it does not have."""
    patterns = [rule for rule in load_rules().rules if rule.where == "any" and not rule.words]

    assert sum(bool(rule.texts) for rule in patterns) > len(patterns) / 2


OWN = """
[[rules]]
class = "berth_list"
where = "any"
weight = 9.0
most = 1
patterns = ['%s']
"""
BERTHS = "Harbor office\nBoats of this week\nMOORING DUES payable\nBerth 7 is empty\nNo more boats"


@pytest.mark.parametrize(
    ("pattern", "doc_class"),
    [
        ("mooring (?:dues|fees) [a-z]+", "berth_list"),
        (r"(?:pier|berth) \d+|slipway", "berth_list"),
        ("[a-z]+ dues", "berth_list"),
        ("mooring (?:rent|lease)", None),
    ],
)
def test_own_patterns_find_lines_by_their_texts(pattern: str, doc_class: str | None):
    """A user's patterns find what they find without the texts."""
    page = Page(PageText(number=1, source="text", engine=None, confidence=None, text=BERTHS))

    found = classify([page], media_type="text/plain", own_rules=OWN % pattern)

    assert found.value == doc_class


def test_texts_are_found_in_their_own_lines():
    """In the first line, in the last one and twice in one; what two lines have together is in none."""
    text = "moorings 1\nthe moor\ning of mooring, mooring\nx\n\nmooring"
    lines = text_lines_of([Page(PageText(1, "source", None, None, text))])
    rules = parse_rules(
        "[[rules]]\nclass = 'berth'\nwhere = 'any'\nweight = 1.0\nmost = 9\n"
        r"patterns = ['mooring.?.?.?']"
    )
    assert rules.rules[-1].texts == ("mooring",)

    found = [each for each in evidence_in(lines, rules) if each.doc_class == "berth"]

    assert [(each.line.number, each.word) for each in found] == [
        (0, "moorings 1"),
        (2, "mooring, m"),
        (4, "mooring"),
    ]
