"""What `find_values` promises about who sends a letter, and who issued a form."""

import pytest

from pipeline.model import Finding, PageText
from processors.contract import Page
from processors.values import find_values

BODY = "we moved the date of the works and wrote to all of your neighbors about it.\n"
OTTER = "Mr. Jon Otter\n44 Fell Road\nHarwick, CO 80218\n"
SIGNED = "Sincerely,\nMina Teal\nManager"


def values_of(text: str, doc_class: str = "letter") -> dict[str, Finding]:
    """Return the findings of a text of a class."""
    page = Page(PageText(number=1, source="text", engine=None, confidence=None, text=text))
    return find_values([page], doc_class=doc_class)


def company_of(text: str, doc_class: str = "letter") -> str | None:
    """Return the company found in a text of a class."""
    found = values_of(text, doc_class).get("company")
    return found.value if found else None


@pytest.mark.parametrize(
    ("head", "name"),
    [
        ("Weir Valley Bank\n9 Dock Street, Larkton, OR 97401 · Member FDIC\n", "Weir Valley Bank"),
        ("Weir Harbor Tours\n9 Dock Street, Larkton, OR 97401\n", "Weir Harbor Tours"),
        ("Teal Mutual Assurance\nBox 9, Larkton 6140\nRef: 25/774\n", "Teal Mutual Assurance"),
        ("Our ref: MT/4\n3 May 2031\nWeir County Council\nLarkton, OR 97401\n", "Weir County Council"),
        ("MEMORANDUM\nWeir Library\n9 Dock Street, Larkton, OR 97401\n", "Weir Library"),
        ("OTTERSTEAD COUNCIL\nThe Old Mill, Otterstead OT4 8BA\n", "OTTERSTEAD COUNCIL"),
        ("Museum of Weir Life\nMill Hill · Otterstead OT4 8BA\n", "Museum of Weir Life"),
        ("From: Weir Harbor Tours\n", "Weir Harbor Tours"),
    ],
)  # fmt: skip
def test_who_heads_a_letter_sends_it(head: str, name: str):
    """The head has the sender's address, and the receiver's is above the salutation."""
    assert company_of(f"{head}\n{OTTER}\nDear Mr. Otter:\n{BODY}{SIGNED}") == name


@pytest.mark.parametrize(
    "text",
    [
        f"Mina Teal\n9 Dock Street, Larkton, OR 97401\n\nWeir Valley Bank\n1 Quay\nLarkton, OR 97402\n\nDear Sirs,\n{BODY}{SIGNED}",
        f"9 Dock Street\nLarkton, OR 97401\n\nTeal Windows Ltd\n1 Quay\nLarkton, OR 97402\n\nDear Sirs,\n{BODY}{SIGNED}",
        f"Mina Teal\n0555 000 111\n9 Dock Street\nLarkton, OR 97401\n\nTeal Glass Ltd\n1 Quay\nLarkton, OR 97402\nDear Sirs,\n{BODY}{SIGNED}",
        f"From: Mina Teal\n\n{OTTER}\nDear Jon,\n{BODY}{SIGNED}",
        f"Mina Teal\nWeirvej 9\n8000 Larkby\n\nOtter Forsikring A/S\nHavnegade 3\n8000 Larkby\nLarkby, den 4. juni 2031\nKære Otter\n{BODY}Med venlig hilsen\nMina Teal",
        f"3 May 2031\nDear Jon,\n{BODY}{SIGNED} to the Board",
        f"Av. Teal, 900 - 01310-100 Larkton - SP\nÀ\nOtter Ferro Ltda\nRua Weir, 77\n13010-000 Larkby - SP\nPrezados Senhores,\n{BODY}Atenciosamente,\nMina Teal",
        f"The Manager\n\nOtter Ferro Ltd\n77 Weir Row\nDear Sirs,\n{BODY}{SIGNED}",
        f"Mina Teal\n3 May 2031\nDear Jon,\n{BODY}{SIGNED}",
        f"Margaret Teal\n9 Dock Street, Larkton, OR 97401\nDear Sirs,\n{BODY}Yours faithfully,\nPeggy",
        f"Sara Weir Teal\n9 Dock Street, Larkton, OR 97401\nDear Ms Teal,\n{BODY}{SIGNED.replace('Teal', 'Orr')}",
        f"From: Robert Teal\n{OTTER}\nDear Jon,\n{BODY}Kind regards,\nBob",
    ],
)
def test_who_heads_a_letter_and_signs_it_is_no_company(text: str):
    """Nor is who gets it, whatever its name is."""
    assert company_of(text) is None


@pytest.mark.parametrize(
    ("greeting", "closing"),
    [
        ("Szanowny Pan\nJan Czapla\nul. Polna 3\n32-020 Larkowo\nSzanowny Panie,", "Z poważaniem"),
        ("Vážený pan\nJan Volavka\nPolní 3\n702 00 Larkov\nVážený pane,", "S pozdravem"),
        ("Geachte heer Reiger,", "Met vriendelijke groet,"),
        ("Liebe Mitglieder", "Mit freundlichen Grüssen"),
        ("Prezados Senhores,", "Atenciosamente,"),
    ],
)
def test_letters_of_many_countries_have_a_head(greeting: str, closing: str):
    """A form of address may be above the receiver's name as well."""
    text = f"Teal Stiftung\nWeirweg 9, 8772 Larkau\n{greeting}\n{BODY}{closing}\nMina Teal"

    assert company_of(text) == "Teal Stiftung"


