"""Parties that a contract names beside a role, whatever word it has for that role."""

import pytest

from tests.unit.processors.values.contracts.test_contract_parties import parties_of

CLAUSES = "\n1. The Beekeeper shall bring six hives. 2. The Orchard may not move them."


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (f"Beekeeper: Ida Quill\nOrchard: Rill Fruit Farm{CLAUSES}", "Ida Quill; Rill Fruit Farm"),
        (f"Beekeeper   Ida Quill\nOrchard   Rill Ltd{CLAUSES}", "Ida Quill; Rill Ltd"),
        (
            f"Beekeepers: Ida Quill and Una Orr\nOrchard: Rill Shire ABN 12 345 678 901{CLAUSES}",
            "Ida Quill; Una Orr; Rill Shire",
        ),
        (
            "Grantor: Ida Quill, of Moss End\nGrantee: Rill Ltd\nThe Grantor grants the Grantee a lease.",
            "Ida Quill; Rill Ltd",
        ),
        (
            (
                "Pächter: Ida Quill\nEigentümer: Rill Obsthof e. V., Am Moos 2, 21244 Ahn\n"
                "Der Pächter mäht die Wiese. Der Eigentümer zahlt."
            ),
            "Ida Quill; Rill Obsthof e. V.",
        ),
    ],
)
def test_labels_of_those_who_have_to_do_something(text: str, names: str):
    """No list has every role: who shall or may do something in the clauses is a party."""
    found = parties_of(text)

    assert found is not None
    assert found.value == names


@pytest.mark.parametrize(
    "text",
    [
        "Place: Moss End\nBeekeeper: Ida Quill\nThe Beekeeper shall go to the Place.",
        f"Beekeeper: Ida Quill\nOrchard: ________{CLAUSES}",
        "Rent: Nine Pounds\nTerm: Three Years\nThe Rent shall be paid. The Term will begin in May.",
    ],
    ids=["place", "blank", "things"],
)
def test_other_labels_name_no_party(text: str):
    """A place or a sum is none, and a blank leaves the parties open."""
    assert parties_of(text) is None


def test_only_those_who_sign_of_several_labels():
    """A guaranty names the tenant as well, who does not sign it."""
    text = (
        "Guarantor: Rill plc\nLandlord: Orr Limited\nTenant: Fell Limited\n"
        "The Guarantor guarantees the rent of the\nTenant.\n3. This is governed by Irish law.\n"
        "Signed by ........ for and on behalf of Rill plc\n"
        "Signed by ........ for and on behalf of Orr Limited"
    )
    found = parties_of(text)

    assert found is not None
    assert found.value == "Rill plc; Orr Limited"


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("We, Rill Kitchens Limited, agree to fit a sink for you, Ida Quill, for £90.", "Rill Kitchens Limited; Ida Quill"),
        ("For value received, Ida Quill (“Keeper”) lets Rill Films (“Producer”) in. Producer shall pay Keeper. Keeper may stay.", "Ida Quill; Rill Films"),
        ("This is between Vale Rural Council (Council) and Rill Ltd (Hirer). The Hirer and the Council agree.", "Vale Rural Council; Rill Ltd"),
        ("This is between Roof- und Wandbau Quill GmbH and Lodge 12 of the Orr Order.", "Roof- und Wandbau Quill GmbH; Lodge 12 of the Orr Order"),
        ("Made between June Quill and April Orr, of Ely.", "June Quill; April Orr"),
        ("De una parte, Ida Quill Paz, en nombre y representación de RILL, S.A. (la “Vendedora”). Y de otra, don JON ORR (el “Comprador”).", "RILL, S.A.; JON ORR"),
        ("This is between the State of Ely, acting through its Board of Trees (Agency), and Rill Inc. (Contractor). Agency shall pay. Contractor may go.", "State of Ely; Rill Inc."),
        ("Beekeepers: Ida and Jon Quill\nOrchard: Rill Ltd\nThe Beekeepers shall pay. The Orchard shall mow.", "Ida and Jon Quill; Rill Ltd"),
        ("Les soussignés\n1°) Ida Quill, née à Ely, ci-après « le Vendeur »,\n2°) Rill SA, ayant son siège à Ely, ci-après « l'Acheteur »,", "Ida Quill; Rill SA"),
        ("I, Ida Quill, borrowed $90 from Jon Orr on May 2, 2031. I will repay it.", "Ida Quill; Jon Orr"),
        ("I, Ida Quill, of 2 Fell Row, agree to lend £90 (ninety pounds) to Jon Orr, of 3 Moor Road.", "Ida Quill; Jon Orr"),
        ("Rill Ltd undertakes to sell the mill on the moor to Jon Orr, of 3 Moor Road.", "Rill Ltd; Jon Orr"),
        ("BETWEEN M/s. Rill Tools, a firm, hereinafter called “the Licensor”, and Ida Quill, hereinafter called “the Licensee”.", "Rill Tools; Ida Quill"),
        ("Owner: Ida Quill\nBuilder: Rill Ltd\nArchitect: Jon Orr\nThe Builder shall pay. The Owner may stay. The Architect may go.", "Ida Quill; Rill Ltd"),
        ("Client: Ida Quill\nArchitect: Jon Orr\nThe Architect will draw. The Client will pay.", "Ida Quill; Jon Orr"),
        ("Between: Ida Quill (“the Owner”)\nAnd: Ely Cooperative Nursery (“the Nanny”)\nThe Owner need not call and the Nanny need not come.", "Ida Quill; Ely Cooperative Nursery"),
        ("Know all men that Rill Woods LLC, hereinafter called OWNER, and Quill Brothers Hauling, hereinafter called CUTTER, agree. CUTTER will pay.", "Rill Woods LLC; Quill Brothers Hauling"),
        ("Keeper: Ida Quill, Ely\nCompany: Rill AS, Bergen\nThe Keeper advises the Company. The Company pays monthly.", "Ida Quill; Rill AS"),
        ("Seller: Rill Amber Export, Tallinn\nBuyer: Orr Ltd, Leeds", "Rill Amber Export; Orr Ltd"),
    ],
    ids=["we", "acts", "called", "names", "months", "for another", "through", "couple", "counted", "loan", "lender", "seller", "firm", "adviser", "architect", "terms", "capitals", "present", "town"],
)  # fmt: skip
def test_other_sentences_that_name_the_parties(text: str, names: str):
    """Who speaks, who is called what, and for whom somebody signs."""
    found = parties_of(text)

    assert found is not None
    assert found.value == names


