"""What `classify` promises about the kind of a document."""

import itertools
import re

import pytest

from pipeline.model import Finding, PageText
from processors.classify.classifier import classify
from processors.classify.rules import load_rules
from processors.contract import Page

CLASSES = {
    "receipt",
    "invoice",
    "contract",
    "letter",
    "form",
    "resume",
    "identity_document",
    "bank_statement",
    "medical_record",
}

RECEIPT = (
    "Blue Kettle\n"
    "12 Tea Lane\n"
    "Receipt\n"
    "03/04/2021 10:15:07\n"
    "Tea 4.00\n"
    "Total 4.00\n"
    "Cash 5.00\n"
    "Change 1.00\n"
    "Thank you, please come again"
)
INVOICE = (
    "INVOICE\n"
    "Small Seller Ltd\n"
    "Bill to: Big Buyer GmbH\n"
    "Invoice no: 17\n"
    "Invoice date: 3 May 2021\n"
    "Due date: 2 June 2021\n"
    "Description Quantity Unit price\n"
    "Total 120.00 EUR"
)
CONTRACT = (
    "SERVICE AGREEMENT\n"
    "This Agreement is entered into by the parties below.\n"
    "Whereas the Client wishes to be served,\n"
    "Governing law: Norway. Termination: thirty days."
)
LETTER = (
    "Dear Ms Lovelace,\n"
    "we are pleased to inform you that the engine runs.\n"
    "Please do not hesitate to call.\n"
    "Yours sincerely,\n"
    "C. Babbage"
)
FORM = (
    "APPLICATION FORM\n"
    "Please print. Check all that apply.\n"
    "Last name ________ First name ________\n"
    "Marital status ______\n"
    "For official use only"
)
RESUME = (
    "Ada Lovelace\n"
    "Curriculum Vitae\n"
    "Work experience\n"
    "2015 - present Analyst\n"
    "Education\n"
    "University of London\n"
    "Skills\n"
    "Languages"
)
IDENTITY = (
    "REPUBLIC OF UTOPIA\n"
    "PASSPORT\n"
    "Surname ERIKSSON\n"
    "Given names ANNA\n"
    "Nationality UTOPIAN\n"
    "P<UTOERIKSSON<<ANNA<<<<<<<<<<<<<<<<<<<<<<<<<"
)
STATEMENT = (
    "Bank statement\n"
    "Statement period 1 May to 31 May 2021\n"
    "Opening balance 100.00\n"
    "Deposits 20.00\n"
    "Withdrawals 30.00\n"
    "Closing balance 90.00"
)
MEDICAL = (
    "City Hospital\n"
    "Discharge summary\n"
    "Patient: A. Lovelace\n"
    "Diagnosis: measles\n"
    "Medication: none\n"
    "Allergies: none\n"
    "Physician: Dr. Byron"
)


def class_of(text: str, media_type: str = "application/pdf") -> Finding:
    """Classify one page of text."""
    page = Page(PageText(number=1, source="text", engine=None, confidence=None, text=text))
    return classify([page], media_type=media_type)


@pytest.mark.parametrize(
    ("text", "doc_class"),
    [
        (RECEIPT, "receipt"),
        (INVOICE, "invoice"),
        (CONTRACT, "contract"),
        (LETTER, "letter"),
        (FORM, "form"),
        (RESUME, "resume"),
        (IDENTITY, "identity_document"),
        (STATEMENT, "bank_statement"),
        (MEDICAL, "medical_record"),
        ("Bees are insects that live in hives and make honey. " * 10, "other"),
        (
            "KASSENBON\nKaffee 3,00\nSumme 3,00\nBar 5,00\nRückgeld 2,00\nVielen Dank für Ihren Besuch",
            "receipt",
        ),
        (
            "RECHNUNG\nRechnungsnummer 17\nKundennummer 4\nNetto 10,00\nMwSt 1,90\nZahlbar bis 3.5.2021",
            "invoice",
        ),
        (
            "Facture n° 17\nDate de facture 3 mai 2021\nTVA 20 %\nNet à payer 12,00 €\nÉchéance",
            "invoice",
        ),
        ("Sehr geehrte Frau Lovelace,\nanbei die Unterlagen.\nMit freundlichen Grüßen", "letter"),
    ],
)
def test_each_class_is_recognized(text: str, doc_class: str):
    """A plain example of each class is named."""
    assert class_of(text).value == doc_class


