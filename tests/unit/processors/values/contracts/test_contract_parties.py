"""What the parties of a contract promise: whole names, all of them, and no word for a role."""

import pytest

from pipeline.model import Finding, PageText
from processors.contract import Page
from processors.values import find_values


def parties_of(text: str) -> Finding | None:
    """Return the parties found in a contract."""
    page = Page(PageText(number=1, source="text", engine=None, confidence=None, text=text))
    return find_values([page], doc_class="contract").get("parties")


@pytest.mark.parametrize(
    ("opening", "names"),
    [
        (
            "by and between Harrow Mill,\nInc., a Delaware corporation (“Harrow”), and Pell Foods LLC.",
            "Harrow Mill, Inc.; Pell Foods LLC",
        ),
        (
            "between Tarn Valley & Sons, L.P., a partnership, and Ida B. Quill, an individual.",
            "Tarn Valley & Sons, L.P.; Ida B. Quill",
        ),
        (
            "by and among Alder Corp. (“A”), Birch Bank, a branch (“B”), Cedar GmbH and Rolf Dorn (“R”).",
            "Alder Corp.; Birch Bank; Cedar GmbH; Rolf Dorn",
        ),
        (
            "between Lunt and Marrow Company, an Ohio corporation, and Nils Orr Ltd, a company.",
            "Lunt and Marrow Company; Nils Orr Ltd",
        ),
        (
            "between Rill Ltd, a company under the laws of England and Wales, and 4 Oaks Limited.",
            "Rill Ltd; 4 Oaks Limited",
        ),
        (
            "between Rill Ltd of 5 Fell and Moor Road, Hexham (“Rill”), and Ann E. Bright (“You”).",
            "Rill Ltd; Ann E. Bright",
        ),
        (
            "between Ida Quill of Tarn, Maine, and Nils Orr of Pell, Ohio, the partners.",
            "Ida Quill; Nils Orr",
        ),
        (
            "BETWEEN (1) Ida Quill of 2 The Fell, Tarn (“Quill”) and (2) Rill Limited (“Rill”)",
            "Ida Quill; Rill Limited",
        ),
        (
            "between Rill Mill, LP, a partnership (“R”), and Tarn Street Foods LLC (“T”)",
            "Rill Mill, LP; Tarn Street Foods LLC",
        ),
        ("Between: Rill, Inc. (“R”) And: Orr LLC (“O”)", "Rill, Inc.; Orr LLC"),
        (
            "is a contract between Ann Fox, Ida Quill and Nils Orr, who live together.",
            "Ann Fox; Ida Quill; Nils Orr",
        ),
        (
            "among Rill Corp., as Borrower, and Harrow Trust Bank, as Agent.",
            "Rill Corp.; Harrow Trust Bank",
        ),
        ("BY AND BETWEEN RILL, LLC AS SELLER AND ORR, LP AS BUYER", "RILL, LLC; ORR, LP"),
        (
            "between Rill Ltd (the employer) and Ida Quill (the employee). 2. Your duties begin.",
            "Rill Ltd; Ida Quill",
        ),
        (
            "among Rill Corp., a company (“R”), the Sellers named below, and Ida Quill (a “Seller”)",
            "Rill Corp.; Ida Quill",
        ),
    ],
)
def test_grammar_of_the_opening_sentence(opening: str, names: str):
    """Names keep legal form and initials; descriptions, places and addresses are not parties."""
    text = f"SUPPLY AGREEMENT\nThis Agreement (the “Agreement”) is made {opening}\n1. Supply."

    found = parties_of(text)

    assert found is not None
    assert found.value == names


def test_defined_terms_point_to_names():
    """A defined term such as "the Company" is the name that it was defined for."""
    text = (
        "NON-DISCLOSURE AGREEMENT\nHarrow Mill, Inc. (the “Company”) and Pell Foods LLC (the "
        "“Recipient”) meet.\nThis is an agreement between the Company and the Recipient."
    )

    found = parties_of(text)

    assert found is not None
    assert found.value == "Harrow Mill, Inc.; Pell Foods LLC"


def test_role_without_a_name_is_no_party():
    """A contract that is a form names nobody."""
    text = "LOAN AGREEMENT\nThis Agreement is between the Borrower and the Lender.\n1. Loan."

    assert parties_of(text) is None


