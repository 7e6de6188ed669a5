"""What makes a contract of a text: that somebody binds himself, and not what it is about."""

import pytest

from pipeline.model.limits import WRITE_AT
from tests.unit.processors.classify.test_classifier import class_of


@pytest.mark.parametrize(
    "text",
    [
        """Beehives at Moss End
        It is agreed on 2 May 2031 between Ida Quill (the Keeper) and Orr Farm (the Grower) that
        the Keeper will bring six hives. Either may end the arrangement in writing.""",
        """Right of way
        In consideration of £10, the receipt of which is acknowledged, Fell Farm grants Ida Quill
        a right of way. It binds their successors and assigns.""",
        """Rider no. 4 to the Supply Agreement of 2 May 2029
        Rill Ltd (Supplier) and the Vale Council (Council) agree to extend the supply.
        Clause 3 is deleted. All other terms remain unchanged.""",
        """Picture release
        For good and valuable consideration the undersigned, Ida Quill, grants Rill Films the use of it.
        This release is governed by Irish law.""",
        """ORDER FORM
        Customer: Orr Mills Ltd
        Provider: Rill Clouds Ltd
        Start date: 2 May 2031
        This order form is governed by the terms of the provider, incorporated by reference. By
        signing, the parties agree to be bound. It renews for successive terms of a year.
        Signature: ________ Signature: ________""",
        """Honorarvereinbarung
        Zwischen dem Chor Ahn e. V. und Ida Quill wird vereinbart:
        1. Ida Quill leitet den Chor.""",
        """Beekeeper: Ida Quill
        Orchard: Rill Ltd
        The Beekeeper will bring six hives in May. The Orchard will pay £90 and mow the grass. Either may end this in writing.""",
        """OFFER OF EMPLOYMENT
        4 May 2031
        Dear Ida,
        Rill Farm offers you the post of herder from 1 June 2031.
        Show that you agree to these terms by signing one copy and returning it.
        Yours sincerely
        Jon Orr""",
        """Dear Ida,
        Your work at Rill Farm will begin on 1 June 2031.
        Please sign and return one copy of this letter if you accept.
        Yours sincerely
        Jon Orr
        I accept the terms of this letter. Ida Quill""",
        """Vor mir erschienen heute Jon Orr, nachstehend "Verkäufer" genannt, und Ida Quill.
        Die Erschienenen erklärten folgenden Kaufvertrag: Der Verkäufer verkauft die Wiese.""",
        """LICENTIE-OVEREENKOMST
        De ondergetekenden Rill B.V. en Orr B.V. komen het volgende overeen: Rill verleent een
        licentie. Deze overeenkomst duurt een jaar.""",
        """END USER LICENSE AGREEMENT
        By using Rill you accept these terms. Rill grants you a license. You may not sell the copy.
        This agreement ends when you delete the program.""",
        """The Grantor, Ida Quill, conveys and warrants to Jon Orr Lot 3 of Moss End for other valuable
        consideration. This deed is dated 2 May 2031.""",
    ],
    ids=[
        "agreed",
        "consideration",
        "amendment",
        "release",
        "order form",
        "German",
        "roles",
        "offer",
        "accepted letter",
        "notary",
        "Dutch",
        "end user",
        "deed",
    ],
)
def test_who_binds_himself_makes_a_contract(text: str):
    """The words by which people bind themselves are enough without a title that rules know."""
    assert class_of(text).value == "contract"


@pytest.mark.parametrize(
    "text",
    [
        """Judges side with tenant
        A landlord may not lock out a tenant, judges ruled. The lessee and the lessor had entered
        into the lease in 2019. Jurisdiction, termination and the obligations of both parties were
        at issue, indemnification was not.""",
        """Moving out
        The landlord must return the deposit. The tenant must clean the flat. If the parties differ,
        they may go to arbitration. Termination must be in writing.""",
        """SAMPLE CLAUSES
        Leases should contain the names of the parties, the effective date and the governing law.
        "The tenant shall indemnify the landlord." Either party may terminate in writing.""",
        """TRAVEL POLICY
        Effective date: 2 May 2031
        The employee shall keep receipts. The company will pay the fare. Confidentiality applies.
        The manager shall approve each journey.""",
        """Purchase Order 118
        Vendor: Rill Ltd
        Bolts 9.00
        Total 9.00
        This order is governed by our conditions. Vendor shall indemnify us. Vendor may not assign
        this order.""",
        """QUESTIONS ABOUT YOUR LEASE
        Can my landlord come in? The landlord must give notice. May I leave? The tenant may assign
        the lease with consent. What is indemnification? A promise to pay for a loss.""",
        """Judgment of 7 June 2031
        Between: Rill Limited (Appellant) and Quill Limited (Respondent)
        The judge found that the Respondent must indemnify. The appeal is dismissed. The Appellant
        shall pay the costs.""",
        """Tasks of the week
        Keeper: Ida Quill
        Stable: Moss End
        The Keeper shall feed the horses. The Stable is to be swept.""",
    ],
    ids=["report", "advice", "guidance", "policy", "order", "questions", "judgment", "tasks"],
)
def test_what_is_about_contracts_is_none(text: str):
    """Reports, advice and policies have the words that contracts are about."""
    assert class_of(text).value != "contract"


