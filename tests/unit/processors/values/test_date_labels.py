"""The date of a document is not that of another one which a line names."""

import pytest

from tests.unit.processors.values.test_dates import found

_ANOTHER = [
    "Framework Agreement: dated 2 October 2030",
    "Master services agreement, made on 2 October 2030",
    "Rahmenvertrag: vom 2. Oktober 2030",
    "Quotation: Q-17 dated 2 October 2030",
    "Contract: FA-12, dated 2 October 2030",
    "Original agreement: date 2 October 2030",
]


@pytest.mark.parametrize("line", _ANOTHER)
def test_the_day_of_an_agreement_that_a_line_names_is_not_that_of_the_document(line: str):
    """Its title says that it is another document; with a day of its own that one counts."""
    text = f"CALL-OFF ORDER\nNo. 4\n{line}\nServices: cleaning\n"

    assert found(text).value is None
    assert found(f"{text}Date: 5 March 2031").value == "2031-03-05"


@pytest.mark.parametrize(
    "text",
    [
        "Framework Agreement: dated 2 October 2030",
        "Rill Ltd\nSERVICES AGREEMENT dated 2 October 2030",
        "LEASE AGREEMENT\nAgreement: dated 2 October 2030",
        "MASTER SERVICES\nAGREEMENT\nMaster services agreement: dated 2 October 2030",
        "QUOTATION\nQuote date: 2 October 2030",
        "PURCHASE ORDER\nOrder: 17, dated 2 October 2030",
        "SERVICE CONTRACT\nThis Agreement, dated 2 October 2030",
    ],
)
def test_the_day_of_an_agreement_of_the_title_is_that_of_the_document(text: str):
    """The name may be a part of the title, or say only that it is an agreement."""
    assert found(text).value == "2030-10-02"