def test_blank_is_filled_from_the_signature():
    """Who is left blank in the opening sentence is named at the signature below the role."""
    text = (
        "AGREEMENT\nThis is between Harrow Mill, Inc. (“Harrow”) and the undersigned.\n"
        "HARROW MILL, INC.\nBy: /s/ Ola Finch\nEMPLOYEE\n/s/ Ida B. Quill"
    )

    found = parties_of(text)

    assert found is not None
    assert found.value == "Harrow Mill, Inc.; Ida B. Quill"


def test_letter_of_agreement():
    """A letter names the one it addresses and the one it calls the company."""
    text = (
        "CONFIDENTIALITY AGREEMENT\nMay 4, 2011\nPell Foods LLC\n8 Long Street\nDover, DE 19901\n"
        "Ladies and Gentlemen:\nYou consider a transaction with Harrow Mill, Inc., a Delaware "
        "Corporation (the “Company”)."
    )

    found = parties_of(text)

    assert found is not None
    assert found.value == "Pell Foods LLC; Harrow Mill, Inc."


def test_a_company_below_the_name_of_its_employee_is_addressed():
    """Of a letter's address the company is the party, and the name on the paper is the sender."""
    text = (
        "AGREEMENT\nHarrow Mill, Inc.\nMay 4, 2011\nMr. Nils Orr\nPell Foods LLC\n"
        "8 Long Street\nDear Mr. Orr:\nYou meet Harrow Mill, Inc. (the “Company”)."
    )

    found = parties_of(text)

    assert found is not None
    assert found.value == "Pell Foods LLC; Harrow Mill, Inc."


@pytest.mark.parametrize(
    "signatures",
    [
        "HARROW MILL:  ASSOCIATE:\nBY: /s/ Ola Finch  /s/ Ida B. Quill",
        "EMPLOYEE  HARROW MILL, INC.\n/s/ Ida B. Quill  /s/ Ola Finch",
        "HARROW MILL, INC.\nBy:\nEMPLOYEE:  Ida B. Quill\n(Print Name)",
    ],
)
def test_person_who_signs_beside_a_company(signatures: str):
    """Who signs in the column of a person's role is a party; who signs for the company is none."""
    text = (
        f"AGREEMENT\nAs an associate of Harrow Mill, Inc. (the “Company”) you agree.\n{signatures}"
    )

    found = parties_of(text)

    assert found is not None
    assert found.value == "Harrow Mill, Inc.; Ida B. Quill"


def test_names_above_signatures():
    """Without an opening sentence the names above the signatures are the parties, less surely."""
    text = (
        "AGREEMENT\nWe agree as follows.\nHARROW MILL, INC.\nBy: ________\n"
        "PELL FOODS LLC\nBy: ________"
    )

    found = parties_of(text)

    assert found is not None
    assert found.value == "HARROW MILL, INC.; PELL FOODS LLC"
    assert found.confidence <= 0.5


@pytest.mark.parametrize(
    ("signatures", "names"),
    [
        (
            "RILL CO.\nBy: ________\nIts President\n________\nIDA QUILL\n________\nNils Orr\nTARN LTD\nBy: ________",
            "RILL CO.; TARN LTD; IDA QUILL; Nils Orr",
        ),
        ("________\nIda Quill\n________\nNils Orr\nTenant", "Ida Quill; Nils Orr"),
        ("________      ________\nIda Quill     Nils Orr", "Ida Quill; Nils Orr"),
        ("RILL CO.\n________\nNils Orr\n________\nIda Quill\nfor Tarn Club", ""),
        ("________\nIda Quill\nWitness:\n________\nNils Orr", ""),
        ("________\nIda Quill\n________\nNils Orr\nManaging Director", ""),
    ],
)
def test_people_who_sign_for_themselves(signatures: str, names: str):
    """Who signs above their own name is a party, unless for a company or as a witness."""
    found = parties_of(f"RELEASE\nEach of us releases the other.\n{signatures}")

    assert (found.value if found else "") == names


