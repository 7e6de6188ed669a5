"""What preambles of other grammars promise: who does what, columns, labels, other languages."""

import pytest

from pipeline.model import Finding, PageText
from processors.contract import Page
from processors.values import find_values


def parties_of(text: str) -> Finding | None:
    """Return the parties found in a contract."""
    page = Page(PageText(number=1, source="text", engine=None, confidence=None, text=text))
    return find_values([page], doc_class="contract").get("parties")


@pytest.mark.parametrize(
    ("sentence", "names"),
    [
        (
            "Rill Mill Company, an Ohio corporation (“Seller”), assigns to Ann B. Fox (“Fox”) a mill.",
            "Rill Mill Company; Ann B. Fox",
        ),
        (
            "The license is granted by Rill Ltd of 2 Fell Row (“the Licensor”) to Orr LLC (“Orr”).",
            "Rill Ltd; Orr LLC",
        ),
        (
            "For my work at Tarn Corp. (the “Company”), I, Ida B. Quill, agree with it as follows.",
            "Tarn Corp.; Ida B. Quill",
        ),
        (
            "Tarn Corp. (“Tarn”), advised by Pell Partners LLC (“Pell”), sells to Orr LLC (“Orr”).",
            "Tarn Corp.; Orr LLC",
        ),
        (
            "Tarn Corp. (“Tarn”) meets under the Fell Mining Act (the “Act”) and by a Plan (“Plan”).",
            "",
        ),
    ],
)
def test_names_with_defined_terms(sentence: str, names: str):
    """Without "between" the parties are whom defined terms are given to, and no adviser or law."""
    found = parties_of(f"DEED\n{sentence}\n1. Deeds.")

    assert (found.value if found else "") == names


@pytest.mark.parametrize(
    ("opening", "names"),
    [
        (
            "among Rill Corp., an Ohio company, Tarn LLC, a Maine company, and Orr, Inc., a company.",
            "Rill Corp.; Tarn LLC; Orr, Inc.",
        ),
        (
            "between plaintiffs RILL INC. and Ida Quill and defendant Nils Orr, who meet.",
            "RILL INC.; Ida Quill; Nils Orr",
        ),
        (
            "between Tarn Corp. and Ann (“Annie”) B. Fox, Jr. (“Fox”).",
            "Tarn Corp.; Ann (“Annie”) B. Fox, Jr.",
        ),
        (
            "between Ann “Annie” Fox (“Fox”) and D. B. Rill Mills, Inc., a company.",
            "Ann “Annie” Fox; D. B. Rill Mills, Inc.",
        ),
        (
            "between the Owner: Rill School\n12 Fell Street\nDover and the Builder: Orr, Inc.\n2 Row",
            "Rill School; Orr, Inc.",
        ),
        ("between the undersigned Rill LLC d/b/a Tarn and Orr Ltd, who meet.", "Rill LLC; Orr Ltd"),
        ("among (1) Rill Ltd; (2) Orr Ltd and (3) the Sellers named below.", "Rill Ltd; Orr Ltd"),
        (
            "among the Grantor, IDA ORR, the Trustee, RILL COMPANY, and the Lender, FELL BANK, FSB.",
            "IDA ORR; RILL COMPANY; FELL BANK, FSB",
        ),
        (
            "whose parties are (i) Rill Ltd; (ii) Ida Orr; and (iii) the State of Fell (“State”).",
            "Rill Ltd; Ida Orr; State of Fell",
        ),
        ("between Rill Ltd and Orr LLC (“Buyer”). 2. Purchase. The", "Rill Ltd; Orr LLC"),
        (
            "between Rill Ltd and the artist named below (“Artist”). Artist name: Ida Orr\nArtist town: Fell",
            "Rill Ltd; Ida Orr",
        ),
    ],
)
def test_capacities_are_no_names(opening: str, names: str):
    """Roles, articles and what someone is called do not hide a party."""
    found = parties_of(f"SUPPLY AGREEMENT\nThis Agreement is made {opening}\n1. Supply.")

    assert found is not None
    assert found.value == names


