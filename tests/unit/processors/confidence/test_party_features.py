"""The parties of a contract: a probability knows what speaks against them."""

from collections.abc import Sequence

import pytest

from pipeline.model import Finding
from processors.confidence.evidence import Evidence
from processors.confidence.features import features_of
from processors.confidence.model import MOST_OF_SUGGESTION
from processors.values.lines import text_lines_of
from tests.unit.processors.confidence.test_probabilities import page, read

_CONTRACT = Finding("contract", 0.97, "it says so")
_OPENING = "This Agreement is made on 2 April 2031 between Rill Mill Ltd and Orr Barges Ltd."


def features_of_parties(lines: Sequence[str], parties: str) -> dict[str, float]:
    """Return the features of parties that were found."""
    pages = [page(*lines)]
    found = {"parties": Finding(parties, 0.8, "are named", page=1)}
    evidence = Evidence.of(text_lines_of(pages), pages, found, _CONTRACT, ("eng",))
    return features_of(evidence, "parties")


@pytest.mark.parametrize("signs", ["Fell Holdings Inc.", "FELL HOLDINGS INC."])
def test_a_company_that_signs_and_is_no_party_is_a_doubt(signs: str):
    """One of the parties may have been missed."""
    text = ("AGREEMENT", _OPENING, "Rill Mill Ltd", "By: ________", signs, "By: ________")

    assert features_of_parties(text, "Rill Mill Ltd; Orr Barges Ltd")["another_signs"]
    assert read([page(*text)], _CONTRACT)["parties"].confidence <= MOST_OF_SUGGESTION


def test_parties_that_sign_themselves_are_no_doubt():
    """A signature may have the name in capitals."""
    text = ("AGREEMENT", _OPENING, "RILL MILL LTD.", "By: ________", "Orr Barges Ltd", "By: ______")

    assert not features_of_parties(text, "Rill Mill Ltd; Orr Barges Ltd")["another_signs"]


@pytest.mark.parametrize(
    ("parties", "doubt"),
    [("Rill Mill Ltd", "one_party"), ("Rill; Orr Barges Ltd", "one_word_party")],
)
def test_too_few_parties_or_words_are_a_doubt(parties: str, doubt: str):
    """A contract has two parties, and a name of one word may be the rest of a longer one."""
    assert features_of_parties(("AGREEMENT", _OPENING), parties)[doubt]
    assert not features_of_parties(("AGREEMENT", _OPENING), "Rill Mill Ltd; Ann Fox")[doubt]


def test_parties_that_only_signatures_name_are_a_suggestion():
    """Who signs may do it for another one."""
    text = ("AGREEMENT", "They agree.", "Rill Mill Ltd", "By: ____", "Orr Barges Ltd", "By: ____")

    assert read([page(*text)], _CONTRACT)["parties"].confidence <= MOST_OF_SUGGESTION
    assert (
        features_of_parties((*text, _OPENING), "Rill Mill Ltd; Orr Barges Ltd")["only_signed"] == 0
    )