@pytest.mark.parametrize(
    ("head", "names"),
    [
        ("To: Messrs Quill Brothers\nFrom: Rill Ltd", "Quill Brothers; Rill Ltd"),
        ("FROM:\nRill Ltd, 2 Fell Row\nTO:\nIda Quill", "Rill Ltd; Ida Quill"),
        ("An: Ida Quill\nVon: Rill GmbH", "Ida Quill; Rill GmbH"),
        ("To: Ida Quill\nFrom: Nils Orr", ""),
        ("To: all tenants\nFrom: Rill Ltd", ""),
    ],
)
def test_an_agreement_that_is_sent(head: str, names: str):
    """Sender and receiver agree, if one of them is a company."""
    found = parties_of(f"LETTER OF AGREEMENT\n3 May 2031\n{head}\nThis is what we agreed.")

    assert (found.value if found else "") == names


@pytest.mark.parametrize(
    "terms",
    [
        "These terms are an agreement between you and Rill, Inc. (“Rill”).",
        "The shop is operated by Rill, Inc. (“Rill”, “we” or “us”). You accept these terms.",
        "By using what Rill, Inc. (“we”) offers you agree to this.",
    ],
)
def test_who_everybody_agrees_with(terms: str):
    """Terms that are accepted with a click name one party; the other one is "you"."""
    found = parties_of(f"TERMS\n{terms}")

    assert found is not None
    assert found.value == "Rill, Inc."


def test_roles_with_names():
    """Names after "landlord" and "tenant" are the parties, and a title is no name."""
    text = "LEASE\nLandlord: Ida B. Quill\nTenant: Rolf Dorn\nEmployee Confidentiality Agreement"

    found = parties_of(text)

    assert found is not None
    assert found.value == "Ida B. Quill; Rolf Dorn"