@pytest.mark.parametrize(
    ("opening", "names"),
    [
        (
            "Entre les soussignés : la société Rill, SARL, ci-après « le Client », et Madame Ida Orr,",
            "Rill, SARL; Ida Orr",
        ),
        ("Entre : la société Rill SAS, d'une part, Et : Mme Ida Orr, d'autre", "Rill SAS; Ida Orr"),
        (
            "Entre Rill SARL, d'une part, et La Commune de Tarn, d'autre",
            "Rill SARL; Commune de Tarn",
        ),
        ("Entre as partes: RILL S.A., em Faro, e IDA ORR, o comodatário,", "RILL S.A.; IDA ORR"),
        (
            "La sig.ra Ida Orr (locatrice) loca alla Rill S.r.l. (conduttrice)",
            "Ida Orr; Rill S.r.l.",
        ),
        ("Por una parte Rill, S.A. y por la otra parte Ida Orr, acuerdan", "Rill, S.A.; Ida Orr"),
        ("Ondergetekenden: Rill B.V., te Ede, en de heer N. van Orr,", "Rill B.V.; N. van Orr"),
        (
            "Partijen: Stichting Rill, vertegenwoordigd door mevrouw A. de Wit, hierna: “R”, en Orr B.V.",
            "Stichting Rill; Orr B.V.",
        ),
        ("pomiędzy: Rill S.A., zwaną dalej „R”, a Panem Idą Orr, komu", "Rill S.A.; Idą Orr"),
        (
            "Tra la società Rill S.n.c. di Orr e Fell, a Bra, e Ida Orr",
            "Rill S.n.c. di Orr e Fell; Ida Orr",
        ),
    ],
)
def test_preambles_of_other_languages(opening: str, names: str):
    """Parties are found behind the articles and titles of their language."""
    found = parties_of(f"CONTRAT\n{opening}\n1. …")

    assert found is not None
    assert found.value == names


def test_signatures_in_columns():
    """Two companies sign beside each other; one signs "for" its name."""
    page = Page(
        PageText(
            number=1,
            source="text",
            engine=None,
            confidence=None,
            text=(
                "TERMS\nWe agree.\nRill Mill, LLC              Orr Works, Inc.\n"
                "By: ____________            By: ____________"
            ),
        )
    )
    found = find_values([page], doc_class="contract").get("parties")

    assert found is not None
    assert found.value == "Rill Mill, LLC; Orr Works, Inc."


def test_label_has_a_description():
    """What describes a party behind its role is not a part of its name, and two may be there."""
    text = "LEASE\nLandlord: Rill Mill, Ltd., an Ohio partnership\nTenant: Ann B. Fox and Ida Orr\n"

    found = parties_of(text)

    assert found is not None
    assert found.value == "Rill Mill, Ltd.; Ann B. Fox; Ida Orr"


def test_printed_name_of_someone_who_agrees():
    """Who writes "I agree" is named at the signature."""
    text = (
        "AGREEMENT\nIn my employment with Rill, Inc. (the “Company”), I agree:\n"
        + ("1. Secrets.\n" * 20)
        + "Date: May 4, 2031 /s/ ANN FOX\nSignature\nANN B. FOX\nRill, Inc.\nBy: /s/ Nils Orr"
    )

    found = parties_of(text)

    assert found is not None
    assert found.value == "Rill, Inc.; ANN B. FOX"


def test_letter_that_names_its_sender():
    """A letter greets someone by a first name, and defines the name of its sender."""
    text = (
        "Ms. Ida B. Quill\n2 Fell Row\nDear Ida:\nThis letter agreement is between you and\n"
        "Rill Works, Inc. (“Rill”).\nRILL WORKS, INC.\nBy: ______"
    )

    found = parties_of(text)

    assert found is not None
    assert found.value == "Ida B. Quill; Rill Works, Inc."


def test_signed_on_behalf():
    """The line of a signature may itself say for whom it is."""
    text = "TERMS\nWe agree.\nSigned for and on behalf of Rill A/S\nAgreed for Orr Works Limited\n"

    found = parties_of(text)

    assert found is not None
    assert found.value == "Rill A/S; Orr Works Limited"


def test_label_with_an_address_behind_it():
    """Numbers and an address behind a name do not hide it."""
    text = (
        "SPONSORSHIP AGREEMENT\nSponsor: Rill Drinks Pty Limited (ABN 11 222 333 444) of 8 Surf "
        "Parade, Fell NSW 2095\nClub: Orr Bay Rowing Association Incorporated\n1. Rowing."
    )

    found = parties_of(text)

    assert found is not None
    assert found.value == "Rill Drinks Pty Limited; Orr Bay Rowing Association Incorporated"


