"""What names in a preamble promise: whole names, no place, no list of others, and who declares."""

import pytest

from pipeline.model import Finding, PageText
from processors.classify.classifier import classify
from processors.contract import Page
from processors.values import find_values


def page_of(text: str) -> Page:
    """Return a page with a text."""
    return Page(PageText(number=1, source="text", engine=None, confidence=None, text=text))


def found_in(text: str, name: str) -> Finding | None:
    """Return a value that was found in a contract."""
    return find_values([page_of(text)], doc_class="contract").get(name)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ("Rill Bank, National Association (“Rill”) and Orr Ltd", "Rill Bank, National Association; Orr Ltd"),
        ("THE RILL TRUST & SAVINGS COMPANY and Orr Ltd", "THE RILL TRUST & SAVINGS COMPANY; Orr Ltd"),
        ("THE CITY OF ELY and Orr Ltd", "CITY OF ELY; Orr Ltd"),
        ("Moulin de l'Orr SARL and Rill SAS", "Moulin de l'Orr SARL; Rill SAS"),
        ("Moulin de l\u2019Orr and Orr Ltd", "Moulin de l\u2019Orr; Orr Ltd"),
        ("Rill S.à r.l. and Orr 9 Limited Partnership", "Rill S.à r.l.; Orr 9 Limited Partnership"),
        ("Rill (Ely Bay) Co., Limited and Orr Ltd", "Rill (Ely Bay) Co., Limited; Orr Ltd"),
        ("eRill, Inc. (“Rill”) and orr.com Ltd", "eRill, Inc.; orr.com Ltd"),
        ("Rill AG, Essen (“Rill”) and Orr Ltd", "Rill AG; Orr Ltd"),
        ("Rill, Inc., New York (“Rill”) and Orr Ltd", "Rill, Inc.; Orr Ltd"),
        ("Ida B. Rill, Ph.D., an individual, and Orr Ltd", "Ida B. Rill; Orr Ltd"),
        ("Ida Rill, Nils Tarn, Ann Pell and Orr Ltd", "Ida Rill; Nils Tarn; Ann Pell; Orr Ltd"),
        ("Fell Iron and Steel Company and Orr Ltd", "Fell Iron and Steel Company; Orr Ltd"),
        ("Rill Trust and Fire Hill LLC", "Rill Trust; Fire Hill LLC"),
        ("Rill Road Bank of Ely and Market Street Bank of Orr", "Rill Road Bank of Ely; Market Street Bank of Orr"),
        ("Rill Partners, a firm consisting of Ida Quill and Nils Fell, and Orr Ltd", "Rill Partners; Orr Ltd"),
        ("Rill, Inc. and, solely for purposes of Article 3, Nils Orr", "Rill, Inc.; Nils Orr"),
        ("Rill, Inc. and, for the limited purpose stated in Part 3, Nils Orr", "Rill, Inc.; Nils Orr"),
        ("Ida Rill, Executor of the Estate of Ann Rill, and Orr Ltd", "Ida Rill; Orr Ltd"),
        ("Rill Bank and Trust Company and Orr Ltd", "Rill Bank and Trust Company; Orr Ltd"),
        ("Rill, Inc., as Issuer, THE LENDERS PARTY HERETO and Orr Ltd", "Rill, Inc.; Orr Ltd"),
        ("Rill Co-Operation Fund, L.P. and Orr Ltd", "Rill Co-Operation Fund, L.P.; Orr Ltd"),
        ("Rill, Inc., an Ohio company, as Issuer, Orr Ltd and Ida Fell", "Rill, Inc.; Orr Ltd; Ida Fell"),
        ("Rill, Inc., an affiliate of Pell Corp. and Fell Corp. (“Rill”), and Orr Ltd", "Rill, Inc.; Orr Ltd"),
        ("Rill, Inc. and its parent company, Orr Corp. (together, “Rill”)", "Rill, Inc.; Orr Corp."),
        ("Rill, Inc. and Orr LLC, pursuant to a plan of Pell Corp. and Fell Ltd", "Rill, Inc.; Orr LLC"),
        ("Rill, Inc. (“Rill”) and each of the holders listed in Annex 1", "Rill, Inc."),
    ],
)  # fmt: skip
def test_whole_names_and_nothing_else(names: str, expected: str):
    """A name has its form, its place inside and its trades; seats, titles and clauses are none."""
    found = found_in(
        f"CONTRACT\nThis Contract is made between {names}, who agree.\n1. Trees.", "parties"
    )

    assert (found.value if found else "") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "KNOW ALL MEN BY THESE PRESENTS, that Ida B. Rill, for ten dollars paid by Orr Corp., does hereby remise, release and forever discharge Orr Corp. from all claims.",
            "Ida B. Rill; Orr Corp.",
        ),
        (
            "I, Ida Rill, of Ely, Maine, hereby make, constitute and appoint my son, Nils Rill, as my true and lawful attorney, to sell the house of Ann Fox and Bob Orr.",
            "Ida Rill; Nils Rill",
        ),
        (
            "The undersigned, Ida Rill, hereby releases Nils Orr and Fell Insurance Company from claims.",
            "Ida Rill; Nils Orr; Fell Insurance Company",
        ),
        (
            "FOR VALUE RECEIVED, the undersigned, Rill, Inc., promises to pay Orr Capital LLC, or order, ten dollars.",
            "Rill, Inc.; Orr Capital LLC",
        ),
        (
            "THE GRANTOR, Ida Rill, a widow, conveys and quitclaims to Nils Orr and Ann Orr, husband and wife, a field.",
            "Ida Rill; Nils Orr; Ann Orr",
        ),
        (
            "Rill Corp. (“Rill”) hereby sells, assigns and transfers to Orr Inc. and Fell LLC (together, “Buyers”) a mill.",
            "Rill Corp.; Orr Inc.; Fell LLC",
        ),
        (
            "I, Ida Rill, of 2 Fell Row, appoint my wife, Ann Rill, as my agent, to sell a mill.",
            "Ida Rill; Ann Rill",
        ),
        (
            "I, the undersigned Ida Rill, residing at 2 Fell Row,\nNew Weir, ND 58001, do hereby appoint Nils Orr as my agent.",
            "Ida Rill; Nils Orr",
        ),
        (
            "Rill Mills LLC, 2 Fell Row,\nFell Lake City, Utah, hereby constitutes and appoints Orr Law Group as its attorney.",
            "Rill Mills LLC; Orr Law Group",
        ),
        (
            "The board met. Fell Hall, Weir Town (in the hall) hereby appoints Ida Rill as its Clerk.",
            "",
        ),
        ("Ida Rill, of Weir, hereby appoints Nils Orr as her agent.", "Ida Rill; Nils Orr"),
        ("I, Ida Rill, hereby appoint ______________ as my attorney.", ""),
        ("The Company hereby grants to the Employee a loan.", ""),
        (
            "This Joinder is executed and delivered by Rill LLC (the “New Guarantor”), pursuant to the Guaranty of Orr Corp. and Fell Ltd.",
            "Rill LLC",
        ),
        ("The goods are delivered by Rill Couriers Ltd (“Carrier”) to the mill.", ""),
    ],
)
def test_who_declares_something_and_to_whom(text: str, expected: str):
    """One side may declare alone; both sides are parties, and whom a clause mentions is none."""
    found = found_in(f"DECLARATION\n{text}\nSigned below.", "parties")

    assert (found.value if found else "") == expected