@pytest.mark.parametrize(
    ("opening", "names"),
    [
        ("PARTIES (1) RILL LIMITED and (2) TARN BANK LLP", "RILL LIMITED; TARN BANK LLP"),
        ("PARTIES 1. RILL TRUSTEES 2. TARN LIMITED BACKGROUND", "RILL TRUSTEES; TARN LIMITED"),
        ("Zwischen Ida Quill und Nils Orr\n§ 1 Die Wohnung im 2. Obergeschoss", "Ida Quill; Nils Orr"),
        ("Zwischen Rill KG (Geberin) und Ida Quill (Nehmerin) wird vereinbart:\n§ 1 Beginn und Moor Die Quelle",
         "Rill KG; Ida Quill"),
        ("Entre Rill SARL et Ida Quill, il est convenu ce qui suit : Article 1 Lieu et Moulin La Rive",
         "Rill SARL; Ida Quill"),
        ("Parties\nRill Ltd ACN 614 220 917 of 2 Fell Row (Buyer)\nShire of Tarn of 1 Moor Road (Seller)",
         "Rill Ltd; Shire of Tarn"),
        ("between RILL LTD (the “Owner”) - and - IDA QUILL (the “Guest”)", "RILL LTD; IDA QUILL"),
        ("among RILL, INC., as Borrower, and TARN BANK, N.A., as Agent", "RILL, INC.; TARN BANK, N.A."),
        ("between Rill Networks plc and Tarn Limited", "Rill Networks plc; Tarn Limited"),
        ("between Rill Club of Fell Road, Hexham (“A”) and Tarn Ltd (“B”)", "Rill Club; Tarn Ltd"),
        ("between Rill Insurance Company of Ohio (“A”) and Tarn Ltd", "Rill Insurance Company of Ohio; Tarn Ltd"),
        ("made this 3 May 2031 by Rill Inc. (“A”), a firm; and Tarn Ltd. (“B”)", "Rill Inc.; Tarn Ltd."),
        ("between Name: Rill Limited Office: 2 Fell (A) and Name: Tarn Limited (B)", "Rill Limited; Tarn Limited"),
        ("between Rill GmbH, Moorstr. 5, 10115 Berlin, and Tarn B.V., a firm", "Rill GmbH; Tarn B.V."),
        ("among RILL CO., a firm, hereinafter “R”; IDA QUILL, hereinafter “Q”; and TARN BANK, hereinafter “B”;",
         "RILL CO.; IDA QUILL; TARN BANK"),
        ("Client\nName: Rill Health\nAddress: 2 Fell\nConsultant\nName: Ida Quill", "Rill Health; Ida Quill"),
        ("THE COMPANY IS NOT BOUND. THE EMPLOYEE IS FREE.\nbetween Rill, Inc. and Ida Quill", "Rill, Inc.; Ida Quill"),
        ("THE COMPANY IS NOT BOUND AND THE EMPLOYEE IS FREE.", ""),
        ("between: (a) Rill Ltd, a firm of Ohio, (b) Orr S.A., a firm in Spain, and (c) Office Fell, a body",
         "Rill Ltd; Orr S.A.; Office Fell"),
        ("Ida Quill and Nils Orr (“Claimants”) and Rill Club (“Respondent”) agree:",
         "Ida Quill; Nils Orr; Rill Club"),
        ("Darlehensgeber: Ida Quill, Moor 2, 6020 Tarn\nDarlehensnehmerin: Lou Orr", "Ida Quill; Lou Orr"),
        ("VENDEDOR: D. Nils Orr, con DNI 7, domiciliado en Tarn\nCOMPRADOR: Rill, S.L., con CIF B, sita en Calle Mayor 3",
         "Nils Orr; Rill, S.L."),
        ("The grantor is Ida Quill and Nils Orr, husband and wife. The trustee is Rill, Inc. (“Rill”).",
         "Ida Quill; Nils Orr; Rill, Inc."),
        ("SUPPLY\nFranchisor: Rill, Inc.\nFranchisee: Tarn, LLC", "Rill, Inc.; Tarn, LLC"),
        ("between Rill plc\nand\nTarn Town\nStart Date: 2 May", "Rill plc; Tarn Town"),
        ("made by Ida Quill (“You”) in favor of Rill, Inc., a firm.", "Ida Quill; Rill, Inc."),
        ("between Rill, Inc. (“P-1”) and Ida Quill (“P-2”), and P-2 works.", "Rill, Inc.; Ida Quill"),
        ("between Rill, Inc. (“R”) and Rill Bank, a unit of R (“Rill Bank”)", "Rill, Inc.; Rill Bank"),
        ("between Rill incorporated (“Rill”) and Tarn Ltd", "Rill incorporated; Tarn Ltd"),
        ("between JOINT STOCK COMPANY “RILL”, a firm, and Tarn Ltd", "JOINT STOCK COMPANY “RILL”; Tarn Ltd"),
        ("between Rill, Inc. and Tarn Ltd on these terms: Scope and Purpose.", "Rill, Inc.; Tarn Ltd"),
        ("Client: Rill Ltd\nContractor: Ida Quill\nSigned for the Client: Ola Finch", "Rill Ltd; Ida Quill"),
    ],
)  # fmt: skip
def test_lists_of_parties(opening: str, names: str):
    """Numbers, dashes, roles and addresses around the names are none of them."""
    found = parties_of(f"DEED\n{opening}")

    assert (found.value if found else "") == names


def test_who_sends_an_agreement_is_no_party_if_it_names_others():
    """A mail may bring the agreement of somebody else."""
    text = (
        "From: Ann Fox\nTo: Vole Ltd\nSubject: agreement\n\nAGREEMENT\nThis agreement is hereby"
        ' entered into by Otter Inc. ("Otter") and Rill LLC ("Rill"). The parties agree.'
    )
    found = parties_of(text)

    assert found is not None
    assert found.value == "Otter Inc.; Rill LLC"


def test_what_a_role_is_obliged_to_names_nobody():
    """A name has two words or a legal form."""
    text = "LEASE\nThe tenant is Responsible for repairs. The landlord is Obliged to insure."

    assert parties_of(text) is None


@pytest.mark.parametrize("sender", ["FELL RIVER CREDIT UNION", "Harrow Mill, Inc."])
def test_a_letter_whose_sentences_have_the_name_above_it(sender: str):
    """It is of who is at its head, even without a defined term and a company at the signature."""
    text = (
        f"{sender}\n4 Mill Lane, Ely\nMs. Ida Quill\nDear Ms. Quill:\n"
        f"We offer you the position of miller with {sender.title()}.\nYours truly,\nRolf Dorn\n"
    )

    found = parties_of(text)

    assert found is not None
    assert found.value == f"Ida Quill; {sender}"
    assert parties_of(text.replace(f" with {sender.title()}", "")) is None