def test_too_little_evidence_is_said_in_plain_words():
    """The reason names what the document may be, and the few words that say so."""
    assert class_of("Dear Anna\nthe weather is fine").reason == (
        "it may be a letter, but too little says so: 'dear' (page 1, line 1); 6 words in all"
    )


def test_reason_names_words_and_places():
    """The reason says which words were found, and where."""
    finding = class_of(CONTRACT)

    assert "'service agreement' (page 1, line 1)" in finding.reason
    assert finding.page == 1


@pytest.mark.parametrize(
    "text", [INVOICE, "Receipt\nSales receipt no 4\nTotal 4.00\nCash 5.00\nThank you, come again"]
)
def test_a_reason_names_a_word_once(text: str):
    """A word that several rules find, alone or as a part, takes no room of another."""
    named = re.findall(r"'(.+?)' \((page 1, line \d+)\)", class_of(text).reason)

    assert len(named) > 2
    for place in {place for _, place in named}:
        words = sorted((word for word, at in named if at == place), key=len)
        assert not any(word in longer for word, longer in itertools.pairwise(words))


def test_a_long_reason_ends_with_a_word():
    """What is found may be a whole sentence; it is cut between two words."""
    text = "This agreement is made on 12 January 2026 between:\nA Ltd and B Ltd\nThe parties agree"
    finding = class_of(text)

    assert "'this agreement is made on 12 january…'" in finding.reason


def test_level_evidence_is_unsure_and_names_the_candidates():
    """Where two classes are level, no class is named and the reason names both."""
    finding = class_of(
        "Lease agreement\nwhereas\nhereinafter\nPatient: A. Lovelace\nDiagnosis\nMedication\nAllergies"
    )

    assert finding.value is None
    assert "contract" in finding.reason
    assert "medical record" in finding.reason


def test_thin_evidence_is_unsure():
    """One weak word is not enough for a class."""
    assert class_of("Subtotal Cash").value is None


def test_no_text_is_unsure():
    """A blank page has no class."""
    finding = class_of(" \n ")

    assert finding.value is None
    assert finding.confidence == 0.0


def test_small_tables_are_other():
    """A spreadsheet of which nothing points to a class is "other", however small."""
    assert class_of("a b c\n1 2 3", "text/csv").value == "other"


def test_rules_name_known_classes_only():
    """Each class has rules, and no rule names another word."""
    assert {rule.doc_class for rule in load_rules().rules} == CLASSES


@pytest.mark.parametrize(
    "text",
    [
        "Purchase Order\nPO Number: 4500012\nVendor: Parts Inc\nShip to: Acme\nItem Qty Unit price Total\nTotal 10.00",
        "Gehaltsabrechnung März 2021\nPersonalnummer 12\nBruttolohn 3.000,00\nAuszahlungsbetrag 2.000,00",
        "Lieferschein Nr. 5512\nDatum 03.05.2021\nBestellnummer 778\nPos Artikel Menge\n1 Schraube 10",
        "Quotation\nQuote No: Q-55\nValid until 01/06/2021\nCustomer: Acme\nDescription Qty Price\nTotal 5,000.00",
    ],
    ids=["order", "payslip", "delivery note", "quotation"],
)
def test_papers_with_a_bills_words_are_no_invoice(text: str):
    """An order, a payslip, a delivery note and a quotation are something else, or unsure."""
    assert class_of(text).value in {None, "other"}


