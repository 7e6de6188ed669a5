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


@pytest.mark.parametrize(
    "lines",
    [
        ("You retire as treasurer, and your retirement is effective 2 April 2031.",),
        ("Your position as miller begins on 2 April 2031.",),
        ("The promotion of Ida Orr takes effect on 2 April 2031.",),
    ],
)
def test_the_day_on_which_work_begins_or_ends_is_a_suggestion(lines: Sequence[str]):
    """A contract about it may hold from another day on."""
    text = ("AGREEMENT", *lines, "Rill Farm and Ida Orr agree as follows.")

    assert features_of_day(text)["starts_post"]
    assert read([page(*text)], _CONTRACT)["date"].confidence <= MOST_OF_SUGGESTION


@pytest.mark.parametrize(
    "made",
    [
        "This Employment Agreement is effective as of 2 April 2031.",
        "This Separation Agreement is made on 2 April 2031.",
        "This agreement about the position of a miller is dated 2 April 2031.",
    ],
)
def test_the_day_of_an_agreement_about_work_is_its_own(made: str):
    """Its title has the work, and its sentence the agreement."""
    assert not features_of_day((made,))["starts_post"]


@pytest.mark.parametrize(
    "sentence",
    [
        "In the flood that began after 2 April 2031, Rill Farm lost a barge.",
        "On 2 April 2031 the flood took away a barge that belonged to Rill Farm.",
    ],
)
def test_a_day_that_a_sentence_mentions_is_a_suggestion(sentence: str):
    """Nothing says that the contract is of that day."""
    text = ("SETTLEMENT", sentence)

    assert features_of_day(text)["mentioned_only"]
    assert read([page(*text)], _CONTRACT)["date"].confidence <= MOST_OF_SUGGESTION


def test_the_day_at_a_signature_is_not_only_mentioned():
    """It is behind a label."""
    text = ("SETTLEMENT", "Rill Farm and Orr Ltd agree.", "Signed: I. Orr", "Date: 2 April 2031")

    assert not features_of_day(text)["mentioned_only"]


def test_the_day_of_a_paper_that_a_contract_mentions_is_a_suggestion():
    """It is announced, but not as the day of this contract."""
    text = (
        "AMENDMENT",
        "Ida Orr hereby amends the will of the mill that is her own, dated 2 May 2031.",
    )

    assert features_of_day(text)["mentioned_only"]


@pytest.mark.parametrize(
    "line",
    [
        "Main lease: between Rill Farm and Fell Holdings, dated 2 April 2031, which goes on",
        "The rooms that are shown here were seen by nobody under the plan dated 2 April 2031",
    ],
)
def test_the_day_of_another_paper_is_a_suggestion_in_any_document(line: str):
    """A document without a class has no day of its own there."""
    pages = [page("Rooms", line, "Orr and Fox keep the garden clean.")]

    day = read(pages, Finding("other", 0.6, "it says nothing"))["date"]

    assert day.value is None or day.confidence <= MOST_OF_SUGGESTION


def test_the_day_on_which_a_term_begins_is_a_suggestion_beside_another_day():
    """The lease may be in force from the day on which it was made."""
    term = "The term of the lease is five years, commencing 2 April 2031."

    assert features_of_day(("LEASE", term, "Dated: 9 March 2031"))["begins_term"]
    assert not features_of_day(("LEASE", term))["begins_term"]
