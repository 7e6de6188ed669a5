"""The day from which a contract holds: a probability knows of other days."""

from collections.abc import Sequence

import pytest

from pipeline.model import Finding
from processors.confidence.evidence import Evidence
from processors.confidence.features import features_of
from processors.confidence.model import MOST_OF_SUGGESTION
from processors.values import find_values
from processors.values.lines import text_lines_of
from tests.unit.processors.confidence.test_probabilities import page, read

_CONTRACT = Finding("contract", 0.97, "it says so")


@pytest.mark.parametrize(
    "start",
    ["The work at the mill is done from 4 May 2031.", "Die Arbeit läuft ab 4. Mai 2031."],
)
def test_the_day_of_a_contract_that_may_begin_on_another_one_is_a_suggestion(start: str):
    """The day above a letter of agreement says when it was written, and not from when it holds."""
    lines = ("2 April 2031", "Dear Ida,", "Rill Farm and you agree as follows.", start)

    letter = read([page(*lines)], _CONTRACT)["date"]

    assert letter.value == "2031-04-02"
    assert features_of_day(lines)["starts_elsewhere"]
    assert letter.confidence <= MOST_OF_SUGGESTION


def test_the_day_on_which_a_contract_is_made_is_no_suggestion_for_a_term_that_begins_later():
    """From a day that is behind "made as of" on, the contract is in force."""
    made = "This agreement is made as of 2 April 2031 by Rill Ltd and Orr Ltd."

    assert not features_of_day((made, "The rent is due from 4 May 2031."))["starts_elsewhere"]


def features_of_day(lines: Sequence[str]) -> dict[str, float]:
    """Return the features of the date of a contract."""
    pages = [page(*lines)]
    found = find_values(pages, doc_class="contract")
    evidence = Evidence.of(text_lines_of(pages), pages, found, _CONTRACT, ("eng",))
    return features_of(evidence, "date")