@pytest.mark.parametrize(
    "text",
    [
        "Muster GmbH\nGutschrift Nr. G-12\nDatum 01.03.2020\nNettobetrag -100,00\nGesamtbetrag -119,00 EUR",
        "Hansen ApS\nFaktura nr. 552\nFakturadato 04-03-2020\nMoms (25%) 200,00\nI alt 1.000,00",
        "City Power\nPrevious Balance $9.10\nCurrent Charges $98.77\n812 kWh\nTotal Due $98.77\nDue Date 06/04/2020",
        "Parts\nINVOICE\nInvoice No: 9001\nPurchase Order\n88-1204\nBill to: Acme\nDue date 1 May 2021\nTotal 10.00",
    ],
    ids=["credit", "Danish", "utility", "with an order's number"],
)
def test_short_bills_are_invoices(text: str):
    """Little text is enough where its words are a bill's."""
    assert class_of(text).value == "invoice"


@pytest.mark.parametrize(
    "text",
    [
        (
            "SAMPLE TEST REQUEST\nRequested by: T. Orwin  Date: 4/11/88\nDepartment: Blends  Ext: 2217\n"
            "Project No.: 88-114\nNo. of samples: 6\nTests required: Moisture\nRemarks: hold the rest"
        ),
        (
            "FAX TRANSMITTAL\nTo: Ellen Prout\nCompany: Marsh & Lowe\nFax number: (312) 555-0118\n"
            "Number of pages including cover sheet: 4\nMessage: the draft of the lease is attached"
        ),
        (
            "Westfield Insurance\nACCIDENT REPORT\nPolicy Number  Date of Loss  Claim Number\n"
            "PA 123-4456  06/12/2019  C-9911\nName of Insured\nAnn Brody\nAnyone injured? Yes  No\n"
            "Signature  Date"
        ),
        (
            "TRAVEL AUTHORIZATION\nTraveler  Employee number\nPurpose of trip\n"
            "Departure date  Return date\nEstimated cost: air fare, lodging\n"
            "Employee signature  Supervisor approval"
        ),
        (
            "CHECKLIST FOR NEW SUPPLIERS\n[ ] Tax certificate received\n[ ] Bank details confirmed\n"
            "[x] Contract signed\nSupplier: Norwood Paper\nCompleted by: J. Hall\nDate: 3 May 2020"
        ),
        (
            "Membership\nFirst name ________ Last name ________\nStreet ________\nTown ________\n"
            "Yes  No\nDate ________ Signature ________"
        ),
    ],
    ids=["request", "fax", "grid", "without values", "check boxes", "blanks"],
)
def test_papers_to_fill_in_are_forms(text: str):
    """Labels with fields, boxes and blanks make a form, whether or not it calls itself one."""
    assert class_of(text).value == "form"


@pytest.mark.parametrize(
    "text",
    [
        (
            "From: Orwin, Tim\nTo: Hall, Jane\nCC: Pratt, Neil\nSent Date: 4/4/2011\nSubject: rooms\n"
            "Attachments:\nJane, the rooms are free again from Monday on, so we can meet there at ten."
        ),
        (
            "Notes of the meeting\nPresent: Hall, Orwin\nAgenda: budget\n"
            "The group talked about the budget of next year and found that rooms are too dear.\n"
            "Hall will write to the landlord and ask for a lower price before the end of June."
        ),
        (
            "The Kettle Record\nAnother report\nWeather: rain in the east and a little sun in the west\n"
            "The river rose by two feet in the night and the bridge was closed to all traffic."
        ),
        (
            "Kettle Fact Sheet\nModel: K-4\nPower: 2000 W\nCapacity: 1.7 l\nColor: red\n"
            "Weight: 1.2 kg\nCable: 0.8 m\nMade in: Norway"
        ),
        (
            "Harbor Gas\nBill number: 88\nNew charges: 41.10\nPlease detach here\n"
            "Name ________ Account: 4471 Amount ________\n[ ] New address\nSend this part to us"
        ),
    ],
    ids=["mail", "notes", "newspaper", "facts", "slip"],
)
def test_a_few_labels_are_no_form(text: str):
    """Mails, notes and articles have labels, too."""
    assert class_of(text).value != "form"


