"""What the date of a contract promises where its recitals name days of other papers."""

import pytest

from pipeline.model import PageText
from processors.contract import Page
from processors.values import find_values


def date_of(text: str) -> str | None:
    """Return the date found in a contract."""
    page = Page(PageText(number=1, source="text", engine=None, confidence=None, text=text))
    found = find_values([page], doc_class="contract").get("date")
    return found.value if found else None


@pytest.mark.parametrize(
    "recital",
    [
        "WHEREAS, Rill signed a letter of intent effective May 4, 2011;",
        "WHEREAS, the plan of both, adopted in spring, is effective as of May 4, 2011;",
        "The Council issued a Request for Tenders effective May 4, 2011.",
        "Orr holds the field under a lease effective May 4, 2011 (the “Head Lease”).",
        "Rill has executed a promissory note, effective May 4, 2011.",
        "The work of Ida Orr for Rill ended effective May 4, 2011.",
        "It supersedes the deed of the same parties effective May 4, 2011.",
        "They agreed on a term sheet effective May 4, 2011.",
        "They were parties to the Mill Lease dated April 2, 2011 and effective as of May 4, 2011.",
        "This replaces the Weir Agreement, which was effective May 4, 2011.",
        "BACKGROUND\nA. Rill mills rye with effect from May 4, 2011.\n1. Mills.",
        "Recitals\nThe field has been let effective May 4, 2011.\nThe parties hereby agree:",
    ],
)
def test_a_day_of_a_recital_is_not_that_of_the_contract(recital: str):
    """Neither another paper nor what happened before says when this contract is in force."""
    text = (
        f"DEED\nThis Agreement is made as of June 3, 2012 between Rill Ltd and Orr Ltd.\n{recital}"
    )

    assert date_of(text) == "2012-06-03"


@pytest.mark.parametrize(
    "sentence",
    [
        "WHEREAS, the parties intend this Agreement to be effective as of May 4, 2011;",
        "This Agreement shall be effective upon May 4, 2011.",
        "Recitals\nA. This Pact not to Hire and Mill Sharing Agreement is effective May 4, 2011.\n1. Mills.",
        "Recitals\nThis Lease is effective May 4, 2011.\nThe parties hereby agree:",
    ],
)
def test_a_recital_may_be_about_the_contract_itself(sentence: str):
    """Words such as "this Agreement" say so."""
    text = f"DEED\nThis Agreement is entered into on April 1, 2011 by Rill Ltd and Orr Ltd.\n{sentence}"

    assert date_of(text) == "2011-05-04"


def test_the_day_that_a_contract_calls_its_effective_date():
    """It comes before a day behind stronger words."""
    text = (
        "DEED\nThis Deed is made as of May 4, 2011 (“Effective Date”) by Rill Ltd and Orr Ltd.\n"
        "Fees shall be effective June 1, 2013."
    )

    assert date_of(text) == "2011-05-04"


def test_an_addendum_to_an_agreement_with_a_day():
    """The day behind the name of the agreement is that one's."""
    text = (
        "ADDENDUM\nThis Addendum is dated June 3, 2012 and supplements the Mill Agreement, effective"
        " as of May 4, 2011, of Rill Ltd and Orr Ltd."
    )

    assert date_of(text) == "2012-06-03"


def test_the_later_signature():
    """It counts where the contract says so."""
    text = "DEED\nThis is effective on the date of the later signature below.\nRill Ltd\nDate: May 2, 2011\nOrr Ltd\nDate: May 4, 2011"

    assert date_of(text) == "2011-05-04"


def test_a_blank_day_stays_open_whatever_a_recital_says():
    """The day of another paper does not fill it."""
    text = (
        "DEED\nThis Deed is made this ____ day of ______, 2012, by Rill Ltd and Orr Ltd.\n"
        "WHEREAS, the Council made a memorandum of understanding effective May 4, 2011;"
    )

    assert date_of(text) is None


def test_employment_that_ended_does_not_date_the_release():
    """The day on which the release itself becomes effective comes first."""
    text = (
        "RELEASE\nThis Release is made by and between Ida Orr and Rill Ltd.\n"
        "1. Her employment with Rill is over, effective April 30, 2011.\n"
        "2. This Release shall become effective on May 4, 2011."
    )

    assert date_of(text) == "2011-05-04"