def test_an_application_stays_a_form():
    """Who applies may promise to keep the rules: there is no other side that binds itself."""
    text = """MEMBERSHIP APPLICATION
    Name: ________ Date of birth: ________
    Address: ________
    I agree to be bound by the rules of the club.
    Signature of applicant: ________ Date: ________"""

    assert class_of(text).value == "form"


@pytest.mark.parametrize(
    "sentence",
    [
        "I accept your offer of the post of herder with great pleasure.",
        "We were pleased to hear that you accept the position; the contract will follow.",
        "Please sign and return the enclosed copy of the plan.",
    ],
)
def test_a_letter_about_a_post_stays_a_letter(sentence: str):
    """Who answers an offer, or writes about one, sets no terms."""
    assert class_of(f"4 May 2031\nDear Ida,\n{sentence}\nYours sincerely\nJon").value == "letter"


_CLAUSES = """In consideration of the rent the parties agree as follows. The Grower shall not assign this agreement
without the prior written consent of the Keeper. The Keeper may terminate it. Any dispute arising
shall be settled in Cork. This agreement is governed by Irish law."""


@pytest.mark.parametrize(
    "text",
    [
        f"Ida Quill\n2 May 2031\nDear Mr Orr,\nYou wrote:\n{_CLAUSES}\nKind regards\nIda Quill",
        f"COUNTY COURT RULING\nBetween Ida Quill and Jon Orr\n{_CLAUSES}\nI find for the Keeper.",
        f"NOTICE OF DEFAULT\nKeeper: Ida Quill\nGrower: Jon Orr\n{_CLAUSES}\nPay the rent by May.",
        f"URTEIL\nIda Quill gegen Jon Orr\n{_CLAUSES}",
        f"Orchards Weekly\nThe quarrel goes on. The lease reads: {_CLAUSES}\nBoth are unhappy.",
        f"From: Ida Quill\nTo: Jon Orr\nHi Jon,\n{_CLAUSES}\nCheers, Ida",
        f"Terms of Service\n{_CLAUSES}\nLast updated 2 May 2031\nRill Clouds Ltd",
    ],
    ids=["letter", "ruling", "notice", "German", "report", "mail", "terms"],
)
def test_what_quotes_a_contract_is_none_for_certain(text: str):
    """Letters, courts and notices quote clauses; terms for everybody have no other side."""
    found = class_of(text)

    assert found.value != "contract" or found.confidence < WRITE_AT


@pytest.mark.parametrize(
    "text",
    [
        f"Hive Agreement\nKeeper: Ida Quill\nGrower: Jon Orr\n{_CLAUSES}",
        f"Keeper: Ida Quill\nGrower: Jon Orr\nNotice must be in writing.\n{_CLAUSES}",
        f"Hive Agreement\nBetween Ida Quill and Jon Orr\n{_CLAUSES}\nKind regards are not needed.",
    ],
    ids=["title", "no title", "words"],
)
def test_a_contract_is_one_for_certain(text: str):
    """A sentence about a notice or a court is no title."""
    found = class_of(text)

    assert found.value == "contract"
    assert found.confidence >= WRITE_AT


@pytest.mark.parametrize(
    ("text", "doc_class"),
    [
        (
            """RECEIPT
            Owner: Ida Quill
            Guest: Jon Orr
            Cash 90.00
            The owner confirms it. The guest must keep this receipt.""",
            "receipt",
        ),
        (
            """Diagnosis and treatment
            Surgeon: Ida Quill
            Patient: Jon Orr
            The Surgeon will call. The Patient must not swim.""",
            "medical_record",
        ),
        (
            """Rota for the fair
            Baker: Ida Quill
            Porter: Jon Orr
            The porter will bring the flour. The baker must light the oven at six. All must wash.""",
            "other",
        ),
    ],
    ids=["receipt", "medical record", "small letters"],
)
def test_who_has_to_do_something_makes_no_contract_of_other_papers(text: str, doc_class: str):
    """Names beside roles count where the clauses write these with a capital, and nothing else fits."""
    assert class_of(text).value == doc_class