LETTER = """RILL MILLS, INC.
1 Fell Row

April 2, 2031

Nils Orr
2 Fell Row

Re: Offer

Dear Mr. Orr:

We are pleased to offer you work. The terms of this offer letter are as follows.

Very truly yours,

RILL MILLS, INC.
By: ____________

{acceptance}

____________
Nils Orr
Date: April 9, 2031
"""


@pytest.mark.parametrize(
    "acceptance", ["ACCEPTED AND AGREED:", "Agreed to and accepted", "Agreed by:"]
)
def test_a_letter_that_is_accepted_is_a_contract(acceptance: str):
    """Whom it is from and to are its parties, and its date is at its head."""
    page = page_of(LETTER.format(acceptance=acceptance))
    doc_class = classify([page], media_type="text/plain").value
    found = find_values([page], doc_class=doc_class)

    assert doc_class == "contract"
    assert (found["parties"].value or "").casefold() == "nils orr; rill mills, inc."
    assert found["date"].value == "2031-04-02"


def test_a_letter_that_nobody_accepts_has_no_parties():
    """Only the signature below an acceptance makes a contract of a letter."""
    page = page_of(LETTER.partition("{acceptance}")[0].replace("offer", "bring"))
    doc_class = classify([page], media_type="text/plain").value

    assert doc_class == "letter"
    assert "parties" not in find_values([page], doc_class=doc_class)


def test_the_date_behind_the_last_party():
    """The day may be at the end of the opening sentence."""
    text = "DEED\nThis deed is by Ida Rill (“Rill”) and Orr Ltd (“Orr”), on May 3, 2031.\n1. Deeds."

    found = found_in(text, "date")

    assert (found.value if found else None) == "2031-05-03"