def test_roles_that_labels_name():
    """The roles of the opening sentence are the names behind these roles."""
    text = (
        "AGREEMENT\nLicensee: Rill Town Council\nLicensor: Orr Maps Limited\n"
        "This is an agreement between Licensor and Licensee.\n1. Maps."
    )

    found = parties_of(text)

    assert found is not None
    assert found.value == "Orr Maps Limited; Rill Town Council"


def test_blank_that_a_label_fills():
    """A party that is described by its place in the document is the name behind its term."""
    text = (
        'AGREEMENT\nThis is between RILL SONAR, INC. ("Rill") and the party whose name is on the\n'
        'last page ("Company").\n1. Sonar.\nCOMPANY: Orr & Fell, LLC\nBy: /s/ N. Orr'
    )

    found = parties_of(text)

    assert found is not None
    assert found.value == "RILL SONAR, INC.; Orr & Fell, LLC"


@pytest.mark.parametrize(
    ("opening", "names"),
    [
        (
            "between Jan van der Orr and Ida de la Fell Quill.",
            "Jan van der Orr; Ida de la Fell Quill",
        ),
        (
            "zwischen Nils von und zu Rill und Dhr. Piet van den Orr, die einig sind.",
            "Nils von und zu Rill; Piet van den Orr",
        ),
        (
            "between Rill Works LLC and Ida Quill. This Agreement begins.",
            "Rill Works LLC; Ida Quill",
        ),
        (
            "between Friends of the Fell and Rill Council\nThis is how Fell Pond and Orr Club work.",
            "Friends of the Fell; Rill Council",
        ),
        ("between Rill Works LLC and Fell Bank. Hereby they agree.", "Rill Works LLC; Fell Bank"),
        (
            "between: A. Rill Ltd, a company (“Rill”); and B. Orr plc, a company (“Orr”).",
            "Rill Ltd; Orr plc",
        ),
        (
            "between Licensor Rill Works Inc. and Licensee Orr Maps LLC.",
            "Rill Works Inc.; Orr Maps LLC",
        ),
        (
            "between Ida Quill and Orr, Inc., a Maine company, and Fell LLC, a company.",
            "Ida Quill; Orr, Inc.; Fell LLC",
        ),
        (
            "De una parte, D. Luis Orr Gil, con DNI 12Z, en adelante el DUEÑO.\nDe otra parte, Dña. Ana Fell, con DNI 5Z, en adelante la OTRA.",
            "Luis Orr Gil; Ana Fell",
        ),
        (
            "I, Ida Quill, appoint Nils Orr (“Attorney”) for my account at Fell plc (the “Bank”).",
            "Ida Quill; Nils Orr",
        ),
        (
            "I, Ida Quill, let Orr Pictures (“Photographer”) use what was taken at Fell Hotel (“Hotel”).",
            "Ida Quill; Orr Pictures",
        ),
    ],
)
def test_whole_names_and_nothing_else(opening: str, names: str):
    """Small words are inside a name; letters, roles, titles, the next sentence, a bank are not."""
    found = parties_of(f"DEED\n{opening}\n1. Deeds.")

    assert found is not None
    assert found.value == names


def test_replaced_agreement_names_others():
    """Who agreed on an older contract does not count, and a label may have two names."""
    text = (
        "DEED\nThis deed replaces the agreement between Client and Fell Corp dated May 1, 2030.\n"
    )
    found = parties_of(f"{text}Client: Rill Works Inc.\nConsultant: Ida Quill and Nils Quill\n")

    assert found is not None
    assert found.value == "Rill Works Inc.; Ida Quill; Nils Quill"


def test_two_tenants_that_one_label_names():
    """A role of the opening sentence may stand for two people."""
    text = "LEASE\nThis lease is between the Landlord and the Tenant named below.\n"
    found = parties_of(f"{text}Landlord: Rill Ltd\nTenant: Ida Orr and Nils Orr\nRent: 9\n")

    assert found is not None
    assert found.value == "Rill Ltd; Ida Orr; Nils Orr"


def test_signer_of_another_party():
    """Who signs for one party does not fill the blank of the other one."""
    text = "DEED\nbetween Rill Ltd (the “Franchisor”) and ________ (the “Franchisee”).\n"
    found = parties_of(f"{text}Franchisor\nBy: ____\nName: Ida Orr\nFranchisee\nBy: ____\n")

    assert found is not None
    assert found.value == "Rill Ltd"