@pytest.mark.parametrize("mark", ["--", "***", ""])
def test_below_a_signature_is_for_whom_somebody_writes(mark: str):
    """The name of a firm is below that of who signs, and a mark may be between them."""
    known = f"Hello,\n{BODY}Kind regards\nMina Teal\n{mark}\nOtter Ink\nwww.otter-ink.example"
    workshop = (
        f"Hallo,\n{BODY}Mit freundlichen Grüßen\nMina Teal\n{mark}\nSeglerei Otter\n25813 Weir"
    )

    assert company_of(known) == "Otter Ink"
    assert company_of(workshop) == "Seglerei Otter"


def test_a_museum_writes_to_its_friends():
    """Who is addressed may have the first word of the name of who writes."""
    head = "Museum of Weir Life\nMill Hill · Otterstead OT4 8BA\n3 May 2031\nDear Friend of the Museum,"

    assert company_of(f"{head}\n{BODY}With best wishes,\nMina Teal") == "Museum of Weir Life"


def test_a_mail_is_signed_for_a_company():
    """Its headers make a letter of it, and its domain names the company."""
    headers = "From: Mina Teal <teal@otter-ink.example>\nSubject: Your stairs\n"

    assert company_of(f"{headers}{BODY}Beste Grüße\nMina Teal\nOtter Ink", "") == "Otter Ink"


def test_a_team_signs_for_its_company():
    """A partner may be called Price, which is a label elsewhere."""
    team = f"Dear Jon,\n{BODY}Best regards,\nThe team at Otter Clinic"
    partners = f"Hello Jon,\n{BODY}Best wishes\nMina Teal\nPrice & Pugh Tailors\n4 Fell Row"

    assert company_of(team) == "Otter Clinic"
    assert company_of(partners) == "Price & Pugh Tailors"


@pytest.mark.parametrize(
    "sentence",
    [
        "On Sunday, 4 May 2031, we open the new hall.",
        "Am Sonntag, 4. Mai 2031, eröffnen wir die neue Halle.",
        "Le dimanche 4 mai 2031 nous ouvrons la nouvelle salle.",
    ],
)
def test_the_day_that_a_letter_is_about_is_not_its_own(sentence: str):
    """The day in a sentence stays a candidate, and is no date where the letter has none."""
    found = values_of(f"Teal Museum\nDear all,\n{sentence}\nKind regards\nMina Teal")["date"]
    dated = values_of(f"Teal Museum\n2 April 2031\nDear all,\n{sentence}\nKind regards\nMina")[
        "date"
    ]

    assert found.value is None
    assert [each.value for each in found.others] == ["2031-05-04"]
    assert dated.value == "2031-04-02"


@pytest.mark.parametrize(
    "answer",
    [
        "Employer: Otter Freight Inc.",
        "Insurance company: Otter Health",
        "Questionnaire for members",
        "Bank of the insured: Otter Bank Ltd",
        "[x] Otter Freight Inc.   [ ] Heron Ltd",
    ],
)
def test_what_somebody_fills_in_a_form_is_no_issuer(answer: str):
    """The name above the title and its own address is."""
    form = f"Please print\nName: Jon Teal\n{answer}\nSignature: ______"

    headed = f"TEAL DENTAL CARE\n9 Dock Street, Larkton, OR 97401\nNew patient\n{form}"

    assert company_of(form, "form") is None
    assert company_of(headed, "form") == "TEAL DENTAL CARE"


def test_a_receiver_named_above_a_letter_does_not_send_it():
    """The name above the address at the salutation is the receiver's, also where it is first."""
    sender = "Mina Teal\n9 Dock Street, Larkton, OR 97401\n"
    receiver = "The Manager\nWeir Valley Bank\n1 Quay\nLarkton, OR 97402\n"

    assert company_of(f"Weir Valley Bank\n{sender}{receiver}Dear Sirs,\n{BODY}{SIGNED}") is None


def test_a_code_below_its_town_ends_an_address():
    """Who heads a letter sends it, also if the receiver's code is alone on its line."""
    head = "Weir Hospital\nMill Road\nOtterstead\nOT4 8BA\n"
    receiver = "Mr Jon Otter\n3 Fell Rise\nHarwick\nHW4 9QT\n"

    assert company_of(f"{head}{receiver}Dear Mr Otter\n{BODY}{SIGNED}") == "Weir Hospital"


@pytest.mark.parametrize(
    "question",
    [
        "Employer\nOtter Tools Inc.",
        "Mother's employer\nOtter Tools Inc.",
        "Company name\tOtter Tools Inc.",
        "2. Business name\nOtter Tools Inc.",
        "Name of workshop\nOtter Tools Inc.",
    ],
)
def test_an_answer_below_or_beside_its_label_is_no_issuer(question: str):
    """What somebody fills in names others, whether the label has a colon or not."""
    head = "Teal Valley Clinic\n9 Dock Street, Larkton, OR 97401\nRegistration form\n"

    assert company_of(f"{head}{question}\nOccupation\nBaker", "form") == "Teal Valley Clinic"


@pytest.mark.parametrize(
    "title",
    ["Notice to quit", "Schedule of condition", "Inventory and schedule", "Avis de passage"],
)
def test_what_a_paper_says_is_no_name(title: str):
    """The title of a paper is not who issued it."""
    assert (
        company_of(f"{title}\n9 Dock Street, Larkton, OR 97401\nDate: 3 May 2031", "form") is None
    )


@pytest.mark.parametrize("title", ["SUPPLIER BANK DETAILS FORM", "Guest questionnaire"])
def test_the_title_of_a_form_makes_one(title: str):
    """Where no class is certain, a title says that answers follow."""
    text = f"{title}\n1. Supplier name\n  Otter Tools Ltd\n2. Sort code\n  20-00-00"
    page = Page(PageText(number=1, source="text", engine=None, confidence=None, text=text))

    assert "company" not in find_values([page])