def test_an_order_to_a_bank_is_no_statement():
    """Who fills in a mandate names an account, as a statement does."""
    text = (
        "Direct Debit Mandate\nName of account holder  Ida Holm\nAccount number  5501\n"
        "Sort code  00-11-22\nPlease pay the club direct debits from this account."
    )

    assert class_of(text).value != "bank_statement"


def test_instructions_on_the_back_of_a_form():
    """Who receives a statement reads its instructions; those for a form are another document."""
    back = (
        "Instructions for Recipient\nBox 1. Shows what you earned.\nThe payer's number is above it.\n"
        "OMB No. 0000-0000"
    )

    assert class_of(back).value == "form"
    assert class_of(back.replace("Recipient", "Carriers")).value != "form"


def test_short_contracts():
    """A deed with a plain date and a contract that is signed for its parties are contracts."""
    deed = "DEED\nThis deed is dated 3 May 2031\nPARTIES\n1. Rill Trustees\n2. Tarn Limited"
    website = "GARDEN CONTRACT\nClient: Rill Ltd\nSigned for the Client: Ola Finch\nFixed fee 90."

    assert class_of(deed).value == "contract"
    assert class_of(website).value == "contract"


def test_labels_in_a_sheet_are_no_form():
    """Sheets have headings with colons: only a title makes them a form."""
    text = "Name:,City:\nPolicy number:,Region:\nAccount no:,Department:\nSignature:,Remarks:"

    assert class_of(text).value == "form"
    assert class_of(text, "text/csv").value == "other"


def test_a_form_without_title_and_colons_is_one():
    """Scans lose titles and colons; the words beside the fields are still a form's."""
    text = (
        "Requested by T. Orwin  Department Blends\nProject No. 88-114  Charge to 4410\n"
        "Sample description Cut leaves, lot 7\nDate required 4/18/88\nApproved by\nRemarks"
    )

    assert class_of(text).value == "form"


def test_labels_on_an_invoice_make_no_form():
    """An invoice has as many labels as a form, and words of its own."""
    labels = (
        "Department: Sales\nProject: Roof\nContact name: Ann Lee\nRegion: North\nTerms: 30 days"
    )

    assert class_of(f"{INVOICE}\n{labels}").value == "invoice"


def test_specks_before_the_words_of_a_letter_do_not_hide_it():
    """A scan puts dots and strokes at the beginning of lines."""
    text = (
        "Harbor Street Gallery\n. Dear Priya,\nThank you for the drawings you sent us last week.\n"
    )

    assert class_of(f"{text}'- With kind regards\nAda").value == "letter"


@pytest.mark.parametrize(
    "text",
    [
        "OUTSOURCING AGREEMENT\nThis Agreement is made as of the 1st day of May 2031\nby and between",
        "INDEPENDENT CONTRACTOR AGREEMENT\nthis agreement is effective\nSignature: ______ Date: ______",
        "AMENDMENT NO. 2 TO SUPPLY AGREEMENT\nentered into as of 1 May 2031 by and between",
        "Mietvertrag über einen Raum\nzwischen Ida Quill, nachfolgend Vermieter, und Nils Orr",
        "UMOWA NAJMU LOKALU\nzawarta dnia 2 maja 2031 r. pomiędzy Rill S.A. a Ida Quill",
        "CONTRATTO DI FORNITURA\nTra Rill S.r.l. e Orr S.r.l. si conviene quanto segue",
        "Dear Ida:\nThis letter agreement is about the mill.\nAgreed and accepted:\nIda Quill",
        "LEASE\nBETWEEN:\nRill Ltd (the “Landlord”)\n- and -\nIda Quill (the “Tenant”)",
    ],
)  # fmt: skip
def test_short_contract(text: str):
    """A title and the opening sentence are enough for a contract, also with blanks to fill in."""
    assert class_of(text).value == "contract"
