"""What counts as the title of a document, and what only has the words of one."""

import pytest

from tests.unit.processors.classify.test_classifier import class_of


@pytest.mark.parametrize(
    ("text", "doc_class"),
    [
        (
            "Account statement\nSEPA direct debit authorization fee 2.00\nOpening balance 100.00",
            "bank_statement",
        ),
        ("Take our questionnaire and win\nTea 4.00\nTotal 4.00\nCash 5.00\nChange 1.00", "receipt"),
        (
            "INVOICE\nEquipment Lease\nThis lease is made as of 1 May\nLessee: Acme\nInvoice no: 17\nTotal 9.00",
            "invoice",
        ),
        ("Member Data Sheet\nName ________ Street ________\nSignature ________ Date ____", "form"),
        (
            "Guest Questionnaire\nWas the room clean?\nYes  No\nName ________ Signature ________",
            "form",
        ),
    ],
    ids=["fee", "slogan", "lease", "data sheet", "questions"],
)
def test_words_within_a_line_are_no_title(text: str, doc_class: str):
    """What speaks against a class is a line that is nothing but the title of another one."""
    assert class_of(text).value == doc_class


@pytest.mark.parametrize(
    "text",
    [
        (
            "STRIKER TO LONG CONTRACT\nThe contract, dated 3 May, runs until 2031.\n"
            "The agreement was executed on Friday between the club and its striker."
        ),
        (
            "Mayor defends stadium lease\nThe lease was executed in 2019 between the city and the team.\n"
            "The landlord said the lease made this a better city by all accounts."
        ),
    ],
    ids=["to", "verb"],
)
def test_a_report_about_a_contract_is_none(text: str):
    """A contract speaks of itself: "this agreement", or begins a sentence with the word."""
    assert class_of(text).value != "contract"


def test_a_contract_with_blanks_is_one():
    """Labels and lines to sign on do not make a form of what has the title of a contract."""
    text = (
        "Kaufvertrag\nVerkäufer: Ida Quill\nAnschrift: Moor 2\nKäufer: Rill e.K.\nPreis: 9,00 EUR\n"
    )
    rest = "Der Verkäufer haftet nicht.\nUnterschrift Verkäufer ____ Unterschrift Käufer ____"

    assert class_of(f"{text}{rest}").value == "contract"


@pytest.mark.parametrize(
    "text",
    [
        "Confidentiality Undertaking\nThe recipient agrees with the company as follows.",
        "Services Contract\nThe supplier will set up a tent. The customer is liable for damage.",
        "Darlehensvertrag\nDer Darlehensgeber gewährt der Darlehensnehmerin 9,00 EUR.",
        "Contrato de compraventa\nEl vendedor vende al comprador un coche. El comprador paga.",
        "Accord de confidentialité\nLe prestataire se tait. Le prestataire rend tout.",
        "Terms of Service\nThe customer may not resell them. Each party may end them.",
    ],
)
def test_a_short_contract_is_one(text: str):
    """A title and a clause that says what somebody has to do are enough."""
    assert class_of(text).value == "contract"


@pytest.mark.parametrize(
    "text",
    [
        """Fuchs GmbH\nRechnung Nr. 83\nTee 9,00\nGesamt 9,00 EUR\nDer Verkäufer behält das Eigentum.
        Der Käufer haftet. Der Auftraggeber zahlt, der Auftragnehmer liefert. Gerichtsstand Ulm.""",
        """Kettle Ltd\nINVOICE 83\nTea 9.00\nTotal due 9.00\nThe customer shall pay within 30 days.
        The supplier warrants the goods. The buyer must inspect them. Governing law: Hull.""",
        """Acme Ltd\nPURCHASE ORDER 83\nTea 9.00\nTotal 9.00\nThe seller agrees as follows. The buyer
        may not cancel. Termination. Seller warrants and will indemnify.""",
        "Acme Ltd\nLimited Guarantee\nThe customer must keep the bill. The company will repair it.",
        """Acme Homes\nDear Ms Fox\nThe tenant must keep the flat clean. The landlord will come.
        Yours sincerely""",
    ],
)
def test_conditions_in_small_print_make_no_contract(text: str):
    """What is below a bill, a guarantee or a letter says what somebody has to do, too."""
    assert class_of(text).value != "contract"


def test_what_amends_a_contract_is_one():
    """The title of an amendment has "to", as that of an article may have."""
    text = "Amendment to Lease Agreement\nThis amendment is made as of 1 May 2031 by and between Acme\n"

    assert class_of(f"{text}and Brook, the tenant.").value == "contract"


_TITLES = (
    "Sublease", "ADDENDUM", "Addendum to Service Contract", "Trust Indenture Amendment No. 2",
    "Novation", "Side Letter", "Franchise", "JOINT VENTURE",
)  # fmt: skip


@pytest.mark.parametrize("title", _TITLES)
def test_a_contract_that_changes_or_follows_another_one(title: str):
    """Its title is enough beside the words of its parties."""
    text = "made between Acme Ltd and Brook Ltd. All other terms remain in full force."

    assert class_of(f"{title}\nThis {title} is {text}").value == "contract"


@pytest.mark.parametrize(
    "title", ["Budget Amendment", "Notice of Amendment", "Addendum to the Report"]
)
def test_what_is_changed_may_be_no_contract(title: str):
    """A budget has amendments, and a report has addenda."""
    text = "The figures of the year are now 3,000 for roads and 2,000 for schools in the valley."

    assert class_of(f"{title}\n{text}").value != "contract"


@pytest.mark.parametrize(
    "offer",
    ["offer you the position of miller", "offer you employment as a miller", "offer you a job"],
)
def test_an_offer_of_work_that_is_to_be_signed_is_a_contract(offer: str):
    """It is a letter, too: what it offers decides."""
    text = f"Dear Ida,\nWe are glad to {offer}.\nPlease sign below.\nYours truly,\nJon Orr"

    assert class_of(f"{text}\nI accept this offer.\n____________").value == "contract"


@pytest.mark.parametrize(
    "line",
    [
        "Invoice 118 of 3 May 2031 over £40.00 is still open.",
        "Rechnung 118 vom 3. Mai 2031 ist noch offen.",
        "Facture 118 du 3 mai 2031 est encore impayée.",
        "Your invoice of last week has not been paid yet,",
    ],
)
def test_a_sentence_about_an_invoice_is_none(line: str):
    """A mail that speaks of an invoice is not it."""
    assert class_of(f"Dear customer,\n{line}\nPlease pay soon.").value != "invoice"


@pytest.mark.parametrize(
    "title", ["Invoice", "Invoice 118 of 3 May 2031", "Rechnung Nr. 118 vom 3. Mai 2031"]
)
def test_a_title_with_a_number_is_one(title: str):
    """A bill's title may name its number and its day."""
    assert class_of(f"{title}\nTea 40.00\nTotal due 40.00\nIBAN DE1").value == "invoice"