def test_whom_a_letter_addresses_may_be_proved_by_the_signature():
    """A body without legal form in the address is that of a party if it is to sign, a street is not."""
    letter = (
        "2 Mill Row\nOrr Dental Practice\n2 Mill Lane\nEly\nLadies and Gentlemen:\n"
        "Rill & Quill, P.A. confirms the terms of this engagement. You agree to pay.\n"
        "RILL & QUILL, P.A.\nBy: ________\nACCEPTED:\nOrr Dental Practice\n2 Mill Row\nBy: ________"
    )
    found = parties_of(letter)

    assert found is not None
    assert found.value == "Orr Dental Practice; RILL & QUILL, P.A."


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (
            (
                "Rill Shearing Pty Ltd of 4 Weir Road, Tarn NSW (Employer)\n"
                "Ms Ida Quill of 7 Moss Road, Tarn NSW (Employee)\nThe Employer must pay the Employee."
            ),
            "Rill Shearing Pty Ltd; Ida Quill",
        ),
        (
            (
                "1. Herr Jon Fuchs, geboren am 4. Mai 1950, wohnhaft Am Moos 2, 21244 Ahn,\n"
                '- nachstehend "Verkäufer" genannt -\n2. Frau Ida Wiesel, geb. am 7. Juni 1980,\n'
                '- nachstehend "Käuferin" genannt -'
            ),
            "Jon Fuchs; Ida Wiesel",
        ),
        (
            (
                'Ida Quill ("Guarantor") guarantees to Rill Ltd ("Lender") the debts of Moss, Inc. '
                '("Borrower").'
            ),
            "Ida Quill; Rill Ltd",
        ),
        (
            "To: Tarn Rowing Club\nFrom: City of Ely\nThe City and the Club agree as follows.",
            "Tarn Rowing Club; City of Ely",
        ),
        (
            (
                "Between Rill Dale Gardens and Ida Quill\n"
                "Plot 7 is let to the tenant from 4 May 2031 at a rent of £40 a year."
            ),
            "Rill Dale Gardens; Ida Quill",
        ),
    ],
    ids=["Australian", "notary", "guaranty", "memorandum", "between"],
)
def test_who_is_named_beside_an_address_a_debtor_or_a_sentence(text: str, names: str):
    """Neither the town of someone is a party nor whose debts another one guarantees."""
    found = parties_of(text)

    assert found is not None
    assert found.value is not None
    assert set(found.value.split("; ")) == set(names.split("; "))


def test_a_name_that_goes_on_in_the_next_line_stays_whole():
    """Its legal form is there, and so may be the rest of a wrapped line."""
    text = (
        "Between Ida Quill and Rill Moss\nHoldings Ltd, of 4 Weir Road, Tarn, who agree as follows."
    )

    found = parties_of(text)

    assert found is not None
    assert found.value == "Ida Quill; Rill Moss Holdings Ltd"


def test_a_note_from_one_to_another_has_no_parties():
    """Only where one of them is a company, a city or the like is it an agreement of the two."""
    assert (
        parties_of("To: Ida Quill\nFrom: Jon Orr\nWe agree as follows: you feed the hens.") is None
    )
